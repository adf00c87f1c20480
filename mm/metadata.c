// SPDX-License-Identifier: MIT
/*
 * metadata.c - blocks of a file system, cached in the pages of their device
 *
 * A device's mapping caches 4 KiB pages; a file system's block is a part of one.  Valid and dirty bits stand per 1 KiB part, because
 * the neighbours of a metadata block may be file data, which is cached elsewhere: a part is only written when it was made dirty
 * here, and a block that changes from data to metadata is always overwritten whole first (block_fresh).
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/ports/block.h"
#include "kernel/task.h"
#include "mm/cache_core.h"
#include "mm/pin.h"
#include "mm/reserve_core.h"

#define PART 1024u

static u32 page_of(u32 number, u32 size)
{
    return (u64)number * size >> PAGE_SHIFT;
}

static u32 offset_of(u32 number, u32 size)
{
    return (u64)number * size & PAGE_MASK;
}

static inline u8 parts_of(u32 number, u32 size)
{
    if (likely(size == PAGE_SIZE))
        return 0xf;
    return ((1u << (size / PART)) - 1) << (offset_of(number, size) / PART);
}

static void fill(struct block *b, struct page *p, u32 number, u32 size)
{
    *b = (struct block){p, (char *)page_data(p) + offset_of(number, size), number, size, false};
}

static bool has_parts(const struct page *p, u32 number, u32 size)
{
    u8 parts = parts_of(number, size);
    return (p->valid_parts & parts) == parts;
}

int pages_read(struct block_device *dev, u64 sector, struct page **pages, u32 count)
{
    struct io_request *r = kmem_cache_alloc(&io_cache);
    io_init(r, IO_READ, sector);
    for (u32 i = 0; i < count; i++)
        io_add(r, pages[i], 0, PAGE_SIZE);
    int rc = block_io(dev, r);
    kmem_cache_free(&io_cache, r);
    for (u32 i = 0; !rc && i < count; i++)
        page_set(pages[i], PG_VALID);
    return rc;
}

/* Reads `bytes` at byte offset `from` of the page that begins at `sector`. */
static int read_piece(struct block_device *dev, u64 sector, struct page *p, u32 from, u32 bytes) NEEDS_RESERVATION
{
    struct io_request *r = kmem_cache_alloc(&io_cache);
    io_init(r, IO_READ, sector + from / 512);
    io_add(r, p, from, bytes);
    int rc = block_io(dev, r);
    kmem_cache_free(&io_cache, r);
    return rc;
}

/* Makes the block's parts valid.  The page is pinned and locked.  A page of which nothing is valid is read as a whole. */
static int make_valid(struct block_device *dev, struct page *p, u32 number, u32 size) NEEDS_RESERVATION
{
    u64 sector = (u64)p->index * (PAGE_SIZE / 512);
    if (has_parts(p, number, size))
        return 0;
    bool whole = !p->valid_parts && sector + PAGE_SIZE / 512 <= dev->sectors;
    u32 from = whole ? 0 : offset_of(number, size), bytes = whole ? PAGE_SIZE : size;
    int rc = read_piece(dev, sector, p, from, bytes);
    if (!rc)
        p->valid_parts |= whole ? 0xf : parts_of(number, size);
    return rc;
}

static bool in_device(const struct block_device *dev, u32 number, u32 size)
{
    return ((u64)number + 1) * size <= dev->sectors * 512;
}

/* For needs, in a look: the page of the block, when the block is cached and will stay so. */
static struct page *see(struct block_device *dev, u32 number, u32 size)
{
    struct page *p = cache_lookup(&dev->mapping, page_of(number, size));
    if (unlikely(!p || !has_parts(p, number, size) || page_is(p, PG_LEAVING) || memory_peek_off))
        return NULL;
    if (!page_is(p, PG_USED))
        page_set(p, PG_USED);
    return p;
}

/* The page, if the running scope has pinned it. */
static inline struct page *find_kept(const struct scope_pins *own, const struct mapping *m, u32 index)
{
    for (struct page *const *at = own->block, *const *end = at + own->blocks; at < end; at++)
        if ((*at)->index == index && (*at)->mapping == m)
            return *at;
    return NULL;
}

static inline bool keep_locked(struct scope_pins *own, struct block_device *dev, u32 number, u32 size)
{
    struct page *p = find_kept(own, &dev->mapping, page_of(number, size));
    if (p)
        return has_parts(p, number, size);
    p = see(dev, number, size);
    return p && pin_more(own, p);
}

static __attribute__((noinline)) bool lock_and_keep(struct scope_pins *own, struct block_device *dev, u32 number, u32 size)
{
    bool locked = look_lock(), kept = keep_locked(own, dev, number, size);
    look_unlock(locked);
    return kept;
}

