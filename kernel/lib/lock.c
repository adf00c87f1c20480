// SPDX-License-Identifier: MIT
/*
 * lock.c - locks with a rank (see lock.h)
 *
 * Every acquire is checked against the locks that the task holds: the new rank must be larger than the last one, or equal with
 * a larger order.  A task's list is changed by the task itself only, or by an interrupt on top of it, which leaves it as it was.
 */
#include "kernel/lib/lock.h"
#include "arch/arch.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/wait.h"

static struct held_locks *held_locks(void)
{
    return (struct held_locks *)current;
}

static void held_push(const void *lock, const char *name, u16 rank, u64 order)
{
    struct held_locks *h = held_locks();
    if (unlikely(!h))
        return;
    u32 n = h->count;
    ASSERT(n < HELD_MAX, "too many locks held, taking %s", name);
    if (n)
        ASSERT(rank > h->rank[n - 1] || (rank == h->rank[n - 1] && order > h->order[n - 1]),
               "lock order: %s (rank %u) taken while holding %s (rank %u)", name, rank, h->name[n - 1], h->rank[n - 1]);
    h->rank[n] = rank;
    h->order[n] = order;
    h->lock[n] = lock;
    h->name[n] = name;
    h->count = n + 1;
}

static void held_pop(const void *lock, const char *name)
{
    struct held_locks *h = held_locks();
    if (unlikely(!h))
        return;
    u32 i = h->count;
    while (i && h->lock[i - 1] != lock)
        i--;
    ASSERT(i, "lock %s released by a task that does not hold it", name);
    for (; i < h->count; i++) {
        h->rank[i - 1] = h->rank[i];
        h->order[i - 1] = h->order[i];
        h->lock[i - 1] = h->lock[i];
        h->name[i - 1] = h->name[i];
    }
    h->count--;
}

void lock_check_none(const char *where)
{
    struct held_locks *h = held_locks();
    ASSERT(!h || !h->count, "%s with lock %s held", where, h->name[h->count - 1]);
    ASSERT(!this_cpu()->preempt, "%s with a spinlock held", where);
}

/* --- spinlocks --- */

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name)
{
    *l = (struct spinlock)SPINLOCK_INIT(rank, name);
}

/* Preemption is off: no other task comes between on this processor, and an interrupt leaves the list as it found it. */
static inline void take(struct spinlock *l)
{
    struct cpu *c = this_cpu();
    struct spinlock *outer = c->innermost;
    ASSERT(!outer || l->rank > outer->rank, "lock order: %s (rank %u) taken while holding %s (rank %u)", l->name, l->rank, outer->name,
           outer->rank);
    while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
        cpu_relax();
    l->outer = outer;
    c->innermost = l;
}

