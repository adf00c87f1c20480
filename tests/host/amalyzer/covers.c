// SPDX-License-Identifier: MIT
// A mark covers the calls of an operation, but what stands in it is none.
// expect: in fill_body(): AMA_COVERS does not stand before the call of one operation
// way: fill_body
// write: AMA_COVERS(condition, operation(arguments))
#include "tests/host/amalyzer/kernel.h"

static u64 plain(struct item *i)
{
    return i->size;
}

static long fill_body(void *p)
{
    struct item *i = p;
    (void)AMA_COVERS(i->next != NULL, plain(i)); /* here */
    i->page = frame_take();
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}
