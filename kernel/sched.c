// SPDX-License-Identifier: MIT
/*
 * sched.c - who runs, and how a switch from one task to the next happens
 *
 * All states change under run.lock with interrupts off.  The lock is held across arch_switch() and released by whoever runs
 * next (task_started() for a task's first time), so no processor sees a half-switched task.
 *
 * Sleeping loses no wake-up: the sleeper looks at its waiter's `woken` under run.lock before it sleeps, the waker sets it
 * before it takes run.lock.
 */
#include "kernel/sched.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"

#define SLICE_TICKS (TICK_HZ / 25) /* 40 ms */

static struct {
    u32 held;
    struct list ready;
    struct list timed;    /* sleepers with a deadline, soonest first */
    i32 movable;
    u64 idle_ticks;
} run = {.ready = LIST_INIT(run.ready), .timed = LIST_INIT(run.timed)};

/* The run-queue lock changes hands at a switch, so it is not on anybody's list of held locks. */
static u64 run_lock(void)
{
    u64 flags = irq_save();
    preempt_disable();
    while (__atomic_exchange_n(&run.held, 1, __ATOMIC_ACQUIRE))
        cpu_relax();
    return flags;
}

static void run_unlock(u64 flags)
{
    __atomic_store_n(&run.held, 0, __ATOMIC_RELEASE);
    __asm__ volatile("decl %%gs:32" ::: "memory");
    irq_restore(flags);
}

static struct task *pick_next(void)
{
    struct list *l = list_pop_front(&run.ready);
    return l ? list_entry(l, struct task, run) : this_cpu()->idle;
}

/* On the other side of a switch: whoever ran before has left its stack. */
static void switch_done(void)
{
    struct task *from = this_cpu()->switched_from;
    if (from->state == TASK_ZOMBIE)
        __atomic_store_n(&from->off_cpu, true, __ATOMIC_RELEASE);
}

/* Call with run.lock held; returns with it held, when current runs again. */
static void switch_away(void)
{
    struct task *from = current, *to = pick_next();
    this_cpu()->resched = 0;
    if (from->state == TASK_RUNNING) {
        if (to == this_cpu()->idle && from != to) {
            from->slice = SLICE_TICKS;
            return;
        }
        from->state = TASK_READY;
        if (from != this_cpu()->idle)
            list_push_back(&run.ready, &from->run);
    }
    to->state = TASK_RUNNING;
    to->slice = SLICE_TICKS;
    if (to == from)
        return;
    this_cpu()->running = to;
    this_cpu()->switched_from = from;
    arch_switch(&from->arch, &to->arch);
    switch_done();
}

void task_started(void)
{
    switch_done();
    __atomic_store_n(&run.held, 0, __ATOMIC_RELEASE);
    __asm__ volatile("decl %%gs:32" ::: "memory");
    irq_on();
}

void sched_init(struct task *boot)
{
    boot->state = TASK_RUNNING;
    boot->slice = SLICE_TICKS;
    list_init(&boot->run);
    list_init(&boot->sleep);
    this_cpu()->running = boot;
    this_cpu()->idle = boot;
}

void sched_add(struct task *t)
{
    u64 flags = run_lock();
    t->state = TASK_READY;
    list_push_back(&run.ready, &t->run);
    if (!t->kernel)
        run.movable++;
    run_unlock(flags);
}

void sched_yield_now(void)
{
    u64 flags = run_lock();
    switch_away();
    run_unlock(flags);
}

void sched_exit(void)
{
    lock_check_none("task ends");
    run_lock();
    current->state = TASK_ZOMBIE;
    if (!current->kernel && !current->immovable)
        run.movable--;
    switch_away();
    panic("a task that has ended runs again");
}

void preempt_check(void)
{
    if (this_cpu()->resched && !this_cpu()->preempt && irq_enabled())
        sched_yield_now();
}

void irq_leave(struct trap_frame *f)
{
    struct cpu *c = this_cpu();
    if (c->resched && !c->preempt && !c->irq_depth && (f->rflags & 0x200))
        sched_yield_now();
}

void sched_idle_loop(void)
{
    for (;;) {
        sched_yield_now();
        if (list_empty(&run.ready))
            cpu_idle();
    }
}

/* --- sleeping --- */

static bool woken(const struct waiter *w)
{
    if (w)
        return __atomic_load_n(&w->woken, __ATOMIC_SEQ_CST);
    for (w = current->held.waiters; w; w = w->next)
        if (__atomic_load_n(&w->woken, __ATOMIC_SEQ_CST))
            return true;
    return false;
}

