// SPDX-License-Identifier: MIT
// The body of one scope enters another.
// expect: in load(): a scope can be entered inside scope outer
// way: outer_body -> load
// write: before the scope
#include "tests/host/amalyzer/kernel.h"

static long inner_body(void *p)
{
    struct item *i = p;
    i->page = frame_take();
    return 0;
}
SCOPE(inner);

static long load(struct item *i)
{
    return gate_call(&scope_inner, i); /* here */
}

static long outer_body(void *p)
{
    return load(p);
}
SCOPE(outer);

long sys_outer(struct item *i)
{
    return gate_call(&scope_outer, i);
}
