// SPDX-License-Identifier: MIT
/*
 * pagetable.c - four levels of tables, 512 entries each (SDM 3A 4.5)
 *
 * A user page that is mapped holds a reference on its frame.  Tables are made on the way down from frames that the call has
 * reserved, and go when the space goes.  PTE_COW marks a private page that must be copied before it is written.
 */
#include "kernel/lib/ama.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "mm/space.h"

#define TABLE_FLAGS (PTE_PRESENT | PTE_WRITE | PTE_USER)

pte_t *pte_find(struct space *s, u64 va)
{
    pte_t *table = phys_to_virt(s->root);
    for (int level = 4; level > 1; level--) {
        pte_t e = table[pte_index(va, level)];
        if (!(e & PTE_PRESENT))
            return NULL;
        table = phys_to_virt(pte_phys(e));
    }
    return &table[pte_index(va, 1)];
}

u32 pte_missing(struct space *s, u64 va)
{
    pte_t *table = phys_to_virt(s->root);
    for (int level = 4; level > 1; level--) {
        pte_t e = table[pte_index(va, level)];
        if (!(e & PTE_PRESENT))
            return AMA_UPTO(level - 1, 3);
        table = phys_to_virt(pte_phys(e));
    }
    return 0;
}

pte_t *pte_make(struct space *s, u64 va)
{
    AMA_AT_MOST(AMA_FRAMES, pte_missing(s, va));
    pte_t *table = phys_to_virt(s->root);
    for (int level = 4; level > 1; level--) {
        pte_t *e = &table[pte_index(va, level)];
        if (!(*e & PTE_PRESENT))
            *e = page_phys(frame_take_zeroed()).addr | TABLE_FLAGS;
        table = phys_to_virt(pte_phys(*e));
    }
    return &table[pte_index(va, 1)];
}

static bool has_page(phys_addr table)
{
    pte_t *e = phys_to_virt(table);
    u32 i = 0;
    while (i < 512 && !(e[i] & PTE_PRESENT))
        i++;
    return i < 512;
}

/* Tables below `table` in the user half that lead to a page: unmapping leaves some that do not. */
static u64 count_below(phys_addr table, int level)
{
    AMA_DEPTH(3);
    pte_t *e = phys_to_virt(table);
    u64 n = 0;
    u32 last = level == 4 ? 256 : 512;
    for (u32 i = 0; i < last; i++) {
        if (!(e[i] & PTE_PRESENT))
            continue;
        u64 below = level > 2 ? count_below(pte_phys(e[i]), level - 1) : has_page(pte_phys(e[i]));
        n += below + (level > 2 && below);
    }
    return n;
}

u64 tables_in_use(struct space *s)
{
    return count_below(s->root, 4);
}

static void free_below(phys_addr table, int level)
{
    AMA_DEPTH(3);
    pte_t *e = phys_to_virt(table);
    u32 last = level == 4 ? 256 : 512;
    for (u32 i = 0; i < last; i++) {
        if (!(e[i] & PTE_PRESENT))
            continue;
        if (level > 2)
            free_below(pte_phys(e[i]), level - 1);
        frame_put(phys_page(pte_phys(e[i])));
        e[i] = 0;
    }
}

void tables_free(struct space *s)
{
    free_below(s->root, 4);
}

/* First address behind the table entry of `level` that covers va. */
static u64 next_at(u64 va, int level)
{
    u64 span = 1ul << (12 + 9 * (level - 1));
    return (va & ~(span - 1)) + span;
}

u64 tables_missing(struct space *s, u64 start, u64 end)
{
    u64 n = 0;
    for (u64 va = start; va < end; va = next_at(va, 2)) {
        u32 m = pte_missing(s, va);
        bool first_l3 = va == start || pte_index(va, 2) == 0, first_l4 = va == start || (pte_index(va, 3) == 0 && first_l3);
        n += (m >= 1) + (m >= 2 && first_l3) + (m >= 3 && first_l4);
    }
    return n;
}

/* Walks the present leaf entries of [start, end). */
static pte_t *next_present(struct space *s, u64 *va, u64 end)
{
    while (*va < end) {
        u32 missing = pte_missing(s, *va);
        if (missing) {
            *va = next_at(*va, missing + 1);
            continue;
        }
        pte_t *e = pte_find(s, *va);
        if (*e & PTE_PRESENT)
            return e;
        *va += PAGE_SIZE;
    }
    return NULL;
}

void tables_copy(struct space *to, struct space *from)
{
    AMA_AT_MOST(AMA_FRAMES, tables_in_use(from));
    list_each(r, &from->regions, struct region, link) {
        pte_t *e;
        for (u64 va = r->start; (e = next_present(from, &va, r->end)); va += PAGE_SIZE) {
            if (!(r->flags & REGION_SHARED) && (*e & (PTE_WRITE | PTE_COW)))
                *e = (*e & ~(u64)PTE_WRITE) | PTE_COW;
            frame_get(phys_page(pte_phys(*e)));
            *pte_make(to, va) = *e;
            to->resident++;
        }
    }
    tlb_flush_all();
}

void tables_move(struct space *s, u64 from, u64 to, u64 pages)
{
    pte_t *e;
    u64 end = from + pages * PAGE_SIZE;
    AMA_AT_MOST(AMA_FRAMES, tables_missing(s, to, to + pages * PAGE_SIZE));
    for (u64 va = from; (e = next_present(s, &va, end)); va += PAGE_SIZE) {
        pte_t moved = *e;
        *e = 0;
        *pte_make(s, to + (va - from)) = moved;
    }
    tlb_flush_all();
}

void tables_protect(struct space *s, u64 start, u64 end, int prot)
{
    pte_t *e;
    for (u64 va = start; (e = next_present(s, &va, end)); va += PAGE_SIZE) {
        pte_t v = *e & ~(PTE_NX | PTE_USER);
        if (v & PTE_WRITE) /* writing is allowed again by the next fault, which knows what to do first */
            v = (v & ~(u64)PTE_WRITE) | ((v & PTE_SHARED) ? 0 : PTE_COW);
        if (prot)
            v |= PTE_USER;
        if (!(prot & PROT_EXEC))
            v |= PTE_NX;
        *e = v;
    }
    tlb_flush_all();
}

void region_drop_pages(struct space *s, u64 start, u64 end)
{
    pte_t *e;
    mutex_lock(&s->tables);
    for (u64 va = start; (e = next_present(s, &va, end)); va += PAGE_SIZE) {
        struct page *p = phys_page(pte_phys(*e));
        *e = 0;
        tlb_flush_page(va);
        s->resident--;
        frame_put(p);
    }
    mutex_unlock(&s->tables);
}
