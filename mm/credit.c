// SPDX-License-Identifier: MIT
/*
 * credit.c - two sums on which everything rests
 *
 *     avail = free frames - frame credits          I1: never below zero, lowered only by credit_take()
 *     L     = promised lasting frames              I7: L <= TOTAL - FLOOR - SMALL - NAMES, raised only by large_admit()
 *
 * Both are single words, changed by compare-and-swap: a subtraction that would break the invariant does not happen.
 */
#include "kernel/lib/panic.h"
#include "mm/cache.h"
#include "mm/queue.h"
#include "mm/reserve_core.h"

struct memory_limits memory_limits;

static i64 avail;
static u64 large; /* L */

void credits_init(void)
{
    avail = frames_free();
    memory_limits.total = avail;
    memory_limits.names = avail / 8;
}

/* Until now limits were provisional; from here on TOTAL is what start-up has left. */
void credits_seal(u64 floor)
{
    memory_limits.total = avail + cache_pages();
    memory_limits.names = memory_limits.total / 8;
    memory_limits.floor = floor ? floor : MAX(2ul * CEILING, memory_limits.total / 16);
}

bool credit_take(u64 frames)
{
    i64 seen = __atomic_load_n(&avail, __ATOMIC_RELAXED);
    do {
        if (seen < (i64)frames)
            return false;
    } while (!__atomic_compare_exchange_n(&avail, &seen, seen - (i64)frames, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return true;
}

void credit_give(u64 frames)
{
    if (!frames)
        return;
    __atomic_add_fetch(&avail, (i64)frames, __ATOMIC_ACQ_REL);
    if (unlikely(queue_waiting()))
        queue_serve();
}

i64 credits_avail(void)
{
    return __atomic_load_n(&avail, __ATOMIC_RELAXED);
}

/* Of what may be promised 1/32 is kept for root; on a small machine more, so that his shell can start programs. */
#define ROOT_LEAST 128
static u64 kept_for_root(u64 limit)
{
    return MAX(limit / 32, MIN(limit / 4, ROOT_LEAST));
}

static u64 large_limit(bool root)
{
    const struct memory_limits *m = &memory_limits;
    u64 keep = m->floor + m->small + m->names;
    u64 limit = m->total > keep ? m->total - keep : 0;
    return root ? limit : limit - kept_for_root(limit);
}

bool large_admit(u64 frames, bool root)
{
    u64 seen = __atomic_load_n(&large, __ATOMIC_RELAXED), limit = large_limit(root);
    if (!frames)
        return true; /* also when root has used what only root may */
    do {
        if (seen + frames > limit)
            return false;
    } while (!__atomic_compare_exchange_n(&large, &seen, seen + frames, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return true;
}

void large_release(u64 frames)
{
    if (!frames)
        return;
    u64 left = __atomic_sub_fetch(&large, frames, __ATOMIC_ACQ_REL);
    ASSERT((i64)left >= 0, "I7: more promises were given back than made");
    if (unlikely(queue_waiting()))
        queue_serve();
}

u64 large_total(void)
{
    return __atomic_load_n(&large, __ATOMIC_RELAXED);
}

u64 large_room(bool root)
{
    u64 limit = large_limit(root), l = large_total();
    return limit > l ? limit - l : 0;
}

void small_reserve(u64 frames)
{
    memory_limits.small += frames;
}

u64 frames_total(void)
{
    return memory_limits.total;
}
