// SPDX-License-Identifier: MIT
/*
 * cmp.c - compares two files byte by byte
 *
 * Use:  cmp [-sl] file1 file2      -s prints nothing, -l every difference
 *
 * Exit status: 0 equal, 1 different, 2 an error.
 */
#include "user/bin/common.h"

#include <unistd.h>

static bool silent, list;

static int compare(FILE *a, FILE *b, const char *first, const char *second)
{
    unsigned long at = 1, line = 1;
    int x, y, status = 0;

    for (;; at++) {
        x = getc(a);
        y = getc(b);
        if (x == EOF || y == EOF)
            break;
        if (x != y && list)
            printf("%lu %o %o\n", at, (unsigned)x, (unsigned)y);
        status |= x != y;
        if (x != y && !list) {
            if (!silent)
                printf("%s %s differ: char %lu, line %lu\n", first, second, at, line);
            return 1;
        }
        line += x == '\n';
    }
    if (x == y)
        return status;
    if (!silent)
        complain_text(x == EOF ? first : second, "ends before the other");
    return 1;
}

int main(int argc, char **argv)
{
    FILE *a, *b;
    int c, status;

    prog_start(argv, "[-sl] file1 file2");
    while ((c = option_next(argc, argv, "sl")) != -1) {
        if (c == '?')
            usage();
        silent |= c == 's';
        list |= c == 'l';
    }
    argv += option_index;
    if (argc - option_index != 2)
        usage();
    a = file_open(argv[0]);
    b = file_open(argv[1]);
    if (!a || !b)
        return 2;
    status = compare(a, b, argv[0], argv[1]);
    if (ferror(a) || ferror(b))
        return complain(ferror(a) ? argv[0] : argv[1]) + 1;
    return prog_end(status);
}
