// SPDX-License-Identifier: MIT
// A list is as long as it is: the loop has no bound.
// expect: in fill_list(): how much frames is taken cannot be known at the entry: it depends on how often the loop at
// way: fill_body -> fill_list
// write: AMA_BOUND
#include "tests/host/amalyzer/kernel.h"

struct fill_args {
    struct item *first;
};

static void fill_list(struct item *i)
{
    for (; i; i = i->next)
        i->page = frame_take(); /* here */
}

static long fill_body(void *p)
{
    struct fill_args *a = p;
    fill_list(a->first);
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *first)
{
    struct fill_args a = {first};
    return gate_call(&scope_fill, &a);
}
