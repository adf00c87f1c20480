// SPDX-License-Identifier: MIT
// The equation looks at state that others change, and nothing is said of who holds it.
// expect: scope fill counts what missing() sees, which may change before the memory is taken
// way: fill_body
// write: AMA_HELD
#include "tests/host/amalyzer/kernel.h"

AMA_STATE static u64 missing(struct item *i)
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
