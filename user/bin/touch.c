// SPDX-License-Identifier: MIT
/*
 * touch.c - sets the times of files to now, and makes those that are missing
 *
 * Use:  touch [-c] path...      -c makes none
 */
#include "user/bin/common.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int touch(const char *path, bool create)
{
    int fd;

    if (utimensat(AT_FDCWD, path, NULL, 0) == 0)
        return 0;
    if (errno != ENOENT)
        return complain(path);
    if (!create)
        return 0;
    fd = open(path, O_WRONLY | O_CREAT, 0666);
    if (fd < 0)
        return complain(path);
    close(fd);
    return 0;
}

int main(int argc, char **argv)
{
    bool create = true;
    int c, status = 0;

    prog_start(argv, "[-c] path...");
    while ((c = getopt(argc, argv, "c")) != -1) {
        if (c == '?')
            usage();
        create = false;
    }
    if (!argv[optind])
        usage();
    for (argv += optind; *argv; argv++)
        status |= touch(*argv, create);
    return status;
}
