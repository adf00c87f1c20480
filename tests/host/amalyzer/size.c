// SPDX-License-Identifier: MIT
// The size of a block is read from what the body itself has written.
// expect: in copy(): how much kmalloc
// way: copy_body -> copy
// write: AMA_UPTO
#include "tests/host/amalyzer/kernel.h"

static void *copy(struct item *i)
{
    return kmalloc(i->size); /* here */
}

static long copy_body(void *p)
{
    struct item *i = p;
    i->size += 8;
    keep(copy(i));
    return 0;
}
SCOPE(copy);

long sys_copy(struct item *i)
{
    return gate_call(&scope_copy, i);
}
