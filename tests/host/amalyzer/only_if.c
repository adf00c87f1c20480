// SPDX-License-Identifier: MIT
// Whether anything is taken is decided by what only the body knows.
// expect: in fill(): the condition of a mark is not known at the entry
// way: fill_body -> fill
// write: AMA_STATE
#include "tests/host/amalyzer/kernel.h"

u64 measured(struct item *i);

static void fill(struct item *i)
{
    AMA_ONLY_IF(measured(i)); /* here */
    if (measured(i))
        i->page = frame_take();
}

static long fill_body(void *p)
{
    fill(p);
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}
