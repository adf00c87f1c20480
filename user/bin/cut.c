// SPDX-License-Identifier: MIT
/*
 * cut.c - prints parts of lines
 *
 * Use:  cut -c list | -b list | -f list [-d character] [-s] [file...]      the list is like 1,3-5,7-
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct range {
    long from, to;
} ranges[32];
static int range_count;
static bool fields, only_separated;
static char separator = '\t';

static void list_read(char *text)
{
    char *word;

    for (word = strtok(text, ","); word; word = strtok(NULL, ",")) {
        struct range r = {1, 1};
        char *at = word;

        if (*at != '-')
            r.from = r.to = strtol(at, &at, 10);
        if (*at == '-')
            r.to = at[1] ? strtol(at + 1, &at, 10) : (at++, 0x7fffffffL);
        if (*at || r.from < 1 || r.to < r.from || range_count == sizeof ranges / sizeof *ranges)
            exit(complain_text(word, "not a list"));
        ranges[range_count++] = r;
    }
}

static bool chosen(long n)
{
    int i;

    for (i = 0; i < range_count; i++)
        if (ranges[i].from <= n && n <= ranges[i].to)
            return true;
    return false;
}

static void chars_print(const char *line)
{
    long n;

    for (n = 1; line[n - 1]; n++)
        if (chosen(n))
            putchar(line[n - 1]);
}

static void fields_print(const char *line)
{
    const char ends[] = {separator, '\0'};
    bool first = true;
    long n;

    for (n = 1;; n++) {
        size_t len = strcspn(line, ends);

        if (chosen(n)) {
            if (!first)
                putchar(separator);
            fwrite(line, 1, len, stdout);
            first = false;
        }
        if (!line[len])
            break;
        line += len + 1;
    }
}

static int cut(FILE *file, const char *name)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    (void)name;
    while ((len = getline(&line, &size, file)) >= 0) {
        bool separated;

        line[strcspn(line, "\n")] = '\0';
        separated = strchr(line, separator) != NULL;
        if (fields && !separated && only_separated)
            continue;
        if (!fields)
            chars_print(line);
        else if (separated)
            fields_print(line);
        else
            fputs(line, stdout);
        putchar('\n');
    }
    free(line);
    return 0;
}

int main(int argc, char **argv)
{
    int c;

    prog_start(argv, "-c list | -f list [-d character] [-s] [file...]");
    while ((c = option_next(argc, argv, "c:b:f:d:s")) != -1) {
        if (c == '?')
            usage();
        if (c == 'c' || c == 'b' || c == 'f')
            list_read(option_value);
        fields |= c == 'f';
        only_separated |= c == 's';
        separator = c == 'd' ? *option_value : separator;
    }
    if (!range_count)
        usage();
    return prog_end(each_file(argv + option_index, cut));
}
