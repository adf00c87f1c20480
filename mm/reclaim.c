// SPDX-License-Identifier: MIT
/*
 * reclaim.c - taking frames back from the cache: at the entry only
 *
 * reclaim_clean() is part of a grant: it drops clean pages that nobody uses, in a few instructions each, and never sleeps.
 * reclaim_hard() is the waiting entry's own: holding nothing, it also marks pinned pages as leaving, unmaps file pages from
 * programs (they fault them in again) and evicts unused inodes and names.
 */
#include "arch/arch.h"
#include "kernel/lib/wait.h"
#include "kernel/ports/vfs.h"
#include "mm/cache_core.h"
#include "mm/flusher.h"
#include "mm/reserve_core.h"

#define LOOK_NS 2000000ul

u64 reclaim_clean(u64 frames)
{
    return cache_evict(frames, false);
}

static u64 unmap_some(u64 frames)
{
    u64 done = 0;
    struct page *p;
    while (done < frames && (p = cache_mapped_victim())) {
        cache_unmap_page(p->mapping, p->index, p);
        page_unpin(p);
        done++;
    }
    wake_all(&cache.io_done); /* a cut of the file waits for the pins */
    return done;
}

u64 reclaim_hard(u64 frames)
{
    u64 got = cache_evict(frames, false);
    if (got < frames)
        got += cache_evict(frames - got, true);
    if (got < frames && unmap_some(frames - got))
        got += cache_evict(frames - got, false);
    if (got < frames)
        got += vfs_port.shrink_names(frames - got);
    return got;
}

/* --- ama=off: the low-water mark --- */

bool low_water_below(void)
{
    return frames_free() < memory_limits.floor;
}

static void pause(void)
{
    struct wait_queue never;
    struct waiter w;
    wait_init(&never, "pause");
    wait_prepare(&w, &never);
    wait_sleep(&w, SLEEP_FATAL, clock_ns() + LOOK_NS);
    wait_finish(&w);
}

void low_water_raise(void)
{
    for (u32 round = 0; round < 1000 && low_water_below(); round++) {
        if (reclaim_hard(memory_limits.floor - frames_free()))
            continue;
        flusher_wake();
        pause();
    }
}
