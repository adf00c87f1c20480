// SPDX-License-Identifier: MIT
/*
 * arith.c - $((...)): integer expressions of C on long
 *
 * Precedence climbing over one table of binary operators.  The part of && || ?: that is not chosen is read
 * with `idle` set: it neither assigns nor fails to divide.
 */
#include "user/sh/sh.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arith {
    const char *whole, *at;
    int idle;
    int depth; // of parentheses, and of variables whose value is an expression
};

static const struct {
    char text[3];
    int level;
} binary[] = {
    // longer ones first
    {"||", 1}, {"&&", 2}, {"==", 6}, {"!=", 6}, {"<=", 7}, {">=", 7}, {"<<", 8}, {">>", 8}, {"|", 3},
    {"^", 4},  {"&", 5},  {"<", 7},  {">", 7},  {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10},
};

#define DEEPEST 100

static long conditional(struct arith *a);
static long assignment(struct arith *a);
static long evaluate(const char *text, int depth);

static void arith_fail(const struct arith *a, const char *what)
{
    sh_fail("arithmetic: %s in `%s'", what, a->whole);
}

static void space_skip(struct arith *a)
{
    while (isspace((unsigned char)*a->at))
        a->at++;
}

static bool take(struct arith *a, char c)
{
    space_skip(a);
    if (*a->at != c)
        return false;
    a->at++;
    return true;
}

static long number_read(struct arith *a, const char *text, char **end)
{
    long n;

    errno = 0;
    n = (long)strtoull(text, end, 0);
    if (*end == text || name_char((unsigned char)**end))
        arith_fail(a, "not a number");
    return n;
}

static long variable_value(struct arith *a, const char *name)
{
    const char *text = var_get(name);

    if (!text && sh.option[OPT_U] && !a->idle)
        sh_fail("%s: parameter is not set", name);
    if (!text || !*text)
        return 0;
    return evaluate(text, a->depth + 1);
}

/* A variable's name, and the assignment behind it when there is one. */
static long variable(struct arith *a)
{
    size_t len = name_length(a->at);
    char *name = scratch_dup(a->at, len), op[3] = "", number[24];
    long value, right;

    a->at += len;
    space_skip(a);
    len = strspn(a->at, "+-*/%&|^");
    if (strncmp(a->at, "<<=", 3) == 0 || strncmp(a->at, ">>=", 3) == 0)
        len = 2;
    if (len > 2 || a->at[len] != '=' || (len == 0 && a->at[1] == '='))
        return variable_value(a, name);
    memcpy(op, a->at, len);
    a->at += len + 1;
    right = assignment(a);
    value = right;
    if (len) {
        struct arith inner = {.whole = a->whole, .idle = a->idle, .depth = a->depth};
        char text[64];

        snprintf(text, sizeof text, "(%ld)%s(%ld)", variable_value(a, name), op, right);
        inner.at = text;
        value = conditional(&inner);
    }
    snprintf(number, sizeof number, "%ld", value);
    if (!a->idle)
        var_set(name, number);
    return value;
}

static long unary(struct arith *a)
{
    long n;

    space_skip(a);
    if (take(a, '(')) {
        n = assignment(a);
        if (!take(a, ')'))
            arith_fail(a, "missing )");
        return n;
    }
    if (take(a, '-'))
        return (long)-(unsigned long)unary(a);
    if (take(a, '+'))
        return unary(a);
    if (take(a, '~'))
        return ~unary(a);
    if (*a->at == '!' && a->at[1] != '=')
        return a->at++, !unary(a);
    if (name_start((unsigned char)*a->at))
        return variable(a);
    if (!isdigit((unsigned char)*a->at))
        arith_fail(a, *a->at ? "unexpected character" : "unexpected end");
    return number_read(a, a->at, (char **)&a->at);
}

static long divide(struct arith *a, char op, long x, long y)
{
    if (y == 0) {
        if (!a->idle)
            arith_fail(a, "division by zero");
        return 0;
    }
    if (x == LONG_MIN && y == -1)
        return op == '/' ? x : 0;
    return op == '/' ? x / y : x % y;
}

static long apply(struct arith *a, const char *op, long x, long y)
{
    unsigned long ux = (unsigned long)x, uy = (unsigned long)y;

    switch (op[0]) {
    case '+':
        return (long)(ux + uy);
    case '-':
        return (long)(ux - uy);
    case '*':
        return (long)(ux * uy);
    case '/':
    case '%':
        return divide(a, op[0], x, y);
    case '^':
        return x ^ y;
    case '=':
        return x == y;
    case '!':
        return x != y;
    case '|':
        return op[1] ? x || y : x | y;
    case '&':
        return op[1] ? x && y : x & y;
    case '<':
        return op[1] == '<' ? (long)(ux << (uy & 63)) : op[1] ? x <= y : x < y;
    default:
        return op[1] == '>' ? x >> (uy & 63) : op[1] ? x >= y : x > y;
    }
}

/* The operator at this place, as an index into the table, or -1. */
static int operator_at(struct arith *a)
{
    size_t i;

    space_skip(a);
    for (i = 0; i < sizeof binary / sizeof *binary; i++)
        if (strncmp(a->at, binary[i].text, strlen(binary[i].text)) == 0)
            return (int)i;
    return -1;
}

static long climb(struct arith *a, int level)
{
    long x = unary(a), y;
    int i;

    while ((i = operator_at(a)) >= 0 && binary[i].level >= level) {
        const char *op = binary[i].text;
        bool skips = (strcmp(op, "&&") == 0 && !x) || (strcmp(op, "||") == 0 && x);

        a->at += strlen(op);
        a->idle += skips;
        y = climb(a, binary[i].level + 1);
        a->idle -= skips;
        x = apply(a, op, x, y);
    }
    return x;
}

static long conditional(struct arith *a)
{
    long x = climb(a, 1), yes, no;

    if (!take(a, '?'))
        return x;
    a->idle += !x;
    yes = assignment(a);
    a->idle -= !x;
    if (!take(a, ':'))
        arith_fail(a, "missing :");
    a->idle += !!x;
    no = conditional(a);
    a->idle -= !!x;
    return x ? yes : no;
}

static long assignment(struct arith *a)
{
    long n;

    if (++a->depth > DEEPEST)
        arith_fail(a, "too much nesting");
    n = conditional(a);
    a->depth--;
    return n;
}

static long evaluate(const char *text, int depth)
{
    struct arith a = {.whole = text, .at = text, .depth = depth};
    long n;

    space_skip(&a);
    n = *a.at ? assignment(&a) : 0;
    space_skip(&a);
    if (*a.at)
        arith_fail(&a, "unexpected character");
    return n;
}

/* The value of an expression; an error leaves by sh_fail(). */
long arith_eval(const char *text)
{
    return evaluate(text, 0);
}
