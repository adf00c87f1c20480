// SPDX-License-Identifier: MIT
/*
 * trips.c - how often a loop can run
 *
 * The loops that bound themselves count a variable up by one from a first value, and each round passes a test "variable < limit"
 * that leaves the loop otherwise; the limit is an expression that the loop does not change.  Tests joined by && count each for
 * itself, and the smallest number of rounds is the answer.  All other loops need AMA_BOUND where an allocation stays.
 *
 * Nodes before the test run once more than those behind it; when something is taken there, the loop has one more round.
 */
#include "tools/amalyzer/amalyzer.h"

/* A condition of the loop: what must hold to stay, tested at the end of node `at`. */
struct guard {
    struct func *f;
    struct loop *loop;
    struct node *at;             /* the node that leaves the loop */
};

static LLVMIntPredicate if_not(LLVMIntPredicate p)
{
    static const LLVMIntPredicate of[] = {LLVMIntNE, LLVMIntEQ, LLVMIntULE, LLVMIntULT, LLVMIntUGE, LLVMIntUGT, LLVMIntSLE, LLVMIntSLT, LLVMIntSGE, LLVMIntSGT};
    return of[p - LLVMIntEQ];
}

static bool adds_one(LLVMValueRef next, LLVMValueRef variable)
{
    return LLVMIsAInstruction(next) && LLVMGetInstructionOpcode(next) == LLVMAdd && LLVMGetOperand(next, 0) == variable &&
           LLVMIsAConstantInt(LLVMGetOperand(next, 1)) && LLVMConstIntGetZExtValue(LLVMGetOperand(next, 1)) == 1;
}

/* The first value of a variable that the loop counts up by one; NULL when it is none. */
static LLVMValueRef counted_from(const struct guard *g, LLVMValueRef v)
{
    LLVMValueRef first = NULL;
    if (!LLVMIsAPHINode(v) || LLVMGetInstructionParent(v) != g->f->node[g->loop->head].block)
        return NULL;
    for (unsigned i = 0; i < LLVMCountIncoming(v); i++) {
        struct node *n = node_ending(g->f, LLVMGetIncomingBlock(v, i));
        LLVMValueRef incoming = LLVMGetIncomingValue(v, i);
        if (!g->loop->in[n->index] && !first)
            first = incoming;
        else if (!g->loop->in[n->index] || !adds_one(incoming, v))
            return NULL;
    }
    return first;
}

/* Is something taken in the nodes that run before the test?  They are noted. */
static bool takes_before(const struct guard *g)
{
    struct func *f = g->f;
    struct node *inside = g->at->to.at[0];
    bool takes, *before = fresh(f->nodes);
    if (!g->loop->in[inside->index])
        inside = g->at->to.at[1];
    takes = inside->from.count != 1;
    for (int i = 0; i < f->nodes; i++) {
        before[i] = g->loop->in[i] && !dominates(f, inside->index, i);
        for (LLVMValueRef v = f->node[i].first; before[i] && v; v = v == f->node[i].last ? NULL : LLVMGetNextInstruction(v))
            takes |= has_effect(v) || prim_call(v) == PRIM_ITER || prim_call(v) == PRIM_BOUND;
    }
    for (int i = 0; !takes && g->loop->before_test && i < f->nodes; i++)
        before[i] |= g->loop->before_test[i];
    if (!takes)
        g->loop->before_test = before;
    return takes;
}

/* Where the counter begins: what is not known at the entry is at least 0, unless it has a sign; NULL: it may be anything. */
static struct expr *first_value(struct func *f, LLVMValueRef first, bool is_signed)
{
    struct expr *from = value_of(f, first);
    unsigned bits = LLVMGetIntTypeWidth(LLVMTypeOf(first));
    if (from->exact)
        return is_signed ? sign_extend(from, bits) : from;
    return is_signed && !LLVMIsAZExtInst(first) ? NULL : number(0);
}

/* What the counter is compared with, or more; with a sign it may be below zero. */
static struct expr *limit_value(struct func *f, LLVMValueRef v, bool is_signed, struct expr **culprit)
{
    struct expr *e = value_of(f, v), *most = upper(e, culprit);
    unsigned bits = LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMIntegerTypeKind ? LLVMGetIntTypeWidth(LLVMTypeOf(v)) : 64;
    int64_t n;
    if (!is_signed || (most && is_number(most, &n) && n >= 0 && (bits > 63 || n < 1l << (bits - 1))))
        return most;
    return e->exact && bits < 64 ? sign_extend(e, bits) : NULL;
}

