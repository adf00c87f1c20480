// SPDX-License-Identifier: MIT
/*
 * scope.c - what the slots of a scope may do: pin, or nothing
 *
 * Pins are taken by the pin slot and by needs, before what they keep is counted, and released by the gate at the scope's end or when
 * the entry has to wait.
 */
#include "kernel/gate.h"
#include "kernel/lib/panic.h"
#include "kernel/task.h"
#include "mm/reserve_core.h"

int guard_none(void *args UNUSED) { return 0; }
void pin_none(void *args UNUSED) {}
bool next_none(void *args UNUSED, long result UNUSED) { return false; }
void unguard_none(void *args UNUSED) {}
void need_none(void *args UNUSED, struct need *n UNUSED) {}

void gate_pin_range(struct mapping *m, u32 first, u32 last)
{
    struct task *t = current;
    if (memory_off)
        return;
    ASSERT(t->range_count < ARRAY_SIZE(t->ranges), "more than %lu range pins", ARRAY_SIZE(t->ranges));
    mapping_pin(&t->ranges[t->range_count++], m, first, last);
}

void gate_pin_block(struct block *b)
{
    struct task *t = current;
    ASSERT(t->pinned_count < ARRAY_SIZE(t->pinned), "more than %lu pinned blocks", ARRAY_SIZE(t->pinned));
    t->pinned[t->pinned_count++] = *b;
    b->page = NULL;
}

void gate_unpin(void)
{
    struct task *t = current;
    while (t->range_count)
        mapping_unpin(&t->ranges[--t->range_count]);
    while (t->pinned_count)
        block_put(&t->pinned[--t->pinned_count]);
}
