// SPDX-License-Identifier: MIT
/*
 * truncate.c - a file's size is set: scope `truncate`, shared with open(O_TRUNC)
 *
 * The page in which the new end lies is loaded first; then the file system sets the size (it may still end in
 * EIO); then the pages beyond go, also from the programs that map them, and the rest of the last page becomes
 * zeros.  Blocks that were cut are freed later by the reaper, so no page here can be written to a block that
 * belongs to somebody else by then.
 *
 * Locks: the file's lock, its map lock exclusively (no faults meanwhile), the pass.
 */
#include "fs/vfs/vfs.h"
#include "kernel/lib/string.h"

struct truncate_args {
    struct inode *ino;
    u64 size;
};

/* The new end lies inside a page of the file. */
AMA_STATE AMA_HELD(guard) static bool cuts_page(const struct inode *i, u64 size)
{
    return size < i->size && (size & PAGE_MASK);
}

void truncate_lock(struct inode *i)
{
    mutex_lock(&i->lock);
    rw_write_lock(&i->map_lock);
    pass_enter(i->fs);
}

void truncate_unlock(struct inode *i)
{
    pass_leave(i->fs);
    rw_write_unlock(&i->map_lock);
    mutex_unlock(&i->lock);
}

static int truncate_guard(void *p)
{
    struct truncate_args *a = p;
    truncate_lock(a->ino);
    return 0;
}

static void truncate_pin(void *p)
{
    struct truncate_args *a = p;
    if (cuts_page(a->ino, a->size))
        pin_range(&a->ino->map, a->size >> PAGE_SHIFT, a->size >> PAGE_SHIFT);
}

/* The page in which the new end lies must be read. */
AMA_STATE AMA_HELD(range) static bool truncate_loads_tail(struct inode *i, u64 size)
{
    u32 tail = size >> PAGE_SHIFT;
    return cuts_page(i, size) && cache_missing(&i->map, tail, tail);
}

/* The page of the new end, valid and pinned. */
static int load_tail(struct inode *i, u64 size, struct page **out) NEEDS_RESERVATION
{
    u32 index = size >> PAGE_SHIFT;
    AMA_READS(truncate_loads_tail(i, size));
    *out = page_find_valid(i, index);
    return *out ? 0 : pages_fill(i, index, index, out);
}

/* Zeros behind the new end; blocks wholly behind it are no longer the page's. */
static void clear_tail(struct inode *i, struct page *p)
{
    u32 used = i->size & PAGE_MASK, size = i->map.block_size, parts = page_parts(i);
    page_wait_written(p);
    memset((u8 *)page_data(p) + used, 0, PAGE_SIZE - used);
    for (u32 part = 0; part < parts; part++)
        if (part * size >= used)
            p->block[part] = 0;
    if (p->block[(used - 1) / size])
        page_dirty(p, PHASE_DATA);
}

/* Lets go of the blocks and pages behind the new end. */
static int cut(struct inode *i, u64 size) NEEDS_RESERVATION
{
    bool shrinks = size < i->size;
    int rc = inode_truncate(i, size);
    if (!rc && shrinks)
        mapping_truncate(&i->map, PAGES(size));
    return rc;
}

int truncate_to_nothing(struct inode *i)
{
    int rc = writable_fs(i);
    return rc ? rc : cut(i, 0);
}

static long truncate_body(void *p) NEEDS_RESERVATION
{
    struct truncate_args *a = p;
    struct page *tail = NULL;
    int rc = writable_fs(a->ino);
    if (!rc && cuts_page(a->ino, a->size))
        rc = load_tail(a->ino, a->size, &tail);
    if (rc)
        return rc;
    rc = cut(a->ino, a->size);
    if (!rc && tail)
        clear_tail(a->ino, tail);
    if (tail)
        page_unpin(tail);
    return rc;
}

static void truncate_unguard(void *p)
{
    struct truncate_args *a = p;
    truncate_unlock(a->ino);
}

DERIVE(truncate);
SCOPE(truncate, .guard = truncate_guard, .pin = truncate_pin, .need = need_truncate, .body = truncate_body,
      .unguard = truncate_unguard);

int truncate_inode(struct inode *i, u64 size)
{
    struct truncate_args a = {i, size};
    if (size > FILE_SIZE_MAX)
        return -EFBIG;
    if (size > i->size && size > current->limits[RLIMIT_FSIZE].cur) {
        signal_send(current, SIGXFSZ);
        return -EFBIG;
    }
    int rc = inode_write_get(i);
    if (rc)
        return rc;
    while ((rc = call_acting(&scope_truncate, &a, i->fs)) == -ESTALE)
        inode_settle(i);
    inode_write_put(i);
    return rc;
}
