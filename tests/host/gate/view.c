// SPDX-License-Identifier: MIT
/*
 * view.c - mm/queue.c itself, with a window into its private state
 */
#include "mm/queue.c"
#include "tests/host/gate/view.h"

static struct view view_of(const struct queued *w, bool large, u32 place)
{
    return (struct view){w->task, w->want, w->escrow, w->admitted, large, place};
}

u32 view_waiters(struct view *out, u32 max)
{
    u32 n = 0, place = 0;
    list_each(w, &queue.transient, struct queued, link)
        if (n < max)
            out[n++] = view_of(w, false, place++);
    place = 0;
    list_each(l, &queue.large, struct queued, link)
        if (n < max)
            out[n++] = view_of(l, true, place++);
    return n;
}

/* While a task waits at the entry, its only waiter stands in its own queue `wake`. */
static struct queued *queued_of(const struct task *t)
{
    return container_of(t->held.waiters->queue, struct queued, wake);
}

u32 view_called(void)
{
    return queue.called;
}

bool view_refused(struct task *t, struct view *out)
{
    if (!t->immovable || !t->held.waiters || !queued_of(t)->refused)
        return false;
    *out = view_of(queued_of(t), true, 0);
    return true;
}

u64 view_pausing(void)
{
    return queue.pausing;
}

bool view_empty(void)
{
    return list_empty(&queue.transient) && list_empty(&queue.large) && !queue_length && !queue.escrow_now && !queue.body_now &&
           !queue.pausing;
}
