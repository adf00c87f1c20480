// SPDX-License-Identifier: MIT
/*
 * queue.c - waiting at the entry, and who is served first
 *
 * A waiter holds no lock, no reservation and no pin (I5), so whatever it waits for can come: bodies end, pages are written, tasks
 * exit.  The rules, each of which closes a deadlock or a starvation (tests/host/rules.t takes them out one by one):
 *
 *   two queues  a small need never stands behind a large one
 *   admission   a large need is first charged to L, then waits for frames only; after that nothing but bodies and reclaim
 *               stands before it
 *   escrow      returned frames go to the heads of the queues and are set aside for them, so that a big need is met in the end;
 *               what lies outside FLOOR first to the large head, of the rest the older head is served first
 *   floor       lasting frames are only collected while FLOOR frames stay outside for transient needs
 *   passing     later large needs that fit may pass a head that is not admitted, 16 times; then the queue is strict for 1 s
 *   mutual      a large need waits, or pauses, only while tasks that do neither hold enough to satisfy it; else the youngest waiter
 *               is refused (two forks of 40 % would otherwise wait for each other)
 *   stall       when nobody can move: any waiter that fits goes; if there is none, the head of the large queue is refused
 */
#include "mm/queue.h"
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/sched.h"
#include "mm/flusher.h"
#include "mm/reserve_core.h"
#include "mm/space.h"

#define PASSES 16
#define STRICT_NS 1000000000ul
#define LOOK_NS 20000000ul /* a waiter looks again at least this often */

struct queued {
    struct list link;
    struct task *task;
    struct queue_want want;
    u64 since;               /* when it came */
    u64 escrow;              /* frames set aside so far */
    bool admitted, granted, refused;
    struct wait_queue wake;
};

static struct {
    struct spinlock lock;
    struct list transient, large;
    u32 called;              /* granted or refused, but have not run since: they can move */
    u32 passed;              /* how often the head of `large` was passed */
    u64 strict_until;
    u64 escrow_now;          /* the lasting part of all escrow */
    i64 body_now;            /* lasting frames that running bodies may still take */
    u64 longest;
    u64 pausing;             /* charges of tasks that pause for a large need (backoff) */
} queue = {.lock = SPINLOCK_INIT(RANK_GATE, "gate queue"), .transient = LIST_INIT(queue.transient), .large = LIST_INIT(queue.large)};

i32 reservations_held;
u32 queue_length;         /* waiters in both; changed under queue.lock */

void queue_now_add(i64 frames)
{
    __atomic_add_fetch(&queue.body_now, frames, __ATOMIC_RELAXED);
}

u64 queue_longest_wait_ns(void)
{
    return queue.longest;
}

static struct queued *head(struct list *q)
{
    return list_first(q, struct queued, link);
}

/* --- rules; call with queue.lock held --- */

static bool may_pass(void)
{
    struct queued *h = head(&queue.large);
    return !h || (!h->admitted && clock_ns() >= queue.strict_until);
}

static bool admit(struct queued *w)
{
    if (!w->admitted)
        w->admitted = large_admit(w->want.charge, w->want.root);
    return w->admitted;
}

/* Frames that are neither lasting nor about to be. */
static u64 frames_outside(void)
{
    i64 n = (i64)(frames_free() + cache_pages()) - (i64)queue.escrow_now - queue.body_now;
    return n > 0 ? n : 0;
}

static void escrow_add(struct queued *w, u64 frames)
{
    queue.escrow_now -= MIN(w->escrow, w->want.now);
    w->escrow += frames;
    queue.escrow_now += MIN(w->escrow, w->want.now);
}

/* Sets up to `frames` more aside for w; true when it got them all. */
static bool set_aside(struct queued *w, u64 frames)
{
    i64 avail = credits_avail();
    u64 take = MIN(frames, avail > 0 ? (u64)avail : 0);
    if (!credit_take(take))
        return false;
    escrow_add(w, take);
    return take == frames;
}

