// SPDX-License-Identifier: MIT
/*
 * cache.h - the page and block cache
 *
 * A `mapping` is a file or a device seen as pages.  A page in it is found by (mapping, index) in one hash table.
 * Metadata is cached in the mapping of the device, by disk block: struct block names a block inside a device page.
 *
 * What keeps a page in memory: a reference (user mapping), a page pin, a range pin, being dirty or busy.  Anything else may
 * be evicted by a task that waits at the entry.  Peeks (cache_missing, block_keep) say what is not there; a pin taken
 * BEFORE the peek keeps what the peek counted.
 *
 * Locks: cache.lock (RANK_MAPPING, spin) guards the hash, the lists of pages and the pins of all mappings.  PG_BUSY is the
 * page lock (RANK_PAGE): held during I/O and while content is made valid.
 */
#pragma once
#include "kernel/lib/lock.h"
#include "kernel/lib/token.h"
#include "mm/frame.h"
#include "mm/reserve.h"

struct block_device;
struct inode;

/* When a dirty page goes to disk within one pass of the flusher: FLUSH CACHE stands between phases. */
enum write_phase {
    PHASE_DATA,      /* file data, bitmaps, descriptors, superblock, new directory blocks: no order among them */
    PHASE_POINTERS,  /* inode tables and indirect blocks */
    PHASE_UNLINK,    /* directories that lost names */
};

struct mapping {
    struct block_device *dev;   /* where its blocks live; NULL: not backed by a disk */
    struct inode *host;         /* the file, or NULL for a device's own mapping */
    u32 block_size;             /* bytes per unit of page.block[] */
    /* --- guarded by cache.lock --- */
    int error;                  /* first write error not yet reported by fsync, or 0 */
    struct list pages;          /* struct page.in_mapping */
    u32 count, dirty;           /* pages, dirty pages */
    struct list regions;        /* user regions that map it (struct region.in_mapping) */
};

void mapping_init(struct mapping *m, struct block_device *dev, struct inode *host, u32 block_size);

/* --- what a running scope keeps; see mm/pin.h --- */
#define PIN_RANGES 4
#define PIN_BLOCKS 16

/* Part of a task, which writes it with plain stores; those who evict read it. */
struct scope_pins {
    struct list link;               /* in the list of all; guarded by cache.lock */
    /* --- the running task only; evictors look, under cache.lock --- */
    u32 ranges, blocks;
    struct range_pin {              /* the pages first..last that are cached, and those that come */
        struct mapping *mapping;
        u32 first, last;
    } range[PIN_RANGES];
    struct page *block[PIN_BLOCKS]; /* pages of metadata blocks */
    /* --- the running task only --- */
    enum { LOOK_OFF, LOOK_ON, LOOK_LOCKED } look;
};

/* Pages of first..last that are not cached, not valid yet, or leaving. */
AMA_STATE AMA_HELD(range) u32 cache_missing(struct mapping *m, u32 first, u32 last);
/* The same, and page[i] is the one at first + i, or NULL when it is missing: the range pin keeps it, so the body need not
 * look again. */
AMA_STATE AMA_HELD(range) u32 cache_look(struct mapping *m, u32 first, u32 last, struct page **page);

/* The page, pinned (page_unpin), or NULL. */
struct page *page_find(struct mapping *m, u32 index);
/* The page, pinned and locked (PG_BUSY); a new frame that is not PG_VALID yet, or the one that another task has put there
 * meanwhile.  Need: one frame (given back when another was there). */
struct page *page_add(struct mapping *m, u32 index) NEEDS_RESERVATION;
void page_pin(struct page *p);
void page_unpin(struct page *p);
void page_lock(struct page *p);    /* sleeps for I/O; page must be pinned */
void page_unlock(struct page *p);
void page_wait(struct page *p);    /* until not busy */
/* Before changing a page's content: waits until the flusher has written it out. */
void page_wait_written(struct page *p);
/* Marks a pinned page dirty.  Its block[] must be set (data) or it belongs to a device mapping. */
void page_dirty(struct page *p, enum write_phase phase);
/* Drops pages first.. of a file, dirty or not; waits for those being written.  The caller excludes new ones (map lock).
 * User mappings of them are removed first. */
void mapping_truncate(struct mapping *m, u32 first);
/* Evicts everything that is clean, unpinned and unmapped; for drop_caches and unmount. */
void mapping_drop_clean(struct mapping *m);

