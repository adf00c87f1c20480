// SPDX-License-Identifier: MIT
/*
 * walk.c - the effect of a function's body: along its nodes, loops as one step each
 *
 * Nodes are visited in order; on each edge stands the effect from the beginning to there.  Where ways meet, the effects are joined
 * by the condition that parted them, when that is known at the entry, else by the maximum.  A loop is walked once from its
 * header: what one round keeps is multiplied by the number of rounds, what a round gives back itself counts once.
 *
 *     AMA_BOUND(n)  stands before, and pays n times what a region that begins with AMA_ITER keeps;
 *     AMA_AT_MOST, AMA_READS, AMA_ONLY_IF, AMA_COVERS and the like  limit the whole function, whatever its loops do;
 *     AMA_ITER(b)   the region that it dominates, inside its loop, keeps nothing for free: only what it uses for a moment counts
 *                   where it stands.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

struct walk {
    struct func *f;
    const bool *in;              /* the nodes to walk */
    int entry;
    bool inside;                 /* from the header of a loop or the node of an AMA_ITER: not as a loop of its own */
    int *payer;                  /* for each node the AMA_ITER node that it belongs to, or -1 */
    struct effect **(*out);      /* for each node, for each way out */
    struct vec *returns;         /* struct end */
};
struct end {
    int outcomes;
    struct effect *effect;
};
struct arrival {
    struct node *from;
    int side;
    struct effect *effect;
};

static void walk_nodes(struct walk *w, struct effect *start);

static struct effect ***new_out(const struct func *f)
{
    struct effect ***out = fresh(f->nodes * sizeof(*out));
    for (int i = 0; i < f->nodes; i++)
        out[i] = fresh(f->node[i].to.count * sizeof(**out));
    return out;
}

/* --- regions of AMA_ITER --- */

static bool in_region(const struct func *f, int iter, int n)
{
    const struct node *q = &f->node[iter];
    return f->node[n].order >= 0 && dominates(f, iter, n) && (!q->loop || q->loop->in[n]);
}

/* The innermost region that each node lies in; of a walk inside the region `outer` (-1: none) only those inside it count. */
static int *find_payers(const struct func *f, int outer)
{
    int *payer = fresh(f->nodes * sizeof(int));
    for (int n = 0; n < f->nodes; n++) {
        payer[n] = -1;
        for (int q = 0; q < f->nodes; q++)
            if (f->node[q].iter && q != outer && f->node[q].order >= 0 && (outer < 0 || in_region(f, outer, q)) && in_region(f, q, n) &&
                (payer[n] < 0 || dominates(f, payer[n], q)))
                payer[n] = q;
    }
    return payer;
}

static struct effect *leaving(const struct walk *w, int head)
{
    struct effect *all = NULL;
    for (int i = 0; i < w->f->nodes; i++) {
        for (int k = 0; w->in[i] && k < w->f->node[i].to.count; k++) {
            int to = ((struct node *)w->f->node[i].to.at[k])->index;
            if (!w->in[to] || to == head)
                all = effect_either(NULL, all, w->out[i][k]);
        }
    }
    return all;
}

/* One run of the region. */
static struct effect *region_effect(struct func *f, int iter)
{
    bool *in = fresh(f->nodes);
    struct vec returns = {0};
    for (int n = 0; n < f->nodes; n++)
        in[n] = in_region(f, iter, n);
    struct walk w = {f, in, iter, true, find_payers(f, iter), new_out(f), &returns};
    walk_nodes(&w, effect_none());
    struct effect *all = leaving(&w, iter);
    for (int i = 0; i < returns.count; i++)
        all = effect_either(NULL, all, ((struct end *)returns.at[i])->effect);
    for (int i = 0; all && i < all->entries; i++) {
        all->entry[i].peak = upper_or_self(all->entry[i].peak);
        all->entry[i].net = upper_or_self(all->entry[i].net);
        all->entry[i].extra = upper_or_self(all->entry[i].extra);
    }
    return all ? all : effect_none();
}

/* What one run uses beyond what it keeps. */
static struct effect *passing_part(struct func *f, int iter)
{
    struct effect *e = region_effect(f, iter);
    for (int i = 0; i < e->entries; i++) {
        e->entry[i].peak = e->entry[i].extra = minus(e->entry[i].peak, e->entry[i].net);
        e->entry[i].net = number(0);
    }
    return e;
}

static LLVMValueRef bound_of(struct func *f, const struct node *n)
{
    LLVMValueRef b = stripped(LLVMGetArgOperand(n->iter, 0));
    if (prim_call(b) == PRIM_BOUND)
        return b;
    error_at(f, place_of(n->iter), "AMA_ITER needs a bound of this function that was not changed", "ama_bound b = AMA_BOUND(n);  before the loop");
    return NULL;
}

