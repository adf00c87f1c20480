// SPDX-License-Identifier: MIT
/*
 * slab.h - objects of one size, several to a frame
 *
 * A cache is a named global.  Its kind says how its frames are accounted (see mm/reserve.h):
 *   CACHE_TRANSIENT  lives within a call
 *   CACHE_SMALL      stays, but at most `max` exist on the machine; above it the entry answers `error`
 *   CACHE_LARGE      stays, its slab frames count in L
 *   CACHE_NAME       inodes and names: together at most 1/8 of memory; unreferenced ones are recycled
 */
#pragma once
#include "kernel/lib/lock.h"
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"

enum cache_kind { CACHE_TRANSIENT, CACHE_SMALL, CACHE_LARGE, CACHE_NAME };

struct kmem_cache {
    /* --- fixed --- */
    const char *name;
    u32 size;          /* bytes of an object, a multiple of 16 */
    u32 per_slab;
    enum cache_kind kind;
    int error;         /* CACHE_SMALL and CACHE_NAME: the entry's answer above max */
    u32 max;           /* most objects (0: no limit of its own) */
    struct kmem_cache *next; /* list of all caches */
    /* --- changed atomically --- */
    i64 spare;         /* objects for which there is room and that nobody has or has reserved (I2) */
    u32 closed;        /* of them, those that only root may have */
    /* --- guarded by lock --- */
    struct spinlock lock;
    struct list partial, full; /* slabs (struct page.link) with and without free objects; empty ones stand last in partial */
    u32 live, free;    /* objects handed out, and lying free in slabs */
    u32 frames;        /* slabs */
    u32 empty;         /* of them, those with no live object */
    u32 aside;         /* frames set aside for credits */
    u32 high;          /* most that ever lived */
};

/* The most objects that its frames can hold. */
static inline u32 cache_capacity(const struct kmem_cache *c)
{
    u32 room = (c->frames + c->aside) * c->per_slab;
    return c->max && room > c->max ? c->max : room;
}

/* The most objects that there may be (0: no limit), and how many of them are for root alone. */
u64 cache_limit(const struct kmem_cache *c);
u64 cache_kept(const struct kmem_cache *c);

/* Reserved and not yet handed out; exact while nobody else is in the cache. */
static inline u32 cache_credits(const struct kmem_cache *c)
{
    return cache_capacity(c) - c->live - (u32)__atomic_load_n(&c->spare, __ATOMIC_RELAXED);
}

/* In a source file:  struct kmem_cache file_cache = KMEM_CACHE("file", struct file, CACHE_SMALL, ENFILE); */
#define KMEM_CACHE_SIZED(n, s, k, e)                                                                                   \
    {.name = (n), .size = (s), .kind = (k), .error = -(e), .per_slab = PAGE_SIZE / (s), .lock = SPINLOCK_INIT(RANK_SLAB, n)}
#define KMEM_CACHE(n, type, k, e) KMEM_CACHE_SIZED(n, ROUND_UP(sizeof(type), 16), k, e)

/* Makes the cache known; once, at start-up.  max: most objects, 0 for no limit.  No memory is used. */
void kmem_cache_register(struct kmem_cache *c, u32 max);
/* An object, its content zeroed.  Need: need_object(cache, 1). */
void *kmem_cache_alloc(struct kmem_cache *c) NEEDS_RESERVATION;
/* Needs nothing, any context but interrupts.  Inside a scope that reserved this cache the object is credited to it. */
void kmem_cache_free(struct kmem_cache *c, void *object);

/* Bytes by size class: 16, 32, 64 ... 2048.  Need: need_kmalloc(size).  Larger: use frames. */
#define KMALLOC_MAX 2048
void *kmalloc(size_t size) NEEDS_RESERVATION;
/* For a size that is not known at the entry but is at most max: draws from the class of max. */
void *kmalloc_upto(size_t size, size_t max) NEEDS_RESERVATION;
void kfree(void *p);
