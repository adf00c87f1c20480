// SPDX-License-Identifier: MIT
/*
 * cut.c - blocks are taken away from a file, from its end
 *
 * A step handles at most one leaf of the tree: pointers are cleared, the blocks go into `pending`, and an
 * indirect block that has nothing left goes there too.  A pending block is still marked as used on disk: not
 * before the cleared pointers are there as well may another file have it.
 *
 *      keep --v
 *      [ data data | data data | ....... ]      kept | partly cut leaf | leaves that go, the last one first
 *
 * Pointers that lead nowhere are cleared with a message, so damage cannot stop the work.
 *
 * Locks: volume.alloc.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/string.h"

/* --- pending --- */

bool pending_full(const struct pending *p)
{
    return p->extents + CUT_ROOM > ARRAY_SIZE(p->extent) || p->inodes == ARRAY_SIZE(p->inode);
}

/* Extents lie in one group each, so that their bits are in one bitmap.  Ready ones are not touched any
 * more. */
static bool join(struct volume *v, struct extent *e, u32 nr)
{
    bool before = nr + 1 == e->start, behind = nr == e->start + e->count;
    if ((!before && !behind) || group_of_block(v, nr) != group_of_block(v, e->start))
        return false;
    e->start -= before;
    e->count++;
    return true;
}

bool pending_add(struct volume *v, u32 nr)
{
    struct pending *p = v->pending;
    for (u32 k = p->extents; k-- > p->ready_extents;)
        if (join(v, &p->extent[k], nr))
            return true;
    if (p->extents == ARRAY_SIZE(p->extent))
        return false;
    p->extent[p->extents++] = (struct extent){nr, 1};
    v->idle = false;
    return true;
}

/* Frees the block behind a pointer and clears it; false when `pending` has no room. */
static bool drop(struct cut *c, u32 *pointer)
{
    if (!block_is_data(c->v, *pointer)) {
        modified(c->v, damaged(c->v, "inode %u: block %u is not in the data area and cannot be freed", c->ino,
                               *pointer));
    } else {
        if (!pending_add(c->v, *pointer))
            return false;
        c->freed++;
    }
    *pointer = 0;
    return true;
}

/* The same for a block that may be cached as metadata. */
static bool drop_metadata(struct cut *c, u32 *pointer)
{
    u32 nr = *pointer;
    if (!drop(c, pointer))
        return false;
    if (block_is_data(c->v, nr))
        block_forget(c->v->dev, nr, c->v->block_size);
    return true;
}

/* --- direct blocks --- */

static bool is_metadata(const struct cut *c)
{
    return (c->table->raw->i_mode & 0170000) != 0100000; /* blocks of directories and symlinks */
}

bool cut_direct(struct cut *c)
{
    u32 *block = c->table->raw->i_block;
    for (u32 k = EXT2_DIRECT; k-- > c->keep;)
        if (block[k] && !(is_metadata(c) ? drop_metadata(c, &block[k]) : drop(c, &block[k])))
            return false;
    return true;
}

/* --- indirect blocks --- */

struct place {           /* a pointer to an indirect block, and the block it is in */
    u32 *pointer;
    struct block b;      /* page NULL: the inode */
    u32 first;           /* first block of the file below it */
    u32 level;           /* 1: points to data */
};

static void place_dirty(struct cut *c, struct place *p)
{
    if (p->b.page)
        pointers_dirty(&p->b);
    else
        table_dirty(c->table);
}

/* First slot of the node below which something is cut. */
static u32 first_cut(const struct cut *c, const struct place *p)
{
    return c->keep > p->first ? (c->keep - p->first) >> (c->v->pointer_bits * (p->level - 1)) : 0;
}

/* Clears a leaf's pointers.  1: something changed, 0: there was nothing to cut. */
static int cut_leaf(struct cut *c, struct place *p, struct block *leaf)
{
    u32 *entry = leaf->data, from = first_cut(c, p), cut = 0;
    bool room = true;
    for (u32 k = 1u << c->v->pointer_bits; k-- > from && room;) {
        if (!entry[k])
            continue;
        room = is_metadata(c) ? drop_metadata(c, &entry[k]) : drop(c, &entry[k]);
        cut += room;
    }
    if (cut)
        pointers_dirty(leaf);
    if (!room || from)
        return cut > 0;
    if (drop_metadata(c, p->pointer))
        place_dirty(c, p);
    return 1;
}

/* Goes down to the last child below which something may be cut; false: there is none. */
static bool go_down(struct cut *c, struct place *p, struct block *node)
{
    u32 *entry = node->data, from = first_cut(c, p);
    for (u32 k = 1u << c->v->pointer_bits; k-- > from;) {
        if (!entry[k])
            continue;
        p->level--;
        p->first += k << (c->v->pointer_bits * p->level);
        p->pointer = &entry[k];
        block_put(&p->b);
        p->b = *node;
        return true;
    }
    return false;
}

/* A node in which no child is left goes, if it is cut as a whole. */
static int cut_empty(struct cut *c, struct place *p, struct block *node)
{
    bool whole = first_cut(c, p) == 0;
    block_put(node);
    if (!whole)
        return 0;
    if (drop_metadata(c, p->pointer))
        place_dirty(c, p);
    return 1;
}

/* What cannot be read or makes no sense is given up: its blocks stay marked as used. */
static int give_up(struct cut *c, struct place *p)
{
    modified(c->v, damaged(c->v, "inode %u: indirect block %u is given up", c->ino, *p->pointer));
    *p->pointer = 0;
    place_dirty(c, p);
    return 1;
}

/* One step below slot `top` of the inode.  1: something changed, 0: nothing is left there. */
static int cut_below(struct cut *c, u32 top) NEEDS_RESERVATION
{
    struct volume *v = c->v;
    struct place p = {
        .pointer = &c->table->raw->i_block[top], .first = tree_first(v, top), .level = top - 11};
    int rc = -EAGAIN;
    while (rc == -EAGAIN) {
        struct block node = {0};
        bool sound = block_is_data(v, *p.pointer);
        if (!sound || block_read(&node, v->dev, *p.pointer, v->block_size)) {
            rc = give_up(c, &p);
        } else if (p.level == 1) {
            rc = cut_leaf(c, &p, &node);
            block_put(&node);
        } else if (!go_down(c, &p, &node)) {
            rc = cut_empty(c, &p, &node);
        }
    }
    block_put(&p.b);
    return rc;
}

int cut_step(struct cut *c)
{
    for (u32 top = EXT2_POINTERS; top-- > EXT2_DIRECT;) {
        u64 end = (u64)tree_first(c->v, top) + (1ul << (c->v->pointer_bits * (top - 11)));
        if (!c->table->raw->i_block[top] || end <= c->keep)
            continue;
        if (cut_below(c, top))
            return 1;
    }
    return cut_direct(c) ? 0 : 1;
}

void cut_done(struct cut *c)
{
    struct ext2_inode *raw = c->table->raw;
    u32 sectors = c->freed * (c->v->block_size / 512);
    struct inode *i = inode_in_memory(c->v, c->ino);
    raw->i_blocks -= MIN(sectors, raw->i_blocks);
    table_dirty(c->table);
    if (!i)
        return;
    memcpy(data_of(i)->block, raw->i_block, sizeof(raw->i_block));
    i->sectors = raw->i_blocks;
}
