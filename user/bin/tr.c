// SPDX-License-Identifier: MIT
/*
 * tr.c - translates, squeezes or deletes characters of the standard input
 *
 * Use:  tr [-cds] set1 [set2]      -c all but set1, -d delete, -s squeeze repeats of the last set
 *
 * A set holds characters, ranges a-z, classes [:upper:] and backslash sequences.  A short set2 repeats its
 * last.
 */
#include "user/bin/common.h"

#include "user/bin/escape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct set {
    unsigned char list[512];
    int count;
    bool has[256];
};

static void set_add(struct set *s, int c)
{
    if (s->count < (int)sizeof s->list)
        s->list[s->count++] = (unsigned char)c;
    s->has[c] = true;
}

/* A class at `text`; returns what follows it, or NULL when none stands there. */
static const char *class_add(struct set *s, const char *text)
{
    static const struct {
        const char *name;
        int (*test)(int);
    } classes[] = {
        {"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum},   {"upper", isupper},
        {"lower", islower}, {"space", isspace}, {"punct", ispunct},   {"print", isprint},
        {"cntrl", iscntrl}, {"blank", isblank}, {"xdigit", isxdigit}, {"graph", isgraph},
    };
    const char *end = strncmp(text, "[:", 2) == 0 ? strstr(text, ":]") : NULL;
    size_t i;
    int c;

    for (i = 0; end && i < sizeof classes / sizeof *classes; i++) {
        size_t len = strlen(classes[i].name);

        if ((size_t)(end - text - 2) != len || strncmp(text + 2, classes[i].name, len) != 0)
            continue;
        for (c = 0; c < 256; c++)
            if (classes[i].test(c))
                set_add(s, c);
        return end + 2;
    }
    return NULL;
}

static int char_take(const char **at)
{
    int c = (unsigned char)*(*at)++;

    if (c != '\\' || !**at)
        return c;
    c = escape_read(at);
    return c >= 0 ? c : (unsigned char)*(*at)++;
}

static void set_read(struct set *s, const char *text)
{
    while (*text) {
        const char *behind = class_add(s, text);
        int from, to;

        if (behind) {
            text = behind;
            continue;
        }
        from = to = char_take(&text);
        if (text[0] == '-' && text[1]) {
            text++;
            to = char_take(&text);
        }
        if (to < from)
            exit(complain_text(text, "a range runs backwards"));
        for (; from <= to; from++)
            set_add(s, from);
    }
}

static void set_invert(struct set *s)
{
    struct set all = {.count = 0};
    int c;

    for (c = 0; c < 256; c++)
        if (!s->has[c])
            set_add(&all, c);
    *s = all;
}

static void map_make(unsigned char map[256], const struct set *from, const struct set *to)
{
    int i;

    for (i = 0; i < 256; i++)
        map[i] = (unsigned char)i;
    for (i = 0; to->count && i < from->count; i++)
        map[from->list[i]] = to->list[i < to->count ? i : to->count - 1];
}

int main(int argc, char **argv)
{
    static struct set from, to;
    static unsigned char map[256];
    bool complement = false, deletes = false, squeeze = false;
    const struct set *squeezed;
    int c, before = -1;

    prog_start(argv, "[-cds] set1 [set2]");
    while ((c = option_next(argc, argv, "cCds")) != -1) {
        if (c == '?')
            usage();
        complement |= c == 'c' || c == 'C';
        deletes |= c == 'd';
        squeeze |= c == 's';
    }
    argv += option_index;
    if (!argv[0] || (!argv[1] && !deletes && !squeeze))
        usage();
    set_read(&from, argv[0]);
    if (argv[1])
        set_read(&to, argv[1]);
    if (complement)
        set_invert(&from);
    map_make(map, &from, deletes ? &(struct set){.count = 0} : &to);
    squeezed = argv[1] ? &to : &from;
    while ((c = getchar()) != EOF) {
        if (deletes && from.has[c])
            continue;
        c = map[c];
        if (squeeze && c == before && squeezed->has[c])
            continue;
        putchar(before = c);
    }
    return prog_end(ferror(stdin) ? complain("standard input") : 0);
}
