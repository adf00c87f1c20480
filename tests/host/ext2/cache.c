// SPDX-License-Identifier: MIT
/*
 * cache.c - a cache of metadata blocks for the tests: pages of the image, written in phases
 *
 * Like the core's it keeps 4 KiB pages with valid and dirty parts; unlike it, it can throw everything away
 * that is allowed to go.
 */
#include "tests/host/ext2/cache.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "tests/host/ext2/image.h"
#include "tests/host/ext2/machine.h"

#define BUCKETS 1024
#define PART 1024u

struct frame {
    struct page page;
    struct frame *next;
    u8 data[PAGE_SIZE] ALIGNED(64);
};

struct block_device disk;
struct kmem_cache io_cache = {.name = "io", .size = sizeof(struct io_request)};
static struct frame *buckets[BUCKETS];

static struct frame *frame_of(struct page *p)
{
    return container_of(p, struct frame, page);
}

static struct frame **slot(u32 index)
{
    struct frame **f = &buckets[index % BUCKETS];
    while (*f && (*f)->page.index != index)
        f = &(*f)->next;
    return f;
}

/* --- frames --- */

struct page *frame_take(void)
{
    frames_draw();
    struct frame *f = host_alloc(sizeof(*f));
    return &f->page;
}

void frame_put(struct page *p)
{
    frames_return();
    host_free(frame_of(p));
}

/* --- the disk --- */

int block_io(struct block_device *dev UNUSED, struct io_request *r)
{
    u64 at = r->sector * 512;
    for (u32 i = 0; i < r->pieces; i++) {
        u8 *data = frame_of(r->piece[i].page)->data + r->piece[i].offset;
        if (r->op == IO_WRITE && machine.writes_left && machine.writes_left--)
            image_write(at, data, r->piece[i].bytes);
        if (r->op == IO_READ)
            image_read(at, data, r->piece[i].bytes);
        at += r->piece[i].bytes;
    }
    return 0;
}

void io_init(struct io_request *r, enum io_op op, u64 sector)
{
    r->op = op;
    r->sector = sector;
    r->pieces = 0;
}

void io_add(struct io_request *r, struct page *p, u32 offset, u32 bytes)
{
    r->piece[r->pieces++] = (struct io_piece){p, offset, bytes};
}

/* A read sleeps, so others run meanwhile, and they may want memory. */
static int read_part(struct page *p, u32 offset, u32 bytes, u32 index)
{
    struct io_request *r = kmem_cache_alloc(&io_cache);
    io_init(r, IO_READ, ((u64)index * PAGE_SIZE + offset) / 512);
    io_add(r, p, offset, bytes);
    int rc = ++machine.disk_reads == machine.fail_read ? -EIO : block_io(&disk, r);
    kmem_cache_free(&io_cache, r);
    cache_evict_some();
    return rc;
}

/* --- blocks --- */

static u32 page_of(u32 number, u32 size) { return (u64)number * size / PAGE_SIZE; }
static u32 offset_of(u32 number, u32 size) { return (u64)number * size % PAGE_SIZE; }
static u8 parts_of(u32 number, u32 size)
{
    return ((1u << (size / PART)) - 1) << (offset_of(number, size) / PART);
}

static void fill(struct block *b, struct page *p, u32 number, u32 size)
{
    *b = (struct block){p, frame_of(p)->data + offset_of(number, size), number, size, false};
}

static void pin(struct page *p)
{
    p->pins++;
    machine.pins++;
}

void page_pin(struct page *p) { pin(p); }

static void unpin(struct page *p)
{
    ASSERT(p->pins, "a page is unpinned too often");
    p->pins--;
    machine.pins--;
}

bool block_find(struct block *b, struct block_device *dev UNUSED, u32 number, u32 size)
{
    struct frame *f = *slot(page_of(number, size));
    u8 parts = parts_of(number, size);
    b->page = NULL;
    if (!f || (f->page.valid_parts & parts) != parts)
        return false;
    pin(&f->page);
    fill(b, &f->page, number, size);
    return true;
}

static struct page *page_enter(u32 index)
{
    struct frame **at = slot(index);
    if (!*at) {
        frames_draw();
        *at = host_alloc(sizeof(**at));
        (*at)->page.index = index;
        (*at)->page.flags = PG_CACHED;
    }
    pin(&(*at)->page);
    return &(*at)->page;
}

static bool on_disk(u32 number, u32 size)
{
    return ((u64)number + 1) * size <= disk.sectors * 512;
}

int block_read(struct block *b, struct block_device *dev, u32 number, u32 size)
{
    b->page = NULL;
    if (!on_disk(number, size))
        return -EIO;
    if (block_find(b, dev, number, size))
        return 0;
    struct page *p = page_enter(page_of(number, size));
    int rc = read_part(p, offset_of(number, size), size, p->index);
    if (rc) {
        unpin(p);
        return rc;
    }
    p->valid_parts |= parts_of(number, size);
    fill(b, p, number, size);
    return 0;
}

