// SPDX-License-Identifier: MIT
/*
 * cat.c - copies files to the standard output
 *
 * Use:  cat [file...]      "-" or nothing is the standard input
 */
#include "user/bin/common.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int cat(const char *path)
{
    int fd = strcmp(path, "-") == 0 ? 0 : open(path, O_RDONLY), status;

    if (fd < 0)
        return complain(path);
    status = copy_data(fd, path, 1, "write");
    if (fd > 0)
        close(fd);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;

    prog_start(argv, "[file...]");
    if (argc > 1 && strcmp(argv[1], "-u") == 0)
        argv++;
    if (!argv[1])
        return cat("-");
    while (*++argv)
        status |= cat(*argv);
    return status;
}
