// SPDX-License-Identifier: MIT
/*
 * grep.c - prints the lines that match
 *
 * Use:  grep [-EFivnclqrhHosx] [-e pattern] pattern [path...]
 *
 *     -E extended expressions, -F plain text, -i any case, -v those that do not match, -x whole lines, -n
 *     with numbers, -c only counts, -l only names, -q only the status, -o only what matches, -r whole
 *     directories, -h -H without and with names, -s no word about missing files
 *
 * Exit status: 0 when a line was selected, 1 when none was, 2 after an error.
 */
#include "user/bin/common.h"

#include <ctype.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool option[128];
static bool with_names, selected, failed;
static const char *pattern;
static regex_t regex;

static int plain_compare(const char *text, size_t len)
{
    return option['i'] ? strncasecmp(text, pattern, len) : strncmp(text, pattern, len);
}

static bool plain_find(const char *line, regmatch_t *hit)
{
    size_t len = strlen(pattern);
    const char *at;

    for (at = line; strlen(at) >= len; at++) {
        if (plain_compare(at, len) == 0) {
            hit->rm_so = (regoff_t)(at - line);
            hit->rm_eo = hit->rm_so + (regoff_t)len;
            return true;
        }
        if (!*at)
            break;
    }
    return false;
}

static bool find(const char *line, regmatch_t *hit, bool middle)
{
    if (option['F'])
        return plain_find(line, hit);
    return regexec(&regex, line, 1, hit, middle ? REG_NOTBOL : 0) == 0;
}

static bool line_selected(const char *line)
{
    regmatch_t hit;
    bool found = find(line, &hit, false);

    if (found && option['x'])
        found = hit.rm_so == 0 && !line[hit.rm_eo];
    return found != option['v'];
}

static void prefix_print(const char *name, unsigned long number)
{
    if (with_names)
        printf("%s:", name);
    if (option['n'])
        printf("%lu:", number);
}

/* -o: each part of the line that matches, on a line of its own. */
static void parts_print(const char *line, const char *name, unsigned long number)
{
    regmatch_t hit;
    bool middle = false;

    while (*line && find(line, &hit, middle)) {
        int len = (int)(hit.rm_eo - hit.rm_so);

        middle = true;
        if (len) {
            prefix_print(name, number);
            printf("%.*s\n", len, line + hit.rm_so);
        }
        line += hit.rm_eo + !len;
    }
}

static void line_print(const char *line, const char *name, unsigned long number)
{
    if (option['o'] && !option['v']) {
        parts_print(line, name, number);
        return;
    }
    prefix_print(name, number);
    puts(line);
}

static void file_search(FILE *file, const char *name)
{
    char *line = NULL;
    size_t size = 0;
    unsigned long number = 0, count = 0;
    ssize_t len;

    while ((len = getline(&line, &size, file)) >= 0) {
        if (len && line[len - 1] == '\n')
            line[len - 1] = '\0';
        number++;
        if (!line_selected(line))
            continue;
        selected = true;
        count++;
        if (option['q'] || option['l'])
            break;
        if (!option['c'])
            line_print(line, name, number);
    }
    free(line);
    if (option['l'] && count)
        puts(name);
    else if (option['c'] && !option['q'])
        printf(with_names ? "%s:%lu\n" : "%.0s%lu\n", name, count);
}

static void path_search(const char *path);

static void directory_search(const char *path)
{
    struct names names;
    size_t i;

    if (names_read(&names, path, false) < 0) {
        failed |= complain(path);
        return;
    }
    for (i = 0; i < names.count; i++) {
        char *below = path_join(path, names.list[i]);
        struct stat st;

        if (lstat(below, &st) == 0 && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
            path_search(below);
        free(below);
    }
    names_free(&names);
}

static void path_search(const char *path)
{
    struct stat st;
    FILE *file;

    if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        if (option['r'])
            directory_search(path);
        else
            failed |= complain_text(path, "is a directory");
        return;
    }
    file = option['s'] && strcmp(path, "-") != 0 ? fopen(path, "r") : file_open(path);
    if (!file) {
        failed = true;
        return;
    }
    file_search(file, strcmp(path, "-") == 0 ? "(standard input)" : path);
    if (ferror(file))
        failed |= complain(path);
    file_close(file);
}

static void pattern_compile(void)
{
    char text[128];
    int error, flags;

    if (option['F'])
        return;
    flags = (option['E'] ? REG_EXTENDED : 0) | (option['i'] ? REG_ICASE : 0);
    error = regcomp(&regex, *pattern ? pattern : "^", flags); // some libraries refuse an empty pattern
    if (!error)
        return;
    regerror(error, &regex, text, sizeof text);
    exit(complain_text(pattern, text) + 1);
}

int main(int argc, char **argv)
{
    int c;

    prog_start(argv, "[-EFivnclqrhHosx] [-e pattern] pattern [path...]");
    while ((c = option_next(argc, argv, "EFivnclqrRhHosxe:")) != -1) {
        if (c == '?')
            usage();
        option[c == 'R' ? 'r' : c] = true;
        pattern = c == 'e' ? option_value : pattern;
    }
    argv += option_index;
    pattern = pattern ? pattern : *argv ? *argv++ : NULL;
    if (!pattern)
        usage();
    pattern_compile();
    with_names = option['H'] || (!option['h'] && (option['r'] || (argv[0] && argv[1])));
    if (!*argv)
        path_search(option['r'] ? "." : "-");
    for (; *argv; argv++)
        path_search(*argv);
    failed |= prog_end(0);
    if (selected && (option['q'] || !failed))
        return 0;
    return failed ? 2 : 1;
}
