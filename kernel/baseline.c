// SPDX-License-Identifier: MIT
/*
 * baseline.c - nothing is lost: the machine's books before process 1 and after it
 *
 * With all caches dropped, the same frames must be in use, the same objects alive, the same promises made, nothing pinned and
 * nothing reserved.  Every boot ends with this comparison; the line it prints is what the tests look for.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/printf.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/cache_core.h"
#include "mm/queue.h"
#include "mm/reserve_core.h"
#include "mm/space.h"
#include "mm/vmalloc.h"

#define CACHES_MAX 64
#define SETTLE_ROUNDS 1000

struct books {
    u64 frames;              /* in use outside slabs and the page cache */
    u64 frame_credits;       /* of those that are free, promised to nobody's cache and yet not available */
    u64 promises;            /* L, less slab frames */
    u64 tasks, slots, pins;
    u64 live[CACHES_MAX];    /* objects, in the order of the list of caches */
    u64 credits[CACHES_MAX];
};

static struct books before, after;

static u64 pinned_pages(void)
{
    u64 n = 0;
    spin_lock(&cache.lock);
    list_each(p, &cache.clean, struct page, link)
        n += p->pins;
    list_each(p, &cache.dirty_list, struct page, link)
        n += p->pins;
    spin_unlock(&cache.lock);
    return n;
}

static void pause_ticks(u32 ticks)
{
    struct wait_queue never;
    struct waiter w;
    wait_init(&never, "books");
    wait_prepare(&w, &never);
    wait_sleep(&w, SLEEP_DEEP, clock_ns() + ticks * (1000000000ul / TICK_HZ));
    wait_finish(&w);
}

/* Kernel threads (the reaper) may still be at work on what process 1 left, or what a pass of the flusher has released: until nothing is reserved for a while. */
static void settle(void)
{
    u32 quiet = 0;
    for (u32 round = 0; round < SETTLE_ROUNDS && quiet < 3; round++) {
        pause_ticks(2);
        quiet = __atomic_load_n(&reservations_held, __ATOMIC_ACQUIRE) ? 0 : quiet + 1;
    }
}

static void drop_caches(void)
{
    for (u32 round = 0; round < 3; round++) {
        if (vfs_port.sync_all()) /* also waits until the space of deleted files is given back */
            kprintf("ante: not everything could be written\n");
        settle();
        cache_evict(~0ul >> 1, false);
        vfs_port.shrink_names(~0u);
        cache_evict(~0ul >> 1, false);
    }
}

static void take(struct books *b)
{
    u64 slabs = 0, large_slabs = 0, aside = 0;
    u32 i = 0;
    drop_caches();
    for (struct kmem_cache *c = kmem_caches; c && i < CACHES_MAX; c = c->next, i++) {
        b->live[i] = c->live;
        b->credits[i] = cache_credits(c);
        slabs += c->frames;
        aside += c->aside;
        large_slabs += c->kind == CACHE_LARGE ? c->frames + c->aside : 0;
    }
    b->frames = memory_limits.total - frames_free() - cache_pages() - slabs;
    b->frame_credits = frames_free() - credits_avail() - aside;
    b->promises = large_total() - large_slabs;
    b->tasks = task_count();
    b->slots = vmalloc_slots_used();
    b->pins = pinned_pages();
}

void baseline_take(void)
{
    take(&before);
}

static u32 differ(const char *what, u64 was, u64 is)
{
    if (was == is)
        return 0;
    kprintf("ante: leak: %s: %lu before process 1, %lu after it\n", what, was, is);
    return 1;
}

/* Process 1 itself is still there: its structure, its slot with stack and buffers, its charge. */
u32 baseline_check(void)
{
    u32 lost = 0, i = 0;
    take(&after);
    for (struct kmem_cache *c = kmem_caches; c && i < CACHES_MAX; c = c->next, i++) {
        lost += differ(c->name, before.live[i] + (c == &task_cache), after.live[i]);
        lost += differ("object credits", before.credits[i], after.credits[i]);
    }
    lost += differ("frames", before.frames + VMALLOC_PAGES, after.frames);
    lost += differ("frame credits", before.frame_credits, after.frame_credits);
    lost += differ("promised frames", before.promises + TASK_CHARGE, after.promises);
    lost += differ("tasks", before.tasks + 1, after.tasks);
    lost += differ("vmalloc slots", before.slots + 1, after.slots);
    lost += differ("pins", before.pins, after.pins);
    if (!lost)
        kprintf("ante: balance: frames, objects, promises, tasks and pins as before process 1\n");
    return lost;
}
