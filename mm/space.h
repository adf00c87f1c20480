// SPDX-License-Identifier: MIT
/*
 * space.h - address spaces: regions, their promises, their page tables
 *
 * A space is a list of regions, sorted by address.  Its `charge` is the number of frames that it can ever come to hold: every
 * private writable page, every page of shared anonymous memory, and every page-table frame that its regions can need, touched
 * or not.  The charge counts in L from the call that made the promise, so a later touch never fails (I7).
 *
 * Locks: space.lock (RANK_SPACE) guards the regions; space.tables (RANK_PAGETABLE) guards the page tables and is all that a
 * reclaiming waiter or the flusher takes.
 */
#pragma once
#include "arch/arch.h"
#include "kernel/lib/lock.h"
#include "kernel/lib/token.h"
#include "mm/cache.h"
#include "mm/frame.h"
#include "mm/slab.h"

struct inode;
struct task;

enum { PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4 };
enum region_flags { REGION_SHARED = 1, REGION_STACK = 2, REGION_HEAP = 4 };

struct region {
    u64 start, end;          /* page-aligned, [start, end) */
    u8 prot;
    u8 flags;
    bool charged;            /* its pages count in the space's charge */
    bool may_write;          /* a shared file mapping of a file open for writing */
    struct inode *inode;     /* a reference; NULL: anonymous */
    struct mapping *shared;  /* shared anonymous memory: its pages (struct shared_memory) */
    u64 offset;              /* page of the file (or of `shared`) at start */
    struct space *space;
    struct list link;        /* in the space, by address */
    struct list in_mapping;  /* in mapping.regions, for reverse lookups */
};

struct space {
    struct mutex lock;
    struct mutex tables;
    phys_addr root;
    struct list regions;
    u32 count;
    u32 refs;                /* tasks and those who look (rmap) */
    u32 users;               /* tasks */
    u64 charge;              /* frames promised, counted in L */
    u64 brk_start, brk;
    u64 resident;            /* user pages present */
    struct inode *exe;       /* the program: a reference; writing it is denied meanwhile */
    char exe_path[256];
    u64 arg_start, arg_end, env_start, env_end, stack_top;
};

extern struct kmem_cache region_cache, space_cache, shared_cache;
#define REGIONS_MAX 1024     /* in one space */

void space_init_caches(void);

/* An empty space with a page-table root.  */
struct space *space_new(void) NEEDS_RESERVATION;
void space_get(struct space *s);
void space_put(struct space *s);             /* the last user unmaps everything; needs nothing */
void space_enter(struct space *s);           /* s becomes current's; its tables are loaded */

/* --- regions; space.lock held --- */
struct region *region_find(struct space *s, u64 addr);          /* that contains addr, or NULL */
struct region *region_next(struct space *s, u64 addr);          /* the first that ends above addr */
u64 region_gap(struct space *s, u64 hint, u64 pages);           /* a free address for so many pages (from hint if possible), or 0 */
bool region_free(struct space *s, u64 start, u64 end);
/* Adds a region (r is copied into a new object; takes over the inode reference); merges nothing.  Need: one region. */
struct region *region_add(struct space *s, const struct region *r) NEEDS_RESERVATION;
/* Removes [start, end) from all regions and unmaps its pages.  When it lies inside one region that must have been split before
 * (region_split, which needs a region object); otherwise it needs nothing. */
void region_remove(struct space *s, u64 start, u64 end);
AMA_STATE AMA_HELD(guard) bool region_splits(struct space *s, u64 start, u64 end);  /* would [start, end) lie strictly inside one region? */
AMA_STATE AMA_HELD(guard) bool region_spans(struct space *s, u64 addr); /* would a cut at addr make two regions of one? */
/* Splits so that a region begins at addr.  Need: one region where region_spans(). */
void region_split(struct space *s, u64 addr) NEEDS_RESERVATION;
void region_drop_pages(struct space *s, u64 start, u64 end);    /* unmaps what is present */
struct mapping *region_mapping(const struct region *r);         /* file's or shared memory's pages; NULL: private anonymous */

/* Frames that the space's charge would be with `extra` added (or NULL) and [cut_start, cut_end) taken out. */
AMA_STATE u64 space_charge_with(struct space *s, const struct region *extra, u64 cut_start, u64 cut_end);
/* Charge of a space that would have these regions, sorted by address. */
u64 regions_charge(const struct region *r, u32 count);
/* Settles s->charge to what its regions ask for now; growth comes from the reservation. */
void space_settle(struct space *s) NEEDS_RESERVATION;
bool region_is_charged(const struct region *r);

/* --- shared anonymous memory: pages that fork shares (mm/shared.c) --- */
struct mapping *shared_new(u64 pages) NEEDS_RESERVATION; /* need: one object of shared_cache */
void shared_get(struct mapping *m);
void shared_put(struct mapping *m); /* the last frees its pages */

/* --- page tables (mm/pagetable.c); space.tables held --- */
pte_t *pte_find(struct space *s, u64 va);                       /* NULL: a table is missing */
pte_t *pte_make(struct space *s, u64 va) NEEDS_RESERVATION;     /* makes missing tables; need: pte_missing() frames */
AMA_STATE AMA_HELD(guard) u32 pte_missing(struct space *s, u64 va);
AMA_STATE AMA_HELD(guard) u64 tables_in_use(struct space *s);                   /* page-table frames that lead to a page, without the root */
void tables_free(struct space *s);                              /* all of them; no page is mapped any more */
/* Copies the parent's present pages: private ones become copy-on-write in both.  Needs as many frames as the parent has tables. */
void tables_copy(struct space *to, struct space *from) NEEDS_RESERVATION;
/* Moves present pages from one range to another of the same length (mremap).  Needs tables for the new range. */
void tables_move(struct space *s, u64 from, u64 to, u64 pages) NEEDS_RESERVATION;
AMA_STATE AMA_HELD(guard) u64 tables_missing(struct space *s, u64 start, u64 end);
void tables_protect(struct space *s, u64 start, u64 end, int prot);

/* Lasting frames that t's promises count in L: its space's charge and its own (stack, structures). */
u64 task_charge(const struct task *t);
#define TASK_CHARGE 8 /* frames: stack and path buffers (7), page-table root */
