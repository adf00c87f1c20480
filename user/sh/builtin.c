// SPDX-License-Identifier: MIT
/*
 * builtin.c - the table of builtins, and those that steer the shell itself
 *
 * A builtin gets its words as a program does and returns its exit status.  What it prints goes through
 * stdout; run.c flushes it.  The special builtins of POSIX are marked: assignments in front of them stay, and
 * an error of their redirections ends a script.
 */
#include "user/sh/sh.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct builtin builtins[] = {
    {".", b_dot, true},
    {":", b_true, true},
    {"[", b_test, false},
    {"bg", b_bg, false},
    {"break", b_break, true},
    {"cd", b_cd, false},
    {"command", b_command, false},
    {"continue", b_break, true},
    {"echo", b_echo, false},
    {"eval", b_eval, true},
    {"exec", b_exec, true},
    {"exit", b_exit, true},
    {"export", b_export, true},
    {"false", b_false, false},
    {"fg", b_fg, false},
    {"getopts", b_getopts, false},
    {"help", b_help, false},
    {"jobs", b_jobs, false},
    {"kill", b_kill, false},
    {"local", b_local, true},
    {"printf", b_printf, false},
    {"pwd", b_pwd, false},
    {"read", b_read, false},
    {"readonly", b_readonly, true},
    {"return", b_return, true},
    {"set", b_set, true},
    {"shift", b_shift, true},
    {"test", b_test, false},
    {"trap", b_trap, true},
    {"true", b_true, false},
    {"type", b_type, false},
    {"ulimit", b_ulimit, false},
    {"umask", b_umask, false},
    {"unset", b_unset, true},
    {"wait", b_wait, false},
};

#define BUILTINS (sizeof builtins / sizeof *builtins)

