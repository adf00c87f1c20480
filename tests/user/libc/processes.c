// SPDX-License-Identifier: MIT
/*
 * processes.c - children are made, replaced, waited for and limited
 *
 * Run with arguments, the program is its own child: see child().
 */
#include "tap.h"
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

static const char *self;
static int built_early;

__attribute__((__constructor__)) static void early(void)
{
    built_early = 1;
}

static void late(void)
{
    write(1, "late", 4);
}

/* What the program does as its own child: answers by its exit status or on standard output. */
static int child(int argc, char **argv)
{
    if (strcmp(argv[1], "args") == 0)
        return argc * 10 + (argc > 2 ? atoi(argv[2]) : 0);
    if (strcmp(argv[1], "env") == 0)
        return getenv("ANSWER") ? atoi(getenv("ANSWER")) : 99;
    atexit(late);
    printf("early %d ", built_early);
    return 0;
}

/* Waits and returns the status of the child, or -1. */
static int status_of(pid_t pid)
{
    int status;
    return waitpid(pid, &status, 0) == pid ? status : -1;
}

static void test_wait(void)
{
    int status;
    pid_t pid = tap_fork();

    if (pid == 0)
        _exit(42);
    is(status_of(pid), 42 << 8, "a child's exit status arrives");
    fails(waitpid(pid, &status, 0), ECHILD, "once");
    if ((pid = tap_fork()) == 0)
        pause();
    is(waitpid(pid, &status, WNOHANG), 0, "WNOHANG does not wait");
    kill(pid, SIGKILL);
    status = status_of(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "a killed child tells its signal");
    if ((pid = tap_fork()) == 0) {
        raise(SIGSTOP);
        _exit(3);
    }
    ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP,
       "a stopped child is seen with WUNTRACED");
    kill(pid, SIGCONT);
    is(status_of(pid), 3 << 8, "and goes on with SIGCONT");
    if ((pid = tap_fork()) == 0)
        abort();
    status = status_of(pid);
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "abort ends by SIGABRT");
}

static void test_memory(void)
{
    volatile int shared = 1;
    pid_t pid = tap_fork();

    if (pid == 0) {
        shared = 2;
        _exit(0);
    }
    status_of(pid);
    is(shared, 1, "fork copies memory");
    pid = vfork();
    if (pid == 0) {
        shared = 3;
        _exit(5);
    }
    ok(status_of(pid) == 5 << 8 && shared == 3, "vfork shares it");
}

static void test_exec(void)
{
    char *const arguments[] = {"self", "args", "7", NULL};
    char *const environment[] = {"ANSWER=33", NULL};
    pid_t pid;

    if ((pid = tap_fork()) == 0)
        _exit(execv(self, arguments));
    is(status_of(pid), 37 << 8, "execv passes arguments");
    if ((pid = tap_fork()) == 0)
        _exit(execl(self, "self", "args", (char *)NULL));
    is(status_of(pid), 20 << 8, "execl too");
    if ((pid = tap_fork()) == 0)
        _exit(execle(self, "self", "env", (char *)NULL, environment));
    is(status_of(pid), 33 << 8, "execle passes an environment");
    setenv("ANSWER", "44", 1);
    if ((pid = tap_fork()) == 0)
        _exit(execl(self, "self", "env", (char *)NULL));
    is(status_of(pid), 44 << 8, "execl inherits it");
    unsetenv("ANSWER");
    fails(execl("/none", "none", (char *)NULL), ENOENT, "exec of nothing");
    fails(execlp("none-of-this-name", "none", (char *)NULL), ENOENT, "nor along the path");
    fails(execl("/", "none", (char *)NULL), EACCES, "exec of a folder");
}

static void test_search(void)
{
    char here[4096];
    char *const arguments[] = {"self", "args", "5", NULL};
    char *const environment[] = {NULL};
    char *name = strrchr(self, '/');
    pid_t pid;
    int status;

    snprintf(here, sizeof here, "/none:%.*s", (int)(name - self), self);
    setenv("PATH", here, 1);
    if ((pid = tap_fork()) == 0)
        _exit(execvp(name + 1, arguments));
    is(status_of(pid), 35 << 8, "execvp searches the path");
    ok(posix_spawnp(&pid, name + 1, NULL, NULL, arguments, environment) == 0 && status_of(pid) == 35 << 8,
       "so does posix_spawnp");
    status = posix_spawn(&pid, "/none", NULL, NULL, arguments, environment);
    is(status, ENOENT, "posix_spawn tells that there is nothing");
    setenv("PATH", "/bin:/usr/bin", 1);
}

static void test_streams(void)
{
    char text[64] = "", command[4200];
    pid_t pid;
    int ends[2];

    pipe(ends);
    if ((pid = tap_fork()) == 0) {
        dup2(ends[1], 1);
        _exit(execl(self, "self", "streams", (char *)NULL));
    }
    close(ends[1]);
    status_of(pid);
    read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    ok(strcmp(text, "lateearly 1 ") == 0,
       "constructors run, then main, exit functions, and buffers are written");
    is(system("exit 6"), 6 << 8, "system runs the shell");
    is(system(NULL), 1, "which is there");
    snprintf(command, sizeof command, "%s streams", self);
    FILE *pipe_end = popen(command, "r");
    ok(pipe_end && fgets(text, sizeof text, pipe_end) && strcmp(text, "lateearly 1 ") == 0,
       "popen reads a command");
    is(pclose(pipe_end), 0, "pclose tells its status");
}

static void test_groups(void)
{
    pid_t pid = tap_fork();

    if (pid == 0)
        _exit(!(setsid() == getpid() && getpgrp() == getpid() && getsid(0) == getpid()));
    is(status_of(pid), 0, "setsid makes a session and a group");
    if ((pid = tap_fork()) == 0)
        _exit(!(setpgid(0, 0) == 0 && getpgid(0) == getpid() && getppid() != getpid()));
    is(status_of(pid), 0, "setpgid makes a group");
    fails(kill(-getpid() - 100000, 0), ESRCH, "there is no such group");
}

static void test_limits(void)
{
    struct rlimit limit, again;
    struct rusage usage;

    is(getrlimit(RLIMIT_NOFILE, &limit), 0, "getrlimit");
    rlim_t was = limit.rlim_cur;
    limit.rlim_cur = 10;
    is(setrlimit(RLIMIT_NOFILE, &limit), 0, "setrlimit");
    ok(getrlimit(RLIMIT_NOFILE, &again) == 0 && again.rlim_cur == 10, "has its effect");
    int last = 0, fd;
    while ((fd = open("/dev/null", O_RDONLY)) >= 0)
        last = fd;
    ok(errno == EMFILE && last == 9, "the eleventh open answers EMFILE");
    while (last >= 3)
        close(last--);
    limit.rlim_cur = was;
    setrlimit(RLIMIT_NOFILE, &limit);
    ok(getrusage(RUSAGE_SELF, &usage) == 0 && usage.ru_maxrss >= 0, "getrusage");
    is(sched_yield(), 0, "sched_yield");
}

int main(int argc, char **argv)
{
    static char path[4096];

    self = realpath(argv[0], path);
    if (argc > 1)
        return child(argc, argv);
    test_wait();
    test_memory();
    test_exec();
    test_search();
    test_streams();
    test_groups();
    test_limits();
    return done();
}
