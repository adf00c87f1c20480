// SPDX-License-Identifier: MIT
/*
 * pages.c - filling cached pages of files from the disk
 *
 * Pages that are not valid are locked, their blocks looked up 64 at a time, and blocks that follow each other
 * on the disk become one request, whatever pages they belong to.  Holes and everything beyond the end are
 * zeros and no I/O.
 *
 *      file pages   | 0 | 1 | 2 | 3 |        4 KiB pages of a file with 2 KiB blocks
 *      disk blocks   7 8 9 - 30 31 32 33     -> a request for blocks 7-9, one for 30-33, and half a page of zeros
 *
 * One request object serves all of them, one after the other.  When a request fails its pages are read again
 * one by one, so that one bad sector costs one page; a page that stays unreadable stays in the cache as not
 * valid, and counts as missing.
 */
#include "fs/vfs/vfs.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define MAP_BLOCKS 64

struct fill {
    struct inode *ino;
    struct io_request *r;
    u64 end;                  /* sector after the pieces of r */
    u32 first, last;          /* pages */
    u32 count;                /* locked pages */
    int error;                /* of the block map: no more blocks can be found */
    u64 bad;                  /* bit i: page[i] is not readable */
    u32 map_first, map_count; /* blocks in block[] */
    u32 block[MAP_BLOCKS];
    struct page *page[IO_PAGES];
};

/* --- requests --- */

static void mark_bad(struct fill *f, const struct page *p)
{
    u32 count = f->count;
    for (u32 i = 0; i < count; i++)
        if (f->page[i] == p)
            f->bad |= 1ul << i;
}

static void send(struct fill *f)
{
    if (!f->r->pieces)
        return;
    f->r->op = IO_READ;
    int rc = block_io(f->ino->fs->dev, f->r);
    u32 pieces = f->r->pieces;
    for (u32 i = 0; rc && i < pieces; i++)
        mark_bad(f, f->r->piece[i].page);
    f->r->pieces = 0;
}

/* The last piece grows when the next block lies behind it in the same page. */
static bool grows(const struct io_request *r, const struct page *p, u32 offset)
{
    if (!r->pieces)
        return false;
    const struct io_piece *tail = &r->piece[r->pieces - 1];
    return tail->page == p && (u32)tail->offset + tail->bytes == offset;
}

static void add_piece(struct fill *f, struct page *p, u32 offset, u64 sector)
{
    u32 size = f->ino->map.block_size;
    struct io_request *r = f->r;
    if (r->pieces && sector != f->end)
        send(f);
    if (grows(r, p, offset)) {
        r->piece[r->pieces - 1].bytes += size;
    } else {
        if (r->pieces == IO_PAGES)
            send(f);
        if (!r->pieces)
            r->sector = sector;
        r->piece[r->pieces++] = (struct io_piece){p, offset, size};
    }
    f->end = sector + size / 512;
}

/* --- blocks --- */

/* The disk block of a file block, 0 for a hole; f->error when the map cannot be read. */
static u32 find_block(struct fill *f, u32 number) NEEDS_RESERVATION
{
    struct inode *i = f->ino;
    u32 end = (f->last + 1) * page_parts(i);
    if (f->error || (u64)number * i->map.block_size >= i->size)
        return 0;
    if (number - f->map_first >= f->map_count) {
        f->map_first = number;
        f->map_count = MIN(end - number, MAP_BLOCKS);
        f->error = inode_map(i, number, f->map_count, f->block);
        if (f->error) {
            f->map_count = 0;
            return 0;
        }
    }
    return f->block[number - f->map_first];
}

static void fill_page(struct fill *f, struct page *p) NEEDS_RESERVATION
{
    u32 size = f->ino->map.block_size, parts = page_parts(f->ino);
    for (u32 part = 0; part < parts; part++) {
        u32 block = find_block(f, p->index * parts + part);
        p->block[part] = block;
        if (block)
            add_piece(f, p, part * size, (u64)block * (size / 512));
        else
            memset((u8 *)page_data(p) + part * size, 0, size);
    }
    if (f->error)
        mark_bad(f, p);
}

/* --- pages --- */

struct page *page_find_valid(struct inode *i, u32 index)
{
    struct page *p = page_find(&i->map, index);
    if (!p || page_is(p, PG_VALID))
        return p;
    page_unpin(p);
    return NULL;
}

/* The page, pinned.  True: its content must still be read, and it is locked; false: it is valid. */
static bool claim(struct inode *i, u32 index, struct page **out) NEEDS_RESERVATION
{
    struct page *p = *out = page_find(&i->map, index);
    if (p && page_is(p, PG_VALID))
        return false;
    if (p)
        page_lock(p);
    else
        *out = p = page_add(&i->map, index);
    if (!page_is(p, PG_VALID))
        return true;
    page_unlock(p);
    return false;
}

/* Reads each page of a failed request alone. */
static void retry_singly(struct fill *f) NEEDS_RESERVATION
{
    u64 again = f->bad;
    u32 count = f->count;
    for (u32 i = 0; again && i < count && !f->error; i++) {
        if (!(again & 1ul << i))
            continue;
        f->bad &= ~(1ul << i);
        fill_page(f, f->page[i]);
        send(f);
    }
}

/* The part of the page beyond the end of the file is zero, whatever the disk has there. */
static void clear_tail(const struct inode *i, struct page *p)
{
    u64 start = (u64)p->index << PAGE_SHIFT;
    u64 used = i->size > start ? i->size - start : 0;
    if (used < PAGE_SIZE)
        memset((u8 *)page_data(p) + used, 0, PAGE_SIZE - used);
}

/* All but one are let go. */
static void release_all(struct fill *f, const struct page *kept)
{
    u32 count = f->count;
    for (u32 i = 0; i < count; i++) {
        struct page *p = f->page[i];
        if (!(f->bad & 1ul << i)) {
            clear_tail(f->ino, p);
            page_set(p, PG_VALID);
        }
        page_unlock(p);
        if (p != kept)
            page_unpin(p);
    }
}

int pages_fill(struct inode *i, u32 first, u32 last, struct page **out)
{
    struct fill f = {.ino = i, .first = first, .last = last};
    AMA_COVERS(true, inode_map(i, first * page_parts(i), (last - first + 1) * page_parts(i), NULL));
    ASSERT(last - first < IO_PAGES, "a window of %u pages", last - first + 1);
    f.r = kmem_cache_alloc(&io_cache);
    wait_init(&f.r->done, "read");
    for (u32 index = first; index <= last; index++) {
        struct page *p;
        bool must_read = claim(i, index, &p);
        if (index == first)
            *out = p;
        else if (!must_read)
            page_unpin(p);
        if (!must_read)
            continue;
        f.page[f.count++] = p;
        fill_page(&f, p);
    }
    send(&f);
    if (f.bad)
        retry_singly(&f);
    release_all(&f, *out);
    kmem_cache_free(&io_cache, f.r);
    if (!page_is(*out, PG_VALID)) {
        page_unpin(*out);
        *out = NULL;
    }
    return f.error ? f.error : f.bad ? -EIO : 0;
}
