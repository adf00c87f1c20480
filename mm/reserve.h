// SPDX-License-Identifier: MIT
/*
 * reserve.h - needs, grants and reservations: the heart of Ante
 *
 * A `need` is the most memory (and disk space) that one scope can use.  The gate (kernel/gate.h) asks for it as a whole;
 * what is granted becomes the task's `reservation`, and every allocator draws on that.  An allocator therefore returns
 * memory, never NULL; drawing more than was reserved is a bug in the need and stops the kernel (I3).
 *
 *      need  --grant-->  reservation  --frame_take, kmem_cache_alloc, ...-->  memory
 *                             |
 *                             +--release--> what was not used goes back
 *
 * Order-0 frames are credits, a subtraction from `avail` (I1).  Object credits are backed by free objects of the cache and
 * by frames set aside at the cache (I2).  Blocks of order > 0 are really taken at the grant.  Frames and objects that are
 * given back inside a scope are credited to its reservation, so that a loop can recycle them.
 */
#pragma once
#include "kernel/lib/ama.h"
#include "kernel/lib/list.h"
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"

struct kmem_cache;
struct page;

#define ORDER_MAX 9          /* largest block: 2 MiB */
#define NEED_OBJECTS 12      /* different object caches in one need */
#define NEED_RESOURCES 4
#define CEILING 80           /* transient frames that one scope may need at most */

/* Something countable outside memory that a service registers: free blocks or inodes of a file system. */
struct resource {
    const char *name;
    int error;     /* what the entry answers when there is not enough: -ENOSPC */
    i64 avail;     /* unreserved amount; changed atomically */
};

struct need {
    u32 frames;    /* transient order-0 frames */
    u32 now;       /* lasting order-0 frames taken in this scope (page tables, stacks, pages of a new image) */
    u32 charge;    /* growth of the promised lasting frames L beyond `now`'s own accounting: pages + page tables + stacks */
    u8 slots;      /* vmalloc slots (a kernel stack each) */
    u8 objects, resources; /* entries used below; the arrays are not initialised beyond them */
    u8 blocks;     /* blocks of order > 0: entries in order[] */
    u8 order[4];
    u32 passing;   /* of `frames`, the ones that operations of ports use for a moment only, one after the other */
    struct need_object {
        struct kmem_cache *cache;
        u32 count, passing;
    } object[NEED_OBJECTS];
    struct need_resource {
        struct resource *resource;
        u32 count;
    } resource[NEED_RESOURCES];
};

/* Its first two words say whether there is anything in it. */
#define NEED_COUNTS 16
_Static_assert(offsetof(struct need, order) == NEED_COUNTS, "a need's counts are two words");

static inline void need_init(struct need *n)
{
    n->frames = n->passing = n->now = n->charge = 0;
    n->slots = n->blocks = 0;
    n->objects = n->resources = 0;
}

static inline bool need_is_zero(const struct need *n)
{
    const u64 *counts = (const u64 *)n;
    return !(counts[0] | counts[1]);
}

/* The words in which a need is written. */
static inline void need_frames(struct need *n, u32 count)
{
    n->frames += count;
}
static inline void need_passing_frames(struct need *n, u32 count)
{
    if (count <= n->passing)
        return;
    n->frames += count - n->passing;
    n->passing = count;
}
/* Each adds to an entry that is there already.  Most counts are zero: nothing is called for them. */
void need_add_object(struct need *n, struct kmem_cache *cache, u32 count);
void need_add_passing(struct need *n, struct kmem_cache *cache, u32 count);
void need_add_kmalloc(struct need *n, size_t size, u32 count);
void need_add_resource(struct need *n, struct resource *r, u32 count);
static inline void need_object(struct need *n, struct kmem_cache *cache, u32 count)
{
    if (count)
        need_add_object(n, cache, count);
}
static inline void need_passing_object(struct need *n, struct kmem_cache *cache, u32 count)
{
    if (count)
        need_add_passing(n, cache, count);
}
static inline void need_kmalloc(struct need *n, size_t size, u32 count)
{
    if (count)
        need_add_kmalloc(n, size, count);
}
static inline void need_resource(struct need *n, struct resource *r, u32 count)
{
    if (count)
        need_add_resource(n, r, count);
}
void need_pages(struct need *n, unsigned order);                            /* one block of 2^order frames */
void need_max(struct need *n, const struct need *other);                    /* n becomes the larger in every class */

/* What a body has drawn less what came back: below zero when it gives up what it found. */
struct live {
    i32 frames, objects;
};

/* What a task may still draw.  Guarded by being the running task's own. */
struct reservation {
    struct need left;
    const struct scope *scope; /* NULL: none is held */
    const struct need *granted; /* to the running body, NULL: nothing; for the statistics and for panics */
    u32 asked_objects, tried_frames, tried_objects;
    u32 used_frames, used_objects; /* the most that the running body held at a time */
    struct live live;
    u64 used_bytes, granted_bytes, asked_bytes; /* granted: also by tries */
    struct list frames;                  /* tight=1: the very frames (struct page.link) */
    void *objects[NEED_OBJECTS];         /* tight=1: the very objects, chained through their first word */
    struct list blocks;                  /* blocks of order > 0 */
};

/* One more frame credit for the running scope, if there is one to spare: never waits, may be refused (a refusal point).
 * Use: search loops that keep a block cached when they can; read-ahead. */
bool frame_try(void) NEEDS_RESERVATION MUST_CHECK;
/* The same for objects of a cache. */
bool object_try(struct kmem_cache *c) NEEDS_RESERVATION MUST_CHECK;

/* Moves reserved growth of L to its holder (an address space, a task), who gives it back with large_release(). */
void charge_take(u32 frames) NEEDS_RESERVATION;

u64 need_object_frames(const struct need *n); /* frames that its objects may take, at the most */
u64 need_full_charge(const struct need *n);   /* its charge and the slabs that its large lasting objects may take */

/* Boot words recycle=off and window=off: needs are then what they would be without these techniques. */
extern bool memory_recycle_off, memory_window_off;

/* --- resources, beyond reserving: the owner adds what became free, or learns of an inconsistent count --- */
void resource_init(struct resource *r, const char *name, int error, i64 avail);
void resource_take(struct resource *r, u32 count) NEEDS_RESERVATION; /* uses reserved units; I3 when there are none */
void resource_add(struct resource *r, i64 count);
