// SPDX-License-Identifier: MIT
/*
 * tree.c - the indirect blocks above a range of a file
 *
 * A file's blocks are found through 15 pointers in the inode and a tree of up to three levels of indirect
 * blocks:
 *
 *      i_block   [0..11]  data
 *                [12] --> P pointers to data
 *                [13] --> P pointers --> P pointers each to data              P = block size / 4
 *                [14] --> P pointers --> P pointers --> P pointers each to data
 *
 * `struct tree` holds the indirect blocks that lie above a range of at most 256 blocks, parents before
 * children, each once: never more than five, since P is at least 256 (two leaves and two parents below one
 * root; or a root and a leaf, and behind them root, middle and leaf).  The body loads them; the need walks
 * the same way through what is cached.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/panic.h"

/* First block of the file below slot `top` of the inode. */
u32 tree_first(const struct volume *v, u32 top)
{
    u32 p = 1u << v->pointer_bits, first = EXT2_DIRECT;
    if (top < EXT2_DIRECT)
        return top;
    if (top > 12)
        first += p;
    if (top > 13)
        first += p << v->pointer_bits;
    return first;
}

int tree_path(const struct volume *v, u32 index, u32 at[4])
{
    u32 bits = v->pointer_bits, mask = (1u << bits) - 1;
    if (index < EXT2_DIRECT) {
        at[0] = index;
        return 0;
    }
    for (int depth = 1; depth <= 3; depth++) {
        u32 first = tree_first(v, 11 + depth), rel = index - first;
        if ((u64)rel >> (bits * depth))
            continue;
        at[0] = 11 + depth;
        for (int k = 1; k <= depth; k++)
            at[k] = rel >> (bits * (depth - k)) & mask;
        return depth;
    }
    return -1;
}

/* First block of the file that the node at `level` above block `index` covers. */
static u32 node_first(const struct volume *v, u32 index, u32 top, u32 level)
{
    u32 first = tree_first(v, top), bits = v->pointer_bits * level;
    return first + (u32)((u64)(index - first) >> bits << bits);
}

static int node_find(const struct tree *t, u32 level, u32 first)
{
    for (u32 i = 0; i < t->count; i++)
        if (t->node[i].level == level && t->node[i].first == first)
            return i;
    return -1;
}

u32 *node_pointer(struct tree *t, const struct node *nd)
{
    if (nd->parent < 0)
        return &data_of(t->ino)->block[nd->slot];
    struct node *parent = &t->node[nd->parent];
    return parent->state == NODE_LOADED ? (u32 *)parent->b.data + nd->slot : NULL;
}

/* --- one node: from disk for bodies, from the cache for needs --- */

static int node_load(struct tree *t, struct node *nd) NEEDS_RESERVATION
{
    struct volume *v = volume_of(t->ino);
    u32 *pointer = node_pointer(t, nd);
    nd->nr = pointer ? *pointer : 0;
    nd->state = NODE_MISSING;
    if (!nd->nr)
        return 0;
    if (!block_is_data(v, nd->nr))
        return damaged(v, "inode %lu: indirect block %u is not in the data area", t->ino->ino, nd->nr);
    int rc = block_read(&nd->b, v->dev, nd->nr, v->block_size);
    if (rc)
        complain(v, "inode %lu: indirect block %u cannot be read", t->ino->ino, nd->nr);
    else
        nd->state = NODE_LOADED;
    if (!rc)
        pin_page(nd->b.page); /* until the window's end: another look must not read it again */
    return rc;
}

static void node_peek(struct tree *t, struct node *nd)
{
    struct volume *v = volume_of(t->ino);
    u32 *pointer = node_pointer(t, nd);
    bool parent_unknown = nd->parent >= 0 && t->node[nd->parent].state == NODE_UNKNOWN;
    nd->nr = pointer ? *pointer : 0;
    nd->state = parent_unknown ? NODE_UNKNOWN : NODE_MISSING;
    if (!nd->nr)
        return;
    nd->state = NODE_UNKNOWN;
    if (!block_is_data(v, nd->nr) || !block_find(&nd->b, v->dev, nd->nr, v->block_size))
        return;
    struct block held = nd->b;
    if (pin_block(&held))
        nd->state = NODE_LOADED;
}

