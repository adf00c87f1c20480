// SPDX-License-Identifier: MIT
/*
 * err.c - messages with the program's name and the reason, on standard error
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *program_invocation_name = "";
char *program_invocation_short_name = "";

/* Writes "program: message: reason", without the reason when it is NULL. */
static void message(const char *reason, const char *format, va_list args)
{
    fflush(stdout);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    if (format)
        vfprintf(stderr, format, args);
    if (reason)
        fprintf(stderr, "%s%s", format ? ": " : "", reason);
    fputc('\n', stderr);
}

void vwarn(const char *format, va_list args)
{
    message(strerror(errno), format, args);
}

void vwarnx(const char *format, va_list args)
{
    message(NULL, format, args);
}

void verr(int status, const char *format, va_list args)
{
    vwarn(format, args);
    exit(status);
}

void verrx(int status, const char *format, va_list args)
{
    vwarnx(format, args);
    exit(status);
}

void warn(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vwarn(format, args);
    va_end(args);
}

void warnx(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vwarnx(format, args);
    va_end(args);
}

void err(int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    verr(status, format, args);
}

void errx(int status, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    verrx(status, format, args);
}
