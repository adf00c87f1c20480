// SPDX-License-Identifier: MIT
/*
 * vmalloc.h - memory that is contiguous for the kernel only, with a guard page below
 *
 * The area is cut into slots of VMALLOC_SLOT pages, the first of which is never mapped; a slot holds up to VMALLOC_PAGES pages.
 * Slots of one size cannot fragment, and their page tables exist from start-up, so a credit for a slot is a credit for its
 * use.  Callers: kernel stacks with their path buffers.
 */
#pragma once
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"

struct need;

#define VMALLOC_SLOT 8
#define VMALLOC_PAGES (VMALLOC_SLOT - 1)

/* `bytes` (at most VMALLOC_PAGES pages) of zeroed memory.  Need: a slot, and its pages as lasting frames. */
void *vmalloc(size_t bytes) NEEDS_RESERVATION;
/* Gives slot and frames back; any context that may take spinlocks.  No address in it may be used any more. */
void vfree(void *p);
u64 vmalloc_slots_used(void);