/* A counter that is narrower than its limit begins again before it gets there, unless the limit is small. */
static bool stays_below(LLVMValueRef variable, LLVMValueRef limit, struct expr *to, bool inclusive)
{
    int64_t n;
    if (LLVMGetTypeKind(LLVMTypeOf(variable)) != LLVMIntegerTypeKind || LLVMTypeOf(variable) == LLVMTypeOf(limit))
        return true;
    unsigned bits = LLVMGetIntTypeWidth(LLVMTypeOf(variable));
    return bits < 63 && is_number(to, &n) && n + inclusive < 1l << bits;
}

static void try_counter(const struct guard *g, LLVMValueRef condition, bool stays_when)
{
    struct expr *culprit = NULL;
    if (!LLVMIsAICmpInst(condition))
        return;
    LLVMIntPredicate p = LLVMGetICmpPredicate(condition);
    p = stays_when ? p : if_not(p);
    bool inclusive = p == LLVMIntULE || p == LLVMIntSLE;
    LLVMValueRef variable = stripped(LLVMGetOperand(condition, 0));
    if (LLVMIsASExtInst(variable))
        variable = LLVMGetOperand(variable, 0);
    bool is_signed = p == LLVMIntSLT || p == LLVMIntSLE;
    LLVMValueRef first = inclusive || p == LLVMIntULT || p == LLVMIntSLT ? counted_from(g, variable) : NULL;
    struct expr *to = first ? limit_value(g->f, LLVMGetOperand(condition, 1), is_signed, &culprit) : NULL;
    if (first && !to)
        g->loop->why = culprit ? culprit->why : NULL;
    if (!to || !stays_below(variable, LLVMGetOperand(condition, 1), to, inclusive))
        return;
    int64_t least;
    struct expr *from = first_value(g->f, first, is_signed), *trips;
    if (!from)
        return;
    to = inclusive ? plus(to, number(1)) : to;
    bool below_zero = is_signed && !(is_number(from, &least) && least >= 0 && is_number(to, &least) && least >= 0);
    struct expr *start = upper(value_of(g->f, first), &culprit);
    value_set(variable, unknown(variable, text("the counter %s", name_of(variable)), start && !below_zero ? larger(start, to) : NULL));
    trips = below_zero ? larger(number(0), minus(to, from)) : rounds(from, to, place_of(condition));
    trips = takes_before(g) ? plus(trips, number(1)) : trips;
    g->loop->trips = g->loop->trips ? smaller(g->loop->trips, trips) : trips;
}

/* a && b is a phi of `false` and b, and the way past b belongs to a. */
static void try_condition(const struct guard *g, LLVMValueRef condition, bool stays_when, struct node *n, int depth)
{
    if (!LLVMIsAPHINode(condition) || LLVMGetInstructionParent(condition) != n->block || !stays_when || depth > 6) {
        try_counter(g, condition, stays_when);
        return;
    }
    for (unsigned i = 0; i < LLVMCountIncoming(condition); i++) {
        LLVMValueRef v = LLVMGetIncomingValue(condition, i);
        if (LLVMIsAConstantInt(v) && LLVMConstIntGetZExtValue(v))
            return; /* a || b */
    }
    for (unsigned i = 0; i < LLVMCountIncoming(condition); i++) {
        LLVMValueRef v = LLVMGetIncomingValue(condition, i);
        struct node *p = node_ending(g->f, LLVMGetIncomingBlock(condition, i));
        LLVMValueRef earlier = branch_condition(p);
        if (!LLVMIsAConstantInt(v))
            try_condition(g, v, true, p, depth + 1);
        else if (!LLVMConstIntGetZExtValue(v) && earlier && p->to.at[1] == n)
            try_condition(g, earlier, true, p, depth + 1);
    }
}

/* Every round passes the node. */
static bool always_passed(const struct func *f, const struct loop *l, const struct node *n)
{
    const struct node *head = &f->node[l->head];
    for (int k = 0; k < head->from.count; k++) {
        int p = ((struct node *)head->from.at[k])->index;
        if (l->in[p] && !dominates(f, n->index, p))
            return false;
    }
    return true;
}

struct expr *loop_trips(struct func *f, struct loop *l)
{
    if (l->epoch == epoch)
        return l->trips;
    l->epoch = epoch;
    l->trips = NULL;
    l->why = NULL;
    l->before_test = NULL;
    for (int i = 0; i < f->nodes; i++) {
        struct node *n = &f->node[i];
        LLVMValueRef condition = l->in[i] && n->loop == l ? branch_condition(n) : NULL;
        if (!condition)
            continue;
        bool stays0 = l->in[((struct node *)n->to.at[0])->index], stays1 = l->in[((struct node *)n->to.at[1])->index];
        struct guard g = {f, l, n};
        if (stays0 != stays1 && always_passed(f, l, n))
            try_condition(&g, condition, stays0, n, 0);
    }
    return l->trips;
}
