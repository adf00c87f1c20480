// SPDX-License-Identifier: MIT
// A need that people have written is not known to be enough.
// expect: the need of scope fill is not derived, and its body takes memory
// expect: how often the loop at
// way: fill_body
// write: DERIVE(fill)
#include "tests/host/amalyzer/kernel.h"

static long fill_body(void *p)
{
    struct item *i = p;
    for (; i; i = i->next)
        i->page = frame_take();
    return 0;
}

static void need_mine(void *p UNUSED, struct need *n)
{
    need_frames(n, 4);
}

const struct scope scope_fill = {.name = "fill", .need = need_mine, .body = fill_body};

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}
