// SPDX-License-Identifier: MIT
/*
 * reserve_core.h - between the parts of memory management only: raw frames, credits, the waiting at the entry
 *
 * The raw functions hand out memory without looking at a reservation; they are for the allocators, which have looked.
 */
#pragma once
#include "kernel/lib/wait.h"
#include "mm/frame.h"
#include "mm/reserve.h"
#include "mm/slab.h"

/* --- mm/frame.c --- */
void frames_init(void);                          /* from boot_info; once */
struct page *frame_raw_take(void);               /* a credit must have been subtracted from avail */
void frame_raw_give(struct page *p);             /* the caller adds it to avail (credit_give) */
struct page *frame_raw_take_block(unsigned order); /* NULL: no such block */
void frame_raw_give_block(struct page *p, unsigned order);

/* --- mm/credit.c: avail, L and what limits them --- */
struct memory_limits {
    u64 total, floor, small, names; /* frames (DESIGN: TOTAL, FLOOR, SMALL, NAMES) */
};
extern struct memory_limits memory_limits;
void credits_init(void);                         /* after frames_init */
void credits_seal(u64 floor);                    /* end of start-up: TOTAL, FLOOR are fixed; floor 0: the default */
bool credit_take(u64 frames);                    /* I1: the one checked subtraction from avail */
void credit_give(u64 frames);                    /* frames that are free again; serves those who wait */
i64 credits_avail(void);
bool large_admit(u64 frames, bool root);         /* L += frames, if I7 holds */
void large_release(u64 frames);
u64 large_total(void);
u64 large_room(bool root);
void small_reserve(u64 frames);                  /* SMALL grows by what a maximum can fill; at start-up */

/* --- mm/slab.c --- */
/* What a grant may use besides free memory: frames and promises that a wait at the entry brought along.  Used up first. */
struct purse {
    bool root;
    u64 frames, charge;
};
/* Credits for n objects; takes the frames that they may need beyond what the cache has.  0, -ENOMEM (frames short; *short_by
 * says how many), -EAGAIN (I7 would break), or the cache's error above its maximum. */
int cache_credit_take(struct kmem_cache *c, u32 n, struct purse *purse, u64 *short_by);
/* The same when there are so many to spare for everybody: no lock, no frames, no limit to look at. */
static inline bool cache_credit_try(struct kmem_cache *c, u32 n)
{
    i64 seen = __atomic_load_n(&c->spare, __ATOMIC_ACQUIRE);
    while (seen >= (i64)n + __atomic_load_n(&c->closed, __ATOMIC_RELAXED))
        if (__atomic_compare_exchange_n(&c->spare, &seen, seen - n, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return true;
    return false;
}
void cache_trim(struct kmem_cache *c); /* gives back the frames that no object and no credit needs */
/* Either this sees the frame that has become empty meanwhile, or who made it empty sees these credits. */
static inline void cache_credit_give(struct kmem_cache *c, u32 n)
{
    i64 spare = __atomic_add_fetch(&c->spare, n, __ATOMIC_SEQ_CST);
    if (unlikely(__atomic_load_n(&c->aside, __ATOMIC_RELAXED) | __atomic_load_n(&c->empty, __ATOMIC_RELAXED)) && spare > 0)
        cache_trim(c);
}
/* Draws on a credit of the cache itself (taken by cache_credit_take). */
void *cache_raw_alloc(struct kmem_cache *c);
void cache_raw_free(struct kmem_cache *c, void *o);  /* turns back into a credit */
struct kmem_cache *kmalloc_cache(size_t size);
extern struct kmem_cache *kmem_caches;               /* all, linked by next */
void kmalloc_init(void);

/* --- mm/vmalloc.c --- */
void vmalloc_init(void);
bool vmalloc_credit_take(u32 slots);
void vmalloc_credit_give(u32 slots);

/* --- mm/reserve.c --- */
/* Tops the current task's reservation up to `need`, all or nothing.  0, -ENOMEM (what is short: *want frames and whether the
 * large part was not admitted), -ENFILE, -ENOSPC.  Never sleeps. */
struct shortage {
    u64 frames;       /* missing order-0 frames */
    bool not_admitted; /* I7 would break */
};
int reserve_grant(const struct need *need, struct shortage *s);
void reserve_release(void);                          /* gives back all that is left */
extern bool memory_tight, memory_off, memory_peek_off; /* boot words tight=1, ama=off, peek=off */

/* --- mm/reclaim.c --- */
/* Drops clean, unpinned, unmapped pages until `frames` came back or none is left; never sleeps; returns how many. */
u64 reclaim_clean(u64 frames);
/* The waiting entry's: also unmaps file pages and marks pinned ones as leaving; may sleep; holds nothing. */
u64 reclaim_hard(u64 frames);/* ama=off: nothing is reserved, so the entry keeps a low-water mark; what a call takes beyond it may not be there. */
bool low_water_below(void);
void low_water_raise(void); /* sleeps until it is reached again, or a thousand looks have not helped */
static inline bool low_water_reached(void)
{
    return unlikely(memory_off) && low_water_below();
}
static inline void low_water_wait(void)
{
    if (unlikely(memory_off))
        low_water_raise();
}
