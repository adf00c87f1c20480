// SPDX-License-Identifier: MIT
// A round is paid by a bound that was counted down by hand.
// expect: in fill_body(): AMA_ITER needs a bound of this function that was not changed
// expect: in fill_body(): this AMA_BOUND is never spent
// way: fill_body
// write: AMA_BOUND(n)
#include "tests/host/amalyzer/kernel.h"

static long fill_body(void *p)
{
    struct item *i = p;
    ama_bound b = AMA_BOUND(8); /* here */
    for (; i; i = i->next) {
        AMA_ITER(b); /* here */
        i->page = frame_take();
        b--;
    }
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}