/* Admits w and collects its lasting frames, as far as FLOOR frames stay outside; true when it has them. */
static bool collect_lasting(struct queued *w)
{
    if (!admit(w))
        return false;
    if (w->escrow >= w->want.now)
        return true;
    u64 outside = frames_outside(), missing = w->want.now - w->escrow;
    u64 spare = outside - MIN(outside, memory_limits.floor);
    return set_aside(w, MIN(missing, spare)) && missing <= spare;
}

/* Sets frames aside for w; true when it has all. */
static bool collect(struct queued *w)
{
    return collect_lasting(w) && set_aside(w, w->want.transient + w->want.now - w->escrow);
}

static void leave(struct queued *w)
{
    queue.escrow_now -= MIN(w->escrow, w->want.now);
    if (w == head(&queue.large)) {
        queue.passed = 0;
        queue.strict_until = 0;
    }
    list_remove(&w->link);
    queue_length--;
}

static void grant(struct queued *w)
{
    leave(w);
    queue.called++;
    w->granted = true;
    wake_all(&w->wake);
}

static void refuse(struct queued *w)
{
    leave(w);
    queue.called++;
    w->refused = true;
    wake_all(&w->wake);
}

/* Memory that tasks hold which do not wait or pause for a large need, or that is free for promises, could never satisfy the want
 * of a task that is not among the waiting yet and holds `own`. */
static bool out_of_reach(const struct queue_want *want, u64 own)
{
    u64 theirs = queue.pausing + own;
    list_each(w, &queue.large, struct queued, link)
        if (!w->admitted)
            theirs += task_charge(w->task);
    u64 others = large_total() - MIN(theirs, large_total());
    return want->charge > large_room(want->root) + others;
}

static bool hopeless(struct queued *h)
{
    if (h->admitted)
        return false;
    return out_of_reach(&h->want, 0);
}

static void refuse_mutual(void)
{
    while (!list_empty(&queue.large) && hopeless(head(&queue.large)))
        refuse(list_entry(queue.large.prev, struct queued, link));
}

static void note_passing(void)
{
    if (++queue.passed >= PASSES) {
        queue.passed = 0;
        queue.strict_until = clock_ns() + STRICT_NS;
    }
}

static bool collect_and_grant(struct queued *w)
{
    if (!w || !collect(w))
        return false;
    grant(w);
    return true;
}

/* One of the two heads is granted, if possible.  What lies outside FLOOR goes to the large head; of the rest the older is served
 * first, or a stream of transient needs could keep memory from a fork. */
static bool serve_heads(void)
{
    struct queued *t = head(&queue.transient), *l = head(&queue.large);
    bool large_first = l && collect_lasting(l) && (!t || l->since < t->since);
    return collect_and_grant(large_first ? l : t) || collect_and_grant(large_first ? t : l);
}

static void serve_locked(void)
{
    while (serve_heads())
        ;
    list_each_safe(later, &queue.large, struct queued, link) {
        if (later == head(&queue.large) || !may_pass() || credits_avail() < (i64)(later->want.transient + later->want.now))
            continue;
        if (collect(later)) {
            grant(later);
            note_passing();
        }
    }
    refuse_mutual();
}

static bool grant_any(struct list *q)
{
    list_each(w, q, struct queued, link) {
        if (collect(w)) {
            grant(w);
            return true;
        }
    }
    return false;
}

/* Nobody can move and nothing is left to write back. */
static void stall_locked(void)
{
    if (!grant_any(&queue.large) && !grant_any(&queue.transient) && !list_empty(&queue.large))
        refuse(head(&queue.large));
    refuse_mutual();
}

static bool stalled(void)
{
    return sched_movable() == 0 && !queue.called && !cache_dirty_pages() && !flusher_busy() &&
           __atomic_load_n(&reservations_held, __ATOMIC_RELAXED) == 0;
}

