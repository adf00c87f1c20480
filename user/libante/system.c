// SPDX-License-Identifier: MIT
/*
 * system.c - running a command line by the shell, and going into the background
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* What system() changes while the command runs: ^C and ^\ are for the command, and SIGCHLD waits. */
struct saved {
    struct sigaction interrupt;
    struct sigaction quit;
    sigset_t mask;
};

static void signals_hold(struct saved *saved)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t child = 0;

    sigaddset(&child, SIGCHLD);
    sigaction(SIGINT, &ignore, &saved->interrupt);
    sigaction(SIGQUIT, &ignore, &saved->quit);
    sigprocmask(SIG_BLOCK, &child, &saved->mask);
}

static void signals_restore(const struct saved *saved)
{
    sigaction(SIGINT, &saved->interrupt, NULL);
    sigaction(SIGQUIT, &saved->quit, NULL);
    sigprocmask(SIG_SETMASK, &saved->mask, NULL);
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

int system(const char *command)
{
    struct saved saved;

    if (!command)
        return access("/bin/sh", X_OK) == 0;
    signals_hold(&saved);
    pid_t pid = fork();
    if (pid == 0) {
        signals_restore(&saved);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    int status = pid < 0 ? -1 : wait_for(pid);
    int error = errno;
    signals_restore(&saved);
    errno = error;
    return status;
}

/* Points the three standard descriptors to /dev/null. */
static int streams_to_null(void)
{
    int fd = open("/dev/null", O_RDWR);
    if (fd < 0)
        return -1;
    for (int i = 0; i <= 2; i++)
        dup2(fd, i);
    return fd > 2 ? close(fd) : 0;
}

int daemon(int keep_directory, int keep_streams)
{
    pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid > 0)
        _exit(0);
    if (setsid() < 0 || (!keep_directory && chdir("/") < 0))
        return -1;
    return keep_streams ? 0 : streams_to_null();
}
