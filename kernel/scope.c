// SPDX-License-Identifier: MIT
/*
 * scope.c - scopes: the slots that do nothing, and the figures that /proc/ama/calls shows
 *
 * Figures are sums, changed with relaxed atomics; what has no need costs them nothing but its entry.  Frames and objects used are
 * sums of the most that each body held at a time, which is what a need has to cover; bytes used are all that was allocated.  With
 * ama=off nothing comes back to a reservation: there the most is all.
 */
#include "kernel/scope.h"
#include "mm/queue.h"
#include "mm/slab.h"

struct scope_stats *all_scopes;
static u64 unused_now, unused_peak; /* bytes reserved by running scopes and not used yet */

int guard_none(void *args UNUSED) { return 0; }
void pin_none(void *args UNUSED) {}
bool next_none(void *args UNUSED, long result UNUSED) { return false; }
void unguard_none(void *args UNUSED) {}

u64 gate_peak_unused(void) { return unused_peak; }

static void add(u64 *sum, u64 n)
{
    __atomic_add_fetch(sum, n, __ATOMIC_RELAXED);
}

void scope_list(const struct scope *s)
{
    if (__atomic_exchange_n(&s->stats->listed, true, __ATOMIC_ACQ_REL))
        return;
    s->stats->scope = s;
    struct scope_stats *first = __atomic_load_n(&all_scopes, __ATOMIC_RELAXED);
    do
        s->stats->next = first;
    while (!__atomic_compare_exchange_n(&all_scopes, &first, s->stats, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED));
}

void scope_granted(const struct need *n)
{
    struct reservation *r = &current->reservation;
    u64 objects = 0, bytes = (u64)(n->frames + n->now) * PAGE_SIZE;
    for (u32 i = 0; i < n->objects; i++) {
        objects += n->object[i].count;
        bytes += (u64)n->object[i].count * n->object[i].cache->size;
    }
    for (u32 i = 0; i < n->blocks; i++)
        bytes += PAGE_SIZE << n->order[i];
    r->granted = n;
    r->asked_objects = objects;
    r->granted_bytes = r->asked_bytes = bytes;
    if (n->now)
        queue_now_add(n->now);
    u64 now = __atomic_add_fetch(&unused_now, bytes, __ATOMIC_RELAXED);
    if (now > unused_peak)
        unused_peak = now;
}

/* The sums of a body for which something was granted. */
static void add_granted(struct scope_stats *st, struct reservation *r)
{
    const struct need *n = r->granted;
    add(&unused_now, -r->asked_bytes);
    add(&st->reserved_frames, n->frames + n->now);
    add(&st->reserved_objects, r->asked_objects);
    if (n->now)
        queue_now_add(-(i64)n->now);
    r->granted = NULL;
    r->asked_bytes = 0;
}

void scope_sum(const struct scope *s)
{
    struct scope_stats *st = s->stats;
    struct task *t = current;
    struct reservation *r = &t->reservation;
    if (r->granted)
        add_granted(st, r);
    if (r->tried_frames)
        add(&st->reserved_frames, r->tried_frames);
    if (r->tried_objects)
        add(&st->reserved_objects, r->tried_objects);
    add(&st->used_frames, r->used_frames);
    add(&st->used_objects, r->used_objects);
    add(&st->reserved_bytes, r->granted_bytes);
    add(&st->used_bytes, r->used_bytes);
    if (r->used_frames > st->high_frames)
        st->high_frames = r->used_frames;
    if (r->used_objects > st->high_objects)
        st->high_objects = r->used_objects;
    t->call_needed += r->granted_bytes;
    t->call_used += r->used_bytes;
    r->tried_frames = r->tried_objects = r->used_frames = r->used_objects = 0;
    r->granted_bytes = r->used_bytes = 0;
}
