// SPDX-License-Identifier: MIT
// The equation reads a field that others write, no function looks at it, and the scope has no guard.
// expect: scope fill counts a->next->size, which others may change before the memory is taken, and it has no guard
// way: fill_body
// write: AMA_HELD
#include "tests/host/amalyzer/kernel.h"

static long fill_body(void *p)
{
    struct item *i = p;
    for (u64 k = 0; k < i->next->size; k++)
        keep(frame_take());
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}

void sys_grow(struct item *i)
{
    i->size++;
}
