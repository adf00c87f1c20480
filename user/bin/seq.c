// SPDX-License-Identifier: MIT
/*
 * seq.c - prints numbers
 *
 * Use:  seq [-w] [first [step]] last      whole numbers; -w all equally wide
 */
#include "user/bin/common.h"

#include <string.h>

static int width_of(long long n)
{
    return snprintf(NULL, 0, "%lld", n);
}

int main(int argc, char **argv)
{
    long long first = 1, step = 1, last, n;
    int width = 0;

    prog_start(argv, "[-w] [first [step]] last");
    argv++, argc--;
    if (argc && strcmp(*argv, "-w") == 0) {
        width = 1;
        argv++, argc--;
    }
    if (argc < 1 || argc > 3)
        usage();
    last = number_arg(argv[argc - 1]);
    first = argc > 1 ? number_arg(argv[0]) : 1;
    step = argc > 2 ? number_arg(argv[1]) : 1;
    if (step == 0)
        return complain_text(argv[1], "would never end");
    if (width)
        width = width_of(first) > width_of(last) ? width_of(first) : width_of(last);
    for (n = first; step > 0 ? n <= last : n >= last; n += step)
        printf("%0*lld\n", width, n);
    return prog_end(0);
}
