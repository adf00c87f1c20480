// SPDX-License-Identifier: MIT
/*
 * umount.c - unmounts file systems
 *
 * Use:  umount directory...
 */
#include "user/bin/common.h"

#include <sys/mount.h>

int main(int argc, char **argv)
{
    int status = 0;

    prog_start(argv, "directory...");
    if (argc < 2)
        usage();
    while (*++argv)
        if (umount2(*argv, 0) < 0)
            status |= complain(*argv);
    return status;
}
