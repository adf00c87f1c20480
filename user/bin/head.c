// SPDX-License-Identifier: MIT
/*
 * head.c - prints the beginning of files
 *
 * Use:  head [-n lines | -lines | -c bytes] [file...]
 */
#include "user/bin/common.h"

#include <ctype.h>
#include <unistd.h>

static long long limit = 10;
static bool bytes, titles;

static int head(FILE *file, const char *name)
{
    static bool later;
    long long left = limit;
    int c;

    if (titles)
        printf("%s==> %s <==\n", later ? "\n" : "", name);
    later = true;
    while (left > 0 && (c = getc(file)) != EOF) {
        putchar(c);
        left -= bytes || c == '\n';
    }
    return 0;
}

int main(int argc, char **argv)
{
    int c;

    prog_start(argv, "[-n lines | -c bytes] [file...]");
    if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
        limit = number_arg(argv[1] + 1);
        argv++, argc--;
    }
    while ((c = option_next(argc, argv, "n:c:")) != -1) {
        if (c == '?')
            usage();
        limit = size_arg(option_value);
        bytes = c == 'c';
    }
    titles = argc - option_index > 1;
    return prog_end(each_file(argv + option_index, head));
}
