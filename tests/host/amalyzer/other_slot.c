// SPDX-License-Identifier: MIT
// A guard runs before anything is granted.
// expect: in fill_guard(): the guard of scope fill can take memory, which its body alone may
// way: fill_guard -> kmalloc
// write: in the body
#include "tests/host/amalyzer/kernel.h"

static int fill_guard(void *p UNUSED)
{
    kfree(kmalloc(64)); /* here */
    return 0;
}

static long fill_body(void *p)
{
    struct item *i = p;
    i->page = frame_take();
    return 0;
}

void need_fill(void *args, struct need *n);
const struct scope scope_fill = {.name = "fill", .guard = fill_guard, .need = need_fill, .body = fill_body};

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}
