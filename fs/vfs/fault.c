// SPDX-License-Identifier: MIT
/*
 * fault.c - pages of files for page faults
 *
 * Runs inside the fault's scope: the map lock is held shared (truncate is out), the page's index is pinned,
 * and for a store to a shared mapping the device's pass is held.  A store gets its blocks here, before the
 * page may be written, so the flusher never has to find any.  Programs are read 16 pages at a time as far as
 * frames can be had without waiting.
 */
#include "fs/vfs/vfs.h"

#define CLUSTER 16

static bool within(const struct inode *i, u32 index)
{
    return index < PAGES(i->size);
}

/* Blocks of the page that lie in the file; *hole: one of them has no place on the disk. */
static u32 blocks_within(const struct inode *i, const struct page *p, bool *hole)
{
    u32 size = i->map.block_size, parts = page_parts(i), count = 0;
    u64 start = (u64)p->index << PAGE_SHIFT;
    *hole = false;
    while (count < parts && start + count * size < i->size)
        *hole |= !p->block[count++];
    return count;
}

/* The page is not there yet. */
AMA_STATE AMA_HELD(range) static bool must_load(struct inode *i, u32 index)
{
    return within(i, index) && cache_missing(&i->map, index, index);
}

/* A store whose page may have a hole. */
AMA_STATE AMA_HELD(range) static bool must_allocate(struct inode *i, u32 index)
{
    struct page *p;
    bool hole = true;
    if (!within(i, index))
        return false;
    if (!cache_look(&i->map, index, index, &p))
        blocks_within(i, p, &hole);
    return hole;
}

static u32 read_up_to(struct inode *i, u32 index) NEEDS_RESERVATION
{
    u32 end = index, most = MIN(index + CLUSTER - 1, (i->size - 1) >> PAGE_SHIFT);
    while (end < most && cache_missing(&i->map, end + 1, end + 1) && frame_try())
        end++;
    return end;
}

static int load_page(struct inode *i, u32 index, struct page **out) NEEDS_RESERVATION
{
    AMA_READS(must_load(i, index));
    AMA_COVERS(true, inode_map(i, index * page_parts(i), CLUSTER * page_parts(i), NULL));
    *out = page_find_valid(i, index);
    int rc = *out ? 0 : pages_fill(i, index, read_up_to(i, index), out);
    return *out ? 0 : rc;
}

/* Blocks for all of the page that lies in the file. */
static int take_blocks(struct inode *i, u32 index, struct page *p) NEEDS_RESERVATION
{
    u32 block[4], parts = page_parts(i);
    bool hole;
    AMA_ONLY_IF(must_allocate(i, index));
    u32 count = blocks_within(i, p, &hole);
    if (!hole)
        return 0;
    int rc = inode_allocate(i, index * parts, AMA_AS(count, parts), 0, block);
    for (u32 k = 0; !rc && k < count; k++)
        p->block[k] = block[k];
    return rc;
}

DERIVE_OP(fault_page);

int fault_page(struct inode *i, u32 index, bool write, struct page **out)
{
    if (!within(i, index))
        return -EFAULT;
    int rc = load_page(i, index, out);
    if (rc || !write)
        return rc;
    rc = take_blocks(i, index, *out);
    if (rc)
        page_unpin(*out);
    else
        page_wait_written(*out);
    return rc;
}

void fault_dirty(struct inode *i UNUSED, struct page *p)
{
    page_dirty(p, PHASE_DATA);
}
