// SPDX-License-Identifier: MIT
/*
 * uniq.c - of equal lines that follow each other prints one
 *
 * Use:  uniq [-cdu] [input [output]]      -c with their number, -d only repeated ones, -u only the others
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool counts, repeated, single;

static void line_print(const char *line, unsigned long n)
{
    if ((repeated && n < 2) || (single && n > 1))
        return;
    if (counts)
        printf("%7lu ", n);
    puts(line);
}

static void filter(FILE *file)
{
    char *line = NULL, *before = NULL;
    size_t size = 0;
    unsigned long n = 0;

    while (getline(&line, &size, file) >= 0) {
        line[strcspn(line, "\n")] = '\0';
        if (before && strcmp(before, line) == 0) {
            n++;
            continue;
        }
        if (before)
            line_print(before, n);
        free(before);
        before = text_copy(line);
        n = 1;
    }
    if (before)
        line_print(before, n);
    free(before);
    free(line);
}

int main(int argc, char **argv)
{
    FILE *file = stdin;
    int c;

    prog_start(argv, "[-cdu] [input [output]]");
    while ((c = option_next(argc, argv, "cdu")) != -1) {
        if (c == '?')
            usage();
        counts |= c == 'c';
        repeated |= c == 'd';
        single |= c == 'u';
    }
    argv += option_index;
    if (*argv && !(file = file_open(*argv)))
        return 1;
    if (*argv && argv[1] && !freopen(argv[1], "w", stdout))
        die(argv[1]);
    filter(file);
    return prog_end(ferror(file) ? complain(*argv ? *argv : "standard input") : 0);
}
