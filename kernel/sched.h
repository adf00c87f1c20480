// SPDX-License-Identifier: MIT
/*
 * sched.h - who runs
 *
 * One run queue, first come first served, time slices; a task that was asleep goes to the tail with a fresh slice.  The stall
 * rule of the entry needs to know when nobody can move: `sched_movable` counts user tasks that are neither asleep without a
 * time limit nor waiting at the entry.
 */
#pragma once
#include "kernel/task.h"

void sched_init(struct task *boot);        /* the running boot thread becomes a task */
void sched_add(struct task *t);            /* a new task, ready for the first time */
void sched_yield_now(void);
void sched_exit(void) NORETURN;            /* current is TASK_ZOMBIE: never runs again */
void sched_idle_loop(void) NORETURN;
void sched_stop_current(void);             /* job control: sleeps until sched_wake */
i32 sched_movable(void);
void sched_set_immovable(bool on);         /* current waits at the entry */
/* Timed work in interrupt context: alarms, and the timers that count current's processor time. */
void sched_tick_alarms(u64 now);
void sched_tick_timers(struct task *t, bool user);
u64 sched_idle_ns(void);
u64 sched_load_tasks(void);                /* ready or running tasks */
