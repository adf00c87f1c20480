// SPDX-License-Identifier: MIT
/*
 * view.h - what a test may see of the waiting at the entry
 */
#pragma once
#include "kernel/task.h"
#include "mm/queue.h"

struct view {              /* one waiter */
    struct task *task;
    struct queue_want want;
    u64 escrow;
    bool admitted, large;
    u32 place;             /* in its queue, 0: the head */
};

u32 view_waiters(struct view *out, u32 max);
bool view_refused(struct task *t, struct view *out); /* t waits, or did until now, and has just been refused */
u32 view_called(void);                               /* waiters that are granted or refused and have not run since */
u64 view_pausing(void);                              /* charges of those who pause for a large need */
bool view_empty(void);                               /* no waiter, no pause, no escrow, no body's lasting frames outstanding */
