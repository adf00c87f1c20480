// SPDX-License-Identifier: MIT
/*
 * sim.h - tasks that call: what they are inclined to do, and what they hold
 */
#pragma once
#include "tests/host/lib/machine.h"

#define SIM_TASKS 12
#define SIM_PAGES 1024 /* of the disk */
#define SIM_FILES 16   /* small lasting objects that may exist */
#define SIM_HELD 1024

struct mix { /* per cent of what a task does; the rest: faults */
    u8 read, fork, open, give;
};

struct sim {
    struct fiber *fiber;
    struct mutex lock;                 /* the guard of its calls */
    struct mix mix;
    u32 steps, sleeps;                 /* calls still to make; one in so many is a sleep without limit */
    bool fixed_policy;
    struct page *held[SIM_HELD];       /* lasting frames; never more than fiber->charge */
    u32 held_count, scratch;           /* scratch: frames that its running body has taken */
    void *files[SIM_FILES], *children[64];
    u32 file_count, child_count;
    bool opening;
    u32 passed;                        /* grants to others since its need became admissible */
};

struct run { /* one schedule */
    u64 seed;
    struct sim sim[SIM_TASKS];
    u32 count;
    u64 frames;                        /* free, cached and in slabs before the first call */
    u64 grants, answers;               /* bodies begun, calls ended */
    u64 refused;                       /* ENOMEM under retry */
    bool exact;                        /* no preemption: sums are equal at every switch */
};
extern struct run run;
extern struct kmem_cache sim_file_cache, sim_child_cache;

void sim_start(u64 frames, u64 seed, u64 floor);   /* the machine and its caches */
struct sim *sim_add(struct mix mix, u32 steps);    /* a task that does `steps` random things, then gives all back */
struct sim *sim_add_main(void (*main)(void *sim)); /* a task with a story of its own */
void sim_random(struct sim *s);
long sim_fork(struct sim *s, u32 charge, u32 now);
long sim_read(struct sim *s, u32 first, u32 count, bool write);
void sim_touch(struct sim *s);                     /* a promised page that is not present */
void sim_give(struct sim *s, u32 charge);
void sim_give_all(struct sim *s);
void sim_sleep(struct sim *s);                     /* without limit */
bool sim_wake_one(void);
u64 slab_frames(void);

/* --- check.c --- */
void check_start(void);  /* installs itself */
void check_granted(void);
void check_end(void);
