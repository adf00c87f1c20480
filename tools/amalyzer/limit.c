// SPDX-License-Identifier: MIT
/*
 * limit.c - what an author says of a function as a whole
 *
 *     AMA_AT_MOST(c, n)   of class c the function takes no more than n, whatever its loops and lists do
 *     AMA_TAKES(c, n)     n stands for what was derived, also where that is less
 *     AMA_USES(c, n)      the same, for a moment: nothing of it is left when the function returns
 *     AMA_COVERS(b, f())  the need of f(), when b was true at the entry, stands for all calls of that operation of a port
 *     AMA_ONLY_IF(b)      all of this only when b was true at the entry
 *     AMA_READS(n)        no more than n frames, and when n was 0 at the entry nothing at all: what is read is cached then
 *     AMA_PASSES(n)       the same, and no frame is left
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

static bool is_reading(LLVMValueRef mark) { return prim_call(mark) == PRIM_READS || prim_call(mark) == PRIM_PASSES; }

/* Does the mark speak of this class? */
static bool speaks_of(struct func *f, LLVMValueRef mark, const struct class *c)
{
    return is_reading(mark) ? c->kind == CLASS_FRAMES : is_limited(f, mark, c);
}

/* What the author promises of a class, for the function as a whole. */
static void limit_peak(struct func *f, LLVMValueRef mark, struct effect *e)
{
    struct expr *most = as_count(declared_value(f, LLVMGetArgOperand(mark, is_reading(mark) ? 0 : 1)));
    for (int i = 0; e && i < e->entries; i++) {
        struct entry *x = &e->entry[i];
        if (!speaks_of(f, mark, &x->class))
            continue;
        x->peak = tighter(most, x->peak);
        x->net = tighter(most, x->net);
        x->extra = is_zero(x->extra) ? x->extra : tighter(most, x->extra);
    }
}

/* AMA_PASSES: the frames count for a moment only. */
static void limit_net(struct func *f, LLVMValueRef mark, struct effect *e)
{
    for (int i = 0; e && i < e->entries; i++) {
        struct entry *x = &e->entry[i];
        if (!speaks_of(f, mark, &x->class))
            continue;
        x->net = number(0);
        x->extra = x->peak;
    }
}

/* AMA_TAKES, AMA_USES: the promise stands in place of what was derived, if anything was. */
static void replace_class(struct func *f, LLVMValueRef mark, struct effect *e)
{
    struct expr *most = as_count(declared_value(f, LLVMGetArgOperand(mark, 1))), *what = value_of(f, LLVMGetArgOperand(mark, 0));
    int64_t kind;
    if (!e)
        return;
    struct class c = is_number(what, &kind) ? (struct class){.kind = kind} : (struct class){CLASS_OBJECT, what->value, NULL};
    struct entry *x = effect_make(e, c, mark);
    bool passes = prim_call(mark) == PRIM_USES;
    x->peak = most;
    x->net = passes ? number(0) : most;
    x->extra = passes ? most : number(0);
}

/* What a callee says of when it reads gives way to what is said further up, too. */
static struct expr *whenever(struct expr *e)
{
    if (!e->changes)
        return e;
    if (e->kind == PRODUCT)
        return times(whenever(e->arg[0]), whenever(e->arg[1]));
    return e->kind == MAXIMUM ? larger(whenever(e->arg[0]), whenever(e->arg[1])) : e->kind == TRUTH ? number(1) : e;
}

/* Nothing is taken unless the condition held at the entry.  Frames that are read are limited already by what is 0 then. */
static void limit_condition(struct func *f, LLVMValueRef mark, struct effect *e)
{
    struct expr *c = condition_of(declared_value(f, LLVMGetArgOperand(mark, 0)));
    if (!c->exact)
        error_at(f, place_of(mark), "the condition of a mark is not known at the entry", "an AMA_STATE function of this function's parameters");
    for (int i = 0; e && i < e->entries; i++) {
        struct entry *x = &e->entry[i];
        if (is_reading(mark) && x->class.kind == CLASS_FRAMES)
            continue;
        if (is_reading(mark))
            x->peak = whenever(x->peak);
        x->peak = choice(c, upper_or_self(x->peak), number(0));
        x->net = choice(c, upper_or_self(x->net), number(0));
        x->extra = choice(c, upper_or_self(is_reading(mark) ? whenever(x->extra) : x->extra), number(0));
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

/* All marks of one kind, then those of the next. */
static const struct {
    enum prim mark;
    void (*apply)(struct func *f, LLVMValueRef mark, struct effect *e);
} order[] = {
    {PRIM_AT_MOST, limit_peak}, {PRIM_READS, limit_peak}, {PRIM_PASSES, limit_peak}, {PRIM_TAKES, replace_class}, {PRIM_USES, replace_class},
    {PRIM_PASSES, limit_net}, {PRIM_COVERS, limit_operation}, {PRIM_READS, limit_condition}, {PRIM_PASSES, limit_condition},
    {PRIM_ONLY_IF, limit_condition},
};

void limit_summary(struct func *f, struct summary *s)
{
    for (size_t p = 0; p < sizeof(order) / sizeof(*order); p++)
        for (int n = 0; n < f->nodes; n++)
            for (LLVMValueRef i = f->node[n].first; i; i = i == f->node[n].last ? NULL : LLVMGetNextInstruction(i))
                for (int k = 0; k < 3 && prim_call(i) == order[p].mark; k++)
                    order[p].apply(f, i, s->by[k]);
    for (int k = 0; k < 3; k++)
        for (int i = 0; s->by[k] && i < s->by[k]->entries; i++)
            if (s->by[k]->entry[i].peak == s->by[k]->entry[i].net)
                s->by[k]->entry[i].extra = number(0);
}