/* --- metadata, by file-system block of a device --- */
struct block {
    struct page *page;  /* pinned */
    void *data;
    u32 number, size;
    bool kept;          /* by the scope's pins: block_put() has nothing to undo */
};
/* The block's content, pinned; reads it when it is not cached.  0 or -EIO.  Need: a frame and a request, unless block_keep(). */
MUST_CHECK int block_read(struct block *b, struct block_device *dev, u32 number, u32 size) NEEDS_RESERVATION;
/* The block for overwriting: not read, zeroed, valid.  Need: one frame when it is not cached. */
void block_fresh(struct block *b, struct block_device *dev, u32 number, u32 size) NEEDS_RESERVATION;
/* The same content in a private frame that nobody else sees and that is never dirtied: the recycling form of block_read.
 * Uses the cached copy when there is one; else, when frame_try() gives a credit, enters it in the cache; else reads into
 * `priv`, a frame that the caller took once for its whole loop. */
MUST_CHECK int block_peek(struct block *b, struct block_device *dev, u32 number, u32 size, struct page *priv) NEEDS_RESERVATION;
/* The block if it is cached, else false.  In a body it is pinned; in a need it is only seen (pin_page() keeps it). */
bool block_find(struct block *b, struct block_device *dev, u32 number, u32 size);
/* For needs: the block is cached, and its page stays until the window's end.  False also when the scope keeps as many as it can. */
AMA_STATE AMA_HELD(pins) bool block_keep(struct block_device *dev, u32 number, u32 size);
void block_put(struct block *b);                       /* unpin; no-op when b->page is NULL */
void block_dirty(struct block *b, enum write_phase phase);
/* Is the block dirty, to be written in this phase? */
bool block_awaits(const struct block *b, enum write_phase phase);
/* The block was freed on disk: its cached copy must never be written. */
void block_forget(struct block_device *dev, u32 number, u32 size);

/* --- parts of a device's page: blocks of one page may go to disk in different phases --- */
#define PAGE_PARTS 4u

static inline enum write_phase part_phase(const struct page *p, u32 part)
{
    return (p->part_phases >> 2 * part) & 3;
}

static inline void parts_dirty(struct page *p, u8 parts, enum write_phase phase)
{
    for (u32 i = 0; i < PAGE_PARTS; i++) {
        if (!(parts & (1u << i)))
            continue;
        enum write_phase before = p->dirty_parts & (1u << i) ? part_phase(p, i) : PHASE_DATA;
        p->part_phases = (p->part_phases & ~(3u << 2 * i)) | MAX(before, phase) << 2 * i;
    }
    p->dirty_parts |= parts;
}

/* The dirty parts that are written in this phase or earlier. */
static inline u8 parts_due(const struct page *p, enum write_phase phase)
{
    u8 due = 0;
    for (u32 i = 0; i < PAGE_PARTS; i++)
        if (p->dirty_parts & (1u << i) && part_phase(p, i) <= phase)
            due |= 1u << i;
    return due;
}

static inline bool parts_await(const struct page *p, u8 parts, enum write_phase phase)
{
    for (u32 i = 0; i < PAGE_PARTS; i++)
        if (parts & p->dirty_parts & (1u << i) && part_phase(p, i) == phase)
            return true;
    return false;
}

/* --- reading pages --- */
/* Reads locked pages (consecutive on disk: first sector, in order) with one request and marks them valid.  At most 64.
 * Returns 0 or -EIO; pages stay locked.  Need: one object of io_cache. */
#define IO_PAGES 64
MUST_CHECK int pages_read(struct block_device *dev, u64 sector, struct page **pages, u32 count) NEEDS_RESERVATION;

/* --- the flusher --- */
/* Everything dirty of this device is on disk when it returns (fsync, sync, unmount): three phases with FLUSH between.  Hands
 * over to the flusher thread and waits; needs nothing.  0, or -EIO from the first metadata block that could not be written until
 * the device is unmounted; errors of file data are in the file's own mapping. */
MUST_CHECK int flush_device(struct block_device *dev) OUTSIDE_RESERVATION;
/* The entry waits for the flusher when more are dirty than the limit allows. */
u64 cache_dirty_pages(void);
u64 cache_pages(void);
