// SPDX-License-Identifier: MIT
/*
 * rmap.c - from a cached page to the programs that map it
 *
 * A mapping lists the regions that show it; where a page would stand in each follows by arithmetic, and the page-table entry
 * there tells whether it does.  Used when a page must go (truncate, reclaim) or must not be written for a while (flusher).
 */
#include "kernel/lib/ama.h"
#include "kernel/lib/panic.h"
#include "mm/cache_core.h"
#include "mm/space.h"

/* The n-th region of the mapping that covers the page: its space with a reference, and the address. */
static struct space *nth_mapper(struct mapping *m, u32 index, u32 n, u64 *va)
{
    struct space *found = NULL;
    spin_lock(&cache.lock);
    list_each(r, &m->regions, struct region, in_mapping) {
        u64 pages = (r->end - r->start) >> PAGE_SHIFT;
        if (index < r->offset || index - r->offset >= pages || n--)
            continue;
        found = r->space;
        *va = r->start + ((index - r->offset) << PAGE_SHIFT);
        space_get(found);
        break;
    }
    spin_unlock(&cache.lock);
    return found;
}

static void unmap_at(struct space *s, u64 va, struct page *p)
{
    mutex_lock(&s->tables);
    pte_t *e = pte_find(s, va);
    if (e && (*e & PTE_PRESENT) && phys_page(pte_phys(*e)) == p) {
        *e = 0;
        tlb_flush_page(va);
        s->resident--;
        frame_put(p);
    }
    mutex_unlock(&s->tables);
}

static void protect_at(struct space *s, u64 va, struct page *p)
{
    mutex_lock(&s->tables);
    pte_t *e = pte_find(s, va);
    if (e && (*e & PTE_PRESENT) && phys_page(pte_phys(*e)) == p && (*e & PTE_WRITE)) {
        *e &= ~(u64)PTE_WRITE;
        tlb_flush_page(va);
    }
    mutex_unlock(&s->tables);
}

/* The space may end here, and with it an inode whose last reference it held: that one's mapping has no region left. */
void cache_unmap_page(struct mapping *m, u32 index, struct page *p)
{
    AMA_DEPTH(2);
    struct space *s;
    u64 va;
    for (u32 n = 0; p->refs && (s = nth_mapper(m, index, n, &va)); n++) {
        unmap_at(s, va, p);
        space_put(s);
    }
}

void cache_protect_page(struct mapping *m, u32 index, struct page *p)
{
    struct space *s;
    u64 va;
    for (u32 n = 0; p->refs && (s = nth_mapper(m, index, n, &va)); n++) {
        protect_at(s, va, p);
        space_put(s);
    }
}