/* n times what the dearest region of this bound keeps. */
static struct effect *bound_effect(struct func *f, LLVMValueRef bound)
{
    struct effect *dearest = effect_none();
    struct expr *count = upper_or_self(as_count(declared_value(f, LLVMGetArgOperand(bound, 0))));
    bool spent = false;
    for (int q = 0; q < f->nodes; q++) {
        if (!f->node[q].iter || bound_of(f, &f->node[q]) != bound)
            continue;
        struct effect *e = region_effect(f, q);
        spent = true;
        for (int i = 0; i < e->entries; i++) {
            struct entry *x = effect_make(dearest, e->entry[i].class, e->entry[i].site);
            x->peak = larger(x->peak, e->entry[i].net);
        }
    }
    if (!spent)
        error_at(f, place_of(bound), "this AMA_BOUND is never spent", "AMA_ITER(b) where each round takes memory");
    for (int i = 0; i < dearest->entries; i++)
        dearest->entry[i].peak = dearest->entry[i].net = times(count, dearest->entry[i].peak);
    return dearest;
}

/* --- one node --- */

/* All calls of the node up to `stop`. */
static struct effect *through(struct walk *w, struct node *n, struct effect *s, LLVMValueRef stop)
{
    int payer = w->payer[n->index];
    if (payer == n->index)
        s = effect_then(s, passing_part(w->f, payer));
    for (LLVMValueRef i = n->first; payer < 0 && i && i != stop && s; i = i == n->last ? NULL : LLVMGetNextInstruction(i)) {
        if (prim_call(i) == PRIM_BOUND)
            s = effect_then(s, bound_effect(w->f, i));
        else if (has_effect(i))
            s = effect_then(s, call_effect(w->f, i, ANY_OUTCOME));
    }
    return s;
}

/* The last call of the node that takes something. */
static LLVMValueRef last_effect(const struct node *n)
{
    LLVMValueRef last = NULL;
    for (LLVMValueRef i = n->first; i; i = i == n->last ? NULL : LLVMGetNextInstruction(i))
        if (has_effect(i) || prim_call(i) == PRIM_BOUND)
            last = i;
    return last;
}

/* Through the node and onto its ways out; where the node ends with a test of a call's result, by outcome. */
static void leave_node(struct walk *w, struct node *n, struct effect *s)
{
    struct effect **out = w->out[n->index];
    LLVMValueRef condition = branch_condition(n), tested = NULL;
    int when_true;
    int64_t known;
    bool split = w->payer[n->index] < 0 && zero_test(w->f, n, condition, &tested, &when_true) && is_call(tested) && last_effect(n) == tested;
    if (split) {
        s = through(w, n, s, tested);
        out[0] = effect_then(s, call_effect(w->f, tested, when_true));
        out[1] = effect_then(s, call_effect(w->f, tested, ~when_true & ANY_OUTCOME));
        return;
    }
    s = through(w, n, s, NULL);
    for (int k = 0; k < n->to.count; k++)
        out[k] = s;
    if (condition && is_number(condition_at(w->f, condition), &known))
        out[known ? 1 : 0] = NULL;
}

/* --- where ways meet --- */

/* The node just below d in the tree of dominators on the way to the arrival; below 0: it comes from d itself. */
static int below(const struct func *f, int d, const struct arrival *a)
{
    int at = a->from->index;
    if (at == d)
        return -1 - a->side;
    while (f->node[at].dominator != d)
        at = f->node[at].dominator;
    return at;
}

/* Takes those ways out of the list that come together below d before they arrive; returns how many. */
static int take_group(const struct func *f, int d, struct arrival *a, int *count, struct arrival *group)
{
    int kept = 0, n = 0, at = below(f, d, &a[0]);
    for (int i = 0; i < *count; i++) {
        if (below(f, d, &a[i]) == at)
            group[n++] = a[i];
        else
            a[kept++] = a[i];
    }
    *count = kept;
    return n;
}

/* Ways that part at one node are joined by its condition; those that come together in between, before that by their own. */
static struct effect *joined(struct func *f, const struct arrival *of, int count)
{
    struct effect *all = NULL, *on[2] = {0};
    struct arrival *a = fresh((count + 1) * sizeof(*a)), *group = fresh((count + 1) * sizeof(*group));
    if (count < 2)
        return count ? of->effect : NULL;
    memcpy(a, of, count * sizeof(*a));
    int d = a[0].from->index;
    for (int i = 1; i < count; i++)
        d = common_dominator(f, d, a[i].from->index);
    LLVMValueRef condition = branch_condition(&f->node[d]);
    while (count) {
        int n = take_group(f, d, a, &count, group), side = condition ? branch_side(f, d, group[0].from->index, group[0].side) : -1;
        struct effect *e = group[0].from->index == d ? group[0].effect : joined(f, group, n);
        all = effect_either(NULL, all, e);
        if (side < 0)
            condition = NULL;
        else
            on[side] = e;
    }
    struct expr *c = condition && on[0] && on[1] ? condition_at(f, condition) : NULL;
    return c && may_gate(c) ? effect_either(c, on[0], on[1]) : all;
}

