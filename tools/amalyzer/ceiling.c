// SPDX-License-Identifier: MIT
/*
 * ceiling.c - the constant that a need never passes, whatever the state of the machine
 *
 * An equation says what a call needs now; its ceiling is the most that it can ever say.  It is found by arithmetic on ranges: a
 * condition is 0 or 1, a maximum has the larger of two ends, and a function that looks at state has the range of what it returns,
 * found in its own code; where that says nothing (it counts in a loop, or reads a field) the author does, by AMA_UPTO.
 *
 * What a call needs while it runs must have a ceiling, since the machine keeps so many frames free for it; what stays after the
 * call is admitted as long as there is room, so it need not have one.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

struct range {
    int64_t least, most;
};
#define NO_LIMIT INT64_MAX
static const struct range any = {-NO_LIMIT, NO_LIMIT}, any_count = {0, NO_LIMIT};
static struct vec ranges, results; /* maps: of expressions; of functions that look, to what they return */
#define LOOKS_DEEP 16
static struct equation **equation; /* all */
static int equation_count;

static struct range range_of(const struct expr *e);

/* --- arithmetic --- */

static bool is_limited(int64_t n) { return n != NO_LIMIT && n != -NO_LIMIT; }

static int64_t sum(int64_t a, int64_t b)
{
    int64_t n;
    return !is_limited(a) ? a : !is_limited(b) ? b : __builtin_add_overflow(a, b, &n) ? (a > 0 ? NO_LIMIT : -NO_LIMIT) : n;
}

static int64_t product(int64_t a, int64_t b)
{
    int64_t n;
    bool overflows = !is_limited(a) || !is_limited(b) || __builtin_mul_overflow(a, b, &n);
    return !a || !b ? 0 : !overflows ? n : (a > 0) == (b > 0) ? NO_LIMIT : -NO_LIMIT;
}

static int64_t min(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max(int64_t a, int64_t b) { return a > b ? a : b; }

static struct range either(struct range a, struct range b) { return (struct range){min(a.least, b.least), max(a.most, b.most)}; }

static struct range range_of_sum(const struct expr *e)
{
    struct range all = {e->number, e->number};
    for (int i = 0; i < e->terms; i++) {
        struct range r = range_of(e->term[i].of);
        int64_t f = e->term[i].factor, a = product(f, r.least), b = product(f, r.most);
        all.least = sum(all.least, min(a, b));
        all.most = sum(all.most, max(a, b));
    }
    return all;
}

static struct range of_width(int64_t bits) { return bits <= 16 ? (struct range){0, (1l << bits) - 1} : any_count; }

/* All ones up to the highest bit of what it may be. */
static int64_t all_bits(int64_t n) { return n <= 0 || !is_limited(n) ? n : (int64_t)(~0ul >> __builtin_clzl(n)); }

static struct range range_of_both(const struct expr *e)
{
    struct range a = range_of(e->arg[0]), b = range_of(e->arg[1]);
    bool counts = a.least >= 0 && b.least >= 0;
    switch (e->kind) {
    case MAXIMUM: return (struct range){max(a.least, b.least), max(a.most, b.most)};
    case MINIMUM: return (struct range){min(a.least, b.least), min(a.most, b.most)};
    case ROUNDS: return (struct range){0, max(0, sum(b.most, product(-1, a.least)))};
    case PRODUCT: return counts ? (struct range){product(a.least, b.least), product(a.most, b.most)} : any;
    case BIT_AND: return (struct range){0, min(a.least >= 0 ? a.most : NO_LIMIT, b.least >= 0 ? b.most : NO_LIMIT)};
    case BIT_OR: case BIT_XOR: return counts ? (struct range){0, all_bits(max(a.most, b.most))} : any;
    case QUOTIENT: return counts && is_limited(a.most) ? (struct range){0, a.most / max(b.least, 1)} : any_count;
    case REMAINDER: return (struct range){0, is_limited(b.most) ? max(b.most - 1, 0) : b.most};
    case SHIFT_RIGHT: return counts && is_limited(a.most) ? (struct range){0, a.most >> min(b.least, 63)} : any_count;
    default: return any_count;
    }
}

/* --- looks --- */

/* What the function returns, over its parameters. */
static struct vec *results_of(struct func *f)
{
    struct vec *all = map_get(&results, f);
    if (all)
        return all;
    all = fresh(sizeof(*all));
    map_put(&results, f, all);
    flow_build(f);
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f->value); b; b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef last = LLVMGetBasicBlockTerminator(b);
        if (LLVMIsAReturnInst(last))
            vec_add(all, declared_value(f, LLVMGetOperand(last, 0)));
    }
    return all;
}

