// SPDX-License-Identifier: MIT
/*
 * blocks.c - frames: blocks of random orders are taken and given in random order; whatever was split merges again
 */
#include "kernel/lib/panic.h"
#include "tests/host/lib/machine.h"
#include "tests/host/mm/memory.h"

#define FRAMES 1200
#define BLOCKS 300

static struct {
    struct page *page;
    unsigned order;
} blocks[BLOCKS];
static u32 count;
static u8 owner[2 * FRAMES]; /* by frame number: in use */
static u64 used;

static void mark(struct page *p, unsigned order, bool on)
{
    u64 first = p - page_table;
    ASSERT(first % (1ul << order) == 0, "block %lu of order %u is not aligned", first, order);
    for (u64 n = first; n < first + (1ul << order); n++) {
        ASSERT(n < ARRAY_SIZE(owner) && owner[n] != on, "frame %lu was handed out twice", n);
        owner[n] = on;
    }
    used += on ? 1ul << order : -(1ul << order);
}

static bool take(unsigned order)
{
    struct page *p = order ? frame_raw_take_block(order) : frame_raw_take();
    if (!p)
        return false;
    mark(p, order, true);
    blocks[count].page = p;
    blocks[count++].order = order;
    return true;
}

static void give(u32 i)
{
    struct page *p = blocks[i].page;
    mark(p, blocks[i].order, false);
    if (blocks[i].order)
        frame_raw_give_block(p, blocks[i].order);
    else
        frame_raw_give(p);
    blocks[i] = blocks[--count];
}

/* How many blocks of the order can be taken now; they are given back. */
static u32 capacity(unsigned order)
{
    u32 before = count, n = 0;
    while (count < BLOCKS && take(order))
        n++;
    while (count > before)
        give(count - 1);
    return n;
}

void story_blocks(void *seed)
{
    machine_start(FRAMES, *(u64 *)seed, 0);
    u64 all = frames_free();
    u32 large = capacity(7), largest = capacity(ORDER_MAX);
    for (u32 step = 0; step < 6000; step++) {
        unsigned order = machine_random(3) ? machine_random(3) : machine_random(ORDER_MAX + 1);
        if (count < BLOCKS && machine_chance(52) && used + (1ul << order) < all)
            take(order);
        else if (count)
            give(machine_random(count));
        ASSERT(frames_free() + used == all, "%lu free, %lu used, of %lu", frames_free(), used, all);
    }
    while (count)
        give(machine_random(count));
    ASSERT(capacity(7) == large && capacity(ORDER_MAX) == largest, "what was split has not merged");
}
