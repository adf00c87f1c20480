// SPDX-License-Identifier: MIT
/*
 * tail.c - prints the end of files
 *
 * Use:  tail [-n [+]lines | -lines | -c [+]bytes] [file...]      + counts from the beginning
 *
 * Only what can still be part of the end is kept in memory, so any length can be read.
 */
#include "user/bin/common.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long long limit = 10;
static bool bytes, from_start, titles;

static void skip_start(FILE *file)
{
    long long left = limit - 1;
    int c;

    while (left > 0 && (c = getc(file)) != EOF)
        left -= bytes || c == '\n';
    while ((c = getc(file)) != EOF)
        putchar(c);
}

/* Where the last `limit` bytes or lines of the text begin. */
static size_t start_of_end(const char *text, size_t len)
{
    size_t at = len;
    long long lines = 0;

    if (bytes)
        return (long long)len > limit ? len - (size_t)limit : 0;
    if (limit == 0)
        return len;
    while (at > 0) {
        if (text[at - 1] == '\n' && at < len && ++lines == limit)
            return at;
        at--;
    }
    return 0;
}

/* Reads all; whenever the text has doubled, what cannot be part of the end any more is dropped. */
static void keep_end(FILE *file)
{
    size_t size = 2 * BLOCK, len = 0, got, start;
    char *text = mem_get(NULL, size);

    while ((got = fread(text + len, 1, size - len, file)) > 0) {
        len += got;
        if (len < size)
            continue;
        start = start_of_end(text, len);
        memmove(text, text + start, len - start);
        len -= start;
        if (len > size / 2)
            text = mem_get(text, size *= 2);
    }
    start = start_of_end(text, len);
    fwrite(text + start, 1, len - start, stdout);
    free(text);
}

static int tail(FILE *file, const char *name)
{
    static bool later;

    if (titles)
        printf("%s==> %s <==\n", later ? "\n" : "", name);
    later = true;
    if (from_start)
        skip_start(file);
    else
        keep_end(file);
    return 0;
}

int main(int argc, char **argv)
{
    int c;

    prog_start(argv, "[-n [+]lines | -c [+]bytes] [file...]");
    if (argc > 1 && argv[1][0] == '-' && isdigit((unsigned char)argv[1][1])) {
        limit = number_arg(argv[1] + 1);
        argv++, argc--;
    }
    while ((c = option_next(argc, argv, "n:c:")) != -1) {
        if (c == '?')
            usage();
        from_start = *option_value == '+';
        limit = llabs(size_arg(option_value));
        bytes = c == 'c';
    }
    titles = argc - option_index > 1;
    return prog_end(each_file(argv + option_index, tail));
}
