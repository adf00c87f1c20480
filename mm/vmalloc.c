// SPDX-License-Identifier: MIT
/*
 * vmalloc.c - slots of kernel addresses (see vmalloc.h)
 *
 * A bit per slot says whether it is taken; `credits` slots are promised to reservations.  There are enough slots for every task
 * that memory could pay for (TOTAL / 8: a task costs more than eight frames), so slots never run out before frames do.
 */
#include "mm/vmalloc.h"
#include "arch/arch.h"
#include "kernel/lib/lock.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "mm/reserve_core.h"

#define SLOT_BYTES (VMALLOC_SLOT * PAGE_SIZE)

static struct {
    struct spinlock lock;
    u64 *taken;       /* bitmap */
    u32 slots, free;  /* free: neither taken nor promised */
    u32 next;         /* where the search begins */
} area = {.lock = SPINLOCK_INIT(RANK_SLAB, "vmalloc")};

/* The entry of the lowest-level table for va; all tables exist. */
static pte_t *kernel_pte(u64 va)
{
    pte_t *table = phys_to_virt(arch_kernel_root());
    for (int level = 4; level > 1; level--)
        table = phys_to_virt(pte_phys(table[pte_index(va, level)]));
    return &table[pte_index(va, 1)];
}

/* Makes the tables for one 2 MiB stretch of the area.  Start-up only. */
static void make_tables(u64 va)
{
    pte_t *table = phys_to_virt(arch_kernel_root());
    for (int level = 4; level > 1; level--) {
        pte_t *e = &table[pte_index(va, level)];
        if (!(*e & PTE_PRESENT)) {
            ASSERT(credit_take(1), "no memory for kernel page tables");
            struct page *p = frame_raw_take();
            memset(page_data(p), 0, PAGE_SIZE);
            *e = page_phys(p).addr | PTE_PRESENT | PTE_WRITE;
        }
        table = phys_to_virt(pte_phys(*e));
    }
}

void vmalloc_init(void)
{
    area.slots = ROUND_UP(memory_limits.total / 8, 64);
    area.free = area.slots;
    for (u64 at = 0; at < (u64)area.slots * SLOT_BYTES; at += 512 * PAGE_SIZE)
        make_tables(VMALLOC_BASE + at);
    u64 frames = PAGES(area.slots / 8);
    unsigned order = 0;
    while ((1ul << order) < frames)
        order++;
    ASSERT(credit_take(1ul << order), "no memory for the vmalloc map");
    struct page *p = frame_raw_take_block(order);
    area.taken = page_data(p);
    memset(area.taken, 0, area.slots / 8);
}

bool vmalloc_credit_take(u32 slots)
{
    spin_lock(&area.lock);
    bool ok = area.free >= slots;
    area.free -= ok ? slots : 0;
    spin_unlock(&area.lock);
    return ok;
}

void vmalloc_credit_give(u32 slots)
{
    spin_lock(&area.lock);
    area.free += slots;
    spin_unlock(&area.lock);
}

u64 vmalloc_slots_used(void)
{
    return area.slots - area.free;
}

/* A promised slot exists, so the search ends. */
static u32 slot_find(void)
{
    spin_lock(&area.lock);
    while (area.taken[area.next / 64] >> (area.next % 64) & 1)
        area.next = (area.next + 1) % area.slots;
    u32 slot = area.next;
    area.taken[slot / 64] |= 1ul << (slot % 64);
    spin_unlock(&area.lock);
    return slot;
}

void *vmalloc(size_t bytes)
{
    struct reservation *r = &current->reservation;
    u64 pages = PAGES(bytes);
    ASSERT(pages <= VMALLOC_PAGES, "vmalloc of %lu bytes: more than a slot holds", bytes);
    if (!memory_off) {
        ASSERT(r->left.slots, "I3: call %s takes a vmalloc slot beyond its need", r->scope ? r->scope->name : "(none)");
        r->left.slots--;
    } else {
        ASSERT(vmalloc_credit_take(1), "ama=off: no vmalloc slot is left");
    }
    u64 va = VMALLOC_BASE + (u64)slot_find() * SLOT_BYTES + PAGE_SIZE;
    for (u64 i = 0; i < pages; i++) {
        struct page *p = frame_take_zeroed();
        *kernel_pte(va + i * PAGE_SIZE) = page_phys(p).addr | PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_NX;
    }
    return (void *)va;
}

void vfree(void *p)
{
    u64 va = (u64)p;
    u32 slot = (va - VMALLOC_BASE) / SLOT_BYTES;
    for (u64 i = 0; i < VMALLOC_PAGES; i++) {
        pte_t *e = kernel_pte(va + i * PAGE_SIZE);
        if (!(*e & PTE_PRESENT))
            continue;
        struct page *frame = phys_page(pte_phys(*e));
        *e = 0;
        tlb_flush_page(va + i * PAGE_SIZE);
        frame_put(frame);
    }
    spin_lock(&area.lock);
    area.taken[slot / 64] &= ~(1ul << (slot % 64));
    area.free++;
    spin_unlock(&area.lock);
}
