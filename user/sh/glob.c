// SPDX-License-Identifier: MIT
/*
 * glob.c - patterns: matching a string, and finding the files that a pattern names
 *
 * In a pattern a backslash makes the next character ordinary.  A path is matched one component after the
 * other; a component without pattern characters is not searched for but only tried.
 */
#include "user/sh/sh.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool class_has(const char *name, size_t len, int c)
{
    static const struct {
        const char *name;
        int (*test)(int);
    } classes[] = {
        {"alpha", isalpha}, {"digit", isdigit}, {"alnum", isalnum},   {"upper", isupper},
        {"lower", islower}, {"space", isspace}, {"punct", ispunct},   {"print", isprint},
        {"graph", isgraph}, {"cntrl", iscntrl}, {"xdigit", isxdigit},
    };
    size_t i;

    for (i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strlen(classes[i].name) == len && memcmp(classes[i].name, name, len) == 0)
            return classes[i].test(c) != 0;
    return false;
}

/* One element of a bracket expression: a class, a range or a character; moves *at behind it. */
static bool element_has(const char **at, unsigned char c)
{
    const char *p = *at, *end;
    unsigned char low, high;

    if (p[0] == '[' && p[1] == ':' && (end = strstr(p + 2, ":]"))) {
        *at = end + 2;
        return class_has(p + 2, (size_t)(end - p - 2), c);
    }
    if (*p == '\\' && p[1])
        p++;
    low = high = (unsigned char)*p++;
    if (p[0] == '-' && p[1] && p[1] != ']') {
        p++;
        if (*p == '\\' && p[1])
            p++;
        high = (unsigned char)*p++;
    }
    *at = p;
    return low <= c && c <= high;
}

/* Whether `c` is in the brackets behind *at, which moves behind them; false in *closed when ] is missing. */
static bool bracket_has(const char **at, unsigned char c, bool *closed)
{
    const char *p = *at;
    bool inverted = *p == '!' || *p == '^', found = false, first = true;

    p += inverted;
    for (; *p && (*p != ']' || first); first = false)
        found |= element_has(&p, c);
    *closed = *p == ']';
    *at = p + 1;
    return found != inverted;
}

/* Whether one pattern element at *p matches `c`; moves *p behind it. */
static bool one_matches(const char **p, unsigned char c)
{
    const char *at = *p;
    bool closed, has;

    (*p)++;
    switch (*at) {
    case '?':
        return true;
    case '[':
        at++;
        has = bracket_has(&at, c, &closed);
        if (!closed)
            return c == '[';
        *p = at;
        return has;
    case '\\':
        if (at[1])
            return (unsigned char)*(*p)++ == c;
        return c == '\\';
    default:
        return (unsigned char)*at == c;
    }
}

/*
 * Whether the whole text fits the pattern.  Only the last star is ever tried again, so the time is bounded.
 */
bool match(const char *pattern, const char *text)
{
    const char *star = NULL, *star_text = NULL, *p = pattern;

    while (*text || *p == '*') {
        const char *before = p;

        if (*p == '*') {
            star = ++p;
            star_text = text;
            continue;
        }
        if (*p && one_matches(&p, (unsigned char)*text)) {
            text++;
            continue;
        }
        p = before;
        if (!star || !*star_text)
            return false;
        p = star;
        text = ++star_text;
    }
    return !*p;
}

/* ---- files ---- */

static bool has_pattern(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] == '\\')
            i++;
        else if (strchr("*?[", text[i]))
            return true;
    }
    return false;
}

static void path_search(struct fields *f, struct strbuf *path, const char *rest);

/* Goes on behind the path; what is left of the pattern is empty or begins with a slash. */
static void path_step(struct fields *f, struct strbuf *path, const char *rest)
{
    struct stat st;

    if (!*rest) {
        if (lstat(path->data, &st) == 0)
            fields_add(f, scratch_dup(path->data, path->len));
        return;
    }
    if (stat(path->data, &st) < 0 || !S_ISDIR(st.st_mode))
        return;
    path_search(f, path, rest);
}

static void plain_step(struct fields *f, struct strbuf *path, const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] == '\\' && i + 1 < len)
            i++;
        buf_char(path, text[i]);
    }
    path_step(f, path, text + len);
}

static void directory_step(struct fields *f, struct strbuf *path, const char *text, size_t len)
{
    char *pattern = scratch_dup(text, len);
    size_t before = path->len;
    DIR *dir = opendir(before ? path->data : ".");
    const struct dirent *e;

    while (dir && (e = readdir(dir))) {
        if ((e->d_name[0] == '.' && *pattern != '.') || !match(pattern, e->d_name))
            continue;
        buf_text(path, e->d_name);
        path_step(f, path, text + len);
        path->len = before;
        path->data[before] = '\0';
    }
    if (dir)
        closedir(dir);
}

/* Adds all paths that begin with `path` and go on as the pattern `rest` says. */
static void path_search(struct fields *f, struct strbuf *path, const char *rest)
{
    size_t before = path->len, len;

    while (*rest == '/')
        buf_char(path, *rest++);
    len = strcspn(rest, "/");
    if (!len)
        path_step(f, path, rest);
    else if (has_pattern(rest, len))
        directory_step(f, path, rest, len);
    else
        plain_step(f, path, rest, len);
    path->len = before;
    path->data[before] = '\0';
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds the paths that fit, sorted; returns false when there is none. */
bool glob_fields(struct fields *f, const char *pattern)
{
    struct strbuf path = {0};
    int before = f->count;

    buf_text(&path, "");
    path_search(f, &path, pattern);
    buf_free(&path);
    if (f->count > before)
        qsort(f->list + before, (size_t)(f->count - before), sizeof *f->list, by_text);
    return f->count > before;
}
