// SPDX-License-Identifier: MIT
/*
 * time.c - runs a program and tells how long it took
 *
 * Use:  time program [argument...]      prints real, user and system seconds to the standard error
 */
#include "user/bin/common.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(const struct timeval *t)
{
    return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static int run(char **argv)
{
    int status, error;
    pid_t pid = fork();

    if (pid < 0)
        die("fork");
    if (pid == 0) {
        execvp(*argv, argv);
        error = errno;
        complain(*argv);
        _exit(error == ENOENT ? 127 : 126);
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            die("wait");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    struct timespec start, end;
    struct rusage used;
    double real;
    int status;

    prog_start(argv, "program [argument...]");
    if (argc < 2)
        usage();
    clock_gettime(CLOCK_MONOTONIC, &start);
    status = run(argv + 1);
    clock_gettime(CLOCK_MONOTONIC, &end);
    if (getrusage(RUSAGE_CHILDREN, &used) < 0)
        die("getrusage");
    real = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
    fprintf(stderr, "real %.3f\nuser %.3f\nsys %.3f\n", real, seconds(&used.ru_utime),
            seconds(&used.ru_stime));
    return status;
}