static bool interrupted(enum sleep_mode mode)
{
    return (mode == SLEEP_SIGNALS && signal_pending(current)) || (mode != SLEEP_DEEP && signal_fatal(current));
}

static void sleep_until(struct task *t, u64 deadline)
{
    t->wake_at = deadline;
    struct list *at = &run.timed;
    while (at->next != &run.timed && list_entry(at->next, struct task, sleep)->wake_at <= deadline)
        at = at->next;
    list_insert_after(at, &t->sleep);
}

static void set_immovable(struct task *t, bool on)
{
    if (t->kernel || t->immovable == on)
        return;
    t->immovable = on;
    run.movable += on ? -1 : 1;
}

static void check_sleep(enum sleep_mode mode)
{
    struct task *t = current;
    ASSERT(!this_cpu()->irq_depth, "sleep in an interrupt handler");
    if (mode != SLEEP_SIGNALS)
        return;
    lock_check_none("sleep without a time limit (I4)");
    ASSERT(!t->reservation.scope, "sleep without a time limit with a reservation (I4): %s", t->reservation.scope->name);
    ASSERT(!t->pins.ranges && !t->pins.blocks, "sleep without a time limit with a pin (I4)");
}

int sched_sleep(struct waiter *w, enum sleep_mode mode, u64 deadline)
{
    struct task *t = current;
    int rc = 0;
    check_sleep(mode);
    bool unlimited = mode == SLEEP_SIGNALS && deadline == NO_DEADLINE;
    u64 flags = run_lock();
    ASSERT(this_cpu()->preempt == 1, "sleep with a spinlock held");
    t->sleep_mode = mode;
    while (!woken(w)) {
        if (interrupted(mode)) {
            rc = -EINTR;
            break;
        }
        if (deadline != NO_DEADLINE && clock_ns() >= deadline) {
            rc = -ETIMEDOUT;
            break;
        }
        if (unlimited) {
            t->unlimited = true;
            set_immovable(t, true);
        }
        t->state = TASK_SLEEPING;
        if (deadline != NO_DEADLINE)
            sleep_until(t, deadline);
        switch_away();
        list_remove(&t->sleep);
        if (unlimited) {
            t->unlimited = false;
            set_immovable(t, false);
        }
    }
    run_unlock(flags);
    return rc;
}

static void make_ready(struct task *t)
{
    if (t->state != TASK_SLEEPING)
        return;
    t->state = TASK_READY;
    list_remove(&t->sleep);
    if (t->unlimited)
        set_immovable(t, false);
    list_push_back(&run.ready, &t->run);
    if (current == this_cpu()->idle)
        this_cpu()->resched = 1;
}

void sched_wake(struct task *t)
{
    u64 flags = run_lock();
    make_ready(t);
    run_unlock(flags);
}

i32 sched_movable(void)
{
    return __atomic_load_n(&run.movable, __ATOMIC_RELAXED);
}

void sched_set_immovable(bool on)
{
    u64 flags = run_lock();
    set_immovable(current, on);
    run_unlock(flags);
}

void sched_stop_current(void)
{
    u64 flags = run_lock();
    if (current->stop_signal && !signal_fatal(current)) {
        current->sleep_mode = SLEEP_DEEP;
        current->state = TASK_SLEEPING;
        set_immovable(current, true);
        switch_away();
        set_immovable(current, false);
    }
    run_unlock(flags);
}

/* --- time --- */

u64 sched_idle_ns(void)
{
    return run.idle_ticks * (1000000000ul / TICK_HZ);
}

u64 sched_load_tasks(void)
{
    u64 n = 0, flags = run_lock();
    for (struct list *l = run.ready.next; l != &run.ready; l = l->next)
        n++;
    run_unlock(flags);
    return n + (current != this_cpu()->idle);
}

void timer_tick(struct trap_frame *f)
{
    u64 now = clock_ns(), flags = run_lock();
    struct task *t = current;
    bool user = trap_from_user(f);
    if (t == this_cpu()->idle)
        run.idle_ticks++;
    else if (user)
        t->user_ticks++;
    else
        t->system_ticks++;
    while (!list_empty(&run.timed)) {
        struct task *s = list_entry(run.timed.next, struct task, sleep);
        if (s->wake_at > now)
            break;
        make_ready(s);
    }
    if (t->slice && --t->slice == 0)
        this_cpu()->resched = 1;
    if (t == this_cpu()->idle && !list_empty(&run.ready))
        this_cpu()->resched = 1;
    run_unlock(flags);
    sched_tick_alarms(now);
    sched_tick_timers(t, user);
}
