// SPDX-License-Identifier: MIT
/*
 * dirname.c - prints all but the last component of a path
 *
 * Use:  dirname path...
 */
#include "user/bin/common.h"

#include <string.h>

static void directory_print(const char *path)
{
    size_t len = strlen(path);

    while (len > 1 && path[len - 1] == '/')
        len--;
    while (len > 0 && path[len - 1] != '/')
        len--;
    while (len > 1 && path[len - 1] == '/')
        len--;
    printf("%.*s\n", len ? (int)len : 1, len ? path : ".");
}

int main(int argc, char **argv)
{
    prog_start(argv, "path...");
    if (argc < 2)
        usage();
    while (*++argv)
        directory_print(*argv);
    return prog_end(0);
}
