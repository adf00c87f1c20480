// SPDX-License-Identifier: MIT
/*
 * scope.c - scopes: the slots that do nothing, and the figures that /proc/ama/calls shows
 *
 * Figures are sums, changed with relaxed atomics; what has no need costs them nothing but its entry.
 */
#include "kernel/scope.h"
#include "mm/queue.h"

struct scope_stats *all_scopes;
static u64 unused_now, unused_peak; /* bytes reserved by running scopes and not used yet */

int guard_none(void *args UNUSED) { return 0; }
void pin_none(void *args UNUSED) {}
bool next_none(void *args UNUSED, long result UNUSED) { return false; }
void unguard_none(void *args UNUSED) {}
void need_none(void *args UNUSED, struct need *n UNUSED) {}

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
    r->granted = n;
    r->granted_bytes = r->asked_bytes = need_bytes(n);
    queue_now_add(n->now);
    u64 now = __atomic_add_fetch(&unused_now, r->asked_bytes, __ATOMIC_RELAXED);
    unused_peak = MAX(unused_peak, now);
}

void scope_used(const struct scope *s)
{
    struct scope_stats *st = s->stats;
    struct reservation *r = &current->reservation;
    const struct need *n = r->granted;
    u64 objects = 0;
    for (u32 i = 0; i < n->objects; i++)
        objects += n->object[i].count;
    add(&unused_now, -r->asked_bytes);
    add(&st->reserved_frames, n->frames + n->now + r->tried_frames);
    add(&st->used_frames, r->used_frames);
    add(&st->reserved_objects, objects);
    add(&st->used_objects, r->used_objects);
    add(&st->reserved_bytes, r->granted_bytes);
    add(&st->used_bytes, r->used_bytes);
    st->high_frames = MAX(st->high_frames, r->used_frames);
    st->high_objects = MAX(st->high_objects, r->used_objects);
    queue_now_add(-(i64)n->now);
    current->call_needed += r->granted_bytes;
    current->call_used += r->used_bytes;
    r->tried_frames = r->used_frames = r->used_objects = 0;
    r->asked_bytes = r->granted_bytes = r->used_bytes = 0;
}
