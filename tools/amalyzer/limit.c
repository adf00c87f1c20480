// SPDX-License-Identifier: MIT
/*
 * limit.c - what an author says of a function as a whole
 *
 *     AMA_AT_MOST(c, n)   of class c the function takes no more than n, whatever its loops and lists do
 *     AMA_KEEPS(c, n)     so much of it is left when it returns: the rest counts for a moment only
 *     AMA_TAKES(c, n)     n stands for what was derived, also where that is less
 *     AMA_COVERS(b, f())  the need of f(), when b was true at the entry, stands for all calls of that operation of a port
 *     AMA_ONLY_IF(b)      all of this only when b was true at the entry
 *
 * What is said is an expression over the function's parameters, evaluated at the entry; so it may look at state that the scope
 * changes later.  A promise that does not hold ends in I3 at run time, most surely with tight=1.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

static bool is_limited(struct func *f, LLVMValueRef mark, const struct class *c)
{
    struct expr *what = value_of(f, LLVMGetArgOperand(mark, 0));
    int64_t kind;
    if (is_number(what, &kind))
        return c->kind == (enum class_kind)kind;
    if (c->kind == CLASS_RESOURCE)
        return c->what == what;
    return c->kind == CLASS_OBJECT && what->kind == GLOBAL && what->value == c->cache;
}

/* What a callee says of state that the scope changes meanwhile gives way to what is said further up, nearer to the entry. */
static struct expr *tighter(struct expr *most, struct expr *derived)
{
    return derived->changes ? most : smaller(most, upper_or_self(derived));
}

/* What the author promises of a class, for the function as a whole. */
static void limit_class(struct func *f, LLVMValueRef mark, struct effect *e)
{
    struct expr *most = as_count(declared_value(f, LLVMGetArgOperand(mark, 1)));
    for (int i = 0; e && i < e->entries; i++) {
        struct entry *x = &e->entry[i];
        if (!is_limited(f, mark, &x->class))
            continue;
        x->net = tighter(most, x->net);
        if (prim_call(mark) == PRIM_KEEPS) {
            x->extra = x->peak;
            continue;
        }
        x->peak = tighter(most, x->peak);
        x->extra = is_zero(x->extra) ? x->extra : tighter(most, x->extra);
    }
}

/* AMA_TAKES: the promise stands in place of what was derived, if anything was. */
static void replace_class(struct func *f, LLVMValueRef mark, struct effect *e)
{
    struct expr *most = as_count(declared_value(f, LLVMGetArgOperand(mark, 1))), *what = value_of(f, LLVMGetArgOperand(mark, 0));
    int64_t kind;
    if (!e)
        return;
    struct class c = is_number(what, &kind) ? (struct class){.kind = kind} : (struct class){CLASS_OBJECT, what->value, NULL};
    struct entry *x = effect_make(e, c, mark);
    x->peak = x->net = most;
    x->extra = number(0);
}

/* AMA_ONLY_IF: nothing is taken unless the condition held at the entry. */
static void limit_condition(struct func *f, LLVMValueRef mark, struct effect *e)
{
    struct expr *c = condition_of(declared_value(f, LLVMGetArgOperand(mark, 0)));
    if (!c->exact)
        error_at(f, place_of(mark), "what AMA_ONLY_IF says is not known at the entry", "an AMA_STATE function of this function's parameters");
    for (int i = 0; e && i < e->entries; i++) {
        e->entry[i].peak = choice(c, upper_or_self(e->entry[i].peak), number(0));
        e->entry[i].net = choice(c, upper_or_self(e->entry[i].net), number(0));
        e->entry[i].extra = choice(c, upper_or_self(e->entry[i].extra), number(0));
    }
}

/* The same operation's need, whatever the arguments. */
static bool same_operation(const struct class *a, const struct class *b)
{
    if (a->kind != CLASS_NEED || b->kind != CLASS_NEED)
        return false;
    const struct expr *x = a->what->arg[0]->arg[0], *y = b->what->arg[0]->arg[0];
    return x->type == y->type && x->number == y->number;
}

/* AMA_COVERS: one call, which stands behind the mark, for all calls of that operation. */
static void limit_operation(struct func *f, LLVMValueRef mark, struct effect *e)
{
    LLVMValueRef call = NULL;
    for (LLVMValueRef i = LLVMGetNextInstruction(mark); i && prim_call(i) != PRIM_COVERED; i = LLVMGetNextInstruction(i))
        call = is_call(i) ? i : call; /* the last one: others are in its arguments */
    struct effect *one = call ? call_effect(f, call, ANY_OUTCOME) : NULL;
    if (!one || one->entries != 1 || one->entry[0].class.kind != CLASS_NEED) {
        error_at(f, place_of(mark), "AMA_COVERS does not stand before the call of one operation", "AMA_COVERS(condition, operation(arguments))");
        return;
    }
    for (int i = e ? e->entries : 0; i-- > 0;)
        if (same_operation(&e->entry[i].class, &one->entry[0].class))
            effect_drop(e, &e->entry[i]);
    if (!e)
        return;
    struct entry *x = effect_make(e, one->entry[0].class, call);
    x->peak = x->net = truth(condition_of(declared_value(f, LLVMGetArgOperand(mark, 0))));
}

static void limit_by(struct func *f, LLVMValueRef mark, enum prim p, struct effect *e)
{
    if (p == PRIM_TAKES)
        replace_class(f, mark, e);
    else if (p == PRIM_AT_MOST || p == PRIM_KEEPS)
        limit_class(f, mark, e);
    else if (p == PRIM_ONLY_IF)
        limit_condition(f, mark, e);
    else
        limit_operation(f, mark, e);
}

void limit_summary(struct func *f, struct summary *s)
{
    static const enum prim order[] = {PRIM_AT_MOST, PRIM_TAKES, PRIM_KEEPS, PRIM_COVERS, PRIM_ONLY_IF};
    for (size_t p = 0; p < sizeof(order) / sizeof(*order); p++)
        for (int n = 0; n < f->nodes; n++)
            for (LLVMValueRef i = f->node[n].first; i; i = i == f->node[n].last ? NULL : LLVMGetNextInstruction(i))
                for (int k = 0; k < 3 && prim_call(i) == order[p]; k++)
                    limit_by(f, i, order[p], s->by[k]);
    for (int k = 0; k < 3; k++)
        for (int i = 0; s->by[k] && i < s->by[k]->entries; i++)
            if (s->by[k]->entry[i].peak == s->by[k]->entry[i].net)
                s->by[k]->entry[i].extra = number(0);
}
