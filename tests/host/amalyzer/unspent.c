// SPDX-License-Identifier: MIT
// A bound is promised, and nothing says what it pays for.
// expect: in fill_body(): this AMA_BOUND is never spent
// way: fill_body
// write: AMA_ITER
#include "tests/host/amalyzer/kernel.h"

static long fill_body(void *p)
{
    struct item *i = p;
    ama_bound b UNUSED = AMA_BOUND(8); /* here */
    i->page = frame_take();
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}
