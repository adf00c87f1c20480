// SPDX-License-Identifier: MIT
// A goto leads into the middle of a loop.
// expect: in again_body(): a jump into the middle of a loop
// way: again_body
// write: a loop with one entry
#include "tests/host/amalyzer/kernel.h"

static long again_body(void *p)
{
    struct item *i = p;
    if (i->size)
        goto middle;
    while (i->next) {
        i->page = frame_take(); /* here */
    middle:
        i = i->next;
    }
    return 0;
}
SCOPE(again);

long sys_again(struct item *i)
{
    return gate_call(&scope_again, i);
}
