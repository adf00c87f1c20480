// SPDX-License-Identifier: MIT
/*
 * summary.c - the effect of one call, and of a function by outcome
 *
 * A function's effect is kept apart for results below, equal to and above zero (for pointers: NULL and not), so that an early
 * return with an error, which has given everything back, does not count with the success; a caller that tests the result picks
 * the part that fits.  Allocators return memory, never NULL: that outcome does not exist.
 *
 * What is given back counts only where it was taken in the same function, or where the giver says which cache it frees to.
 */
#include "tools/amalyzer/amalyzer.h"

/* --- allocators --- */

static struct effect *one(struct class c, LLVMValueRef site, struct expr *count, bool taken)
{
    struct effect *e = effect_none();
    struct entry *x = effect_make(e, c, site);
    x->peak = taken ? count : number(0);
    x->net = taken ? count : minus(number(0), count);
    x->extra = number(0);
    return e;
}

static struct effect *object_effect(struct func *f, LLVMValueRef call, bool taken)
{
    struct expr *cache = value_of(f, LLVMGetArgOperand(call, 0));
    if (cache->kind != GLOBAL) {
        error_at(f, place_of(call), "the object cache is not a named global", "give each cache a name of its own");
        return effect_none();
    }
    return one((struct class){CLASS_OBJECT, cache->value, NULL}, call, number(1), taken);
}

static struct effect *vmalloc_effect(struct func *f, LLVMValueRef call)
{
    struct effect *e = one((struct class){.kind = CLASS_SLOTS}, call, number(1), true);
    struct expr *bytes = value_of(f, LLVMGetArgOperand(call, 0));
    struct entry *x = effect_make(e, (struct class){.kind = CLASS_STACK}, call);
    x->peak = x->net = binary(SHIFT_RIGHT, plus(bytes, number(4095)), number(12));
    return e;
}

static struct class sized_class(struct func *f, LLVMValueRef call, enum prim p)
{
    unsigned which = p == PRIM_KMALLOC_UPTO; /* kmalloc_upto(size, max) draws from the class of max */
    return (struct class){p == PRIM_BLOCK ? CLASS_BLOCK : CLASS_KMALLOC, NULL, value_of(f, LLVMGetArgOperand(call, which))};
}

static struct effect *taker_effect(struct func *f, LLVMValueRef call, enum prim p)
{
    switch (p) {
    case PRIM_OBJECT: return object_effect(f, call, true);
    case PRIM_FRAME: return one((struct class){.kind = CLASS_FRAMES}, call, number(1), true);
    case PRIM_VMALLOC: return vmalloc_effect(f, call);
    case PRIM_CHARGE: return one((struct class){.kind = CLASS_CHARGE}, call, as_count(value_of(f, LLVMGetArgOperand(call, 0))), true);
    case PRIM_RESOURCE:
        return one((struct class){CLASS_RESOURCE, NULL, value_of(f, LLVMGetArgOperand(call, 0))}, call,
                   as_count(value_of(f, LLVMGetArgOperand(call, 1))), true);
    default: return one(sized_class(f, call, p), call, number(1), true);
    }
}

/* The allocation in this function that the value comes from. */
static LLVMValueRef taken_by(LLVMValueRef v, enum prim p)
{
    v = stripped(v);
    return prim_call(v) == p || (p == PRIM_KMALLOC && prim_call(v) == PRIM_KMALLOC_UPTO) ? v : NULL;
}

static bool gets_frames(const struct func *f, bool *seen)
{
    if (seen[f->id])
        return false;
    seen[f->id] = true;
    bool found = !strcmp(f->name, "frame_get");
    for (int k = 0; k < f->edges && !found; k++)
        found = gets_frames(f->edge[k].to, seen);
    return found;
}

/* Is the frame handed to somebody who may add a reference of his own?  Then frame_put() does not give it back yet. */
static bool is_referred(LLVMValueRef frame)
{
    for (LLVMUseRef u = LLVMGetFirstUse(frame); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        struct func *to = is_call(user) && LLVMIsAFunction(called(user)) ? func_of(called(user)) : NULL;
        bool is_cast = LLVMIsABitCastInst(user) || LLVMIsAZExtInst(user) || LLVMIsAPtrToIntInst(user);
        bool through = LLVMIsAGetElementPtrInst(user) || LLVMIsALoadInst(user) || (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == frame);
        if (is_call(user) ? !to || gets_frames(to, fresh(function_count)) : is_cast ? is_referred(user) : !through && !LLVMIsAICmpInst(user))
            return true;
    }
    return false;
}

