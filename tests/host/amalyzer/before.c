// SPDX-License-Identifier: MIT
// A system call takes its copy of the name before it enters the scope.
// expect: in sys_open(): memory can be taken outside every scope: sys_open -> kmalloc
// way: sys_open
// write: the body of a scope
#include "tests/host/amalyzer/kernel.h"

static long open_body(void *p)
{
    struct item *i = p;
    i->page = frame_take();
    return 0;
}
SCOPE(open);

long sys_open(struct item *i)
{
    keep(kmalloc(256)); /* here */
    return gate_call(&scope_open, i);
}
