// SPDX-License-Identifier: MIT
/*
 * choose.c - the larger of two counts, the smaller one, and the one that a condition chooses
 *
 * Both are kept short, since they are what equations grow by: a maximum leaves out what another part makes needless, and a choice
 * between two sums or maxima is made between what they do not share.
 *
 *     max(n + 1, n, 1)                          n + 1
 *     c ? x + 2 : x                             x + 2 * truth(c)
 *     c ? max(x, y) : max(x, z)                 max(x, c ? y : z)
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

/* A product with a truth is at most its other factor. */
static bool is_at_most_factor(const struct expr *e, const struct expr *other)
{
    for (int i = 0; e->kind == PRODUCT && i < 2; i++)
        if (e->arg[i]->kind == TRUTH && (e->arg[!i] == other || is_at_most_factor(e->arg[!i], other)))
            return true;
    return false;
}

static bool is_truth(const struct expr *e)
{
    bool is_bool = e->kind == PEEK && e->number == 1;
    return e->kind == TRUTH || is_bool || (e->kind == PRODUCT && is_truth(e->arg[0]) && is_truth(e->arg[1]));
}

/* A negative term is covered by a positive one: x - (c ? x : 0), or by the constant: 1 - (c ? 1 : 0). */
static bool cover(struct term *t, int count, struct term *negative, int64_t *constant)
{
    for (int j = 0; j < count; j++) {
        if (t[j].factor >= -negative->factor && is_at_most_factor(negative->of, t[j].of)) {
            t[j].factor += negative->factor;
            return true;
        }
    }
    if (!is_truth(negative->of))
        return false;
    *constant += negative->factor;
    return *constant >= 0;
}

/* Atoms are counts, so they are not negative. */
static bool not_negative(struct expr *e)
{
    struct term *t = fresh((expr_terms(e) + 1) * sizeof(*t));
    int64_t constant = 0;
    int n = expr_spread(e, 1, t, &constant);
    for (int i = 0; i < n; i++)
        if ((t[i].factor < 0 && !cover(t, n, &t[i], &constant)) || t[i].of->kind == SIGNED)
            return false;
    return constant >= 0;
}

/* A maximum of many is a chain of pairs; what another one makes needless is left out. */
#define PARTS_MAX 64
struct parts {
    struct expr *at[PARTS_MAX];
    int count;
};

static bool is_needless(enum expr_kind k, struct expr *x, struct expr *beside)
{
    enum expr_kind other = k == MAXIMUM ? MINIMUM : MAXIMUM; /* max(1, min(1, x)) is 1 */
    for (int i = 0; x->kind == other && i < 2; i++)
        if (is_needless(k, x->arg[i], beside))
            return true;
    return not_negative(k == MAXIMUM ? minus(beside, x) : minus(x, beside));
}

static void parts_add(struct parts *p, enum expr_kind k, struct expr *e)
{
    int kept = 0;
    if (e->kind == k && e->args == 2) {
        parts_add(p, k, e->arg[0]);
        parts_add(p, k, e->arg[1]);
        return;
    }
    for (int i = 0; i < p->count; i++)
        if (is_needless(k, e, p->at[i]))
            return;
    for (int i = 0; i < p->count; i++)
        if (!is_needless(k, p->at[i], e))
            p->at[kept++] = p->at[i];
    p->count = kept;
    if (p->count == PARTS_MAX)
        p->at[PARTS_MAX - 1] = expr_pair(k, p->at[PARTS_MAX - 1], e);
    else
        p->at[p->count++] = e;
}

static int by_number(const void *a, const void *b) { return (*(struct expr *const *)a)->id - (*(struct expr *const *)b)->id; }

static struct expr *chain(enum expr_kind k, struct parts *p)
{
    qsort(p->at, p->count, sizeof(*p->at), by_number);
    struct expr *all = p->at[0];
    for (int i = 1; i < p->count; i++)
        all = expr_pair(k, all, p->at[i]);
    return all;
}