bool block_keep(struct block_device *dev, u32 number, u32 size)
{
    struct scope_pins *own = &current->pins;
    return likely(own->look == LOOK_LOCKED) ? keep_locked(own, dev, number, size) : lock_and_keep(own, dev, number, size);
}

/* Seen, and neither pinned nor waited for. */
static bool find_in_look(struct block *b, struct block_device *dev, u32 number, u32 size)
{
    bool locked = look_lock();
    struct page *p = see(dev, number, size);
    b->page = p;
    if (p) {
        fill(b, p, number, size);
        b->kept = true;
    }
    look_unlock(locked);
    return p;
}

static bool find_unkept(struct block *b, struct block_device *dev, u32 number, u32 size)
{
    struct page *p = page_find(&dev->mapping, page_of(number, size));
    if (!p)
        return false;
    page_wait(p);
    if (!has_parts(p, number, size)) {
        page_unpin(p);
        return false;
    }
    fill(b, p, number, size);
    return true;
}

/* The block if it is cached, pinned: also when it is leaving, for the cache may know better than the disk. */
static bool find_any(struct block *b, struct block_device *dev, u32 number, u32 size)
{
    struct page *p = find_kept(&current->pins, &dev->mapping, page_of(number, size));
    b->page = NULL;
    if (!p || !has_parts(p, number, size))
        return find_unkept(b, dev, number, size);
    fill(b, p, number, size);
    return b->kept = true;
}

int block_read(struct block *b, struct block_device *dev, u32 number, u32 size)
{
    AMA_READS(!block_keep(dev, number, size));
    b->page = NULL;
    if (!in_device(dev, number, size))
        return -EIO;
    if (find_any(b, dev, number, size))
        return 0;
    struct page *p = page_add(&dev->mapping, page_of(number, size));
    int rc = make_valid(dev, p, number, size);
    page_unlock(p);
    if (rc)
        page_unpin(p);
    else
        fill(b, p, number, size);
    return rc;
}

void block_fresh(struct block *b, struct block_device *dev, u32 number, u32 size)
{
    struct page *p = page_find(&dev->mapping, page_of(number, size));
    if (p)
        page_lock(p);
    else
        p = page_add(&dev->mapping, page_of(number, size));
    page_wait_written(p);
    fill(b, p, number, size);
    memset(b->data, 0, size);
    p->valid_parts |= parts_of(number, size);
    page_unlock(p);
}

static int read_private(struct block *b, struct block_device *dev, u32 number, u32 size, struct page *priv) NEEDS_RESERVATION
{
    u64 sector = (u64)page_of(number, size) * (PAGE_SIZE / 512);
    int rc = read_piece(dev, sector, priv, offset_of(number, size), size);
    if (!rc)
        fill(b, priv, number, size);
    return rc;
}

/* What enters the cache is paid by the try. */
int block_peek(struct block *b, struct block_device *dev, u32 number, u32 size, struct page *priv)
{
    AMA_AT_MOST(AMA_FRAMES, 0);
    b->page = NULL;
    if (!in_device(dev, number, size))
        return -EIO;
    if (find_any(b, dev, number, size))
        return 0;
    return frame_try() ? block_read(b, dev, number, size) : read_private(b, dev, number, size, priv);
}

bool block_find(struct block *b, struct block_device *dev, u32 number, u32 size)
{
    if (current->pins.look)
        return find_in_look(b, dev, number, size);
    if (find_any(b, dev, number, size) && page_is(b->page, PG_LEAVING) && !b->kept)
        block_put(b);
    return b->page;
}

void block_put(struct block *b)
{
    if (b->page && !b->kept && page_is(b->page, PG_CACHED))
        page_unpin(b->page);
    b->page = NULL;
}

void block_dirty(struct block *b, enum write_phase phase)
{
    ASSERT(page_is(b->page, PG_CACHED), "block %u is private and cannot be written", b->number);
    parts_dirty(b->page, parts_of(b->number, b->size), phase);
    page_dirty(b->page, phase);
}

bool block_awaits(const struct block *b, enum write_phase phase)
{
    return page_is(b->page, PG_DIRTY) && parts_await(b->page, parts_of(b->number, b->size), phase);
}

void block_forget(struct block_device *dev, u32 number, u32 size)
{
    struct page *p = page_find(&dev->mapping, page_of(number, size));
    if (!p)
        return;
    page_lock(p);
    page_wait_written(p);
    p->dirty_parts &= ~parts_of(number, size);
    p->valid_parts &= ~parts_of(number, size);
    page_unlock(p);
    page_unpin(p);
}