static int arrivals(struct walk *w, struct node *n, struct arrival **out)
{
    int count = 0;
    *out = fresh((2 * n->from.count + 1) * sizeof(**out));
    for (int k = 0; k < n->from.count; k++) {
        struct node *p = n->from.at[k];
        bool twice = false;
        for (int j = 0; j < k; j++)
            twice |= n->from.at[j] == p;
        if (twice || !w->in[p->index] || p->order >= n->order)
            continue;
        for (int side = 0; side < p->to.count; side++)
            if (p->to.at[side] == n && w->out[p->index][side])
                (*out)[count++] = (struct arrival){p, side, w->out[p->index][side]};
    }
    return count;
}

static void add_end(struct walk *w, int outcomes, struct effect *e)
{
    struct end *r = fresh(sizeof(*r));
    *r = (struct end){outcomes, e};
    if (e)
        vec_add(w->returns, r);
}

static int side_of(const struct func *f, int d, const struct arrival *a) { return branch_side(f, d, a->from->index, a->side); }

/* Of several ways in, one of which is taken when the result has a certain sign: a way is not taken when a known condition before it
 * does not hold.  Conditions that part the ways from each other are looked at where they are joined. */
static struct effect *taken_way(struct func *f, const struct arrival *a, int count, int which)
{
    struct effect *e = a[which].effect;
    for (int at = a[which].from->index; e; at = f->node[at].dominator) {
        LLVMValueRef condition = branch_condition(&f->node[at]);
        int side = condition ? side_of(f, at, &a[which]) : -1;
        bool parts = false;
        for (int i = 0; i < count; i++)
            parts |= i != which && side_of(f, at, &a[i]) == !side;
        struct expr *c = side >= 0 && !parts ? condition_at(f, condition) : NULL;
        if (c && may_gate(c))
            e = side ? effect_either(c, effect_none(), e) : effect_either(c, e, effect_none());
        if (!at)
            break;
    }
    return e;
}

/* A result that is chosen on the way in: one end for each outcome. */
static void end_by_outcome(struct walk *w, struct node *n, struct arrival *a, int count, LLVMValueRef result)
{
    for (int k = 0; k < 3; k++) {
        struct arrival *some = fresh((count + 1) * sizeof(*some));
        int n_some = 0;
        for (int j = 0; j < count; j++)
            for (unsigned z = 0; z < LLVMCountIncoming(result); z++)
                if (LLVMGetIncomingBlock(result, z) == a[j].from->block && outcomes_of(w->f, LLVMGetIncomingValue(result, z), a[j].from, 0) >> k & 1) {
                    some[n_some++] = a[j];
                    break;
                }
        struct effect **way = fresh((n_some + 1) * sizeof(*way));
        for (int i = 0; i < n_some; i++)
            way[i] = taken_way(w->f, some, n_some, i);
        for (int i = 0; i < n_some; i++)
            some[i].effect = way[i];
        if (n_some)
            add_end(w, 1 << k, through(w, n, joined(w->f, some, n_some), NULL));
    }
}

static bool panics(const struct node *n)
{
    for (LLVMValueRef i = n->first; i; i = i == n->last ? NULL : LLVMGetNextInstruction(i))
        if (prim_call(i) == PRIM_PANIC)
            return true;
    return false;
}

static void end_function(struct walk *w, struct node *n, struct arrival *a, int count, struct effect *s)
{
    LLVMValueRef result = LLVMIsAReturnInst(n->last) && LLVMGetNumOperands(n->last) ? stripped(LLVMGetOperand(n->last, 0)) : NULL;
    if (!LLVMIsAReturnInst(n->last)) /* what never returns has taken what it has taken; a panic has nobody who asks */
        add_end(w, panics(n) ? 0 : ANY_OUTCOME, through(w, n, s, NULL));
    else if (result && LLVMIsAPHINode(result) && LLVMGetInstructionParent(result) == n->block && n->index != w->entry)
        end_by_outcome(w, n, a, count, result);
    else
        add_end(w, result ? outcomes_of(w->f, result, n, 0) : ANY_OUTCOME, through(w, n, s, NULL));
}

/* --- loops --- */

static struct expr *endless(struct func *f, const struct loop *l, const struct entry *r, struct expr *net)
{
    const char *limit = l->why ? text(" (up to %s)", l->why) : "";
    const char *what = text("how often the loop at %s runs%s, which keeps %s %s in each round", place_of(f->node[l->head].last), limit,
                            as_c(net, f->value), class_name(&r->class, f->value));
    return unknown(NULL, what, NULL);
}