static struct expr *extreme(enum expr_kind k, struct expr *a, struct expr *b)
{
    struct parts p = {.count = 0};
    parts_add(&p, k, a);
    parts_add(&p, k, b);
    return chain(k, &p);
}

struct expr *larger(struct expr *a, struct expr *b) { return extreme(MAXIMUM, a, b); }
struct expr *smaller(struct expr *a, struct expr *b) { return extreme(MINIMUM, a, b); }

/* --- one of two --- */

/* What both ways have: terms of sums, or parts of maxima. */
static struct expr *common_terms(struct expr *a, struct expr *b)
{
    struct term *x = fresh((expr_terms(a) + 1) * sizeof(*x)), *y = fresh((expr_terms(b) + 1) * sizeof(*y));
    int64_t cx = 0, cy = 0;
    int n = expr_spread(a, 1, x, &cx), m = expr_spread(b, 1, y, &cy), kept = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            if (x[i].of == y[j].of && x[i].factor > 0 && y[j].factor > 0)
                x[kept++] = (struct term){x[i].factor < y[j].factor ? x[i].factor : y[j].factor, x[i].of};
    return expr_sum(cx > 0 && cy > 0 ? (cx < cy ? cx : cy) : 0, x, kept);
}

/* max(x, r) on one way and max(x, s) on the other is max(x, r on one way and s on the other). */
static struct expr *common_maximum(struct expr *condition, struct expr *a, struct expr *b)
{
    struct parts x = {.count = 0}, y = {.count = 0}, both = {.count = 0};
    parts_add(&x, MAXIMUM, a);
    parts_add(&y, MAXIMUM, b);
    for (int i = 0; i < x.count; i++) {
        for (int j = 0; j < y.count; j++) {
            if (x.at[i] != y.at[j])
                continue;
            both.at[both.count++] = x.at[i];
            x.at[i--] = x.at[--x.count];
            y.at[j] = y.at[--y.count];
            break;
        }
    }
    if (!both.count || both.count == PARTS_MAX)
        return NULL;
    struct expr *rest = choice(condition, x.count ? chain(MAXIMUM, &x) : number(0), y.count ? chain(MAXIMUM, &y) : number(0));
    return larger(chain(MAXIMUM, &both), rest);
}

/* a < b ? a : b, and the three others like it; NULL: it is none of them. */
static struct expr *chosen_extreme(const struct expr *condition, struct expr *a, struct expr *b)
{
    bool straight = condition->kind == TEST && condition->arg[0] == a && condition->arg[1] == b;
    bool crossed = condition->kind == TEST && condition->arg[0] == b && condition->arg[1] == a;
    if (!straight && !crossed)
        return NULL;
    switch (condition->number) {
    case LLVMIntULT: case LLVMIntULE: return straight ? smaller(a, b) : larger(a, b);
    case LLVMIntUGT: case LLVMIntUGE: return straight ? larger(a, b) : smaller(a, b);
    default: return NULL;
    }
}

struct expr *choice(struct expr *condition, struct expr *a, struct expr *b)
{
    int64_t known;
    if (a == b)
        return a;
    if (is_number(condition, &known))
        return known ? a : b;
    if (is_zero(b) && condition->kind == TEST && condition->number == LLVMIntNE && condition->arg[0] == a && is_zero(condition->arg[1]))
        return a; /* x ? x : 0 */
    struct expr *of_two = chosen_extreme(condition, a, b);
    if (of_two)
        return of_two;
    struct expr *more = minus(a, b), *less = minus(b, a);
    if (not_negative(more))
        return plus(b, times(more, expr_new((struct expr){.kind = TRUTH, .args = 1, .arg = {condition}})));
    if (not_negative(less))
        return plus(a, times(less, expr_new((struct expr){.kind = TRUTH, .args = 1, .arg = {negated(condition)}})));
    struct expr *common = common_terms(a, b), *joined = common_maximum(condition, a, b);
    if (!is_zero(common))
        return plus(common, choice(condition, minus(a, common), minus(b, common)));
    return joined ? joined : expr_new((struct expr){.kind = CHOICE, .args = 3, .arg = {condition, a, b}});
}
