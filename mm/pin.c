// SPDX-License-Identifier: MIT
/*
 * pin.c - the pins of all tasks (see pin.h)
 *
 * Locks: cache.lock for the list of them.
 */
#include "mm/pin.h"
#include "mm/cache_core.h"

static struct list all_pins = LIST_INIT(all_pins);

void pins_add(struct scope_pins *s)
{
    spin_lock(&cache.lock);
    list_push_back(&all_pins, &s->link);
    spin_unlock(&cache.lock);
}

void pins_remove(struct scope_pins *s)
{
    ASSERT(!s->ranges && !s->blocks, "a task goes with %u ranges and %u blocks pinned", s->ranges, s->blocks);
    spin_lock(&cache.lock);
    list_remove(&s->link);
    spin_unlock(&cache.lock);
}

bool pin_page(struct page *p)
{
    struct scope_pins *s = &current->pins;
    u32 n = s->blocks;
    for (u32 i = 0; i < n; i++)
        if (s->block[i] == p)
            return true;
    if (n == PIN_BLOCKS)
        return false;
    s->block[n] = p;
    __atomic_store_n(&s->blocks, n + 1, __ATOMIC_RELEASE);
    return true;
}

bool pin_block(struct block *b)
{
    bool kept = pin_page(b->page);
    block_put(b);
    return kept;
}

/* A page that is marked LEAVING only now, by somebody who still saw the pin, goes with the next look for victims. */
void pins_drop(struct scope_pins *s)
{
    if (unlikely(__atomic_load_n(&cache.leaving, __ATOMIC_RELAXED))) {
        cache_leave(s);
        return;
    }
    __atomic_store_n(&s->ranges, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&s->blocks, 0, __ATOMIC_RELEASE);
}

static bool pins_have(const struct scope_pins *s, const struct page *p)
{
    u32 ranges = __atomic_load_n(&s->ranges, __ATOMIC_ACQUIRE), blocks = __atomic_load_n(&s->blocks, __ATOMIC_ACQUIRE);
    for (u32 i = 0; i < ranges; i++)
        if (s->range[i].mapping == p->mapping && s->range[i].first <= p->index && p->index <= s->range[i].last)
            return true;
    for (u32 i = 0; i < blocks; i++)
        if (s->block[i] == p)
            return true;
    return false;
}

bool pinned_by_scope(const struct page *p)
{
    list_each(s, &all_pins, struct scope_pins, link)
        if (pins_have(s, p))
            return true;
    return false;
}

/* --- looking --- */

bool look_take(void)
{
    struct scope_pins *s = &current->pins;
    spin_lock(&cache.lock);
    if (s->look == LOOK_OFF)
        return true;
    s->look = LOOK_LOCKED;
    return false;
}

void look_let(void)
{
    spin_unlock(&cache.lock);
}

void look_rest(void)
{
    if (current->pins.look != LOOK_LOCKED)
        return;
    current->pins.look = LOOK_ON;
    spin_unlock(&cache.lock);
}
