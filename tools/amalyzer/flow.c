// SPDX-License-Identifier: MIT
/*
 * flow.c - the control flow of one function: nodes, dominators, natural loops
 *
 * A node is a basic block, cut where an AMA_ITER stands, so that the region that the mark dominates begins with a node.  Dominators
 * are found by the usual iteration over a reverse postorder; a loop is a header with all nodes that reach it again without
 * leaving what it dominates.  An edge back to a node that does not dominate it (a goto into a loop) is an error.
 */
#include "tools/amalyzer/amalyzer.h"

/* --- nodes and edges --- */

static int count_nodes(LLVMValueRef f)
{
    int count = 0;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f); b; b = LLVMGetNextBasicBlock(b)) {
        count++;
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            count += prim_call(i) == PRIM_ITER;
    }
    return count;
}

static struct node *new_node(struct func *f, LLVMBasicBlockRef b, LLVMValueRef first)
{
    struct node *n = &f->node[f->nodes];
    *n = (struct node){.block = b, .first = first, .last = first, .index = f->nodes++, .order = -1, .dominator = -1};
    return n;
}

static void cut_block(struct func *f, LLVMBasicBlockRef b)
{
    struct node *n = new_node(f, b, LLVMGetFirstInstruction(b));
    for (LLVMValueRef i = n->first; i; i = LLVMGetNextInstruction(i)) {
        if (prim_call(i) == PRIM_ITER) {
            if (i != n->first) {
                vec_add(&n->to, n + 1);
                n = new_node(f, b, i);
            }
            n->iter = i;
        }
        n->last = i;
    }
}

static struct node *node_starting(struct func *f, LLVMBasicBlockRef b)
{
    for (int i = 0; i < f->nodes; i++)
        if (f->node[i].block == b)
            return &f->node[i];
    return NULL;
}

static void connect(struct func *f)
{
    for (int i = 0; i < f->nodes; i++) {
        struct node *n = &f->node[i];
        if (!LLVMIsATerminatorInst(n->last))
            continue;
        for (unsigned k = 0; k < LLVMGetNumSuccessors(n->last); k++)
            vec_add(&n->to, node_starting(f, LLVMGetSuccessor(n->last, k)));
    }
}

struct node *node_ending(const struct func *f, LLVMBasicBlockRef b)
{
    for (int i = f->nodes; i-- > 0;)
        if (f->node[i].block == b)
            return &f->node[i];
    return NULL;
}

bool node_has(const struct node *n, LLVMValueRef instruction)
{
    for (LLVMValueRef i = n->first; i; i = LLVMGetNextInstruction(i)) {
        if (i == instruction)
            return true;
        if (i == n->last)
            return false;
    }
    return false;
}

struct node *node_of(const struct func *f, LLVMValueRef instruction)
{
    LLVMBasicBlockRef b = LLVMGetInstructionParent(instruction);
    for (int i = 0; i < f->nodes; i++)
        if (f->node[i].block == b && node_has(&f->node[i], instruction))
            return &f->node[i];
    return NULL;
}

LLVMValueRef branch_condition(const struct node *n)
{
    return LLVMIsABranchInst(n->last) && LLVMIsConditional(n->last) ? LLVMGetCondition(n->last) : NULL;
}

/* --- order and dominators --- */

static void visit(struct node *n, struct vec *postorder)
{
    n->order = 0;
    for (int k = 0; k < n->to.count; k++) {
        struct node *next = n->to.at[k];
        if (next->order < 0)
            visit(next, postorder);
    }
    vec_add(postorder, n);
}

int common_dominator(const struct func *f, int a, int b)
{
    while (a != b) {
        while (f->node[a].order > f->node[b].order)
            a = f->node[a].dominator;
        while (f->node[b].order > f->node[a].order)
            b = f->node[b].dominator;
    }
    return a;
}

bool dominates(const struct func *f, int a, int b)
{
    while (f->node[b].order > f->node[a].order)
        b = f->node[b].dominator;
    return a == b;
}

static int dominator_of(const struct func *f, const struct node *n)
{
    int d = -1;
    for (int k = 0; k < n->from.count; k++) {
        int p = ((struct node *)n->from.at[k])->index;
        if (f->node[p].dominator >= 0)
            d = d < 0 ? p : common_dominator(f, d, p);
    }
    return d;
}

static void find_dominators(struct func *f)
{
    struct vec postorder = {0};
    bool again = true;
    visit(&f->node[0], &postorder);
    for (int i = 0; i < postorder.count; i++)
        ((struct node *)postorder.at[i])->order = postorder.count - 1 - i;
    for (int i = 0; i < f->nodes; i++)
        for (int k = 0; f->node[i].order >= 0 && k < f->node[i].to.count; k++)
            vec_add(&((struct node *)f->node[i].to.at[k])->from, &f->node[i]);
    f->node[0].dominator = 0;
    while (again) {
        again = false;
        for (int i = postorder.count - 2; i >= 0; i--) {
            struct node *n = postorder.at[i];
            int d = dominator_of(f, n);
            again |= d != n->dominator;
            n->dominator = d;
        }
    }
}

int branch_side(const struct func *f, int d, int p, int k)
{
    if (p == d)
        return k;
    for (int side = 0; side < 2 && side < f->node[d].to.count; side++) {
        struct node *next = f->node[d].to.at[side];
        if (next->from.count == 1 && dominates(f, next->index, p))
            return side;
    }
    return -1;
}

/* --- loops --- */

static struct loop *loop_at(struct func *f, int head)
{
    for (int i = 0; i < f->loops; i++)
        if (f->loop[i].head == head)
            return &f->loop[i];
    struct loop *l = &f->loop[f->loops++];
    *l = (struct loop){.head = head, .in = fresh(f->nodes)};
    l->in[head] = true;
    return l;
}

static void loop_add(struct loop *l, struct node *n)
{
    if (l->in[n->index])
        return;
    l->in[n->index] = true;
    for (int k = 0; k < n->from.count; k++)
        loop_add(l, n->from.at[k]);
}

static void find_loops(struct func *f)
{
    f->loop = fresh(f->nodes * sizeof(*f->loop));
    for (int h = 0; h < f->nodes; h++) {
        for (int k = 0; f->node[h].order >= 0 && k < f->node[h].from.count; k++) {
            struct node *back = f->node[h].from.at[k];
            if (back->order < f->node[h].order)
                continue;
            if (dominates(f, h, back->index))
                loop_add(loop_at(f, h), back);
            else
                error_at(f, place_of(back->last), "a jump into the middle of a loop", "a loop with one entry");
        }
    }
    for (int i = 0; i < f->loops; i++)
        for (int n = 0; n < f->nodes; n++)
            f->loop[i].size += f->loop[i].in[n];
    for (int n = 0; n < f->nodes; n++)
        for (int i = 0; i < f->loops; i++)
            if (f->loop[i].in[n] && (!f->node[n].loop || f->loop[i].size < f->node[n].loop->size))
                f->node[n].loop = &f->loop[i];
}

void flow_build(struct func *f)
{
    if (f->node)
        return;
    f->node = fresh(count_nodes(f->value) * sizeof(*f->node));
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f->value); b; b = LLVMGetNextBasicBlock(b))
        cut_block(f, b);
    connect(f);
    find_dominators(f);
    find_loops(f);
}
