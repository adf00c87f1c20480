// SPDX-License-Identifier: MIT
/*
 * tee.c - copies the standard input to the standard output and to files
 *
 * Use:  tee [-a] [file...]      -a appends
 */
#include "user/bin/common.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct output {
    int fd;
    const char *name;
};

static int all_write(struct output *list, int count, const char *block, size_t len)
{
    int status = 0, i;

    for (i = 0; i < count; i++) {
        if (list[i].fd < 0 || write_all(list[i].fd, block, len) == 0)
            continue;
        status |= complain(list[i].name);
        list[i].fd = -1;
    }
    return status;
}

int main(int argc, char **argv)
{
    static char block[BLOCK];
    struct output *list = mem_get(NULL, (size_t)(argc + 1) * sizeof *list);
    int c, count = 1, status = 0, flags = O_TRUNC;
    ssize_t got;

    prog_start(argv, "[-a] [file...]");
    while ((c = option_next(argc, argv, "a")) != -1) {
        if (c == '?')
            usage();
        flags = O_APPEND;
    }
    list[0] = (struct output){1, "write"};
    for (argv += option_index; *argv; argv++) {
        list[count] = (struct output){open(*argv, O_WRONLY | O_CREAT | flags, 0666), *argv};
        if (list[count++].fd < 0)
            status |= complain(*argv);
    }
    while ((got = read(0, block, sizeof block)) != 0) {
        if (got < 0 && errno != EINTR)
            return complain("standard input");
        if (got > 0)
            status |= all_write(list, count, block, (size_t)got);
    }
    return status;
}
