// SPDX-License-Identifier: MIT
/*
 * gate.c - the entry: every call's memory is granted here as a whole, or the call does not start
 *
 *     again: guard                     sleeping locks; what decode found is checked once more
 *     window: pin, need                pins before peeking, so that what is counted stays
 *            grant at once?  no ---->  unpin, unguard, give all back, wait by policy, again
 *             | yes
 *            body                      cannot fail for memory
 *            another window? yes --->  window
 *            unpin, unguard, give back
 *
 * A task that waits holds no lock, no reservation and no pin (I5).  The grant comes with the wake-up: frames and promise are
 * the task's before it takes the guard again, so it cannot lose them to somebody who was faster.
 */
#include "kernel/gate.h"
#include "kernel/inject.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/ports/vfs.h"
#include "kernel/scope.h"
#include "kernel/sched.h"
#include "kernel/task.h"
#include "mm/flusher.h"
#include "mm/pin.h"
#include "mm/queue.h"
#include "mm/reserve_core.h"
#include "mm/space.h"

#define ASK_CEILING_FROM 3 /* a transient need that was short this often asks for the ceiling */
#define LONG_PAUSE 10      /* pauses of a backoff that double before they stay at 1 s */

static void add(u64 *sum, u64 n)
{
    __atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

/* --- asking --- */

/* Injected refusals; under retry the need is asked again at once, as a point of its own. */
static inline int pass_injector(const struct scope *s)
{
    for (;;) {
        add(&s->stats->points, 1);
        if (likely(!current->inject.on) || !inject_refuses(s))
            return 0;
        add(&s->stats->refused, 1);
        if (current->policy != POLICY_RETRY)
            return current->policy == POLICY_FAIL ? -ENOMEM : -EAGAIN;
    }
}

/* As reserve_grant(), while others wait. */
static int grant_in_turn(const struct need *n, struct shortage *short_by)
{
    bool large = n->charge, held = current->reservation.left.frames | current->reservation.left.charge;
    if (!held && !queue_may_try(large))
        return -EAGAIN;
    int rc = reserve_grant(n, short_by);
    if (!rc && large && !held)
        queue_passed();
    return rc;
}

/* 0: granted.  -EAGAIN: wait (*short_by says for what).  Else the entry's answer. */
static inline int ask(const struct scope *s, const struct need *n, struct shortage *short_by)
{
    *short_by = (struct shortage){0};
    ASSERT(n->frames <= CEILING || memory_window_off || memory_recycle_off, "call %s needs %u transient frames, more than the ceiling %u", s->name, n->frames, CEILING);
    ASSERT(!current->needs_nothing || (s->flags & SCOPE_RETRY), "I6: call %u must need nothing, but %s reserves", current->call, s->name);
    if (!(s->flags & SCOPE_NO_INJECT)) {
        int rc = pass_injector(s);
        if (rc)
            return rc;
    }
    int rc = likely(!queue_waiting()) ? reserve_grant(n, short_by) : grant_in_turn(n, short_by);
    return rc == -ENOMEM ? -EAGAIN : rc;
}

/* The need of one window, with ama=off reduced to promises and with short= one less. */
static inline void find_need(const struct scope *s, void *args, struct need *n, struct task *t)
{
    need_init(n);
    if (likely(!memory_off)) {
        look_begin(&t->pins);
        if (s->pin != pin_none)
            s->pin(args);
        s->need(args, n);
        look_end(&t->pins);
    } else if (s->flags & SCOPE_LARGE) {
        s->need(args, n);
        n->frames = n->now = 0;
        n->objects = 0;
    }
    if (unlikely(inject_short))
        inject_shorten(s, n);
}

/* --- waiting --- */

/* Pauses of 1, 2, 4 ms ... 1 s.  Once they are that long, who pauses for a large need counts as waiting at the entry: else tasks
 * that all pause for what the others hold would ask for ever. */
static int backoff_pause(u32 tries, bool large)
{
    u64 ms = tries < LONG_PAUSE ? 1ul << tries : 1000;
    struct wait_queue never;
    struct waiter w;
    int rc = 0;
    wait_init(&never, "backoff");
    wait_prepare(&w, &never);
    sched_set_immovable(large && tries >= LONG_PAUSE);
    if (!current->immovable || !queue_stalled())
        rc = wait_sleep(&w, SLEEP_SIGNALS, clock_ns() + ms * 1000000);
    sched_set_immovable(false);
    wait_finish(&w);
    return rc == -ETIMEDOUT ? 0 : rc == -EINTR ? -ERESTART : -ENOMEM;
}

/* The pause of who waits for a large need; not when all that could give it waits or pauses too. */
static int pause_for_large(const struct queue_want *want, u32 tries)
{
    u64 own = task_charge(current);
    if (!queue_pause(want, own))
        return -ENOMEM;
    int rc = backoff_pause(tries, true);
    queue_paused(own);
    return rc;
}

/* After it returns 0 the guard may be taken again; the wait's grant, if any, is in the reservation. */
static int wait_by_policy(const struct scope *s, const struct need *seen, const struct shortage *why, u32 tries)
{
    struct reservation *r = &current->reservation;
    struct queue_want want = {seen->frames + need_object_frames(seen), seen->now, need_full_charge(seen), is_root()};
    enum ama_policy policy = s->flags & SCOPE_RETRY ? POLICY_RETRY : current->policy;
    bool large = want.charge;
    if (large && task_charge(current) + want.charge > large_room(want.root) + large_total())
        return -ENOMEM; /* its own charge makes it impossible */
    if (policy == POLICY_FAIL && (why->not_admitted || seen->charge > large_room(want.root)))
        return -ENOMEM;
    add(&s->stats->waits, 1);
    if (large && policy == POLICY_BACKOFF)
        return pause_for_large(&want, tries);
    int rc = queue_wait(&want, large ? SLEEP_SIGNALS : SLEEP_FATAL);
    if (rc)
        return rc == -EINTR ? -ERESTART : rc;
    r->left.frames = want.transient + want.now;
    r->left.charge = want.charge;
    return 0;
}

/* Not enough at once: what to do.  0: try again. */
static int be_refused(const struct scope *s, int rc, struct need *seen, const struct shortage *why, u32 *tries)
{
    int answer = rc;
    if (rc == -ENFILE && *tries < 4 && vfs_port.shrink_names(16))
        answer = 0;
    else if (rc == -EAGAIN) {
        if (++*tries >= ASK_CEILING_FROM && !seen->charge)
            seen->frames = MAX(seen->frames, CEILING);
        bool injected = current->policy == POLICY_BACKOFF && !why->frames && !why->not_admitted && !queue_waiting();
        answer = injected ? backoff_pause(*tries, false) : wait_by_policy(s, seen, why, *tries);
    }
    *tries += rc == -ENFILE;
    if (answer == -ENOMEM && rc != -ENOMEM) /* the injector's are counted */
        add(&s->stats->refused, 1);
    return answer;
}

/* --- the call --- */

static inline void leave(const struct scope *s, void *args, struct task *t)
{
    pins_release(&t->pins);
    s->unguard(args);
    if (!need_is_zero(&t->reservation.left))
        reserve_release();
    t->reservation.scope = NULL;
    if (unlikely(queue_waiting()))
        queue_poke();
}

/* A body counts as a reservation that is held even when it needs nothing: it will let go of its pins. */
static inline long run_body(const struct scope *s, void *args)
{
    __atomic_add_fetch(&reservations_held, 1, __ATOMIC_RELAXED);
    current->reservation.live = (struct live){0};
    long result = s->body(args);
    __atomic_sub_fetch(&reservations_held, 1, __ATOMIC_RELAXED);
    return result;
}

enum { CALL_DONE, CALL_ANOTHER, CALL_ANEW }; /* after a window: another one under the same guard, or from the entry on */

/* Under the guard: asks for the need of a window and runs it.  What comes next, or what ask() said. */
static inline __attribute__((always_inline)) int run_window(const struct scope *s, void *args, const struct need *n, struct shortage *why, long *result)
{
    if (!need_is_zero(n)) {
        int rc = ask(s, n, why);
        if (unlikely(rc))
            return rc;
        scope_granted(n);
    }
    *result = run_body(s, args);
    scope_used(s);
    return s->next != next_none && s->next(args, *result) ? CALL_ANOTHER : CALL_DONE;
}

static int enter_again(const struct scope *s, void *args)
{
    low_water_wait();
    int rc = s->guard(args);
    if (rc)
        reserve_release();
    else
        current->reservation.scope = s;
    return rc;
}

/* A call that has not ended with its first window; `rc` says why. */
static long go_on(const struct scope *s, void *args, struct need *n, struct shortage *why, int rc)
{
    struct task *t = current;
    struct need seen;
    long result = 0;
    u32 tries = 0;
    need_init(&seen);
    do {
        if (rc == CALL_ANOTHER && !low_water_reached()) {
            pins_release(&t->pins);
        } else {
            leave(s, args, t);
            need_max(&seen, n);
            rc = rc < 0 ? be_refused(s, rc, &seen, why, &tries) : 0;
            if (!rc)
                rc = enter_again(s, args);
            if (rc)
                return rc;
        }
        find_need(s, args, n, t);
        rc = run_window(s, args, n, why, &result);
    } while (rc);
    leave(s, args, t);
    return result;
}

long gate_call(const struct scope *s, void *args)
{
    struct task *t = current;
    struct shortage why;
    struct need n;
    long result;
    ASSERT(!t->reservation.scope, "scope %s inside scope %s", s->name, t->reservation.scope->name);
    if (unlikely(t->held.count || preempt_is_off()))
        lock_check_none("the entry (I5)");
    scope_entered(s);
    if (unlikely(flusher_behind()) && !(s->flags & SCOPE_RETRY))
        flusher_throttle();
    low_water_wait();
    int rc = s->guard(args);
    if (rc)
        return rc;
    t->reservation.scope = s;
    find_need(s, args, &n, t);
    rc = run_window(s, args, &n, &why, &result);
    if (unlikely(rc))
        return go_on(s, args, &n, &why, rc);
    leave(s, args, t);
    return result;
}
