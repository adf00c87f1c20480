// SPDX-License-Identifier: MIT
// A look says that it pins what it counts, and does not.
// expect: in missing(): missing() is said to pin what it counts, and pins nothing
// way: fill_body -> missing
// write: pin_range
#include "tests/host/amalyzer/kernel.h"

AMA_STATE AMA_HELD(pins) static u64 missing(struct item *i)
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
