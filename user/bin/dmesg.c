// SPDX-License-Identifier: MIT
/*
 * dmesg.c - prints the kernel's messages
 *
 * Use:  dmesg      asks syslog(2), which is system call 103, to read all
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { READ_ALL = 3, SIZE_BUFFER = 10 };

/* The level that may stand before a line, as <6>. */
static const char *level_skip(const char *at, const char *end)
{
    const char *p = at;

    if (p < end && *p == '<') {
        while (p < end && *p != '>')
            p++;
        return p < end ? p + 1 : at;
    }
    return at;
}

static void lines_print(const char *at, const char *end)
{
    while (at < end) {
        at = level_skip(at, end);
        while (at < end && *at != '\n')
            putchar(*at++);
        putchar('\n');
        at++;
    }
}

int main(int argc, char **argv)
{
    long size, got;
    char *text;

    prog_start(argv, "");
    if (argc > 1)
        usage();
    size = syscall(SYS_syslog, SIZE_BUFFER, NULL, 0);
    size = size > 0 ? size : 16 * BLOCK;
    text = mem_get(NULL, (size_t)size);
    got = syscall(SYS_syslog, READ_ALL, text, size);
    if (got < 0)
        die("syslog");
    lines_print(text, text + got);
    free(text);
    return prog_end(0);
}
