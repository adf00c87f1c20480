// SPDX-License-Identifier: MIT
/*
 * init.c - process 1: starts one program on the console and ends with it
 *
 * Use:  init                      a login shell
 *       init [--] program [arg...]
 *
 * The program leads a session of its own whose terminal is the console.  Orphans of any process become init's
 * children and are reaped.  When the program ends, what is left is killed, the disk is written, and init
 * exits with the program's status, or 128 + signal; the kernel then switches the machine off with that
 * status.
 *
 * Exit status 126: the program could not be started.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define NOT_STARTED 126

static void say(const char *what)
{
    const char *reason = strerror(errno);
    struct iovec line[] = {
        {"init: ", 6}, {(void *)what, strlen(what)}, {": ", 2}, {(void *)reason, strlen(reason)}, {"\n", 1},
    };

    if (writev(2, line, 5) < 0)
        _exit(NOT_STARTED);
}

/* Makes the console the three standard descriptors, unless the kernel has opened them. */
static void console_open(void)
{
    int fd;

    if (fcntl(2, F_GETFD) >= 0)
        return;
    fd = open("/dev/console", O_RDWR);
    if (fd < 0)
        return;
    dup2(fd, 0);
    dup2(fd, 1);
    dup2(fd, 2);
    if (fd > 2)
        close(fd);
}

static void environment_set(void)
{
    setenv("PATH", "/bin:/bench", 0);
    setenv("HOME", "/", 0);
    setenv("TERM", "vt100", 0);
}

/* In the child: a session with the console as its terminal, then the program. */
static void program_run(const char *path, char **argv)
{
    setsid();
    ioctl(0, TIOCSCTTY, 0);
    tcsetpgrp(0, getpgrp());
    execvp(path, argv);
    say(path);
    _exit(NOT_STARTED);
}

/* Reaps children until `pid` ends; gives its exit status. */
static int wait_for(pid_t pid)
{
    int status;
    pid_t ended;

    do
        ended = waitpid(-1, &status, 0);
    while (ended != pid && (ended >= 0 || errno == EINTR));
    if (ended < 0) {
        say("wait");
        return NOT_STARTED;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Ends all other processes; only process 1 may do that. */
static void others_end(void)
{
    if (getpid() != 1)
        return;
    kill(-1, SIGKILL);
    while (waitpid(-1, NULL, 0) >= 0 || errno == EINTR)
        continue;
}

int main(int argc, char **argv)
{
    static char *shell[] = {"-sh", NULL};
    const char *path = "/bin/sh";
    int status;
    pid_t pid;

    console_open();
    environment_set();
    if (argc > 1 && strcmp(argv[1], "--") == 0)
        argv++, argc--;
    if (argc > 1)
        path = *++argv;
    else
        argv = shell;
    pid = fork();
    if (pid == 0)
        program_run(path, argv);
    if (pid < 0) {
        say("fork");
        return NOT_STARTED;
    }
    status = wait_for(pid);
    others_end();
    sync();
    return status;
}
