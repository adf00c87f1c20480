// SPDX-License-Identifier: MIT
/*
 * grow.c - holes of a file get blocks
 *
 * Load: the tree above the range is read, and for every hole (and every indirect block that is missing above
 * one) a free block is chosen, in the order of the file, an indirect block before the data below it: so a
 * file that is written in one go lies in one run.  Commit: the chosen blocks are marked, new indirect blocks
 * entered, pointers set.
 *
 * Locks: volume.alloc from before the load to after the commit.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

static bool is_fresh(const struct growth *g, u32 k)
{
    return g->fresh[k / 64] >> (k % 64) & 1;
}

int growth_load(struct growth *g)
{
    struct inode *i = g->ino;
    AMA_READS(look_uncached(growth_look(g->ino, g->first, g->count)));
    ASSERT(g->count <= TREE_RANGE, "a growth of %u blocks", g->count);
    g->holes = g->chosen = 0;
    memset(g->fresh, 0, sizeof(g->fresh));
    int rc = tree_load(&g->tree, i, g->first, g->count);
    for (u32 k = 0; k < g->count && !rc; k++) {
        int leaf;
        u32 *pointer = tree_pointer(&g->tree, g->first + k, &leaf);
        g->block[k] = pointer ? *pointer : 0;
        rc = pointer_check(i, g->first + k, g->block[k]);
        g->holes += !g->block[k];
    }
    return rc;
}

void growth_put(struct growth *g)
{
    tree_put(&g->tree);
}

u32 growth_wanted(const struct growth *g)
{
    return g->holes ? g->holes + tree_missing(&g->tree) : 0;
}

static bool needs_number(const struct node *nd)
{
    return nd->state == NODE_MISSING && !nd->nr;
}

/* Chooses the missing indirect blocks above a leaf, the highest first. */
static int choose_nodes(struct growth *g, struct finder *f, int leaf) NEEDS_RESERVATION
{
    for (;;) {
        int highest = -1;
        for (int j = leaf; j >= 0; j = g->tree.node[j].parent)
            if (needs_number(&g->tree.node[j]))
                highest = j;
        if (highest < 0)
            return 0;
        int rc = finder_next(f, &g->tree.node[highest].nr);
        if (rc)
            return rc;
        g->chosen++;
    }
}

int growth_choose(struct growth *g, struct finder *f)
{
    for (u32 k = 0; k < g->count; k++) {
        int leaf;
        if (g->block[k])
            continue;
        tree_pointer(&g->tree, g->first + k, &leaf);
        int rc = choose_nodes(g, f, leaf);
        if (!rc)
            rc = finder_next(f, &g->block[k]);
        if (rc)
            return rc;
        g->fresh[k / 64] |= 1ul << (k % 64);
        g->chosen++;
    }
    return 0;
}

static void set_pointer(struct growth *g, int parent, u32 *pointer, u32 nr)
{
    *pointer = nr;
    if (parent >= 0)
        pointers_dirty(&g->tree.node[parent].b);
}

/* A new indirect block goes to disk before what points to it. */
static void commit_node(struct growth *g, struct finder *f, struct node *nd) NEEDS_RESERVATION
{
    struct volume *v = volume_of(g->ino);
    finder_take_block(f, v, nd->nr);
    set_pointer(g, nd->parent, node_pointer(&g->tree, nd), nd->nr);
    block_fresh(&nd->b, v->dev, nd->nr, v->block_size);
    block_dirty(&nd->b, PHASE_DATA);
    nd->state = NODE_LOADED;
}

void growth_commit(struct growth *g, struct finder *f, struct table *t)
{
    struct inode *i = g->ino;
    u32 last = 0;
    AMA_AT_MOST(AMA_FRAMES, look_nodes(growth_look(g->ino, g->first, g->count)) - look_uncached(growth_look(g->ino, g->first, g->count)));
    AMA_AT_MOST(&volume_of(g->ino)->blocks, look_blocks(growth_look(g->ino, g->first, g->count)));
    AMA_AT_MOST(&volume_of(g->ino)->user_blocks, not_kept(volume_of(g->ino), look_blocks(growth_look(g->ino, g->first, g->count))));
    for (u32 j = 0; j < g->tree.count; j++)
        if (g->tree.node[j].state == NODE_MISSING && g->tree.node[j].nr)
            commit_node(g, f, &g->tree.node[j]);
    for (u32 k = 0; k < g->count; k++) {
        int leaf;
        if (!is_fresh(g, k))
            continue;
        last = g->block[k];
        finder_take_block(f, volume_of(i), last);
        u32 *pointer = tree_pointer(&g->tree, g->first + k, &leaf);
        set_pointer(g, leaf, pointer, last);
    }
    i->sectors += (u64)g->chosen * (volume_of(i)->block_size / 512);
    if (!is_dir(i))
        data_of(i)->goal = last + 1;
    inode_store_blocks(i, t);
}

