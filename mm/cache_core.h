// SPDX-License-Identifier: MIT
/*
 * cache_core.h - between cache.c, block.c, reclaim.c and flusher.c only
 */
#pragma once
#include "mm/cache.h"

struct cache_state {
    struct spinlock lock;
    struct page **buckets;
    u64 mask;
    /* --- guarded by lock --- */
    struct list clean;       /* least recently used first */
    struct list shared;      /* pages of shared memory: lasting, no cache */
    struct list dirty_list;  /* in the order they became dirty */
    u64 count, dirty;
    u64 dirty_limit;         /* above it the entry waits for the flusher */
    u64 leaving;             /* pages marked PG_LEAVING */
    struct wait_queue io_done; /* a page is no longer busy or being written */
};
extern struct cache_state cache;

void cache_init(void);
static inline struct page **cache_bucket(const struct mapping *m, u32 index)
{
    u64 h = ((u64)m >> 4) * 0x9e3779b97f4a7c15ul + index * 0xc2b2ae3d27d4eb4ful;
    return &cache.buckets[(h >> 32) & cache.mask];
}

/* The page at index, or NULL.  Call with cache.lock held. */
static inline struct page *cache_lookup(const struct mapping *m, u32 index)
{
    struct page *p = *cache_bucket(m, index);
    while (p && (p->mapping != m || p->index != index))
        p = p->hash_next;
    return p;
}
/* Releases all pins of s and evicts those of their pages that are LEAVING. */
void cache_leave(struct scope_pins *s);

/* Evicts up to `frames` clean pages, least recently used first; mark: pinned ones become LEAVING.  Never sleeps. */
u64 cache_evict(u64 frames, bool mark);
/* A clean page that only user mappings hold, pinned; or NULL. */
struct page *cache_mapped_victim(void);

/* --- mm/rmap.c: from a cached page to the user mappings of it; sleep for page-table locks, hold nothing --- */
void cache_unmap_page(struct mapping *m, u32 index, struct page *p);
void cache_protect_page(struct mapping *m, u32 index, struct page *p); /* read-only everywhere: the next store faults */
