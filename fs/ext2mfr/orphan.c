// SPDX-License-Identifier: MIT
/*
 * orphan.c - files that lose all or part of their blocks are noted on disk first
 *
 * The last unlink and a truncate set the inode's size or link count and put it on a list that begins in the
 * superblock and goes on through i_dtime; the reaper does the rest, whenever memory and disk allow.  After a
 * power cut e2fsck or the next mount does it.
 *
 *      superblock --s_last_orphan--> inode 31 --i_dtime--> inode 12 --> 0
 *
 * A file without a name stays there while it is open.  A file that was cut short is usable at once; only what
 * would need the blocks beyond its end, growing again, waits until they are gone (INODE_CUTTING).
 *
 * Locks: volume.alloc.
 */
#include "fs/ext2mfr/ext2.h"

void orphan_add(struct volume *v, u32 ino, struct table *t)
{
    t->raw->i_dtime = v->super->s_last_orphan;
    v->super->s_last_orphan = ino;
    v->idle = false;
    table_dirty(t);
    super_dirty(v);
}

int orphan_check(struct inode *i)
{
    bool last = is_dir(i) || i->nlink == 1;
    return last && (data_of(i)->state & (INODE_CUTTING | INODE_LISTED)) == INODE_CUTTING ? -EPASS : 0;
}

void inode_unlinked(struct inode *i, struct table *t)
{
    i->nlink = is_dir(i) ? 0 : i->nlink - 1;
    i->ctime = time_now();
    inode_store(i, t);
    if (!i->nlink && !(data_of(i)->state & INODE_LISTED))
        orphan_add(volume_of(i), i->ino, t);
}

struct inode *inode_in_memory(struct volume *v, u32 ino)
{
    list_each(d, in_memory_bucket(v, ino), struct inode_data, link)
        if (inode_of(d)->ino == ino)
            return inode_of(d);
    return NULL;
}

/* The inode leaves memory. */
void ext2_release(struct inode *i)
{
    struct volume *v = volume_of(i);
    if (!list_linked(&data_of(i)->link))
        return; /* its volume is gone */
    bool taken = volume_enter(v);
    list_remove(&data_of(i)->link);
    volume_leave(v, taken);
    if (!i->nlink)
        reaper_wake(v);
}

/* --- truncate --- */

/* Cuts what can be cut at once; the rest is the reaper's. */
static void cut_blocks(struct inode *i, struct table *t)
{
    struct volume *v = volume_of(i);
    struct cut c = {.v = v, .ino = i->ino, .keep = blocks_of(v, i->size), .table = t};
    bool rest = !cut_direct(&c);
    for (u32 top = EXT2_DIRECT; top < EXT2_POINTERS; top++)
        rest |= t->raw->i_block[top] != 0;
    cut_done(&c);
    if (!rest)
        return;
    data_of(i)->state |= INODE_CUTTING | INODE_LISTED;
    v->cutting = true;
    if (i->nlink) /* without a name it stands there already */
        orphan_add(v, i->ino, t);
}

static int truncate(struct inode *i, u64 size) NEEDS_RESERVATION
{
    struct volume *v = volume_of(i);
    bool fewer = blocks_of(v, size) < blocks_of(v, i->size);
    struct table t;
    if (data_of(i)->state & INODE_CUTTING)
        return -ESTALE;
    int rc = table_load(&t, v, i->ino);
    if (rc)
        return rc;
    i->size = size;
    i->mtime = i->ctime = time_now();
    inode_store(i, &t);
    if (fewer)
        cut_blocks(i, &t);
    table_put(&t);
    return 0;
}

DERIVE_OP(ext2_truncate);

int ext2_truncate(struct inode *i, u64 size)
{
    struct volume *v = volume_of(i);
    if (i->fs->read_only)
        return -EROFS;
    if (size > size_max(v))
        return -EFBIG;
    bool taken = volume_enter(v);
    int rc = truncate(i, size);
    bool wake = data_of(i)->state & INODE_CUTTING;
    volume_leave(v, taken);
    if (wake)
        reaper_wake(v);
    return rc;
}
