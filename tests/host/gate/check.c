// SPDX-License-Identifier: MIT
/*
 * check.c - what must hold after every switch, at every grant, at every refusal and at the end
 */
#include "tests/host/gate/sim.h"
#include "kernel/lib/panic.h"
#include "kernel/sched.h"
#include "mm/cache_core.h"
#include "mm/space.h"
#include "tests/host/gate/view.h"

#define PATIENCE 25               /* grants per task that may pass a waiter whose need is admissible */
#define LONGEST_NS 30000000000ul  /* with nobody able to run, somebody is served or refused within this time */

static struct view waiters[SIM_TASKS];
static u32 waiting;
static u64 progress_at, progress;

static u64 reserved(bool charges)
{
    u64 sum = 0;
    for (u32 i = 0; i < run.count; i++) {
        const struct need *left = &run.sim[i].fiber->task.reservation.left;
        sum += charges ? left->charge : left->frames;
    }
    for (u32 i = 0; i < waiting; i++)
        sum += charges ? waiters[i].admitted * waiters[i].want.charge : waiters[i].escrow;
    return sum;
}

static u64 limit(void)
{
    return large_room(true) + large_total();
}

/* --- after every switch --- */

static void check_credits(void)
{
    u64 aside = 0, slabs = 0;
    for (struct kmem_cache *c = kmem_caches; c; c = c->next) {
        ASSERT(c->spare >= 0 && c->free + (u64)c->per_slab * c->aside >= cache_credits(c), "I2: cache %s", c->name);
        aside += c->aside;
        slabs += c->kind == CACHE_LARGE ? c->aside + c->frames : 0;
    }
    u64 credits = reserved(false) + aside, promises = reserved(true) + slabs;
    for (u32 i = 0; i < run.count; i++)
        promises += run.sim[i].fiber->charge;
    ASSERT(credits_avail() >= 0, "I1: avail is negative");
    ASSERT(frames_free() >= (u64)credits_avail() + credits, "I1: credits without frames");
    if (!run.exact || view_called()) /* what a waiter was granted stands in no sum until it runs */
        return;
    ASSERT(frames_free() == credits_avail() + credits, "a credit is lost: %lu free, %ld available, %lu reserved", frames_free(),
           credits_avail(), credits);
    ASSERT(large_total() == promises, "a promise is lost: L is %lu, promised are %lu", large_total(), promises);
}

static void check_frames(void)
{
    u64 sum = frames_free() + cache_pages() + slab_frames();
    for (u32 i = 0; i < run.count; i++) {
        const struct sim *s = &run.sim[i];
        ASSERT(s->held_count <= s->fiber->charge, "a task holds more than it was promised");
        sum += s->held_count + s->scratch;
    }
    if (run.exact)
        ASSERT(sum == run.frames, "frames are lost: %lu of %lu", sum, run.frames);
}

/* Tasks that neither wait nor pause for a large need could not satisfy the head, were they to give back everything.  `gone` has
 * just been refused. */
static bool hopeless(const struct view *head, const struct view *gone)
{
    u64 theirs = view_pausing() + (gone && !gone->admitted ? task_charge(gone->task) : 0);
    for (u32 i = 0; i < waiting; i++)
        theirs += waiters[i].large && !waiters[i].admitted ? task_charge(waiters[i].task) : 0;
    return !head->admitted && head->want.charge > large_room(head->want.root) + large_total() - MIN(theirs, large_total());
}

static void check_waiters(void)
{
    for (u32 i = 0; i < waiting; i++) {
        const struct view *w = &waiters[i];
        ASSERT(w->admitted || w->want.charge + task_charge(w->task) <= limit(), "waits for what can never be granted");
        ASSERT(!w->large || w->place || !hopeless(w, NULL), "waiters wait for each other alone");
        ASSERT(w->task->immovable, "a waiter counts as able to move");
    }
}

static void check(void)
{
    waiting = view_waiters(waiters, SIM_TASKS);
    ASSERT(large_total() <= limit(), "I7");
    check_credits();
    check_frames();
    if (run.exact && !view_called())
        check_waiters();
}

/* --- at every grant: is somebody passed too often? --- */

void check_granted(void)
{
    struct view w[SIM_TASKS];
    u32 n = view_waiters(w, SIM_TASKS);
    for (u32 i = 0; i < n; i++) {
        struct sim *s = container_of(w[i].task, struct fiber, task)->arg;
        bool admissible = w[i].admitted || w[i].want.charge <= large_room(w[i].want.root);
        s->passed = admissible ? s->passed + 1 : 0;
        ASSERT(s->passed <= PATIENCE * run.count, "starved");
    }
}

/* --- at every refusal: was it the mutual rule or the stall rule, and rightly? --- */

static bool could_be_served(const struct view *w)
{
    u64 clean = cache_pages() - cache_dirty_pages();
    bool admissible = w->admitted || w->want.charge <= large_room(w->want.root);
    return admissible && w->want.transient + w->want.now <= w->escrow + credits_avail() + clean;
}

static void check_stall(void)
{
    ASSERT(view_called() == 1, "refused by the stall rule although a task has its grant");
    ASSERT(!sched_movable(), "refused by the stall rule although a task can move");
    for (u32 i = 0; i < waiting; i++)
        ASSERT(!could_be_served(&waiters[i]), "refused by the stall rule although a waiter could be served");
}

static void check_woken(struct task *t)
{
    struct view gone, *head = &gone;
    if (!view_refused(t, &gone))
        return;
    ASSERT(gone.want.charge, "a transient or small waiter was refused");
    waiting = view_waiters(waiters, SIM_TASKS);
    for (u32 i = waiting; i-- > 0;)
        if (waiters[i].large && !waiters[i].place)
            head = &waiters[i];
    if (!hopeless(head, &gone))
        check_stall();
}

/* --- time passes and nobody can run --- */

static void check_slept(void)
{
    u64 now = run.grants + run.answers;
    if (now != progress || sched_movable()) {
        progress = now;
        progress_at = machine.now;
    }
    ASSERT(machine.now - progress_at < LONGEST_NS, "deadlock");
}

void check_start(void)
{
    machine.check = check;
    machine.slept = check_slept;
    machine.woken = check_woken;
}

void check_end(void)
{
    mapping_drop_clean(&machine.disk.mapping);
    ASSERT(view_empty(), "somebody still stands in a queue");
    ASSERT(!reservations_held, "a reservation is still held");
    ASSERT(!large_total(), "L is not zero at the end");
    for (struct kmem_cache *c = kmem_caches; c; c = c->next) {
        u32 keeps = c == &io_cache; /* the flusher's request */
        ASSERT(c->live == keeps && c->frames == keeps && !cache_credits(c) && !c->aside,
               "cache %s at the end: %u objects in %u frames, %u credits, %u frames aside", c->name, c->live, c->frames,
               cache_credits(c), c->aside);
    }
    ASSERT(frames_free() + cache_pages() + slab_frames() == run.frames, "frames are lost at the end");
    ASSERT(frames_free() == (u64)credits_avail(), "credits are lost at the end");
}