static struct range range_of_look(const struct expr *e)
{
    static int depth;
    struct func *f = func_of(e->value);
    struct range width = of_width(e->number), all = {NO_LIMIT, -NO_LIMIT};
    struct vec *of = f->defined && e->number > 1 && depth < LOOKS_DEEP ? results_of(f) : NULL;
    if (!of || !of->count)
        return width;
    depth++;
    for (int i = 0; i < of->count; i++)
        all = either(all, range_of(substitute(of->at[i], (struct expr **)e->arg, e->args)));
    depth--;
    return (struct range){max(width.least, all.least), min(width.most, all.most)};
}

/* --- conditions --- */

/* A test whose sides do not overlap is decided: 0 or 1; else both are possible. */
static struct range range_of_test(const struct expr *e)
{
    struct range a = range_of(e->arg[0]), b = range_of(e->arg[1]), no = {0, 0}, yes = {1, 1}, both = {0, 1};
    if (a.least < 0 || b.least < 0)
        return both;
    bool below = a.most < b.least, above = a.least > b.most, equal = a.least == a.most && b.least == b.most && a.least == b.least;
    switch (e->number) {
    case LLVMIntEQ: return equal ? yes : below || above ? no : both;
    case LLVMIntNE: return equal ? no : below || above ? yes : both;
    case LLVMIntUGT: case LLVMIntSGT: return above ? yes : a.most <= b.least ? no : both;
    case LLVMIntUGE: case LLVMIntSGE: return below ? no : a.least >= b.most ? yes : both;
    case LLVMIntULT: case LLVMIntSLT: return below ? yes : a.least >= b.most ? no : both;
    default: return above ? no : a.most <= b.least ? yes : both;
    }
}

static struct range range_of_choice(const struct expr *e)
{
    struct range c = range_of(e->arg[0]);
    return c.least ? range_of(e->arg[1]) : !c.most ? range_of(e->arg[2]) : either(range_of(e->arg[1]), range_of(e->arg[2]));
}

/* The boot words that switch a mechanism off, to see what it saves: then there is no ceiling. */
static bool is_ablation(const struct expr *e)
{
    const char *name = e->kind == GLOBAL ? name_of(e->value) : "";
    return !strncmp(name, "memory_", 7) && !strcmp(name + strlen(name) - 4, "_off");
}

static struct range range_of_new(const struct expr *e)
{
    switch (e->kind) {
    case SUM: return range_of_sum(e);
    case TRUTH: return range_of(e->arg[0]);
    case TEST: return range_of_test(e);
    case PEEK: return range_of_look(e);
    case LOAD: return is_ablation(e->arg[0]) ? (struct range){0, 0} : of_width(e->number);
    case CHOICE: return range_of_choice(e);
    case UNKNOWN: return e->limit ? (struct range){0, range_of(e->limit).most} : any;
    case NARROW: {
        struct range r = range_of(e->arg[0]), width = of_width(e->number);
        return r.least >= 0 && r.most <= width.most ? r : width;
    }
    case SIGNED: {
        struct range r = range_of(e->arg[0]);
        return r.least >= 0 && r.most < 1l << (e->number - 1) ? r : any;
    }
    case PARAM: case GLOBAL: case FIELD: case INDEX: case NEED_CALL: return any_count;
    default: return range_of_both(e);
    }
}

static struct range range_of(const struct expr *e)
{
    struct range *r = map_get(&ranges, e);
    if (!r) {
        r = fresh(sizeof(*r));
        *r = range_of_new(e);
        map_put(&ranges, e, r);
    }
    return *r;
}

/* A part of a count that has no limit, for the message. */
static struct expr *limitless(struct expr *e)
{
    struct expr *found = NULL;
    if (is_limited(range_of(e).most))
        return NULL;
    for (int i = 0; i < e->terms && !found; i++)
        found = limitless(e->term[i].of);
    for (int i = e->kind == CHOICE; i < e->args && !found && e->kind != PEEK && e->kind != LOAD; i++)
        found = limitless(e->arg[i]);
    return found ? found : e;
}

/* --- the ceiling of a need --- */

static const char *field_after(const char *s)
{
    const char *arrow = strrchr(s, '>');
    return arrow ? arrow + 1 : s;
}

/* One name for what the equations of several functions call differently: "&volume_of(dir)->blocks" is blocks. */
static const char *common_name(const struct entry *x, LLVMValueRef f)
{
    return x->class.kind == CLASS_RESOURCE ? field_after(class_name(&x->class, f)) : class_name(&x->class, f);
}

/* An equation as it is used: by the scope itself, or as an operation's with what it is called with. */
struct use {
    const struct equation *of;
    struct expr **argument;      /* NULL: for parameters that can be anything */
    int arguments;
    LLVMValueRef by;             /* whose parameters the arguments speak of */
};

