// SPDX-License-Identifier: MIT
/*
 * builtin_sys.c - builtins on the process: cd pwd umask ulimit kill and the jobs
 */
#include "user/sh/sh.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* The working directory, in the scratch; NULL with errno. */
static char *directory_now(void)
{
    size_t size = 256;

    for (;;) {
        char *text = arena_alloc(scratch_now(), size);

        if (getcwd(text, size))
            return text;
        if (errno != ERANGE)
            return NULL;
        size *= 2;
    }
}

int b_cd(int argc, char **argv)
{
    const char *to = argc > 1 ? argv[1] : var_get("HOME");
    const char *before = directory_now(), *now;
    bool back = to && strcmp(to, "-") == 0;

    if (back)
        to = var_get("OLDPWD");
    if (!to) {
        sh_say("cd: %s is not set", back ? "OLDPWD" : "HOME");
        return 1;
    }
    to = scratch_dup(to, strlen(to));
    if (chdir(to) < 0) {
        sh_say("cd: %s: %s", to, strerror(errno));
        return 1;
    }
    now = directory_now();
    var_set("OLDPWD", before ? before : "");
    var_set("PWD", now ? now : to);
    if (back)
        puts(now ? now : to);
    return 0;
}

int b_pwd(int argc, char **argv)
{
    const char *now = directory_now();

    (void)argc, (void)argv;
    if (!now) {
        sh_say("pwd: %s", strerror(errno));
        return 1;
    }
    puts(now);
    return 0;
}

int b_umask(int argc, char **argv)
{
    mode_t mask = umask(0);
    char *end;

    umask(mask);
    if (argc < 2) {
        printf("%04o\n", (unsigned)mask);
        return 0;
    }
    mask = (mode_t)strtoul(argv[1], &end, 8);
    if (*end || end == argv[1] || mask > 0777) {
        sh_say("umask: %s: not an octal mode", argv[1]);
        return 1;
    }
    umask(mask);
    return 0;
}

/* ---- ulimit ---- */

static const struct limit {
    char letter;
    int which;
    rlim_t unit;
    const char *text;
} limits[] = {
    {'f', RLIMIT_FSIZE, 512, "file size, blocks of 512"},
    {'c', RLIMIT_CORE, 512, "core file, blocks of 512"},
    {'d', RLIMIT_DATA, 1024, "data, KiB"},
    {'s', RLIMIT_STACK, 1024, "stack, KiB"},
    {'n', RLIMIT_NOFILE, 1, "open files"},
    {'t', RLIMIT_CPU, 1, "processor time, seconds"},
    {'u', RLIMIT_NPROC, 1, "processes"},
    {'v', RLIMIT_AS, 1024, "address space, KiB"},
};

#define LIMITS (sizeof limits / sizeof *limits)

static int limit_print(const struct limit *l, bool hard)
{
    struct rlimit now;
    rlim_t n;

    if (getrlimit(l->which, &now) < 0) {
        sh_say("ulimit: %s", strerror(errno));
        return 1;
    }
    n = hard ? now.rlim_max : now.rlim_cur;
    if (n == RLIM_INFINITY)
        puts("unlimited");
    else
        printf("%llu\n", (unsigned long long)(n / l->unit));
    return 0;
}

static int limit_set(const struct limit *l, const char *text, bool hard, bool soft)
{
    bool none = strcmp(text, "unlimited") == 0;
    struct rlimit now;
    char *end = "";
    rlim_t n = none ? RLIM_INFINITY : (rlim_t)strtoull(text, &end, 10) * l->unit;

    if (*end || (!none && !isdigit((unsigned char)*text))) {
        sh_say("ulimit: %s: not a number", text);
        return 1;
    }
    if (getrlimit(l->which, &now) == 0) {
        now.rlim_cur = soft ? n : now.rlim_cur;
        now.rlim_max = hard ? n : now.rlim_max;
        if (setrlimit(l->which, &now) == 0)
            return 0;
    }
    sh_say("ulimit: %s", strerror(errno));
    return 1;
}

