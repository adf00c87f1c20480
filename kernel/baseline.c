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

struct baseline {
    struct books books;
    u64 live[CACHES_MAX];    /* objects, in the order of the list of caches */
    u64 credits[CACHES_MAX];
};

static struct baseline before, after;

static u64 pinned_pages(void)
{
    u64 n = 0;
    spin_lock(&cache.lock);
    list_each(p, &cache.clean, struct page, link)
        n += p->pins;
    list_each(p, &cache.shared, struct page, link)
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

void books_look(struct books *b)
{
    u64 slabs = 0, large_slabs = 0, aside = 0;
    for (struct kmem_cache *c = kmem_caches; c; c = c->next) {
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

static void take(struct baseline *b)
{
    u32 i = 0;
    drop_caches();
    for (struct kmem_cache *c = kmem_caches; c && i < CACHES_MAX; c = c->next, i++) {
        b->live[i] = c->live;
        b->credits[i] = cache_credits(c);
    }
    books_look(&b->books);
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
    const struct books *was = &before.books, *is = &after.books;
    u32 lost = 0, i = 0;
    take(&after);
    for (struct kmem_cache *c = kmem_caches; c && i < CACHES_MAX; c = c->next, i++) {
        lost += differ(c->name, before.live[i] + (c == &task_cache), after.live[i]);
        lost += differ("object credits", before.credits[i], after.credits[i]);
    }
    lost += differ("frames", was->frames + VMALLOC_PAGES, is->frames);
    lost += differ("frame credits", was->frame_credits, is->frame_credits);
    lost += differ("promised frames", was->promises + TASK_CHARGE, is->promises);
    lost += differ("tasks", was->tasks + 1, is->tasks);
    lost += differ("vmalloc slots", was->slots + 1, is->slots);
    lost += differ("pins", was->pins, is->pins);
    if (!lost)
        kprintf("ante: balance: frames, objects, promises, tasks and pins as before process 1\n");
    return lost;
}