static struct ceiling *ceiling_named(struct equation *q, const char *name)
{
    for (int i = 0; i < q->ceilings; i++)
        if (!strcmp(q->ceiling[i].name, name))
            return &q->ceiling[i];
    q->ceiling = realloc(q->ceiling, (q->ceilings + 1) * sizeof(*q->ceiling));
    q->ceiling[q->ceilings] = (struct ceiling){.name = name};
    return &q->ceiling[q->ceilings++];
}

static struct expr *as_used(const struct use *u, struct expr *e) { return u->argument ? substitute(e, u->argument, u->arguments) : e; }

static void add_class(struct equation *to, const struct use *u, const struct entry *x)
{
    bool shared = is_shared(u->of, x);
    struct ceiling *c = ceiling_named(to, common_name(x, u->of->scope->slot[SLOT_BODY]->value));
    struct expr *count = as_used(u, shared ? x->net : x->peak), *extra = shared ? as_used(u, x->extra) : number(0);
    struct expr *without = limitless(count);
    without = without ? without : limitless(extra);
    c->frames = x->class.kind == CLASS_FRAMES && !u->of->scope->large;
    c->stays |= !is_zero(x->net) && !c->frames;
    c->most = sum(c->most, max(0, range_of(count).most));
    c->passing = max(c->passing, range_of(extra).most);
    c->why = without ? as_c(without, u->by) : c->why;
}

static void add_all(struct equation *to, const struct use *u);

/* More of each class that `from` has: as it is for one of several operations, or so many times what it says. */
static void take_in(struct equation *to, const struct equation *from, int64_t times)
{
    for (int k = 0; k < from->ceilings; k++) {
        const struct ceiling *x = &from->ceiling[k];
        struct ceiling *c = ceiling_named(to, x->name);
        c->most = times ? sum(c->most, product(times, x->most)) : max(c->most, x->most);
        c->passing = max(c->passing, x->passing);
        c->why = x->why ? x->why : c->why;
        c->frames |= x->frames;
        c->stays |= x->stays;
    }
}
#define THE_LARGER 0

static bool is_need_of(const struct vec *needs, const struct scope *s)
{
    for (int k = 0; s->is_op && k < needs->count; k++)
        if (!strcmp(((struct func *)needs->at[k])->name + strlen("need_"), s->name))
            return true;
    return false;
}

/* The operation, whichever it is, as often as it is asked. */
static void add_operation(struct equation *to, const struct use *u, const struct entry *x)
{
    struct vec needs = {0};
    struct equation most = {.scope = to->scope};
    struct expr *call = as_used(u, x->class.what), *slot = x->class.what->arg[0]->arg[0];
    int64_t times = range_of(as_used(u, x->peak)).most;
    field_targets(slot->type, slot->number, &needs, 0);
    for (int i = 0; i < equation_count; i++) {
        struct equation one = {.scope = to->scope};
        struct use by_call = {equation[i], call->arg + 1, call->args - 1, u->by};
        if (is_need_of(&needs, equation[i]->scope))
            add_all(&one, &by_call);
        take_in(&most, &one, THE_LARGER);
    }
    if (times)
        take_in(to, &most, times);
}

static void add_all(struct equation *to, const struct use *u)
{
    for (int k = 0; k < u->of->entries; k++) {
        if (u->of->entry[k].class.kind == CLASS_NEED)
            add_operation(to, u, &u->of->entry[k]);
        else
            add_class(to, u, &u->of->entry[k]);
    }
}

/* Frames for the time of the call: so many as the gate grants at most, or fewer.  Of other classes any constant. */
static void check_ceiling(const struct equation *q, const struct ceiling *c, int64_t allowed)
{
    struct func *body = q->scope->slot[SLOT_BODY];
    const char *name = q->scope->name;
    int64_t most = ceiling_most(c);
    if (!allowed || c->stays || q->scope->is_op)
        return;
    if (most < 0)
        error_below(body, q->entry[0].site, text("the %s that scope %s needs while it runs has no ceiling: %s has none", c->name, name, c->why),
                    "AMA_UPTO(count, most) with a constant: in the AMA_STATE function that counts, or of an argument that was checked before");
    else if (c->frames && most > allowed)
        error_below(body, q->entry[0].site,
                    text("scope %s may need %ld frames while it runs, more than the %ld that a call may", name, most, allowed),
                    "a smaller window, or frames that are used again in each round");
}

int64_t ceiling_most(const struct ceiling *c)
{
    int64_t n = sum(c->most, c->passing);
    return is_limited(n) ? n : -1;
}

void ceilings(struct equation **all, int count, int64_t allowed)
{
    equation = all;
    equation_count = count;
    for (int i = 0; i < count; i++) {
        struct func *body = all[i]->scope->slot[SLOT_BODY];
        add_all(all[i], &(struct use){.of = all[i], .by = body ? body->value : NULL});
        for (int k = 0; k < all[i]->ceilings; k++)
            check_ceiling(all[i], &all[i]->ceiling[k], allowed);
    }
}