static int limits_print(bool hard)
{
    int status = 0;
    size_t i;

    for (i = 0; i < LIMITS; i++) {
        printf("-%c  %-26s", limits[i].letter, limits[i].text);
        status |= limit_print(&limits[i], hard);
    }
    return status;
}

static const struct limit *limit_find(char letter)
{
    size_t i;

    for (i = 0; i < LIMITS; i++)
        if (limits[i].letter == letter)
            return &limits[i];
    return NULL;
}

int b_ulimit(int argc, char **argv)
{
    const struct limit *l = &limits[0];
    bool hard = false, soft = false, all = false;
    int i;

    for (i = 1; i < argc && argv[i][0] == '-'; i++)
        for (const char *c = argv[i] + 1; *c; c++) {
            hard |= *c == 'H';
            soft |= *c == 'S';
            all |= *c == 'a';
            l = strchr("HSa", *c) ? l : limit_find(*c);
            if (!l) {
                sh_say("ulimit: -%c: unknown option", *c);
                return 2;
            }
        }
    if (all)
        return limits_print(hard);
    if (i == argc)
        return limit_print(l, hard && !soft);
    return limit_set(l, argv[i], hard || !soft, soft || !hard);
}

/* ---- jobs ---- */

/* A process, group (negative) or job given as text; 0 when there is none. */
static pid_t target_find(const char *text)
{
    char *end;
    long n;

    if (*text == '%') {
        const struct job *j = job_find(text);

        if (!j)
            return 0;
        return j->group ? -j->group : j->list[0].pid;
    }
    n = strtol(text, &end, 10);
    return *end || end == text ? 0 : (pid_t)n;
}

static int signals_print(void)
{
    int sig;

    for (sig = 1; sig < 32; sig++)
        if (signal_number(signal_name(sig)) == sig && !isdigit((unsigned char)*signal_name(sig)))
            printf("%2d %s\n", sig, signal_name(sig));
    return 0;
}

static int kill_all(char **argv, int sig)
{
    int status = 0;

    for (; *argv; argv++) {
        pid_t pid = target_find(*argv);

        if (pid == 0 && strcmp(*argv, "0") != 0) {
            sh_say("kill: %s: no such process or job", *argv);
            status = 1;
        } else if (kill(pid, sig) < 0) {
            sh_say("kill: %s: %s", *argv, strerror(errno));
            status = 1;
        }
    }
    return status;
}

int b_kill(int argc, char **argv)
{
    const char *name = "TERM";
    int sig, i = 1;

    if (argc > 1 && strcmp(argv[1], "-l") == 0)
        return signals_print();
    if (argc > 2 && strcmp(argv[1], "-s") == 0) {
        name = argv[2];
        i = 3;
    } else if (argc > 1 && argv[1][0] == '-' && strcmp(argv[1], "--") != 0) {
        name = argv[1] + 1;
        i = 2;
    }
    if (i < argc && strcmp(argv[i], "--") == 0)
        i++;
    sig = signal_number(name);
    if (sig < 0 || i >= argc) {
        sh_say(sig < 0 ? "kill: %s: no such signal" : "kill: needs a process%.0s", name);
        return 2;
    }
    return kill_all(argv + i, sig);
}

int b_jobs(int argc, char **argv)
{
    (void)argc, (void)argv;
    return jobs_print();
}

int b_wait(int argc, char **argv)
{
    (void)argc;
    return jobs_wait(argv);
}

static int job_continue(char **argv, bool foreground)
{
    struct job *j = job_find(argv[1]);

    if (!j || !j->group) {
        sh_say("%s: %s", argv[0], j ? "no job control" : "no such job");
        return 1;
    }
    printf("%s\n", j->text);
    fflush(stdout);
    return job_resume(j, foreground);
}

int b_fg(int argc, char **argv)
{
    (void)argc;
    return job_continue(argv, true);
}

int b_bg(int argc, char **argv)
{
    (void)argc;
    return job_continue(argv, false);
}
