// SPDX-License-Identifier: MIT
/*
 * frame.h - physical memory, one 4 KiB frame at a time
 *
 * Each frame has a `struct page` in one table.  A frame is free, or it is a user page, a cached page (mm/cache.h), part of a
 * slab, a page table, a kernel stack.  frame_take() draws on the reservation and cannot fail.
 *
 * Locks: frames.lock (RANK_FRAMES), a few instructions.  References are atomic.
 */
#pragma once
#include "arch/arch.h"
#include "kernel/lib/list.h"
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"

struct mapping;
struct kmem_cache;

enum page_flags {
    PG_FREE = 1 << 0,      /* in the free lists, head of a block of 2^order frames */
    PG_RESERVED = 1 << 1,  /* never free: kernel image, holes, firmware */
    PG_CACHED = 1 << 2,    /* in a mapping */
    PG_VALID = 1 << 3,     /* its content is that of the disk or newer */
    PG_DIRTY = 1 << 4,     /* must be written */
    PG_BUSY = 1 << 5,      /* locked: I/O or initialisation in progress (page_lock) */
    PG_LEAVING = 1 << 6,   /* reclaim chose it: counts as missing in peeks, evicted by its last unpin */
    PG_USED = 1 << 7,      /* touched since reclaim last looked */
    PG_ERROR = 1 << 8,     /* a write of it failed */
    PG_SLAB = 1 << 9,
    PG_WRITING = 1 << 10,  /* being written by the flusher: content must not change */
};

struct page {
    u32 flags;                /* changed atomically (page_set, page_clear) */
    u32 refs;                 /* user mappings and other holders; a cached page with none can be evicted */
    struct list link;         /* free list, LRU of cached pages, or a reservation's frames */
    union {
        struct {              /* PG_CACHED */
            struct mapping *mapping;
            struct list in_mapping;
            struct page *hash_next;
            u32 index;        /* page number in the mapping */
            u16 pins;
            u8 phase;         /* while dirty: enum write_phase, when all of it is written */
            u8 failures;      /* writes of it that failed in a row */
            u32 block[4];     /* disk block numbers (file-system blocks) of its parts; 0: none.  Device mappings: unused */
            u8 valid_parts, dirty_parts; /* bit i: 1 KiB part i, for blocks smaller than a page */
            u8 part_phases;   /* device mappings, two bits a part: while dirty, enum write_phase */
        };
        struct {              /* PG_SLAB */
            struct kmem_cache *cache;
            void *free;       /* chain of free objects through their first word */
            u32 live;         /* objects handed out */
        };
    };
    u8 order;                 /* PG_FREE: size of the block */
};

extern struct page *page_table; /* indexed by frame number */

static inline phys_addr page_phys(const struct page *p)
{
    return (phys_addr){(u64)(p - page_table) << PAGE_SHIFT};
}
static inline void *page_data(const struct page *p)
{
    return phys_to_virt(page_phys(p));
}
static inline struct page *phys_page(phys_addr a)
{
    return &page_table[a.addr >> PAGE_SHIFT];
}
static inline struct page *data_page(const void *v)
{
    return phys_page(virt_to_phys(v));
}
static inline void page_set(struct page *p, u32 flags)
{
    __atomic_or_fetch(&p->flags, flags, __ATOMIC_ACQ_REL);
}
static inline void page_clear(struct page *p, u32 flags)
{
    __atomic_and_fetch(&p->flags, ~flags, __ATOMIC_ACQ_REL);
}
static inline bool page_is(const struct page *p, u32 flag)
{
    return __atomic_load_n(&p->flags, __ATOMIC_ACQUIRE) & flag;
}

/* One frame, one reference, content undefined.  Need: one frame. */
struct page *frame_take(void) NEEDS_RESERVATION;
/* The same, zeroed. */
struct page *frame_take_zeroed(void) NEEDS_RESERVATION;
/* Drops a reference; the last one frees the frame (to the running scope's reservation, if it has one, else to all). */
void frame_put(struct page *p);
static inline void frame_get(struct page *p)
{
    __atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
}

/* A block of 2^order frames, physically contiguous.  Need: need_pages(order). */
struct page *alloc_pages(unsigned order) NEEDS_RESERVATION;
void free_pages(struct page *p, unsigned order);

u64 frames_total(void); /* TOTAL: all frames less kernel, frame table and start-up */
u64 frames_free(void);
