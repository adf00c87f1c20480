// SPDX-License-Identifier: MIT
// What the body looks at while it loads is held by the guard as well, and the scope has none.
// expect: scope fill counts what missing() sees, which is held by its guard, and it has none
// way: fill_body
// write: a guard slot
#include "tests/host/amalyzer/kernel.h"

AMA_STATE AMA_HELD(load) static u64 missing(struct item *i)
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
