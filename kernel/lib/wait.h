// SPDX-License-Identifier: MIT
/*
 * wait.h - sleeping until something happens
 *
 * The usual form, free of lost wake-ups because the sleeper stands in the queue before it looks at the condition:
 *
 *     struct waiter w;
 *     wait_prepare(&w, &q);
 *     while (!condition && !(rc = wait_sleep(&w, SLEEP_SIGNALS, deadline)))
 *         ;
 *     wait_finish(&w);
 *
 * wait_event() below is that loop as a macro.
 */
#pragma once
#include "kernel/lib/lock.h"

struct waiter {
    struct list link;          /* in the queue */
    struct wait_queue *queue;
    struct task *task;
    struct waiter *next;       /* the task's other waiters: its newest first */
    bool woken;
};

enum sleep_mode {
    SLEEP_DEEP,    /* only a wake-up ends it: for disk and locks, bounded */
    SLEEP_FATAL,   /* a fatal signal ends it too */
    SLEEP_SIGNALS, /* any signal ends it: without limit, so no reservation, lock or pin may be held (I4; asserted) */
};
#define NO_DEADLINE (~0ul)

/* The scheduler's part: sleeps until *woken (any of the task's prepared waiters when w is NULL), a signal that the mode admits, or the deadline. */
int sched_sleep(struct waiter *w, enum sleep_mode mode, u64 deadline);
void sched_wake(struct task *t);

void wait_prepare(struct waiter *w, struct wait_queue *q);
/* Sleeps until woken, a signal that the mode admits (-EINTR) or clock_ns() >= deadline (-ETIMEDOUT).  Returns 0 when woken. */
int wait_sleep(struct waiter *w, enum sleep_mode mode, u64 deadline);
void wait_finish(struct waiter *w);
void wake_one(struct wait_queue *q); /* any context */
void wake_all(struct wait_queue *q);
/* Sleeps until any of the task's prepared waiters is woken (poll: a waiter on each queue).  The caller then looks again at all. */
int wait_sleep_any(enum sleep_mode mode, u64 deadline);

#define wait_event(q, cond, mode)                                                                                      \
    ({                                                                                                                 \
        struct waiter w_;                                                                                              \
        int rc_ = 0;                                                                                                   \
        wait_prepare(&w_, (q));                                                                                        \
        while (!(cond) && !(rc_ = wait_sleep(&w_, (mode), NO_DEADLINE)))                                               \
            ;                                                                                                          \
        wait_finish(&w_);                                                                                              \
        rc_;                                                                                                           \
    })
