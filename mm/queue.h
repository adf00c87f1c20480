// SPDX-License-Identifier: MIT
/*
 * queue.h - waiting at the entry
 *
 * Two queues, first come first served: transient needs (with small lasting ones), and large lasting needs, so that no open file
 * stands behind a fork.  See mm/queue.c for the rules and why each is needed.
 */
#pragma once
#include "kernel/lib/wait.h"
#include "mm/reserve.h"

/* What a waiter wants: frames for the call itself, lasting frames it takes at once, and growth of L. */
struct queue_want {
    u64 transient, now, charge;
    bool root;
};

/* Whether a need may be tried at once without cutting in: its queue is empty, or it is large and may pass the head. */
bool queue_may_try(bool large);
void queue_passed(void);     /* a large need did pass the head */

/* Sleeps until the want is met; then avail has been lowered by transient + now and L raised by charge, both now the caller's.
 * 0; -ENOMEM (mutual wait or stall: large needs only); -EINTR (a signal that the mode admits).  Holds nothing (I5). */
int queue_wait(const struct queue_want *want, enum sleep_mode mode) OUTSIDE_RESERVATION;

extern u32 queue_length;
static inline bool queue_waiting(void) /* does anybody wait? */
{
    return __atomic_load_n(&queue_length, __ATOMIC_RELAXED);
}
/* Around a pause of who asks for a large need again afterwards and meanwhile holds promises of `own` frames.  False: it must not
 * pause, since all that could satisfy it waits or pauses too. */
bool queue_pause(const struct queue_want *want, u64 own);
void queue_paused(u64 own);
bool queue_stalled(void);    /* nobody can move and no large need waits that the stall rule would refuse */
void queue_serve(void);      /* memory came back; any context without a lock of rank GATE or inside */
void queue_poke(void);       /* pages became clean or unpinned: waiters look again */

/* Frames that grants of running bodies will turn into lasting ones; kept out of what FLOOR stands for. */
void queue_now_add(i64 frames);
/* Number of reservations that are held: while there is one, nothing has stalled. */
extern i32 reservations_held;
u64 queue_longest_wait_ns(void);
