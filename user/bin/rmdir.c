// SPDX-License-Identifier: MIT
/*
 * rmdir.c - removes empty directories
 *
 * Use:  rmdir path...
 */
#include "user/bin/common.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    int status = 0;

    prog_start(argv, "path...");
    if (argc < 2)
        usage();
    while (*++argv)
        if (rmdir(*argv) < 0)
            status |= complain(*argv);
    return status;
}
