// SPDX-License-Identifier: MIT
/*
 * expr.c - expressions over a scope's arguments, kept in a normal form
 *
 * A count is a sum  c + f1*x1 + f2*x2 + ...  of terms that are not sums themselves, sorted, so that equal counts are one and the
 * same object and differences cancel:  (n + 2) - n  is 2, and "is a at least b?" is "has a - b no negative part?".  A count
 * that depends on a condition is a product with its truth:  condition ? 3 : 1  is  1 + 2 * truth(condition).
 *
 * Numbers are 64 bits wide; narrower ones keep their width where it matters (NARROW, SIGNED).  Counts do not wrap: decode checks
 * sizes before the scope.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

#define BUCKETS 8192
static struct expr *bucket[BUCKETS];
static int ids;

/* --- one object for each expression --- */

static unsigned hash(const struct expr *e)
{
    uint64_t h = e->kind * 31 + (uint64_t)e->number * 131 + (uint64_t)e->value * 17 + (uint64_t)e->type;
    for (int i = 0; i < e->args; i++)
        h = h * 37 + e->arg[i]->id;
    for (int i = 0; i < e->terms; i++)
        h = h * 41 + e->term[i].of->id * 7 + (uint64_t)e->term[i].factor;
    return (h ^ h >> 20) % BUCKETS;
}

static bool same(const struct expr *a, const struct expr *b)
{
    if (a->kind != b->kind || a->number != b->number || a->value != b->value || a->type != b->type || a->args != b->args || a->terms != b->terms)
        return false;
    if (a->kind == UNKNOWN)
        return false;
    for (int i = 0; i < a->args; i++)
        if (a->arg[i] != b->arg[i])
            return false;
    for (int i = 0; i < a->terms; i++)
        if (a->term[i].of != b->term[i].of || a->term[i].factor != b->term[i].factor)
            return false;
    return true;
}

struct expr *expr_new(struct expr e)
{
    unsigned h = hash(&e);
    for (struct expr *old = bucket[h]; old; old = old->next)
        if (same(old, &e))
            return old;
    struct expr *n = fresh(sizeof(*n));
    *n = e;
    n->id = ++ids;
    n->exact = e.kind != UNKNOWN;
    for (int i = 0; i < e.args; i++) {
        n->exact &= e.arg[i]->exact;
        n->changes |= e.arg[i]->changes;
    }
    for (int i = 0; i < e.terms; i++) {
        n->exact &= e.term[i].of->exact;
        n->changes |= e.term[i].of->changes;
    }
    n->next = bucket[h];
    bucket[h] = n;
    return n;
}

struct expr *unknown(LLVMValueRef v, const char *why, struct expr *limit)
{
    return expr_new((struct expr){.kind = UNKNOWN, .value = v, .why = why, .limit = limit});
}

struct expr *expr_pair(enum expr_kind k, struct expr *a, struct expr *b)
{
    return expr_new((struct expr){.kind = k, .args = 2, .arg = {a, b}});
}

/* --- sums --- */

static int by_id(const void *a, const void *b)
{
    return ((const struct term *)a)->of->id - ((const struct term *)b)->of->id;
}

/* Equal terms become one; what remains of them in order. */
struct expr *expr_sum(int64_t constant, struct term *term, int count)
{
    int kept = 0;
    qsort(term, count, sizeof(*term), by_id);
    for (int i = 0; i < count; i++) {
        if (kept && term[kept - 1].of == term[i].of)
            term[kept - 1].factor += term[i].factor;
        else
            term[kept++] = term[i];
        if (!term[kept - 1].factor)
            kept--;
    }
    if (kept == 1 && !constant && term[0].factor == 1)
        return term[0].of;
    return expr_new((struct expr){.kind = SUM, .number = constant, .term = term, .terms = kept});
}

struct expr *number(int64_t n) { return expr_sum(n, NULL, 0); }

bool is_number(const struct expr *e, int64_t *n)
{
    *n = e->number;
    return e->kind == SUM && !e->terms;
}

bool is_zero(const struct expr *e)
{
    int64_t n;
    return is_number(e, &n) && !n;
}

/* The terms of e times `factor` go to out; its constant is added. */
int expr_spread(struct expr *e, int64_t factor, struct term *out, int64_t *constant)
{
    if (e->kind != SUM) {
        *out = (struct term){factor, e};
        return 1;
    }
    *constant += factor * e->number;
    for (int i = 0; i < e->terms; i++)
        out[i] = (struct term){factor * e->term[i].factor, e->term[i].of};
    return e->terms;
}

int expr_terms(const struct expr *e) { return e->kind == SUM ? e->terms : 1; }

