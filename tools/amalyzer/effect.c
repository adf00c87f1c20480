// SPDX-License-Identifier: MIT
/*
 * effect.c - what a stretch of code takes and keeps: the algebra
 *
 * For each class of memory an effect has a peak (the most that is live at once) and a net (what stays), both counts over the
 * function's parameters.  The need of a scope is the peak of its body: what is given back and taken again counts once.
 *
 *     a, then b       peak = max(peak a, net a + peak b)       net = max(net a + net b, 0)
 *     c ? a : b       each is c ? that of a : that of b, or the larger one when c cannot be known at the entry
 *
 * Beside them stands what is used beyond the net for a moment, with the simpler rule  extra = max(extra a - net b, extra b),  in which
 * only what b gives back must count: where the exact peak has grown too long to read, net + extra is the bound.
 *
 * The net never falls below zero: an object that was not taken in this scope and is given back is a gift that nobody may count
 * on (its class may not be part of the reservation).
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

struct effect *effect_none(void) { return fresh(sizeof(struct effect)); }

static bool same_class(const struct class *a, const struct class *b)
{
    return a->kind == b->kind && a->cache == b->cache && a->what == b->what;
}

struct entry *effect_entry(struct effect *e, struct class c)
{
    for (int i = 0; e && i < e->entries; i++)
        if (same_class(&e->entry[i].class, &c))
            return &e->entry[i];
    return NULL;
}

struct entry *effect_make(struct effect *e, struct class c, LLVMValueRef site)
{
    struct entry *old = effect_entry(e, c);
    if (old)
        return old;
    e->entry = realloc(e->entry, (e->entries + 1) * sizeof(*e->entry));
    if (!e->entry)
        abort();
    e->entry[e->entries] = (struct entry){c, number(0), number(0), number(0), site};
    return &e->entry[e->entries++];
}

struct effect *effect_copy(const struct effect *e)
{
    struct effect *copy = effect_none();
    copy->entries = e->entries;
    copy->entry = fresh(e->entries * sizeof(*e->entry));
    if (e->entries)
        memcpy(copy->entry, e->entry, e->entries * sizeof(*e->entry));
    return copy;
}

/* What was used beyond an earlier net, beyond the one that has `more` besides. */
static struct expr *extra_over(struct expr *extra, struct expr *more)
{
    int64_t n;
    bool reducible = extra->kind == SUM && extra->number > 0, known = is_number(more, &n);
    for (int i = 0; i < extra->terms; i++)
        reducible &= extra->term[i].factor > 0;
    if (!known || (n > 0 && !reducible))
        return extra;
    return minus(extra, number(n > extra->number && n > 0 ? extra->number : n));
}

void effect_add(struct effect *e, const struct entry *more)
{
    struct entry *x = effect_make(e, more->class, more->site);
    x->peak = larger(x->peak, plus(x->net, more->peak));
    x->extra = larger(extra_over(x->extra, more->net), more->extra);
    x->net = larger(plus(x->net, more->net), number(0));
}

void effect_drop(struct effect *e, struct entry *x)
{
    *x = e->entry[--e->entries];
}

struct effect *effect_then(const struct effect *a, const struct effect *b)
{
    if (!a || !b)
        return NULL;
    struct effect *all = effect_copy(a);
    for (int i = 0; i < b->entries; i++)
        effect_add(all, &b->entry[i]);
    return all;
}

static struct expr *either(struct expr *condition, struct expr *a, struct expr *b)
{
    return condition ? choice(condition, a, b) : larger(a, b);
}

struct effect *effect_either(struct expr *condition, const struct effect *a, const struct effect *b)
{
    static struct entry nothing;
    if (!a && !b)
        return NULL;
    if (!a || !b)
        return effect_copy(a ? a : b);
    nothing.peak = nothing.net = nothing.extra = number(0);
    struct effect *all = effect_copy(a);
    for (int i = 0; i < b->entries; i++)
        effect_make(all, b->entry[i].class, b->entry[i].site);
    for (int i = 0; i < all->entries; i++) {
        struct entry *x = effect_entry((struct effect *)a, all->entry[i].class), *y = effect_entry((struct effect *)b, all->entry[i].class);
        x = x ? x : &nothing;
        y = y ? y : &nothing;
        all->entry[i].peak = either(condition, x->peak, y->peak);
        all->entry[i].net = either(condition, x->net, y->net);
        all->entry[i].extra = either(condition, x->extra, y->extra);
    }
    return all;
}

char *class_name(const struct class *c, LLVMValueRef f)
{
    switch (c->kind) {
    case CLASS_OBJECT: return text("%s", name_of(c->cache));
    case CLASS_KMALLOC: return text("kmalloc(%s)", as_c(c->what, f));
    case CLASS_FRAMES: return text("frames");
    case CLASS_STACK: return text("frames of stacks");
    case CLASS_SLOTS: return text("stack slots");
    case CLASS_BLOCK: return text("blocks of order %s", as_c(c->what, f));
    case CLASS_CHARGE: return text("charge");
    case CLASS_RESOURCE: return text("resource %s", as_c(c->what, f));
    default: return text("what %s says", as_c(c->what, f));
    }
}
