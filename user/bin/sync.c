// SPDX-License-Identifier: MIT
/*
 * sync.c - waits until everything written is on the disk
 *
 * Use:  sync [file...]      only these files
 */
#include "user/bin/common.h"

#include <fcntl.h>
#include <unistd.h>

static int file_sync(const char *path)
{
    int fd = open(path, O_RDONLY), status = 0;

    if (fd < 0)
        return complain(path);
    if (fsync(fd) < 0)
        status = complain(path);
    close(fd);
    return status;
}

int main(int argc, char **argv)
{
    int status = 0;

    prog_start(argv, "[file...]");
    if (argc < 2)
        sync();
    while (*argv && *++argv)
        status |= file_sync(*argv);
    return status;
}