void block_fresh(struct block *b, struct block_device *dev UNUSED, u32 number, u32 size)
{
    struct page *p = page_enter(page_of(number, size));
    fill(b, p, number, size);
    memset(b->data, 0, size);
    p->valid_parts |= parts_of(number, size);
}

int block_peek(struct block *b, struct block_device *dev, u32 number, u32 size, struct page *priv)
{
    b->page = NULL;
    if (!on_disk(number, size))
        return -EIO;
    if (block_find(b, dev, number, size))
        return 0;
    if (frame_try())
        return block_read(b, dev, number, size);
    memset(frame_of(priv)->data, 0xaa, PAGE_SIZE);
    int rc = read_part(priv, offset_of(number, size), size, page_of(number, size));
    if (!rc)
        fill(b, priv, number, size);
    return rc;
}

void block_put(struct block *b)
{
    if (b->page && page_is(b->page, PG_CACHED))
        unpin(b->page);
    b->page = NULL;
}

void block_dirty(struct block *b, enum write_phase phase)
{
    ASSERT(page_is(b->page, PG_CACHED), "block %u is private and cannot be written", b->number);
    ASSERT(disk.pass.readers, "block %u is changed without dev->pass", b->number);
    parts_dirty(b->page, parts_of(b->number, b->size), phase);
    page_set(b->page, PG_DIRTY);
}

bool block_awaits(const struct block *b, enum write_phase phase)
{
    return parts_await(b->page, parts_of(b->number, b->size), phase);
}

void block_forget(struct block_device *dev UNUSED, u32 number, u32 size)
{
    struct frame *f = *slot(page_of(number, size));
    if (!f)
        return;
    f->page.dirty_parts &= ~parts_of(number, size);
    f->page.valid_parts &= ~parts_of(number, size);
}

/* --- leaving --- */

static void drop(bool all)
{
    for (u32 i = 0; i < BUCKETS; i++) {
        struct frame **at = &buckets[i];
        while (*at) {
            struct frame *f = *at;
            if (!all && (f->page.pins || page_is(&f->page, PG_DIRTY))) {
                at = &f->next;
                continue;
            }
            *at = f->next;
            host_free(f);
        }
    }
}

void cache_evict_some(void)
{
    if (machine.harsh)
        drop(false);
}

/* --- the flusher --- */

static void write_part(struct frame *f, u32 i, bool power)
{
    if (power)
        image_write((u64)f->page.index * PAGE_SIZE + i * PART, f->data + i * PART, PART);
    f->page.dirty_parts &= ~(1u << i);
}

/* Parts that follow on each other go out with one request. */
static void write_page(struct frame *f, int phase)
{
    bool power = false, open = false;
    u8 due = parts_due(&f->page, phase);
    for (u32 i = 0; i < PAGE_SIZE / PART; i++) {
        bool now = due & (1u << i);
        if (now && !open) {
            power = machine.writes_left != 0;
            machine.writes_left -= machine.writes_left > 0;
        }
        if (now)
            write_part(f, i, power);
        open = now;
    }
    if (!f->page.dirty_parts)
        page_clear(&f->page, PG_DIRTY);
}

static void write_phase(int phase)
{
    for (u32 i = 0; i < BUCKETS; i++) {
        u32 k = machine.write_backwards ? BUCKETS - 1 - i : i;
        for (struct frame *f = buckets[k]; f; f = f->next)
            if (page_is(&f->page, PG_DIRTY))
                write_page(f, phase);
    }
}

int flush_device(struct block_device *dev)
{
    ASSERT(!dev->pass.readers, "a pass while bodies run");
    for (int phase = PHASE_DATA; phase <= PHASE_UNLINK; phase++)
        write_phase(phase);
    machine.passes++;
    if (dev->pass_done)
        dev->pass_done(dev);
    return 0;
}

/* --- plugging --- */

void machine_plug(void)
{
    image_open();
    drop(true);
    disk = (struct block_device){.name = "hda1", .sectors = image_size() / 512, .dev = 0x301};
    disk.whole = &disk;
    rw_init(&disk.pass, RANK_PASS, "pass");
    machine.writes_left = -1;
    machine.turns = 0;
}

void machine_power_cut(void)
{
    drop(true);
    machine.pins = 0;
    image_close();
}

void machine_unplug(void)
{
    ASSERT(!machine.pins, "%lu pins are left", machine.pins);
    ASSERT(!machine.kmallocs, "%lu objects are left", machine.kmallocs);
    machine_power_cut();
}
