// SPDX-License-Identifier: MIT
// A function that an equation may call takes memory itself.
// expect: in missing(): a function marked AMA_STATE can take memory
// way: fill_body -> missing
// write: looks only
#include "tests/host/amalyzer/kernel.h"

AMA_STATE static u64 missing(struct item *i)
{
    struct page *p = frame_take(); /* here */
    frame_put(p);
    return i->size;
}

static long fill_body(void *p)
{
    struct item *i = p;
    u64 n = missing(i);
    for (u64 k = 0; k < n; k++)
        keep(frame_take());
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}
