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
    return pin_more(s, p);
}

bool pin_block(struct block *b)
{
    bool kept = pin_page(b->page);
    block_put(b);
    return kept;
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

void look_rest(void)
{
    struct scope_pins *own = &current->pins;
    if (own->look == LOOK_LOCKED) {
        own->look = LOOK_ON;
        spin_unlock(&cache.lock);
    }
}