/* --- for needs --- */

/* Holes of the range; a pointer that cannot be seen may be one. */
static u32 peek_holes(struct tree *t, struct inode *i, u32 first, u32 count)
{
    u32 holes = 0;
    tree_peek(t, i, first, count);
    for (u32 k = 0; k < count; k++) {
        int leaf;
        u32 *pointer = tree_pointer(t, first + k, &leaf);
        holes += !pointer || !*pointer;
    }
    return holes;
}

/* An indirect block that is not cached may be read or new, but not both: those are paid where the tree is loaded. */
u64 growth_look(struct inode *i, u32 first, u32 count)
{
    struct tree t;
    u64 holes = peek_holes(&t, i, first, count), uncached = tree_unknown(&t), missing = holes ? tree_missing(&t) : 0;
    return (holes ? holes + missing + uncached : 0) | (missing + uncached) << LOOK_NODES | uncached << LOOK_UNCACHED;
}

/* Behind the last block that was allocated, else behind what the inode points to, else where the inode's
 * group begins.  The same for the need and the body, which the inode's lock sees to. */
u32 growth_goal(struct inode *i, u32 first)
{
    const struct volume *v = volume_of(i);
    const struct inode_data *d = data_of(i);
    if (!is_dir(i) && d->goal)
        return d->goal;
    for (u32 top = MIN(first, EXT2_POINTERS); top-- > 0;)
        if (d->block[top])
            return d->block[top] + 1;
    return group_first(v, group_of_inode(v, i->ino));
}

/* --- a window of a write --- */

static void extend(struct inode *i, u64 end, struct table *t)
{
    i->size = MAX(i->size, end);
    i->mtime = i->ctime = time_now();
    inode_store(i, t);
}

static int fill_holes(struct growth *g, struct finder *f, struct table *t) NEEDS_RESERVATION
{
    struct inode *i = g->ino;
    int rc = finder_init(f, volume_of(i), BLOCKS, growth_goal(i, g->first),
                         AMA_AS(growth_wanted(g), look_blocks(growth_look(g->ino, g->first, g->count))));
    if (!rc)
        rc = growth_choose(g, f);
    if (!rc)
        growth_commit(g, f, t);
    return rc;
}

static int grow(struct growth *g, struct finder *f, struct table *t) NEEDS_RESERVATION
{
    int rc = growth_load(g);
    return rc || !g->holes ? rc : fill_holes(g, f, t);
}

static int allocate(struct growth *g, u64 end) NEEDS_RESERVATION
{
    struct inode *i = g->ino;
    struct volume *v = volume_of(i);
    struct finder f = {0};
    struct table t = {0};
    if (end > size_max(v))
        return -EFBIG;
    if ((data_of(i)->state & INODE_CUTTING) && g->first + g->count > blocks_of(v, i->size))
        return -ESTALE;
    int rc = table_load(&t, v, i->ino);
    if (!rc && g->count)
        rc = grow(g, &f, &t);
    if (!rc)
        extend(i, end, &t);
    finder_done(&f);
    table_put(&t);
    growth_put(g);
    return rc;
}

DERIVE_OP(ext2_allocate);

int ext2_allocate(struct inode *i, u32 first, u32 count, u64 end, u32 *block)
{
    struct volume *v = volume_of(i);
    struct growth g = {.ino = i, .first = first, .count = count, .block = block};
    if (i->fs->read_only)
        return -EROFS;
    bool taken = volume_enter(v);
    int rc = allocate(&g, end);
    volume_leave(v, taken);
    return modified(v, rc);
}

u32 ext2_space(struct inode *i)
{
    u32 left = space_left(volume_of(i)), above = TREE_NODES - 1;
    return left > above ? left - above
                        : left > 0; /* the indirect blocks of a window come on top of its own */
}