static struct expr *add_times(struct expr *a, struct expr *b, int64_t factor)
{
    struct term *t = fresh((expr_terms(a) + expr_terms(b)) * sizeof(*t));
    int64_t constant = 0;
    int n = expr_spread(a, 1, t, &constant);
    n += expr_spread(b, factor, t + n, &constant);
    return expr_sum(constant, t, n);
}

struct expr *plus(struct expr *a, struct expr *b) { return add_times(a, b, 1); }
struct expr *minus(struct expr *a, struct expr *b) { return add_times(a, b, -1); }

/* Two truths of the same condition are one. */
static struct expr *product(struct expr *a, struct expr *b)
{
    if (a == b && a->kind == TRUTH)
        return a;
    return a->id < b->id ? expr_pair(PRODUCT, a, b) : expr_pair(PRODUCT, b, a);
}

struct expr *times(struct expr *a, struct expr *b)
{
    int n = expr_terms(a), m = expr_terms(b), k = 0;
    struct term *x = fresh((n + 1) * sizeof(*x)), *y = fresh((m + 1) * sizeof(*y)), *out = fresh((n * m + n + m + 1) * sizeof(*out));
    int64_t cx = 0, cy = 0;
    n = expr_spread(a, 1, x, &cx);
    m = expr_spread(b, 1, y, &cy);
    for (int i = 0; i < n; i++)
        out[k++] = (struct term){x[i].factor * cy, x[i].of};
    for (int j = 0; j < m; j++)
        out[k++] = (struct term){y[j].factor * cx, y[j].of};
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++)
            out[k++] = (struct term){x[i].factor * y[j].factor, product(x[i].of, y[j].of)};
    return expr_sum(cx * cy, out, k);
}

/* --- width --- */

/* Counts are small and not negative: what only changes their width says nothing. */
struct expr *as_count(struct expr *e)
{
    while (e->kind == NARROW || e->kind == SIGNED)
        e = e->arg[0];
    return e;
}

int expr_size(const struct expr *e)
{
    int size = 1;
    for (int i = 0; i < e->args; i++)
        size += expr_size(e->arg[i]);
    for (int i = 0; i < e->terms; i++)
        size += expr_size(e->term[i].of);
    return size;
}

/* --- conditions --- */

static bool decide(LLVMIntPredicate p, int64_t a, int64_t b)
{
    uint64_t x = a, y = b;
    switch (p) {
    case LLVMIntEQ: return x == y;
    case LLVMIntNE: return x != y;
    case LLVMIntUGT: return x > y;
    case LLVMIntUGE: return x >= y;
    case LLVMIntULT: return x < y;
    case LLVMIntULE: return x <= y;
    case LLVMIntSGT: return a > b;
    case LLVMIntSGE: return a >= b;
    case LLVMIntSLT: return a < b;
    default: return a <= b;
    }
}

static LLVMIntPredicate opposite(LLVMIntPredicate p)
{
    static const LLVMIntPredicate of[] = {LLVMIntNE, LLVMIntEQ, LLVMIntULE, LLVMIntULT, LLVMIntUGE, LLVMIntUGT, LLVMIntSLE, LLVMIntSLT, LLVMIntSGE, LLVMIntSGT};
    return of[p - LLVMIntEQ];
}

struct expr *negated(struct expr *condition)
{
    return expr_new((struct expr){.kind = TEST, .number = opposite((LLVMIntPredicate)condition->number), .args = 2,
                                  .arg = {condition->arg[0], condition->arg[1]}});
}

struct expr *test(LLVMIntPredicate p, struct expr *a, struct expr *b)
{
    int64_t x, y;
    if (is_number(a, &x) && is_number(b, &y))
        return number(decide(p, x, y));
    if (a->kind == TRUTH && is_zero(b) && (p == LLVMIntEQ || p == LLVMIntNE))
        return p == LLVMIntNE ? a->arg[0] : negated(a->arg[0]);
    return expr_new((struct expr){.kind = TEST, .number = p, .args = 2, .arg = {a, b}});
}

struct expr *condition_of(struct expr *e)
{
    return e->kind == TRUTH ? e->arg[0] : test(LLVMIntNE, e, number(0));
}

struct expr *truth(struct expr *condition) { return choice(condition, number(1), number(0)); }

/* --- the rest of arithmetic --- */

static struct expr *calculate(enum expr_kind k, uint64_t x, uint64_t y)
{
    switch (k) {
    case QUOTIENT: return y ? number(x / y) : NULL;
    case REMAINDER: return y ? number(x % y) : NULL;
    case SHIFT_RIGHT: return y < 64 ? number(x >> y) : NULL;
    case SHIFT_LEFT: return y < 64 ? number(x << y) : NULL;
    case BIT_AND: return number(x & y);
    case BIT_OR: return number(x | y);
    case BIT_XOR: return number(x ^ y);
    default: return NULL;
    }
}

