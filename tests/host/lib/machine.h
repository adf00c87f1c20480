// SPDX-License-Identifier: MIT
/*
 * machine.h - the core as an ordinary process: memory is an array, tasks are coroutines, time is a number
 *
 * The kernel's own locks, frames, slabs, queues, cache, flusher and gate run unchanged on top.  One generator decides who runs
 * next and, when `preempt` is set, after which spinlock a task is switched away; so a seed replays its schedule exactly.
 *
 * A machine is started once in a process and never reset: each schedule runs in a child (child.h), and what a broken
 * invariant says comes back as text.
 */
#pragma once
#include "kernel/ports/block.h"
#include "kernel/task.h"
#include "mm/reserve_core.h"

struct fiber {
    struct task task;          /* first: `current` is one of these */
    void (*main)(void *arg);
    void *arg;
    void *stack;
    void *sp, *asan;           /* while it does not run: its registers; the sanitizer's own */
    bool signalled, killed;    /* a signal is pending; it is fatal */
    bool ended;
    u64 charge;                /* what the task's promises count in L */
};

struct machine {
    /* --- set before machine_run --- */
    u32 preempt;               /* one in so many chances to switch is taken; 0: none */
    u64 step_ns;               /* time from one switch to the next */
    u32 bad_sectors;           /* one in so many disk requests fails; 0: none */
    void (*check)(void);       /* after every switch */
    bool (*idle)(void);        /* everybody sleeps without limit: wakes somebody, or false */
    void (*woken)(struct task *t); /* t is being woken */
    void (*slept)(void);       /* somebody waits at the entry and time passes with nobody able to run */
    /* --- read by tests --- */
    u64 now, switches;
    struct fiber *fibers[32];
    u32 count;
    struct block_device disk;
    u8 *sectors;               /* the disk's content */
};
extern struct machine machine;

#define MACHINE_SECTORS 8192u

/* Memory of about so many frames, then everything up to the sealed end of start-up.  floor 0: the kernel's own. */
void machine_start(u64 frames, u64 seed, u64 floor);
struct fiber *machine_task(void (*main)(void *), void *arg);
void machine_run(void);        /* until every task but kernel threads has ended */
void machine_yield(void);      /* the running task lets others run */
void machine_signal(struct fiber *f, bool fatal);
u32 machine_random(u32 below); /* 0 .. below - 1 */
bool machine_chance(u32 percent);
