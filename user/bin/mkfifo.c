// SPDX-License-Identifier: MIT
/*
 * mkfifo.c - makes named pipes
 *
 * Use:  mkfifo [-m mode] path...
 */
#include "user/bin/common.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    mode_t mode = 0666;
    int c, status = 0;

    prog_start(argv, "[-m mode] path...");
    while ((c = option_next(argc, argv, "m:")) != -1)
        if (c == '?' || !mode_parse(option_value, &mode))
            usage();
    if (!argv[option_index])
        usage();
    for (argv += option_index; *argv; argv++)
        if (mkfifo(*argv, mode) < 0)
            status |= complain(*argv);
    return status;
}
