// SPDX-License-Identifier: MIT
/*
 * load.c - the private frame of search loops, and free blocks as credit
 *
 * A search loop (directory, bitmap, indirect blocks) reserves one frame, whatever its length.  A block that
 * is not cached enters the cache when there is a credit to spare; else it is read into that frame, which the
 * next block overwrites.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/gate.h"
#include "kernel/task.h"
#include "mm/slab.h"

/* recycle=off, to see what recycling saves: every round of a search is charged, as far as there is memory for
 * one call. */
u32 unrecycled(u32 rounds)
{
    return MIN(rounds, frames_total() / 32);
}

int scratch_peek(struct scratch *s, const struct volume *v, u32 nr, struct block *b)
{
    if (block_find(b, v->dev, nr, v->block_size))
        return 0;
    if (!s->page)
        s->page = frame_take();
    return block_peek(b, v->dev, nr, v->block_size, s->page);
}

void scratch_drop(struct scratch *s)
{
    if (s->page)
        frame_put(s->page);
    s->page = NULL;
}

/* --- disk space: root may take what is kept for it --- */

bool may_take_kept(const struct volume *v)
{
    return is_root() || (v->super->s_def_resuid && current->cred.fsuid == v->super->s_def_resuid);
}

u32 not_kept(const struct volume *v, u32 count)
{
    return may_take_kept(v) ? 0 : count;
}

void space_take(struct volume *v, u32 count)
{
    resource_take(&v->blocks, count);
    if (may_take_kept(v))
        resource_add(&v->user_blocks, -(i64)count);
    else
        resource_take(&v->user_blocks, count);
}

u32 space_left(struct volume *v)
{
    struct resource *r = may_take_kept(v) ? &v->blocks : &v->user_blocks;
    i64 left = __atomic_load_n(&r->avail, __ATOMIC_RELAXED),
        all = __atomic_load_n(&v->blocks.avail, __ATOMIC_RELAXED);
    left = MIN(left, all);
    return left > 0 ? left : 0;
}
