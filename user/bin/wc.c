// SPDX-License-Identifier: MIT
/*
 * wc.c - counts lines, words and bytes
 *
 * Use:  wc [-lwc] [file...]
 */
#include "user/bin/common.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

struct counts {
    unsigned long long lines, words, bytes;
};

static bool show_lines, show_words, show_bytes;
static struct counts total;

static void counts_print(const struct counts *n, const char *name, int width)
{
    const char *gap = "";

    if (show_lines)
        printf("%*llu", width, n->lines), gap = " ";
    if (show_words)
        printf("%s%*llu", gap, width, n->words), gap = " ";
    if (show_bytes)
        printf("%s%*llu", gap, width, n->bytes);
    printf(strcmp(name, "-") == 0 ? "\n" : " %s\n", name);
}

static int width_of_columns(void)
{
    return show_lines + show_words + show_bytes > 1 ? 7 : 1;
}

static int count(FILE *file, const char *name)
{
    static char block[BLOCK];
    struct counts n = {0};
    bool inside = false;
    size_t got, i;

    while ((got = fread(block, 1, sizeof block, file)) > 0) {
        n.bytes += got;
        for (i = 0; i < got; i++) {
            bool blank = isspace((unsigned char)block[i]);

            n.lines += block[i] == '\n';
            n.words += !blank && !inside;
            inside = !blank;
        }
    }
    counts_print(&n, name, width_of_columns());
    total.lines += n.lines;
    total.words += n.words;
    total.bytes += n.bytes;
    return 0;
}

int main(int argc, char **argv)
{
    int c, status;

    prog_start(argv, "[-lwc] [file...]");
    while ((c = option_next(argc, argv, "lwc")) != -1) {
        if (c == '?')
            usage();
        show_lines |= c == 'l';
        show_words |= c == 'w';
        show_bytes |= c == 'c';
    }
    if (!show_lines && !show_words && !show_bytes)
        show_lines = show_words = show_bytes = true;
    status = each_file(argv + option_index, count);
    if (argc - option_index > 1)
        counts_print(&total, "total", width_of_columns());
    return prog_end(status);
}