const struct builtin *builtin_find(const char *name)
{
    size_t i;

    for (i = 0; i < BUILTINS; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    return NULL;
}

int b_true(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 0;
}

int b_false(int argc, char **argv)
{
    (void)argc, (void)argv;
    return 1;
}

/* A count or status given as an argument; `otherwise` when there is none. */
static int number_arg(char **argv, int otherwise)
{
    char *end;
    long n;

    if (!argv[1])
        return otherwise;
    n = strtol(argv[1], &end, 10);
    if (*end || end == argv[1] || n < 0)
        sh_fail("%s: %s: not a number", argv[0], argv[1]);
    return (int)n;
}

int b_exit(int argc, char **argv)
{
    (void)argc;
    sh_exit(number_arg(argv, sh.status));
}

int b_return(int argc, char **argv)
{
    (void)argc;
    sh.unwind = UNWIND_RETURN;
    return number_arg(argv, sh.status) & 255;
}

/* break and continue */
int b_break(int argc, char **argv)
{
    int levels = number_arg(argv, 1);

    (void)argc;
    if (levels < 1)
        sh_fail("%s: %s: must be at least 1", argv[0], argv[1]);
    if (sh.loops == 0)
        return 0;
    sh.unwind_levels = levels < sh.loops ? levels : sh.loops;
    sh.unwind = argv[0][0] == 'b' ? UNWIND_BREAK : UNWIND_CONTINUE;
    return 0;
}

int b_shift(int argc, char **argv)
{
    int n = number_arg(argv, 1);

    (void)argc;
    if (n > sh.param_count) {
        sh_say("shift: %d: only %d parameters", n, sh.param_count);
        return 1;
    }
    params_set(sh.params + n, sh.param_count - n);
    return 0;
}

int b_eval(int argc, char **argv)
{
    struct strbuf text = {0};
    char *copy;
    int i;

    buf_text(&text, "");
    for (i = 1; i < argc; i++) {
        buf_text(&text, argv[i]);
        buf_char(&text, ' ');
    }
    copy = scratch_dup(text.data, text.len);
    buf_free(&text);
    return exec_string(copy, 0);
}

int b_dot(int argc, char **argv)
{
    const char *path;
    int fd, status;

    if (argc < 2)
        sh_fail(".: needs a file");
    path = strchr(argv[1], '/') || access(argv[1], R_OK) == 0 ? argv[1] : path_find(argv[1]);
    fd = path ? open(path, O_RDONLY) : -1;
    if (fd < 0)
        sh_fail(".: %s: %s", argv[1], path ? strerror(errno) : "not found");
    sh.calls++;
    status = exec_file(fd, argv[1]);
    sh.calls--;
    if (sh.unwind == UNWIND_RETURN)
        sh.unwind = UNWIND_NONE;
    return status;
}

/* exec: becomes the program; without one run.c makes the redirections last. */
int b_exec(int argc, char **argv)
{
    if (argc < 2)
        return 0;
    fflush(stdout);
    if (!sh.subshell) {
        sh.subshell = true;
        trap_reset();
    }
    run_program(argv + 1);
}

/* Says what the shell runs for a name; `word` as command -v does. */
static int name_tell(const char *name, bool word)
{
    const char *path;

    if (function_find(name)) {
        printf(word ? "%s\n" : "%s is a function\n", name);
    } else if (builtin_find(name)) {
        printf(word ? "%s\n" : "%s is built in\n", name);
    } else if ((path = path_find(name))) {
        if (!word)
            printf("%s is ", name);
        puts(path);
    } else {
        if (!word)
            printf("%s: not found\n", name);
        return 127;
    }
    return 0;
}

int b_type(int argc, char **argv)
{
    int i, status = 0;

    for (i = 1; i < argc; i++)
        status |= name_tell(argv[i], false);
    return status;
}

static int program_wait(char **argv)
{
    struct job *j = job_new(NULL, false);

    if (job_fork(j) == 0)
        run_program(argv);
    return job_wait(j);
}

/* command [-v|-V] name [args]: a builtin or a program, not a function. */
int b_command(int argc, char **argv)
{
    const struct builtin *b;

    if (argc > 2 && (strcmp(argv[1], "-v") == 0 || strcmp(argv[1], "-V") == 0))
        return name_tell(argv[2], argv[1][1] == 'v');
    if (argc > 1 && strcmp(argv[1], "--") == 0)
        argc--, argv++;
    if (argc < 2)
        return 0;
    b = builtin_find(argv[1]);
    return b ? b->run(argc - 1, argv + 1) : program_wait(argv + 1);
}

int b_trap(int argc, char **argv)
{
    const char *action = argc > 1 ? argv[1] : NULL;
    int i = 2, status = 0;

    if (argc > 1 && strcmp(action, "--") == 0)
        action = argv[i++];
    if (!action)
        return trap_print(), 0;
    if (strcmp(action, "-") == 0)
        action = NULL;
    else if (i == argc && signal_number(action) >= 0)
        action = NULL, i = 1;
    for (; i < argc; i++) {
        int sig = signal_number(argv[i]);

        if (sig >= 0) {
            trap_set(sig, action);
        } else {
            sh_say("trap: %s: no such signal", argv[i]);
            status = 1;
        }
    }
    return status;
}

/* ---- help ---- */

static void text_show(const char *path)
{
    char block[256];
    int fd = open(path, O_RDONLY);
    ssize_t got;

    while (fd >= 0 && (got = read(fd, block, sizeof block)) > 0)
        fwrite(block, 1, (size_t)got, stdout);
    if (fd >= 0)
        close(fd);
}

/* Prints words as paragraphs of at most 78 columns, each line set in by two. */
static void names_show(const char *title, char *const *names, int n)
{
    int column = 0, i;

    printf("\n%s", title);
    for (i = 0; i < n; i++) {
        int width = (int)strlen(names[i]) + 1;

        if (i == 0 || column + width > 78)
            column = printf("\n ") - 1;
        column += printf(" %s", names[i]);
    }
    puts("");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void directory_show(const char *path)
{
    struct fields f = {0};
    DIR *dir = opendir(path);
    const struct dirent *e;

    while (dir && (e = readdir(dir)))
        if (e->d_name[0] != '.')
            fields_add(&f, scratch_dup(e->d_name, strlen(e->d_name)));
    if (dir)
        closedir(dir);
    if (f.count == 0)
        return;
    qsort(f.list, (size_t)f.count, sizeof *f.list, by_text);
    names_show(path, f.list, f.count);
}

int b_help(int argc, char **argv)
{
    struct fields f = {0};
    size_t i;

    (void)argc, (void)argv;
    text_show("/etc/help");
    for (i = 0; i < BUILTINS; i++)
        fields_add(&f, (char *)builtins[i].name);
    names_show("built into the shell", f.list, f.count);
    directory_show("/bin");
    directory_show("/bench");
    puts("\n^D or `exit` leaves the shell.");
    return 0;
}
