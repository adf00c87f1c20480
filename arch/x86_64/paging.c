// SPDX-License-Identifier: MIT
/*
 * paging.c - the kernel half of the address space
 *
 * boot.asm maps the first GiB by one page directory, writable and executable everywhere.  This file makes
 * the final tables: the image by 4 KiB pages with just the rights each section needs, a direct map of all
 * RAM by 2 MiB pages, and the interrupt controllers.  Where the direct map shows the image's text and
 * constants it is read-only too.  Three PML4 slots make up the kernel half and never change afterwards, so
 * every address space copies them once.
 *
 * Frames for these tables are taken right behind the image; boot_info.image_end moves up.
 */
#include "arch/x86_64/x86.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define HUGE_SIZE 0x200000ul
#define DIRECT_MAX (512ul << 30) /* one PML4 slot */

extern pte_t boot_pml4[512], boot_pdpt_direct[512], boot_pdpt_kernel[512], boot_pd[512];
extern const char image_text[], image_rodata[], image_data[], image_end[], boot_stack_guard[];

static u64 image_phys(const char *p)
{
    return (u64)p - KERNEL_BASE;
}

static pte_t *table_take(void)
{
    void *t = phys_to_virt((phys_addr){boot_info.image_end});
    boot_info.image_end += PAGE_SIZE;
    memset(t, 0, PAGE_SIZE);
    return t;
}

/* The table that entry `e` leads to, made when there is none. */
static pte_t *table_below(pte_t *e)
{
    if (!(*e & PTE_PRESENT))
        *e = virt_to_phys(table_take()).addr | PTE_PRESENT | PTE_WRITE;
    return phys_to_virt(pte_phys(*e));
}

/* Rights of the image's page at physical address p, as seen at the kernel's own address. */
static pte_t image_rights(u64 p)
{
    if (p < image_phys(image_rodata))
        return PTE_PRESENT | PTE_GLOBAL;
    if (p < image_phys(image_data))
        return PTE_PRESENT | PTE_GLOBAL | PTE_NX;
    return PTE_PRESENT | PTE_GLOBAL | PTE_NX | PTE_WRITE;
}

static void image_map(void)
{
    pte_t *pd = table_take();
    for (u64 p = image_phys(image_text); p < image_phys(image_end); p += PAGE_SIZE) {
        pte_t *pt = table_below(&pd[pte_index(KERNEL_BASE + p, 2)]);
        if (p != image_phys(boot_stack_guard))
            pt[pte_index(KERNEL_BASE + p, 1)] = p | image_rights(p);
    }
    boot_pdpt_kernel[pte_index(KERNEL_BASE, 3)] = virt_to_phys(pd).addr | PTE_PRESENT | PTE_WRITE;
    arch_root_load(arch_kernel_root());
}

/* Maps the 2 MiB that hold the image's text by 4 KiB pages, so that it cannot be written here either. */
static pte_t direct_small(u64 start)
{
    pte_t *pt = table_take();
    for (u64 p = start; p < start + HUGE_SIZE; p += PAGE_SIZE) {
        bool constant = p >= image_phys(image_text) && p < image_phys(image_data);
        pt[pte_index(p, 1)] = p | PTE_PRESENT | PTE_GLOBAL | PTE_NX | (constant ? 0 : PTE_WRITE);
    }
    return virt_to_phys(pt).addr | PTE_PRESENT | PTE_WRITE;
}

static void direct_map(u64 start, u64 end, pte_t flags)
{
    for (u64 p = start / HUGE_SIZE * HUGE_SIZE; p < end; p += HUGE_SIZE) {
        pte_t *e = &table_below(&boot_pdpt_direct[pte_index(p, 3)])[pte_index(p, 2)];
        bool image = p < image_phys(image_data) && p + HUGE_SIZE > image_phys(image_text);
        if (!image)
            *e = p | PTE_PRESENT | PTE_WRITE | PTE_HUGE | PTE_GLOBAL | PTE_NX | flags;
        else if (*e & PTE_HUGE || !*e)
            *e = direct_small(p);
    }
}

void paging_start(void)
{
    boot_info.image_end = ROUND_UP(boot_info.image_end, PAGE_SIZE);
    image_map();
    direct_map(0, HUGE_SIZE, 0); /* VGA memory, whatever the memory map says */
    for (u32 i = 0; i < boot_info.ram_count; i++)
        direct_map(boot_info.ram[i].start, MIN(boot_info.ram[i].end, DIRECT_MAX), 0);
    direct_map(DEVICE_START, DEVICE_END, PTE_UNCACHED);
    for (u64 i = 0; i < 512; i++)
        if (!(boot_pd[i] & PTE_GLOBAL) && boot_pd[i] & PTE_HUGE)
            boot_pd[i] = 0; /* what boot.asm mapped and is no RAM */
    boot_pml4[0] = 0;
    cr4_write(cr4_read() & ~CR4_PGE); /* forgets translations that are marked global, too */
    cr4_write(cr4_read() | CR4_PGE);
}

phys_addr arch_kernel_root(void)
{
    return virt_to_phys(boot_pml4);
}

void arch_root_init(void *root)
{
    memcpy((pte_t *)root + 256, boot_pml4 + 256, 256 * sizeof(pte_t));
}

void arch_root_load(phys_addr root)
{
    __asm__ volatile("movq %0, %%cr3" ::"r"(root.addr) : "memory");
}

void tlb_flush_page(u64 va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

void tlb_flush_all(void)
{
    __asm__ volatile("movq %0, %%cr3" ::"r"(cr3_read()) : "memory");
}
