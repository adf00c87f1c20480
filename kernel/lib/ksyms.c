// SPDX-License-Identifier: MIT
/*
 * ksyms.c - from an address to a function's name
 *
 * The build links the kernel twice: the first link's symbols, sorted by address, become the table of the
 * second.  In the first link nothing defines it, and a weak symbol that nothing defines has address 0.
 */
#include "kernel/lib/panic.h"

extern const char image_text[], image_rodata[]; /* kernel.ld */

extern const struct ksym ksyms[] __attribute__((weak));
extern const u32 ksyms_count __attribute__((weak));

const char *ksym_find(u64 addr, u64 *offset)
{
    u32 below = 0, above = &ksyms_count ? ksyms_count : 0; /* the last symbol that is not above addr */
    if (addr < (u64)image_text || addr >= (u64)image_rodata)
        return NULL;
    while (below < above) {
        u32 middle = (below + above) / 2;
        if (ksyms[middle].addr <= addr)
            below = middle + 1;
        else
            above = middle;
    }
    if (!below)
        return NULL;
    *offset = addr - ksyms[below - 1].addr;
    return ksyms[below - 1].name;
}
