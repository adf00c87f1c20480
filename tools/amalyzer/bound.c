// SPDX-License-Identifier: MIT
/*
 * bound.c - an upper bound for what is not exactly known
 *
 * A count may contain values that only the body will know.  Each such value may have a limit (a byte is at most 255, AMA_UPTO gives
 * one); the bound of a count puts limits in their place, and what is subtracted counts as 0.  A value without a limit has no
 * bound, and it is named to the reader.
 */
#include "tools/amalyzer/amalyzer.h"

const char *loop_to_blame;

static struct expr *upper_sum(struct expr *e, struct expr **culprit)
{
    struct expr *all = number(e->number);
    for (int i = 0; i < e->terms; i++) {
        struct expr *of = e->term[i].of;
        if (!of->exact)
            of = e->term[i].factor > 0 ? upper(of, culprit) : number(0);
        if (!of)
            return NULL;
        all = plus(all, times(number(e->term[i].factor), of));
    }
    return all;
}

static struct expr *most_of(unsigned bits) { return bits <= 16 ? number((1l << bits) - 1) : NULL; }

/* A difference of what is not known wraps below zero. */
static bool may_be_negative(const struct expr *e)
{
    for (int i = 0; i < e->terms; i++)
        if (e->term[i].factor < 0)
            return true;
    return e->number < 0 && e->kind == SUM;
}

static struct expr *upper_narrow(struct expr *e, struct expr **culprit)
{
    int64_t n;
    struct expr *x = upper(e->arg[0], culprit);
    bool fits = x && is_number(x, &n) && e->number < 63 && n >= 0 && n < 1l << e->number;
    if (may_be_negative(e->arg[0]))
        return e->number < 63 ? most_of(e->number) : NULL;
    return fits || (x && e->number > 16) ? x : most_of(e->number);
}

static struct expr *upper_rounds(struct expr *e, struct expr **culprit)
{
    struct expr *to = upper(e->arg[1], culprit);
    if (!to)
        loop_to_blame = e->why;
    return to ? rounds(e->arg[0]->exact ? e->arg[0] : number(0), to, e->why) : NULL;
}

static struct expr *upper_both(struct expr *e, struct expr **culprit)
{
    struct expr *a = upper(e->arg[e->args - 2], culprit), *b = upper(e->arg[e->args - 1], culprit);
    if (e->kind == MINIMUM && (!a || !b))
        return a ? a : b;
    if (!a || !b)
        return NULL;
    switch (e->kind) {
    case PRODUCT: return times(a, b);
    case MINIMUM: return smaller(a, b);
    case BIT_OR: return plus(a, b);
    case CHOICE: return e->arg[0]->exact ? choice(e->arg[0], a, b) : larger(a, b);
    default: return larger(a, b);
    }
}

static struct expr *upper_of_number(struct expr *e, struct expr **culprit)
{
    int64_t n, masked;
    struct expr *x = upper(e->arg[0], culprit);
    bool known = is_number(e->arg[1], &n);
    if (e->kind == BIT_AND && is_number(e->arg[0], &masked) && masked < 0)
        return NULL;
    if (e->kind == BIT_AND)
        return known && n >= 0 && (!x || !is_number(x, &(int64_t){0})) ? number(n) : x;
    if (e->kind == REMAINDER)
        return known && n > 0 ? number(n - 1) : NULL;
    return x && e->arg[1]->exact ? binary(e->kind, x, e->arg[1]) : NULL;
}

/* A part that is not known, to name it. */
static struct expr *unknown_in(struct expr *e)
{
    struct expr *found = e->kind == UNKNOWN ? e : NULL;
    for (int i = 0; i < e->args && !found; i++)
        found = e->arg[i]->exact ? NULL : unknown_in(e->arg[i]);
    for (int i = 0; i < e->terms && !found; i++)
        found = e->term[i].of->exact ? NULL : unknown_in(e->term[i].of);
    return found;
}

struct expr *upper(struct expr *e, struct expr **culprit)
{
    if (e->exact)
        return e;
    switch (e->kind) {
    case SUM: return upper_sum(e, culprit);
    case PRODUCT: case MAXIMUM: case MINIMUM: case BIT_OR: case CHOICE: return upper_both(e, culprit);
    case TRUTH: case TEST: return number(1);
    case QUOTIENT: case SHIFT_RIGHT: case BIT_AND: case REMAINDER: return upper_of_number(e, culprit);
    case NARROW: return upper_narrow(e, culprit);
    case LOAD: return most_of(e->number);
    case ROUNDS: return upper_rounds(e, culprit);
    case UNKNOWN: {
        struct expr *limit = e->limit ? upper(e->limit, culprit) : NULL;
        if (!limit)
            *culprit = e;
        return limit;
    }
    default:
        *culprit = unknown_in(e);
        return NULL;
    }
}

struct expr *upper_or_self(struct expr *e)
{
    struct expr *culprit, *u = upper(e, &culprit);
    return u ? u : e;
}