/* --- the walk --- */

static struct node *node_new(struct tree *t, u32 level, u32 first, int parent, u32 slot)
{
    ASSERT(t->count < TREE_NODES, "a range has more than %u indirect blocks", TREE_NODES);
    struct node *nd = &t->node[t->count++];
    *nd = (struct node){.first = first, .slot = slot, .level = level, .parent = parent};
    return nd;
}

/* The next node on the way to block `index` that the tree does not have yet, or NULL. */
static struct node *next_node(struct tree *t, u32 index)
{
    const struct volume *v = volume_of(t->ino);
    u32 at[4];
    int depth = tree_path(v, index, at), parent = -1;
    for (int k = 1; k <= depth; k++) {
        u32 level = depth - k + 1, first = node_first(v, index, at[0], level);
        int found = node_find(t, level, first);
        if (found < 0)
            return node_new(t, level, first, parent, at[k - 1]);
        parent = found;
    }
    return NULL;
}

/* The first block behind `index` that has another leaf. */
static u32 next_leaf(const struct volume *v, u32 index)
{
    u32 at[4];
    int depth = tree_path(v, index, at);
    return depth <= 0 ? EXT2_DIRECT : node_first(v, index, at[0], 1) + (1u << v->pointer_bits);
}

int tree_load(struct tree *t, struct inode *i, u32 first, u32 count)
{
    AMA_READS(tree_uncached(i, first, count));
    u32 end = first + count, at[4];
    t->ino = i;
    t->count = 0;
    if (end < first || (count && tree_path(volume_of(i), end - 1, at) < 0))
        return -EFBIG;
    for (u32 index = first; index < end; index = next_leaf(volume_of(i), index)) {
        struct node *nd;
        while ((nd = next_node(t, index))) {
            int rc = node_load(t, nd);
            if (rc) {
                tree_put(t);
                return rc;
            }
        }
    }
    return 0;
}

void tree_peek(struct tree *t, struct inode *i, u32 first, u32 count)
{
    u32 end = first + count, at[4];
    t->ino = i;
    t->count = 0;
    if (end < first || (count && tree_path(volume_of(i), end - 1, at) < 0))
        return;
    for (u32 index = first; index < end; index = next_leaf(volume_of(i), index)) {
        struct node *nd;
        while ((nd = next_node(t, index)))
            node_peek(t, nd);
    }
}

void tree_put(struct tree *t)
{
    while (t->count)
        block_put(&t->node[--t->count].b);
}

u32 *tree_pointer(struct tree *t, u32 index, int *leaf)
{
    const struct volume *v = volume_of(t->ino);
    u32 at[4];
    int depth = tree_path(v, index, at);
    *leaf = -1;
    if (depth == 0)
        return &data_of(t->ino)->block[index];
    *leaf = node_find(t, 1, node_first(v, index, at[0], 1));
    if (*leaf < 0 || t->node[*leaf].state != NODE_LOADED)
        return NULL;
    return (u32 *)t->node[*leaf].b.data + at[depth];
}

static u32 count_state(const struct tree *t, enum node_state state)
{
    u32 n = 0;
    for (u32 i = 0; i < t->count; i++)
        n += t->node[i].state == state;
    return n;
}

u32 tree_unknown(const struct tree *t)
{
    return count_state(t, NODE_UNKNOWN);
}

u32 tree_missing(const struct tree *t)
{
    return count_state(t, NODE_MISSING);
}

u32 tree_uncached(struct inode *i, u32 first, u32 count)
{
    struct tree t;
    tree_peek(&t, i, first, count);
    return AMA_UPTO(tree_unknown(&t), count > PAGE_PARTS ? TREE_NODES - 1 : EXT2_LEVELS);
}

/* A block that is new in this pass keeps its early phase: it is to be on disk before what points to it. */
void pointers_dirty(struct block *b)
{
    block_dirty(b, block_awaits(b, PHASE_DATA) ? PHASE_DATA : PHASE_POINTERS);
}
