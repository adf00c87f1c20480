// SPDX-License-Identifier: MIT
/*
 * lock.h - locks with a rank
 *
 * Every lock has a rank; a task may only take a lock whose rank is larger than that of every lock it holds (two of the same
 * rank: lower `order` first).  So no cycle of waiting can form, and the first wrong order panics and names both locks.  Spinlocks
 * rank inside all sleeping locks, are released in the reverse order, and are remembered per processor: a few instructions.
 *
 *   spinlock   a few instructions, never sleep while holding one; preemption is off.  The _irq forms also keep interrupts
 *              off: for data that interrupt handlers touch.
 *   mutex      may sleep for the disk while holding it, never for memory, never without limit.
 *   rwlock     a mutex that many readers or one writer hold; writers go first.
 */
#pragma once
#include "kernel/lib/list.h"
#include "kernel/lib/types.h"

enum lock_rank { /* outermost first */
    /* --- sleeping --- */
    RANK_PROCESS,    /* process tree */
    RANK_TERMINAL,
    RANK_RENAME,
    RANK_SPACE,      /* address space: its list of regions */
    RANK_DIR,        /* directory inode: ancestor first, else by number */
    RANK_INODE,      /* any other inode */
    RANK_PIPE,
    RANK_MAP,        /* block map of an inode: fault shared, truncate exclusive */
    RANK_PASS,       /* one flusher pass against modifying bodies (shared) of a file system */
    RANK_PAGE,       /* the busy bit of a cached page */
    RANK_FSALLOC,    /* allocation mutex of a file system; a fault's guard takes it */
    RANK_BLOCK,      /* a metadata block */
    RANK_PAGETABLE,
    RANK_DEVICE,     /* block device queue */
    /* --- spinning --- */
    RANK_SPIN,       /* first spinning rank */
    RANK_TASKS = RANK_SPIN, /* the list of tasks, and what others look at in one */
    RANK_FILES,      /* descriptor tables */
    RANK_NAMES,
    RANK_INODES,
    RANK_MAPPING,
    RANK_SLAB,
    RANK_GATE,
    RANK_FRAMES,
    RANK_ALARMS,
    RANK_SIGNAL,
    RANK_PERCPU,     /* also device drivers' queues */
    RANK_WAIT,
    RANK_RUN,
    RANK_CONSOLE,
};

struct task;

/* The locks that a task holds, in the order of taking; the first member of struct task, so that this file needs no more. */
#define HELD_MAX 20
struct waiter;
struct held_locks {
    struct waiter *waiters; /* and what it waits for: its prepared waiters, newest first */
    u32 count;
    u16 rank[HELD_MAX];
    u64 order[HELD_MAX];
    const void *lock[HELD_MAX];
    const char *name[HELD_MAX];
};

struct spinlock {
    u32 held;
    u16 rank;
    const char *name;
    struct spinlock *outer; /* while held: the one that was taken before it on this processor */
};
#define SPINLOCK_INIT(r, n) {0, (r), (n), NULL}

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name);
void spin_lock(struct spinlock *l);
void spin_unlock(struct spinlock *l);
u64 spin_lock_irq(struct spinlock *l); /* returns the interrupt state for spin_unlock_irq */
void spin_unlock_irq(struct spinlock *l, u64 flags);

/* Sleepers, in the order they came. */
struct wait_queue {
    struct spinlock lock;
    struct list sleepers;
};
#define WAIT_INIT(wq, n) {SPINLOCK_INIT(RANK_WAIT, n), LIST_INIT((wq).sleepers)}
void wait_init(struct wait_queue *q, const char *name);

struct mutex {
    struct task *owner;
    u64 order;   /* among locks of the same rank: lower first */
    u16 rank;
    const char *name;
    struct wait_queue waiters;
};
void mutex_init(struct mutex *m, enum lock_rank rank, const char *name);
void mutex_lock(struct mutex *m);   /* sleeps, uninterruptibly */
bool mutex_try(struct mutex *m);
void mutex_unlock(struct mutex *m);
bool mutex_held(const struct mutex *m); /* by current */

struct rwlock {
    i32 readers;            /* -1: a writer */
    u32 writers_waiting;
    struct task *writer;
    u16 rank;
    const char *name;
    struct wait_queue waiters;
};
void rw_init(struct rwlock *l, enum lock_rank rank, const char *name);
void rw_read_lock(struct rwlock *l);
void rw_read_unlock(struct rwlock *l);
void rw_write_lock(struct rwlock *l);
void rw_write_unlock(struct rwlock *l);

/* For the scheduler's end of every call: panics unless current holds no lock at all. */
void lock_check_none(const char *where);