static struct effect *giver_effect(struct func *f, LLVMValueRef call, enum prim p)
{
    LLVMValueRef what = LLVMGetArgOperand(call, 0), from;
    switch (p) {
    case PRIM_OBJECT_FREE: return object_effect(f, call, false);
    case PRIM_FRAME_PUT:
        from = taken_by(what, PRIM_FRAME);
        return from && !is_referred(from) ? one((struct class){.kind = CLASS_FRAMES}, call, number(1), false) : effect_none();
    case PRIM_KFREE:
        from = taken_by(what, PRIM_KMALLOC);
        return from ? one(sized_class(f, from, prim_call(from)), call, number(1), false) : effect_none();
    case PRIM_BLOCK_FREE:
        from = taken_by(what, PRIM_BLOCK);
        return from ? one(sized_class(f, from, PRIM_BLOCK), call, number(1), false) : effect_none();
    default: return effect_none();
    }
}

/* --- calls --- */

/* The effect of a callee with the arguments for its parameters. */
static struct effect *applied(struct func *f, LLVMValueRef call, const struct summary *s, int outcomes)
{
    int count = LLVMGetNumArgOperands(call);
    struct expr **argument = fresh(count * sizeof(*argument));
    struct effect *all = NULL;
    for (int i = 0; i < count; i++)
        argument[i] = value_of(f, LLVMGetArgOperand(call, i));
    for (int k = 0; k < 3; k++)
        if (outcomes >> k & 1 && s->by[k])
            all = effect_either(NULL, all, s->by[k]);
    for (int i = 0; all && i < all->entries; i++) {
        struct entry *x = &all->entry[i];
        x->class.what = x->class.what ? substitute(x->class.what, argument, count) : NULL;
        x->peak = substitute(x->peak, argument, count);
        x->net = substitute(x->net, argument, count);
        x->extra = substitute(x->extra, argument, count);
    }
    return all;
}

/* An operation of a port: its need stands beside it in the table, so the call of that need is a class of its own.  Arguments
 * that no implementation's need depends on are left out. */
static struct effect *ported(struct func *f, LLVMValueRef call, const struct vec *all, LLVMTypeRef t, unsigned index)
{
    struct expr *operation = value_of(f, LLVMGetCalledValue(call));
    struct expr e = {.kind = NEED_CALL, .args = LLVMGetNumArgOperands(call) + 1};
    unsigned asks = 0;
    if (e.args > EXPR_ARGS) {
        error_at(f, place_of(call), "this operation has too many parameters", text("let it have at most %d", EXPR_ARGS - 1));
        return effect_none();
    }
    for (int i = 0; i < all->count; i++)
        asks |= ((struct func *)all->at[i])->asks;
    e.value = ((struct func *)all->at[0])->value;
    struct expr *table = operation->kind == LOAD ? operation->arg[0]->arg[0] : unknown(call, "an operation that is not read from a table", NULL);
    e.arg[0] = expr_new((struct expr){.kind = LOAD, .args = 1, .arg = {field_address(table, t, index)}, .number = 64});
    for (int i = 1; i < e.args; i++)
        e.arg[i] = asks >> (i - 1) & 1 ? value_of(f, LLVMGetArgOperand(call, i - 1)) : number(0);
    return asks ? one((struct class){CLASS_NEED, NULL, expr_new(e)}, call, number(1), true) : effect_none();
}

static struct effect *function_effect(struct func *f, LLVMValueRef call, struct func *to, int outcomes)
{
    return !to->defined || !to->takes ? effect_none() : applied(f, call, summarize(to), outcomes);
}

static bool same_effects(struct effect **e, int count)
{
    for (int i = 0; i < count; i++)
        if (!e[i] || e[i]->entries)
            return false;
    return true;
}

