// SPDX-License-Identifier: MIT
/*
 * builtin_test.c - test and [
 *
 * Grammar, tightest first:  primary | ! expr | ( expr ),  expr -a expr,  expr -o expr.  As POSIX asks, the
 * number of arguments decides first: one argument is always a string, and with three a binary operator in the
 * middle wins.
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct test {
    char **at, **end;
    bool failed;
};

static bool either(struct test *t);

static bool test_fail(struct test *t, const char *what, const char *text)
{
    if (!t->failed)
        sh_say("test: %s%s%s", text, *text ? ": " : "", what);
    t->failed = true;
    t->at = t->end;
    return false;
}

static const char *const binaries[] = {
    "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", NULL,
};

static int binary_number(const char *text)
{
    int i;

    for (i = 0; binaries[i]; i++)
        if (strcmp(binaries[i], text) == 0)
            return i;
    return -1;
}

static long number(struct test *t, const char *text)
{
    char *end;
    long n;

    errno = 0;
    n = strtol(text, &end, 10);
    while (*end == ' ' || *end == '\t')
        end++;
    if (end == text || *end || errno)
        test_fail(t, "not a number", text);
    return n;
}

static bool compare_files(int op, const char *a, const char *b)
{
    struct stat x, y;
    bool have_x = stat(a, &x) == 0, have_y = stat(b, &y) == 0;

    if (op == 13)
        return have_x && have_y && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    if (!have_x || !have_y)
        return op == 11 ? have_x && !have_y : have_y && !have_x;
    if (op == 12)
        return x.st_mtim.tv_sec != y.st_mtim.tv_sec ? x.st_mtim.tv_sec < y.st_mtim.tv_sec
                                                    : x.st_mtim.tv_nsec < y.st_mtim.tv_nsec;
    return x.st_mtim.tv_sec != y.st_mtim.tv_sec ? x.st_mtim.tv_sec > y.st_mtim.tv_sec
                                                : x.st_mtim.tv_nsec > y.st_mtim.tv_nsec;
}

static bool compare_numbers(struct test *t, int op, const char *left, const char *right)
{
    long a = number(t, left), b = number(t, right);

    if (t->failed)
        return false;
    switch (op) {
    case 5:
        return a == b;
    case 6:
        return a != b;
    case 7:
        return a < b;
    case 8:
        return a <= b;
    case 9:
        return a > b;
    default:
        return a >= b;
    }
}

static bool compare(struct test *t, int op, const char *a, const char *b)
{
    int order = strcmp(a, b);

    if (op >= 11)
        return compare_files(op, a, b);
    if (op >= 5)
        return compare_numbers(t, op, a, b);
    return op < 2 ? order == 0 : op == 2 ? order != 0 : op == 3 ? order < 0 : order > 0;
}

static bool mode_test(char op, const struct stat *st)
{
    switch (op) {
    case 'f':
        return S_ISREG(st->st_mode);
    case 'd':
        return S_ISDIR(st->st_mode);
    case 'b':
        return S_ISBLK(st->st_mode);
    case 'c':
        return S_ISCHR(st->st_mode);
    case 'p':
        return S_ISFIFO(st->st_mode);
    case 'S':
        return S_ISSOCK(st->st_mode);
    case 's':
        return st->st_size > 0;
    case 'u':
        return (st->st_mode & S_ISUID) != 0;
    case 'g':
        return (st->st_mode & S_ISGID) != 0;
    default:
        return true;
    }
}

static bool unary(struct test *t, char op, const char *text)
{
    struct stat st;

    switch (op) {
    case 'n':
        return *text != '\0';
    case 'z':
        return *text == '\0';
    case 'r':
        return access(text, R_OK) == 0;
    case 'w':
        return access(text, W_OK) == 0;
    case 'x':
        return access(text, X_OK) == 0;
    case 't':
        return isatty((int)number(t, text));
    case 'h':
    case 'L':
        return lstat(text, &st) == 0 && S_ISLNK(st.st_mode);
    default:
        return stat(text, &st) == 0 && mode_test(op, &st);
    }
}

static bool is_unary(const char *text)
{
    return text[0] == '-' && text[1] && !text[2] && strchr("nzrwxthLfdbcpSsugeka", text[1]) && text[1] != 'a';
}

static bool primary(struct test *t)
{
    long left = t->end - t->at;
    char **at = t->at;

    if (left == 0)
        return test_fail(t, "argument expected", "");
    if (left >= 3 && binary_number(at[1]) >= 0) {
        t->at += 3;
        return compare(t, binary_number(at[1]), at[0], at[2]);
    }
    if (left >= 2 && strcmp(at[0], "!") == 0) {
        t->at++;
        return !primary(t);
    }
    if (left >= 2 && is_unary(at[0])) {
        t->at += 2;
        return unary(t, at[0][1], at[1]);
    }
    if (left >= 3 && strcmp(at[0], "(") == 0) {
        bool result;

        t->at++;
        result = either(t);
        if (t->at == t->end || strcmp(*t->at, ")") != 0)
            return test_fail(t, "missing )", "");
        t->at++;
        return result;
    }
    t->at++;
    return *at[0] != '\0';
}

static bool both(struct test *t)
{
    bool result = primary(t);

    while (t->at < t->end && strcmp(*t->at, "-a") == 0) {
        t->at++;
        result &= primary(t);
    }
    return result;
}

static bool either(struct test *t)
{
    bool result = both(t);

    while (t->at < t->end && strcmp(*t->at, "-o") == 0) {
        t->at++;
        result |= both(t);
    }
    return result;
}

int b_test(int argc, char **argv)
{
    struct test t = {.at = argv + 1, .end = argv + argc};
    bool result;

    if (strcmp(argv[0], "[") == 0) {
        if (argc < 2 || strcmp(argv[argc - 1], "]") != 0) {
            sh_say("[: missing ]");
            return 2;
        }
        t.end--;
    }
    if (t.at == t.end)
        return 1;
    result = either(&t);
    if (t.at != t.end)
        test_fail(&t, "unexpected argument", *t.at);
    return t.failed ? 2 : !result;
}