static inline void let(struct spinlock *l)
{
    struct cpu *c = this_cpu();
    ASSERT(c->innermost == l, "lock %s released while it is not the innermost held here", l->name);
    c->innermost = l->outer;
    __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

void spin_lock(struct spinlock *l)
{
    preempt_disable();
    take(l);
}

void spin_unlock(struct spinlock *l)
{
    let(l);
    preempt_enable();
}

u64 spin_lock_irq(struct spinlock *l)
{
    u64 flags = irq_save();
    spin_lock(l);
    return flags;
}

void spin_unlock_irq(struct spinlock *l, u64 flags)
{
    let(l);
    if (flags & 0x200) { /* a switch that became due must not happen before interrupts are on again */
        irq_on();
        preempt_enable();
    } else {
        __asm__ volatile("decl %%gs:32" ::: "memory");
    }
}

/* --- waiting --- */

void wait_init(struct wait_queue *q, const char *name)
{
    spin_init(&q->lock, RANK_WAIT, name);
    list_init(&q->sleepers);
}

void wait_prepare(struct waiter *w, struct wait_queue *q)
{
    w->queue = q;
    w->task = current;
    w->woken = false;
    w->next = held_locks()->waiters;
    held_locks()->waiters = w;
    u64 flags = spin_lock_irq(&q->lock);
    list_push_back(&q->sleepers, &w->link);
    spin_unlock_irq(&q->lock, flags);
}

void wait_finish(struct waiter *w)
{
    u64 flags = spin_lock_irq(&w->queue->lock);
    list_remove(&w->link);
    spin_unlock_irq(&w->queue->lock, flags);
    struct waiter **at = &held_locks()->waiters;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
}

int wait_sleep(struct waiter *w, enum sleep_mode mode, u64 deadline)
{
    int rc = sched_sleep(w, mode, deadline);
    __atomic_store_n(&w->woken, false, __ATOMIC_SEQ_CST);
    return rc;
}

int wait_sleep_any(enum sleep_mode mode, u64 deadline)
{
    int rc = sched_sleep(NULL, mode, deadline);
    for (struct waiter *w = held_locks()->waiters; w; w = w->next)
        __atomic_store_n(&w->woken, false, __ATOMIC_SEQ_CST);
    return rc;
}

static void wake(struct wait_queue *q, bool all)
{
    u64 flags = spin_lock_irq(&q->lock);
    list_each(w, &q->sleepers, struct waiter, link) {
        if (w->woken)
            continue;
        __atomic_store_n(&w->woken, true, __ATOMIC_SEQ_CST);
        sched_wake(w->task);
        if (!all)
            break;
    }
    spin_unlock_irq(&q->lock, flags);
}

void wake_one(struct wait_queue *q)
{
    if (!list_empty(&q->sleepers))
        wake(q, false);
}

void wake_all(struct wait_queue *q)
{
    if (!list_empty(&q->sleepers))
        wake(q, true);
}

/* --- mutexes --- */

void mutex_init(struct mutex *m, enum lock_rank rank, const char *name)
{
    m->owner = NULL;
    m->order = 0;
    m->rank = rank;
    m->name = name;
    wait_init(&m->waiters, name);
}

static bool mutex_grab(struct mutex *m)
{
    struct task *none = NULL;
    return __atomic_compare_exchange_n(&m->owner, &none, current, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void mutex_lock(struct mutex *m)
{
    held_push(m, m->name, m->rank, m->order);
    if (likely(mutex_grab(m)))
        return;
    struct waiter w;
    wait_prepare(&w, &m->waiters);
    while (!mutex_grab(m))
        wait_sleep(&w, SLEEP_DEEP, NO_DEADLINE);
    wait_finish(&w);
}

bool mutex_try(struct mutex *m)
{
    if (!mutex_grab(m))
        return false;
    held_push(m, m->name, m->rank, m->order);
    return true;
}

void mutex_unlock(struct mutex *m)
{
    ASSERT(mutex_held(m), "mutex %s released by a task that does not hold it", m->name);
    held_pop(m, m->name);
    __atomic_store_n(&m->owner, NULL, __ATOMIC_SEQ_CST);
    wake_one(&m->waiters);
}

bool mutex_held(const struct mutex *m)
{
    return __atomic_load_n(&m->owner, __ATOMIC_RELAXED) == current;
}

/* --- readers and a writer --- */

void rw_init(struct rwlock *l, enum lock_rank rank, const char *name)
{
    l->readers = 0;
    l->writers_waiting = 0;
    l->writer = NULL;
    l->rank = rank;
    l->name = name;
    wait_init(&l->waiters, name);
}

static bool rw_grab_read(struct rwlock *l)
{
    u64 flags = spin_lock_irq(&l->waiters.lock);
    bool ok = l->readers >= 0 && !l->writers_waiting;
    l->readers += ok;
    spin_unlock_irq(&l->waiters.lock, flags);
    return ok;
}

static bool rw_grab_write(struct rwlock *l, i32 waiting)
{
    u64 flags = spin_lock_irq(&l->waiters.lock);
    bool ok = l->readers == 0;
    if (ok) {
        l->readers = -1;
        l->writer = current;
    }
    l->writers_waiting += ok ? -waiting : 0;
    spin_unlock_irq(&l->waiters.lock, flags);
    return ok;
}

static void rw_leave(struct rwlock *l)
{
    u64 flags = spin_lock_irq(&l->waiters.lock);
    l->readers = l->readers < 0 ? 0 : l->readers - 1;
    l->writer = NULL;
    bool last = l->readers == 0;
    spin_unlock_irq(&l->waiters.lock, flags);
    if (last)
        wake_all(&l->waiters);
}

void rw_read_lock(struct rwlock *l)
{
    held_push(l, l->name, l->rank, 0);
    if (likely(rw_grab_read(l)))
        return;
    struct waiter w;
    wait_prepare(&w, &l->waiters);
    while (!rw_grab_read(l))
        wait_sleep(&w, SLEEP_DEEP, NO_DEADLINE);
    wait_finish(&w);
}

void rw_read_unlock(struct rwlock *l)
{
    held_pop(l, l->name);
    rw_leave(l);
}

void rw_write_lock(struct rwlock *l)
{
    held_push(l, l->name, l->rank, 0);
    if (likely(rw_grab_write(l, 0)))
        return;
    struct waiter w;
    wait_prepare(&w, &l->waiters);
    u64 flags = spin_lock_irq(&l->waiters.lock);
    l->writers_waiting++;
    spin_unlock_irq(&l->waiters.lock, flags);
    while (!rw_grab_write(l, 1))
        wait_sleep(&w, SLEEP_DEEP, NO_DEADLINE);
    wait_finish(&w);
}

void rw_write_unlock(struct rwlock *l)
{
    ASSERT(l->writer == current, "rwlock %s released by a task that does not hold it", l->name);
    held_pop(l, l->name);
    rw_leave(l);
}
