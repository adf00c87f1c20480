// SPDX-License-Identifier: MIT
/*
 * pin.h - what running scopes keep in the cache, and how their needs look at it
 *
 * A scope pins before it peeks.  Its pins are plain stores into its own task; whoever evicts looks at the pins of all tasks, so
 * the many who enter pay nothing and the few who must wait pay for all.
 *
 *     entry      pin (store) -> cache.lock: peek -> grant -> body -> unpin (store)
 *     evictor                   cache.lock: look at all pins -> evict
 *
 * The lock orders the two: either the evictor sees the pin, or the peek sees that the page is gone.
 *
 * A need peeks at a page here and a block there.  All its peeks are one look under one hold of the lock: the first peek takes it,
 * look_end() releases it.  Nothing between look_begin() and look_end() sleeps.  What a look has pinned the body uses as it is: it
 * does not look again, nor count a pin of its own.
 */
#pragma once
#include "kernel/lib/panic.h"
#include "kernel/task.h"
#include "mm/cache_core.h"

void pins_add(struct scope_pins *s);    /* a new task's */
void pins_remove(struct scope_pins *s); /* call with nothing pinned */
bool pinned_by_scope(const struct page *p); /* by any task's; call with cache.lock held */

/* For pin slots: the pages first..last that are cached, and those that come, stay until the window's end. */
static inline void pin_range(struct mapping *m, u32 first, u32 last)
{
    struct scope_pins *s = &current->pins;
    ASSERT(s->ranges < PIN_RANGES, "more than %u range pins", PIN_RANGES);
    s->range[s->ranges] = (struct range_pin){m, first, last};
    __atomic_store_n(&s->ranges, s->ranges + 1, __ATOMIC_RELEASE);
}

/* One page more, which is not pinned yet.  False: there is no room. */
static inline bool pin_more(struct scope_pins *own, struct page *p)
{
    u32 n = own->blocks;
    if (unlikely(n == PIN_BLOCKS))
        return false;
    own->block[n] = p;
    __atomic_store_n(&own->blocks, n + 1, __ATOMIC_RELEASE);
    return true;
}

/* For needs (and bodies): a block that block_find returned stays until the window's end; it is put.  False: there is no room, so
 * it counts as not cached. */
bool pin_block(struct block *b);
bool pin_page(struct page *p);

/* The gate, at the end of a window and before it waits.  A page that is marked LEAVING only now, by somebody who still saw the pin,
 * goes with the next look for victims. */
static inline void pins_release(struct scope_pins *own)
{
    if (!(own->ranges | own->blocks))
        return;
    if (unlikely(__atomic_load_n(&cache.leaving, __ATOMIC_RELAXED))) {
        cache_leave(own);
        return;
    }
    __atomic_store_n(&own->ranges, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&own->blocks, 0, __ATOMIC_RELEASE);
}

/* --- looking --- */

void look_rest(void);                   /* in long searches: lets others have the lock; what was seen and not pinned may go */

static inline void look_begin(struct scope_pins *own)
{
    own->look = LOOK_ON;
}

static inline void look_end(struct scope_pins *own)
{
    bool locked = own->look == LOOK_LOCKED;
    own->look = LOOK_OFF;
    if (locked)
        spin_unlock(&cache.lock);
}

/* cache.lock, unless this look holds it already; the result is for look_unlock(). */
static inline bool look_lock(void)
{
    struct scope_pins *own = &current->pins;
    if (own->look == LOOK_LOCKED)
        return false;
    spin_lock(&cache.lock);
    if (own->look == LOOK_OFF)
        return true;
    own->look = LOOK_LOCKED;
    return false;
}

static inline void look_unlock(bool locked)
{
    if (locked)
        spin_unlock(&cache.lock);
}
