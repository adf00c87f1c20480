// SPDX-License-Identifier: MIT
/*
 * hexdump.c - shows bytes in hexadecimal
 *
 * Use:  hexdump [-Cv] [-s skip] [-n count] [file...]
 *
 *     -C bytes with characters, otherwise words of two bytes; equal lines become one * unless -v
 */
#include "user/bin/common.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 16

static bool canonical, verbose;
static long long skip, limit = -1, offset;
static unsigned char line[WIDTH], last[WIDTH];
static int used; // bytes in `line`
static bool have_last, starred;

static void bytes_print(void)
{
    int i;

    for (i = 0; i < WIDTH; i++) {
        printf(i == WIDTH / 2 ? "  " : " ");
        printf(i < used ? "%02x" : "  ", line[i]);
    }
    printf("  |");
    for (i = 0; i < used; i++)
        putchar(isprint(line[i]) ? line[i] : '.');
    puts("|");
}

static void words_print(void)
{
    int i;

    for (i = 0; i < WIDTH; i += 2) {
        if (i < used)
            printf(" %02x%02x", i + 1 < used ? line[i + 1] : 0, line[i]);
        else
            printf("     ");
    }
    putchar('\n');
}

static void line_print(void)
{
    bool same = have_last && used == WIDTH && memcmp(line, last, WIDTH) == 0;

    if (same && !verbose) {
        if (!starred)
            puts("*");
        starred = true;
    } else {
        starred = false;
        printf(canonical ? "%08llx " : "%07llx", (unsigned long long)offset);
        if (canonical)
            bytes_print();
        else
            words_print();
    }
    memcpy(last, line, WIDTH);
    have_last = true;
    offset += used;
    used = 0;
}

static int dump(FILE *file, const char *name)
{
    int c;

    (void)name;
    while (limit != 0 && (c = getc(file)) != EOF) {
        if (skip > 0) {
            skip--;
            offset++;
            continue;
        }
        limit -= limit > 0;
        line[used++] = (unsigned char)c;
        if (used == WIDTH)
            line_print();
    }
    return 0;
}

int main(int argc, char **argv)
{
    int c, status;

    prog_start(argv, "[-Cv] [-s skip] [-n count] [file...]");
    while ((c = option_next(argc, argv, "Cvs:n:")) != -1) {
        if (c == '?')
            usage();
        canonical |= c == 'C';
        verbose |= c == 'v';
        skip = c == 's' ? size_arg(option_value) : skip;
        limit = c == 'n' ? size_arg(option_value) : limit;
    }
    status = each_file(argv + option_index, dump);
    if (used)
        line_print();
    if (offset)
        printf(canonical ? "%08llx\n" : "%07llx\n", (unsigned long long)offset);
    return prog_end(status);
}
