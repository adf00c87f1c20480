// SPDX-License-Identifier: MIT
// The equation looks at state that others change, and the guard that shall hold it does not exist.
// expect: scope fill counts what missing() sees, which is held by its guard, and it has none
// way: fill_body
// write: a guard slot
#include "tests/host/amalyzer/kernel.h"

AMA_STATE AMA_HELD(guard) static u64 missing(struct item *i)
{
    return i->size;
}

static long fill_body(void *p)
{
    struct item *i = p;
    for (u64 k = 0, n = missing(i); k < n; k++)
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