/* What all rounds together keep and use: *all of them, and *less: all but the last. */
static void repeat(struct walk *w, struct loop *l, struct effect *round, struct effect *all, struct effect *less)
{
    struct expr *trips = loop_trips(w->f, l);
    for (int i = 0; round && i < round->entries; i++) {
        struct entry *r = &round->entry[i];
        struct expr *peak = upper_or_self(r->peak), *net = upper_or_self(r->net), *times_net = number(0);
        struct entry *x = effect_make(all, r->class, r->site), *y = effect_make(less, r->class, r->site);
        x->peak = y->peak = peak;
        x->extra = y->extra = upper_or_self(r->extra);
        if (is_zero(net))
            continue;
        times_net = trips ? times(minus(trips, number(1)), net) : endless(w->f, l, r, net);
        x->net = plus(times_net, net);
        y->net = times_net;
        x->peak = y->peak = plus(times_net, peak);
    }
}

static void walk_loop(struct walk *w, struct loop *l, struct effect *before)
{
    struct func *f = w->f;
    struct effect *round = NULL, *all = effect_none(), *less = effect_none();
    struct vec returns = {0};
    struct walk body = {f, l->in, l->head, true, w->payer, new_out(f), &returns};
    loop_trips(f, l); /* before its values are used */
    walk_nodes(&body, effect_none());
    for (int i = 0; i < f->nodes; i++)
        for (int k = 0; l->in[i] && k < f->node[i].to.count; k++)
            if (f->node[i].to.at[k] == &f->node[l->head])
                round = effect_either(NULL, round, body.out[i][k]);
    repeat(w, l, round, all, less);
    bool leaves = returns.count;
    for (int i = 0; i < f->nodes; i++) {
        bool once_more = l->before_test ? l->before_test[i] : i == l->head;
        for (int k = 0; l->in[i] && k < f->node[i].to.count; k++)
            if (!l->in[((struct node *)f->node[i].to.at[k])->index] && body.out[i][k]) {
                w->out[i][k] = effect_then(effect_then(before, once_more ? all : less), body.out[i][k]);
                leaves = true;
            }
    }
    if (!leaves)
        add_end(w, ANY_OUTCOME, effect_then(before, all));
    for (int i = 0; i < returns.count; i++) {
        struct end *r = returns.at[i];
        add_end(w, r->outcomes, effect_then(effect_then(before, less), r->effect));
    }
}

/* --- all nodes --- */

static bool whole_loop(const struct walk *w, const struct loop *l)
{
    for (int i = 0; i < w->f->nodes; i++)
        if (l->in[i] && !w->in[i])
            return false;
    return true;
}

static int *in_order(const struct walk *w, int *count)
{
    int *at = fresh((w->f->nodes + 1) * sizeof(int)), *list = fresh((w->f->nodes + 1) * sizeof(int));
    for (int i = 0; i < w->f->nodes; i++)
        if (w->in[i] && w->f->node[i].order >= 0)
            at[w->f->node[i].order] = i + 1;
    for (int i = 0; i < w->f->nodes; i++)
        if (at[i])
            list[(*count)++] = at[i] - 1;
    return list;
}

static void walk_nodes(struct walk *w, struct effect *start)
{
    int count = 0, *order = in_order(w, &count);
    bool *done = fresh(w->f->nodes);
    for (int q = 0; q < count; q++) {
        struct node *n = &w->f->node[order[q]];
        struct arrival *a = NULL;
        int came = n->index == w->entry ? 0 : arrivals(w, n, &a);
        struct effect *s = n->index == w->entry ? start : joined(w->f, a, came);
        bool header = n->loop && n->loop->head == n->index && !(w->inside && n->index == w->entry);
        if (done[n->index])
            continue;
        if (header && whole_loop(w, n->loop)) {
            if (s)
                walk_loop(w, n->loop, s);
            for (int i = 0; i < w->f->nodes; i++)
                done[i] |= n->loop->in[i];
        } else if (s && !n->to.count) {
            end_function(w, n, a, came, s);
        } else if (s) {
            leave_node(w, n, s);
        }
    }
}

struct summary *walk_function(struct func *f)
{
    struct vec returns = {0};
    struct summary *s = fresh(sizeof(*s));
    flow_build(f);
    bool *in = fresh(f->nodes);
    memset(in, true, f->nodes);
    struct walk w = {f, in, 0, false, find_payers(f, -1), new_out(f), &returns};
    walk_nodes(&w, effect_none());
    for (int i = 0; i < returns.count; i++) {
        struct end *r = returns.at[i];
        for (int k = 0; k < 3; k++)
            if (r->outcomes >> k & 1)
                s->by[k] = effect_either(NULL, s->by[k], r->effect);
    }
    limit_summary(f, s);
    return s;
}
