// SPDX-License-Identifier: MIT
/*
 * basename.c - prints the last component of a path
 *
 * Use:  basename path [suffix]      without the suffix when it ends in that
 */
#include "user/bin/common.h"

#include <string.h>

int main(int argc, char **argv)
{
    const char *base;
    size_t len, suffix;

    prog_start(argv, "path [suffix]");
    if (argc < 2 || argc > 3)
        usage();
    base = path_base(argv[1]);
    len = strlen(base);
    while (len > 1 && base[len - 1] == '/')
        len--;
    suffix = argc > 2 ? strlen(argv[2]) : 0;
    if (suffix && suffix < len && strncmp(base + len - suffix, argv[2], suffix) == 0)
        len -= suffix;
    printf("%.*s\n", (int)len, base);
    return prog_end(0);
}
