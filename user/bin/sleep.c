// SPDX-License-Identifier: MIT
/*
 * sleep.c - waits
 *
 * Use:  sleep seconds      with a fraction if wanted; several arguments add up
 */
#include "user/bin/common.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    struct timespec left;
    double seconds = 0;

    prog_start(argv, "seconds...");
    if (argc < 2)
        usage();
    while (*++argv) {
        char *end;
        double n = strtod(*argv, &end);

        if (end == *argv || *end || n < 0 || n > 1e9)
            return complain_text(*argv, "not a time");
        seconds += n;
    }
    left.tv_sec = (time_t)seconds;
    left.tv_nsec = (long)((seconds - (double)left.tv_sec) * 1e9);
    while (nanosleep(&left, &left) < 0)
        if (errno != EINTR)
            die("sleep");
    return 0;
}