struct expr *binary(enum expr_kind k, struct expr *a, struct expr *b)
{
    int64_t x, y;
    bool known = is_number(b, &y);
    struct expr *done = known && is_number(a, &x) ? calculate(k, x, y) : NULL;
    if (done)
        return done;
    if (k == BIT_XOR && a->kind == TRUTH && known && y == 1)
        return truth(negated(a->arg[0]));
    if (k == BIT_XOR && known && y == 1 && a->kind == PEEK && a->number == 1)
        return truth(test(LLVMIntEQ, a, number(0)));
    if (k == SHIFT_LEFT && known && y < 63)
        return times(a, number((int64_t)1 << y));
    if (known && !y && (k == BIT_OR || k == BIT_XOR || k == SHIFT_RIGHT))
        return a;
    return expr_pair(k, a, b);
}

struct expr *narrow(struct expr *e, unsigned bits)
{
    int64_t n;
    bool is_bool = bits == 1 && e->kind == LOAD && e->number == 8; /* in memory a bool has a byte */
    bool fits = e->kind == TRUTH || is_bool || ((e->kind == NARROW || e->kind == LOAD) && e->number <= (int64_t)bits);
    if (bits >= 64 || fits)
        return e;
    if (is_number(e, &n))
        return number(n & (int64_t)((1ul << bits) - 1));
    return expr_new((struct expr){.kind = NARROW, .number = bits, .args = 1, .arg = {e}});
}

struct expr *sign_extend(struct expr *e, unsigned bits)
{
    int64_t n;
    if (bits >= 64 || e->kind == TRUTH)
        return e;
    if (is_number(e, &n))
        return number((int64_t)((uint64_t)n << (64 - bits)) >> (64 - bits));
    return expr_new((struct expr){.kind = SIGNED, .number = bits, .args = 1, .arg = {e}});
}

/* How many numbers there are from `from` on below `to`. */
struct expr *rounds(struct expr *from, struct expr *to, const char *where)
{
    int64_t a, b;
    if (is_number(from, &a) && is_number(to, &b))
        return number(b > a ? b - a : 0);
    if (is_zero(from))
        return to;
    if (from->kind == NARROW && from->number <= 32 && is_number(minus(to, from), &b)) /* to does not wrap */
        return number(b > 0 ? b : 0);
    struct expr *e = expr_new((struct expr){.kind = ROUNDS, .args = 2, .arg = {from, to}});
    if (!e->why)
        e->why = where;
    return e;
}

/* --- at a call: the arguments for the parameters --- */

static struct expr *rebuild(struct expr *e, struct expr **a)
{
    switch (e->kind) {
    case PRODUCT: return times(a[0], a[1]);
    case MAXIMUM: return larger(a[0], a[1]);
    case MINIMUM: return smaller(a[0], a[1]);
    case TRUTH: return truth(a[0]);
    case CHOICE: return choice(a[0], a[1], a[2]);
    case TEST: return test((LLVMIntPredicate)e->number, a[0], a[1]);
    case ROUNDS: return rounds(a[0], a[1], e->why);
    case NARROW: return narrow(a[0], e->number);
    case SIGNED: return sign_extend(a[0], e->number);
    case QUOTIENT: case REMAINDER: case SHIFT_RIGHT: case SHIFT_LEFT: case BIT_AND: case BIT_OR: case BIT_XOR:
        return binary(e->kind, a[0], a[1]);
    case LOAD: {
        struct expr *set = a[0]->exact ? NULL : forwarded(a[0]);
        if (set)
            return set;
    } /* fall through */
    default: {
        struct expr n = *e;
        memcpy(n.arg, a, e->args * sizeof(*a));
        return expr_new(n);
    }
    }
}

struct expr *substitute(struct expr *e, struct expr **argument, int count)
{
    struct expr *a[EXPR_ARGS] = {0};
    if (e->kind == PARAM)
        return e->number < count ? argument[e->number] : e;
    if (e->kind == UNKNOWN) {
        struct expr *limit = e->limit ? substitute(e->limit, argument, count) : NULL;
        return limit == e->limit ? e : unknown(e->value, e->why, limit);
    }
    if (e->kind == SUM) {
        struct expr *all = number(e->number);
        for (int i = 0; i < e->terms; i++)
            all = plus(all, times(number(e->term[i].factor), substitute(e->term[i].of, argument, count)));
        return all;
    }
    for (int i = 0; i < e->args; i++)
        a[i] = substitute(e->arg[i], argument, count);
    return e->args ? rebuild(e, a) : e;
}

/* Another scope: what a field may hold then is another question. */
void expr_forget(void) { memset(bucket, 0, sizeof(bucket)); }
