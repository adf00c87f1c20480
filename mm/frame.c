// SPDX-License-Identifier: MIT
/*
 * frame.c - physical memory, one 4 KiB frame at a time
 *
 * Free frames stand in blocks of 2^order, each aligned to its size, on a list per order (the binary buddy system, Knowlton 1965):
 * a block splits when a smaller one is wanted and merges with its buddy (the block whose number differs in one bit) when both
 * are free.  Order 0 is what everything uses; larger blocks are taken by the start of services only.
 *
 * frame_raw_take() and frame_raw_give() move frames; who may take one is decided in mm/reserve.c, before.
 */
#include "mm/frame.h"
#include "kernel/lib/lock.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "mm/reserve.h"
#include "mm/reserve_core.h"

struct page *page_table;

static struct {
    struct spinlock lock;
    struct list free[ORDER_MAX + 1];
    u64 count;   /* free frames */
    u64 limit;   /* one more than the highest frame number */
} frames = {.lock = SPINLOCK_INIT(RANK_FRAMES, "frames")};

static void block_add(struct page *p, unsigned order)
{
    p->flags = PG_FREE;
    p->order = order;
    list_push_front(&frames.free[order], &p->link);
}

static void block_remove(struct page *p)
{
    p->flags = 0;
    list_remove(&p->link);
}

/* Takes a block of the order, splitting a larger one when needed.  NULL: none.  Call with frames.lock held. */
static struct page *block_take(unsigned order)
{
    unsigned o = order;
    while (o <= ORDER_MAX && list_empty(&frames.free[o]))
        o++;
    if (o > ORDER_MAX)
        return NULL;
    struct page *p = list_entry(frames.free[o].next, struct page, link);
    block_remove(p);
    while (o > order) {
        o--;
        block_add(p + (1ul << o), o);
    }
    p->order = order;
    frames.count -= 1ul << order;
    return p;
}

static void block_give(struct page *p, unsigned order)
{
    u64 n = p - page_table;
    frames.count += 1ul << order;
    while (order < ORDER_MAX) {
        u64 buddy = n ^ (1ul << order);
        struct page *b = &page_table[buddy];
        if (buddy + (1ul << order) > frames.limit || b->flags != PG_FREE || b->order != order)
            break;
        block_remove(b);
        n &= ~(1ul << order);
        order++;
    }
    block_add(&page_table[n], order);
}

struct page *frame_raw_take(void)
{
    spin_lock(&frames.lock);
    struct page *p = block_take(0);
    spin_unlock(&frames.lock);
    ASSERT(p, "I1: a frame was promised and none is free");
    p->refs = 1;
    return p;
}

void frame_raw_give(struct page *p)
{
    ASSERT(!(p->flags & (PG_FREE | PG_RESERVED)), "frame %lu freed twice", (u64)(p - page_table));
    list_init(&p->link);
    spin_lock(&frames.lock);
    block_give(p, 0);
    spin_unlock(&frames.lock);
}

struct page *frame_raw_take_block(unsigned order)
{
    spin_lock(&frames.lock);
    struct page *p = block_take(order);
    spin_unlock(&frames.lock);
    if (p)
        p->refs = 1;
    return p;
}

void frame_raw_give_block(struct page *p, unsigned order)
{
    list_init(&p->link);
    spin_lock(&frames.lock);
    block_give(p, order);
    spin_unlock(&frames.lock);
}

u64 frames_free(void)
{
    return __atomic_load_n(&frames.count, __ATOMIC_RELAXED);
}

/* --- start-up --- */

/* The frame table stands in the first gap after the image that is large enough; all of it is in the direct map. */
static u64 table_place(u64 bytes)
{
    for (u32 i = 0; i < boot_info.ram_count; i++) {
        u64 from = MAX(ROUND_UP(boot_info.ram[i].start, PAGE_SIZE), ROUND_UP(boot_info.image_end, PAGE_SIZE));
        if (from + bytes <= boot_info.ram[i].end)
            return from;
    }
    panic("no room for the frame table: %lu bytes", bytes);
}

/* Frames below `from` are the image, the table, or the first megabyte, whose small gaps are not worth their traps. */
static void add_range(u64 start, u64 end, u64 from)
{
    u64 first = MAX(start, from) >> PAGE_SHIFT, last = end >> PAGE_SHIFT;
    for (u64 n = first; n < last; n++) {
        page_table[n].flags = 0;
        list_init(&page_table[n].link);
        block_give(&page_table[n], 0);
    }
}

void frames_init(void)
{
    for (unsigned o = 0; o <= ORDER_MAX; o++)
        list_init(&frames.free[o]);
    for (u32 i = 0; i < boot_info.ram_count; i++)
        frames.limit = MAX(frames.limit, boot_info.ram[i].end >> PAGE_SHIFT);
    u64 bytes = ROUND_UP(frames.limit * sizeof(struct page), PAGE_SIZE);
    u64 at = table_place(bytes);
    page_table = phys_to_virt((phys_addr){at});
    memset(page_table, 0, bytes);
    for (u64 n = 0; n < frames.limit; n++)
        page_table[n].flags = PG_RESERVED;
    for (u32 i = 0; i < boot_info.ram_count; i++)
        add_range(boot_info.ram[i].start, boot_info.ram[i].end, at + bytes);
}
