// SPDX-License-Identifier: MIT
/*
 * tap.h - test programs that report by the Test Anything Protocol
 *
 * Use: call ok() for each thing that must hold, is() for two numbers that must be equal, and return done() from
 * main().  scratch() enters a new empty folder, which scratch_end() removes; the test leaves it empty.
 */
#ifndef TESTS_USER_LIBC_TAP_H
#define TESTS_USER_LIBC_TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int tap_count;
static int tap_failed;
static char tap_folder[64];

__attribute__((__format__(__printf__, 2, 3), __unused__)) static int ok(int holds, const char *format, ...)
{
    va_list args;

    printf("%sok %d - ", holds ? "" : "not ", ++tap_count);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    if (!holds)
        printf("# errno %d: %s\n", errno, strerror(errno));
    fflush(stdout);
    tap_failed += !holds;
    return holds;
}

__attribute__((__unused__)) static int is(long got, long wanted, const char *what)
{
    if (got != wanted)
        printf("# got %ld, wanted %ld\n", got, wanted);
    return ok(got == wanted, "%s", what);
}

/* Did the call answer -1 with this errno? */
__attribute__((__unused__)) static int fails(long got, int error, const char *what)
{
    int now = errno;
    if (got != -1 || now != error)
        printf("# got %ld, errno %d; wanted -1, errno %d\n", got, now, error);
    return ok(got == -1 && now == error, "%s", what);
}

/* This many results cannot be had here. */
__attribute__((__unused__)) static void skip(int count, const char *what, const char *why)
{
    while (count--)
        printf("ok %d # SKIP %s: %s\n", ++tap_count, what, why);
}

/* Never -1, which kill() would take for every process there is. */
__attribute__((__unused__)) static pid_t tap_fork(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        printf("Bail out! fork: %s\n", strerror(errno));
        exit(2);
    }
    return pid;
}

__attribute__((__unused__)) static void scratch(void)
{
    strcpy(tap_folder, "/tmp/libc.XXXXXX");
    if (!mkdtemp(tap_folder) || chdir(tap_folder) < 0) {
        printf("Bail out! no folder in /tmp\n");
        exit(1);
    }
}

__attribute__((__unused__)) static void scratch_end(void)
{
    is(chdir("/") || rmdir(tap_folder), 0, "nothing is left in the test's folder");
}

static int done(void)
{
    printf("1..%d\n", tap_count);
    return tap_failed != 0;
}

#endif