/* --- the outside --- */

bool queue_stalled(void)
{
    spin_lock(&queue.lock);
    bool is = list_empty(&queue.large) && stalled();
    spin_unlock(&queue.lock);
    return is;
}

bool queue_pause(const struct queue_want *want, u64 own)
{
    spin_lock(&queue.lock);
    bool may = !out_of_reach(want, own);
    if (may)
        queue.pausing += own;
    refuse_mutual();
    spin_unlock(&queue.lock);
    return may;
}

void queue_paused(u64 own)
{
    spin_lock(&queue.lock);
    queue.pausing -= own;
    spin_unlock(&queue.lock);
}

bool queue_may_try(bool large)
{
    if (likely(!queue_waiting()))
        return true;
    spin_lock(&queue.lock);
    bool ok = large ? may_pass() : list_empty(&queue.transient);
    spin_unlock(&queue.lock);
    return ok;
}

void queue_passed(void)
{
    spin_lock(&queue.lock);
    if (!list_empty(&queue.large))
        note_passing();
    spin_unlock(&queue.lock);
}

void queue_serve(void)
{
    spin_lock(&queue.lock);
    serve_locked();
    spin_unlock(&queue.lock);
}

void queue_poke(void)
{
    if (likely(!queue_waiting()))
        return;
    spin_lock(&queue.lock);
    if (head(&queue.transient))
        wake_all(&head(&queue.transient)->wake);
    if (head(&queue.large))
        wake_all(&head(&queue.large)->wake);
    spin_unlock(&queue.lock);
}

static void enter(struct queued *w)
{
    spin_lock(&queue.lock);
    list_push_back(w->want.charge ? &queue.large : &queue.transient, &w->link);
    queue_length++;
    serve_locked();
    spin_unlock(&queue.lock);
}

/* Gives back what was set aside when the wait ends without a grant. */
static void abandon(struct queued *w)
{
    u64 frames = w->escrow, charge = w->admitted ? w->want.charge : 0;
    w->escrow = 0;
    w->admitted = false;
    credit_give(frames);
    large_release(charge);
}

/* One round of a waiter: evict what it misses, then sleep a while. */
static int look_and_sleep(struct queued *w, struct waiter *me, enum sleep_mode mode)
{
    i64 missing = (i64)(w->want.transient + w->want.now - w->escrow) - credits_avail();
    if (missing > 0 && reclaim_hard(missing) < (u64)missing)
        flusher_wake();
    queue_serve();
    if (w->granted || w->refused)
        return 0;
    spin_lock(&queue.lock);
    if (!w->granted && !w->refused && stalled())
        stall_locked();
    spin_unlock(&queue.lock);
    if (w->granted || w->refused)
        return 0;
    int rc = wait_sleep(me, mode, clock_ns() + LOOK_NS);
    return rc == -ETIMEDOUT ? 0 : rc;
}

int queue_wait(const struct queue_want *want, enum sleep_mode mode)
{
    struct queued w = {.task = current, .want = *want, .since = clock_ns()};
    struct waiter me;
    int rc = 0;
    list_init(&w.link);
    wait_init(&w.wake, "entry");
    wait_prepare(&me, &w.wake);
    sched_set_immovable(true);
    enter(&w);
    while (!w.granted && !w.refused && !rc)
        rc = look_and_sleep(&w, &me, mode);
    sched_set_immovable(false);
    wait_finish(&me);
    spin_lock(&queue.lock);
    queue.called -= w.granted || w.refused;
    queue.longest = MAX(queue.longest, clock_ns() - w.since);
    if (!w.granted && !w.refused)
        leave(&w);
    if (!w.granted)
        refuse_mutual();
    spin_unlock(&queue.lock);
    if (w.granted)
        return 0;
    abandon(&w);
    return w.refused ? -ENOMEM : rc;
}