/* One of several functions: the equation keeps the dispatch. */
static struct effect *dispatched(struct func *f, LLVMValueRef call, int outcomes)
{
    struct vec all = {0};
    LLVMTypeRef t;
    unsigned index;
    call_targets(call, &all);
    if (all.count && paired_need(call, &t, &index))
        return ported(f, call, &all, t, index);
    struct effect **of = fresh(all.count * sizeof(*of)), *joined = NULL;
    struct expr *pointer = value_of(f, LLVMGetCalledValue(call));
    for (int i = 0; i < all.count; i++)
        of[i] = function_effect(f, call, all.at[i], outcomes);
    if (same_effects(of, all.count))
        return effect_none();
    for (int i = all.count; i-- > 0;) {
        LLVMValueRef to = ((struct func *)all.at[i])->value;
        bool known = joined && may_gate(pointer) && LLVMGetLinkage(to) != LLVMInternalLinkage;
        struct expr *is = known ? test(LLVMIntEQ, pointer, expr_new((struct expr){.kind = GLOBAL, .value = to})) : NULL;
        joined = effect_either(is, of[i], joined);
    }
    return joined;
}

struct effect *call_effect(struct func *f, LLVMValueRef call, int outcomes)
{
    enum prim p = prim_call(call);
    if (p && p <= PRIM_LAST_TAKER)
        return outcomes & POSITIVE || p == PRIM_CHARGE || p == PRIM_RESOURCE ? taker_effect(f, call, p) : NULL;
    if (p)
        return giver_effect(f, call, p);
    LLVMValueRef to = called(call);
    return LLVMIsAFunction(to) ? func_of(to) ? function_effect(f, call, func_of(to), outcomes) : effect_none() : dispatched(f, call, outcomes);
}

bool has_effect(LLVMValueRef i)
{
    if (!is_call(i))
        return false;
    enum prim p = prim_call(i);
    if (p)
        return p < PRIM_GATE;
    LLVMValueRef to = called(i);
    struct func *f = LLVMIsAFunction(to) ? func_of(to) : NULL;
    return f ? f->takes : !LLVMIsAFunction(to);
}

/* --- outcomes --- */

static bool is_truth(LLVMValueRef v)
{
    return LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(LLVMTypeOf(v)) == 1;
}

static LLVMValueRef without_sign(LLVMValueRef v)
{
    v = stripped(v);
    return LLVMIsASExtInst(v) ? stripped(LLVMGetOperand(v, 0)) : v;
}

/* A value whose highest bit is no sign any more, since it was made wider without one: what was below zero is above. */
static bool is_widened(LLVMValueRef v)
{
    for (;; v = LLVMGetOperand(v, 0)) {
        if (LLVMIsAZExtInst(v))
            return true;
        if (!LLVMIsASExtInst(v) && !LLVMIsAFreezeInst(v))
            return false;
    }
}

/* Debug information apart, may the instruction store something? */
static bool may_store(LLVMValueRef i)
{
    const char *name = is_call(i) && LLVMIsAFunction(called(i)) ? name_of(called(i)) : "";
    return LLVMIsACallInst(i) && strncmp(name, "llvm.dbg", 8) && strncmp(name, "llvm.lifetime", 13);
}

/* A value that was stored in this node just before it is loaded. */
static LLVMValueRef reloaded(struct func *f, struct node *n, LLVMValueRef v)
{
    v = without_sign(v);
    if (!LLVMIsALoadInst(v) || !node_has(n, v))
        return v;
    struct expr *from = value_of(f, LLVMGetOperand(v, 0));
    for (LLVMValueRef i = v; i && i != n->first; i = LLVMGetPreviousInstruction(i)) {
        if (LLVMIsAStoreInst(i))
            return value_of(f, LLVMGetOperand(i, 1)) == from ? stripped(LLVMGetOperand(i, 0)) : v;
        if (may_store(i))
            return v;
    }
    return v;
}

