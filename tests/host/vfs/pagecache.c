// SPDX-License-Identifier: MIT
/*
 * pagecache.c - cached pages, a disk and a program's memory for tests of contents
 *
 * Pages stand in one array and are found by looking at all of them.  A page that is read, or that comes from
 * a frame, is filled with rubbish first, so that bytes which nobody set are noticed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "kernel/lib/string.h"
#include "tests/host/vfs/host.h"

enum { FRAMES = 1024, DISK_BYTES = 16 << 20 };

static struct page frames[FRAMES];
static char ram[FRAMES * PAGE_SIZE] ALIGNED(PAGE_SIZE);
static char disk_bytes[DISK_BYTES];
struct page *page_table = frames;
char *host_ram = ram;
u32 disk_reads, frames_spare;
u64 disk_bad, user_absent;

void mapping_init(struct mapping *m, struct block_device *dev, struct inode *host, u32 block_size)
{
    *m = (struct mapping){.dev = dev, .host = host, .block_size = block_size};
}

void pins_forget(struct scope_pins *s)
{
    s->ranges = s->blocks = 0;
}

static bool in_pinned_range(const struct page *p)
{
    const struct scope_pins *s = &current->pins;
    for (u32 i = 0; i < s->ranges; i++)
        if (s->range[i].mapping == p->mapping && s->range[i].first <= p->index && p->index <= s->range[i].last)
            return true;
    return false;
}

static struct page *lookup(const struct mapping *m, u32 index)
{
    for (u32 i = 0; i < FRAMES; i++)
        if (frames[i].mapping == m && frames[i].index == index)
            return &frames[i];
    return NULL;
}

u32 pagecache_pages(void)
{
    u32 n = 0;
    for (u32 i = 0; i < FRAMES; i++)
        n += frames[i].mapping != NULL;
    return n;
}

u32 cache_missing(struct mapping *m, u32 first, u32 last)
{
    u32 missing = 0;
    for (u32 i = first; i <= last; i++) {
        struct page *p = lookup(m, i);
        missing += !p || !page_is(p, PG_VALID);
    }
    return missing;
}

u32 cache_look(struct mapping *m, u32 first, u32 last, struct page **page)
{
    for (u32 i = first; i <= last; i++) {
        struct page *p = lookup(m, i);
        page[i - first] = p && page_is(p, PG_VALID) ? p : NULL;
    }
    return cache_missing(m, first, last);
}

struct page *page_find(struct mapping *m, u32 index)
{
    struct page *p = lookup(m, index);
    if (p)
        p->pins++;
    return p;
}

struct page *page_add(struct mapping *m, u32 index)
{
    struct page *p = lookup(m, index);
    if (p) {
        p->pins++;
        page_lock(p);
        return p;
    }
    host_frame_take();
    for (p = frames; p->mapping; p++)
        assert_true(p < frames + FRAMES - 1);
    *p = (struct page){.flags = PG_CACHED | PG_BUSY, .mapping = m, .index = index, .pins = 1};
    memset(page_data(p), 0xa5, PAGE_SIZE);
    m->count++;
    return p;
}

void page_unpin(struct page *p)
{
    assert_true(p->pins > 0);
    p->pins--;
}

void page_lock(struct page *p)
{
    assert_false(page_is(p, PG_BUSY));
    page_set(p, PG_BUSY);
}

void page_unlock(struct page *p)
{
    assert_true(page_is(p, PG_BUSY));
    page_clear(p, PG_BUSY);
}

void page_wait_written(struct page *p UNUSED) {}

void page_dirty(struct page *p, enum write_phase phase UNUSED)
{
    assert_true(p->pins > 0 || in_pinned_range(p));
    page_set(p, PG_DIRTY);
}

bool frame_try(void)
{
    if (!frames_spare)
        return false;
    frames_spare--;
    host_frame_give();
    return true;
}

static void drop(struct page *p)
{
    p->mapping->count--;
    p->mapping = NULL;
}

void mapping_truncate(struct mapping *m, u32 first)
{
    for (struct page *p = frames; p < frames + FRAMES; p++) {
        if (p->mapping != m || p->index < first)
            continue;
        assert_int_equal(p->pins, 0);
        drop(p);
    }
}

void pagecache_evict(void)
{
    for (struct page *p = frames; p < frames + FRAMES; p++) {
        if (!p->mapping)
            continue;
        assert_false(page_is(p, PG_BUSY));
        if (!p->pins && !page_is(p, PG_DIRTY) && !in_pinned_range(p))
            drop(p);
    }
}

void mapping_drop_clean(struct mapping *m UNUSED)
{
    pagecache_evict();
}

/* --- the disk --- */

void pagecache_write_back(void)
{
    for (struct page *p = frames; p < frames + FRAMES; p++) {
        if (!p->mapping || !page_is(p, PG_DIRTY))
            continue;
        u32 size = p->mapping->block_size;
        for (u32 part = 0; part < PAGE_SIZE / size; part++)
            if (p->block[part])
                memcpy(disk_bytes + (u64)p->block[part] * size, (char *)page_data(p) + part * size, size);
        page_clear(p, PG_DIRTY);
    }
}

int block_io(struct block_device *dev UNUSED, struct io_request *r)
{
    u64 at = r->sector * 512;
    int rc = 0;
    assert_true(r->op == IO_READ && r->pieces > 0 && r->pieces <= IO_PAGES);
    disk_reads++;
    for (u32 i = 0; i < r->pieces; i++) {
        struct io_piece *p = &r->piece[i];
        assert_true(p->offset + p->bytes <= PAGE_SIZE && at + p->bytes <= DISK_BYTES);
        if (disk_bad && at <= disk_bad * 512 && disk_bad * 512 < at + p->bytes)
            rc = -EIO;
        memcpy((char *)page_data(p->page) + p->offset, disk_bytes + at, p->bytes);
        at += p->bytes;
    }
    return rc;
}

/* --- a program's buffer: one vector --- */

static size_t present(const struct io *io, size_t n)
{
    u64 at = io->vec->base.addr + io->offset;
    return !user_absent || at + n <= user_absent ? n : at < user_absent ? user_absent - at : 0;
}

static void advance(struct io *io, size_t n)
{
    io->offset += n;
    io->left -= n;
    io->done += n;
}

size_t io_to_user(struct io *io, const void *src, size_t n)
{
    n = present(io, n);
    memcpy((char *)io->vec->base.addr + io->offset, src, n);
    advance(io, n);
    return n;
}

size_t io_from_user(struct io *io, void *dst, size_t n)
{
    n = present(io, n);
    memcpy(dst, (char *)io->vec->base.addr + io->offset, n);
    advance(io, n);
    return n;
}

int io_fault_in(struct io *io, bool to_user UNUSED)
{
    assert_true(io->vec->base.addr + io->offset >= user_absent);
    user_absent += PAGE_SIZE;
    return 0;
}
