// SPDX-License-Identifier: MIT
/*
 * scope.h - the figures of scopes, kept by the gate
 */
#pragma once
#include "kernel/gate.h"
#include "kernel/task.h"

void scope_list(const struct scope *s);       /* in all_scopes, at its first entry */
void scope_granted(const struct need *n);     /* to the running task, for the body that follows */
void scope_sum(const struct scope *s);        /* the figures of a body; the reservation's are zero again */

static inline void scope_entered(const struct scope *s)
{
    if (unlikely(!s->stats->listed))
        scope_list(s);
    __atomic_add_fetch(&s->stats->entries, 1, __ATOMIC_RELAXED);
}

/* After a body: also one that needed nothing may have tried for more, and with ama=off it took what it liked. */
static inline void scope_used(const struct scope *s)
{
    const struct reservation *r = &current->reservation;
    if ((u64)r->granted | r->used_bytes | r->granted_bytes)
        scope_sum(s);
}