/* Is the condition a comparison with zero?  *when_true: the outcomes of *tested with which it holds. */
bool zero_test(struct func *f, struct node *n, LLVMValueRef condition, LLVMValueRef *tested, int *when_true)
{
    static const int outcomes[] = {ZERO, NEGATIVE | POSITIVE, NEGATIVE | POSITIVE, ANY_OUTCOME, 0, ZERO, POSITIVE, ZERO | POSITIVE, NEGATIVE, NEGATIVE | ZERO};
    if (!condition || !LLVMIsAICmpInst(condition))
        return false;
    LLVMValueRef zero = LLVMGetOperand(condition, 1);
    if (!LLVMIsAConstantPointerNull(zero) && !(LLVMIsAConstantInt(zero) && !LLVMConstIntGetZExtValue(zero)))
        return false;
    LLVMIntPredicate p = LLVMGetICmpPredicate(condition);
    if (p >= LLVMIntSGT && is_widened(LLVMGetOperand(condition, 0)))
        p = p - LLVMIntSGT + LLVMIntUGT;
    *tested = reloaded(f, n, LLVMGetOperand(condition, 0));
    *when_true = outcomes[p - LLVMIntEQ];
    return true;
}

static int outcomes_of_call(LLVMValueRef call)
{
    enum prim p = prim_call(call);
    struct func *to = LLVMIsAFunction(called(call)) ? func_of(called(call)) : NULL;
    if (p && p <= PRIM_LAST_TAKER)
        return POSITIVE;
    if (p || !to || !to->defined || !to->takes)
        return ANY_OUTCOME;
    struct summary *s = summarize(to);
    return (s->by[0] ? NEGATIVE : 0) | (s->by[1] ? ZERO : 0) | (s->by[2] ? POSITIVE : 0);
}

/* The outcomes that a result can have where it is returned: by what it is, and by the tests on the way. */
int outcomes_of(struct func *f, LLVMValueRef v, struct node *at, int depth)
{
    int possible = ANY_OUTCOME, when_true;
    LLVMValueRef tested;
    bool widened = is_widened(v);
    v = without_sign(v);
    if (LLVMIsAConstantPointerNull(v))
        return ZERO;
    if (LLVMIsAConstantInt(v)) {
        int64_t n = LLVMConstIntGetSExtValue(v);
        return !n ? ZERO : n < 0 && !widened && !is_truth(v) ? NEGATIVE : POSITIVE;
    }
    if (LLVMIsAPHINode(v) && depth < 8) {
        possible = 0;
        for (unsigned i = 0; i < LLVMCountIncoming(v); i++)
            possible |= outcomes_of(f, LLVMGetIncomingValue(v, i), node_ending(f, LLVMGetIncomingBlock(v, i)), depth + 1);
    } else if (is_call(v)) {
        possible = outcomes_of_call(v);
    }
    for (struct node *n = at; n->from.count == 1 && n->index; n = n->from.at[0]) {
        struct node *p = n->from.at[0];
        if (zero_test(f, p, branch_condition(p), &tested, &when_true) && tested == v)
            possible &= p->to.at[0] == n ? when_true : ~when_true & ANY_OUTCOME;
    }
    return widened && possible & NEGATIVE ? (possible & ZERO) | POSITIVE : possible;
}

/* --- functions --- */

static struct func *head_of_cycle(const struct func *f)
{
    for (int i = 0; f->cycle && i < function_count; i++)
        if (functions[i].cycle == f->cycle && functions[i].depth)
            return &functions[i];
    return NULL;
}

static void forget_cycle(const struct func *head)
{
    for (int i = 0; i < function_count; i++)
        if (&functions[i] != head && functions[i].cycle == head->cycle)
            functions[i].summary = NULL;
}

/* A cycle that AMA_DEPTH limits is unrolled: at the deepest level its head does not return. */
static struct summary *unrolled(struct func *head)
{
    head->summary = fresh(sizeof(*head->summary));
    for (int level = 0; level < head->depth; level++) {
        forget_cycle(head);
        head->summary = walk_function(head);
    }
    forget_cycle(head);
    return head->summary;
}

struct summary *summarize(struct func *f)
{
    if (f->epoch != epoch) {
        f->epoch = epoch;
        f->summary = NULL;
        f->busy = false;
    }
    if (f->summary)
        return f->summary;
    if (f->busy) { /* recursion without a limit: checks() has told of it */
        struct summary *any = fresh(sizeof(*any));
        any->by[0] = any->by[1] = any->by[2] = effect_none();
        return f->summary = any;
    }
    struct func *head = head_of_cycle(f);
    f->busy = true;
    struct summary *s = head == f ? unrolled(f) : walk_function(f);
    f->busy = false;
    return f->summary = s;
}
