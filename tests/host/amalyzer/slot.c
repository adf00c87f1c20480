// SPDX-License-Identifier: MIT
// One of two file systems takes frames without a bound in an operation of its table.
// expect: in list_read(): how much frames is taken cannot be known at the entry: it depends on how often the loop at
// way: read_body -> list_read
// write: AMA_BOUND
#include "tests/host/amalyzer/kernel.h"

struct ops {
    long (*read)(struct item *i);
};

static long zero_read(struct item *i)
{
    return i->size;
}

static long list_read(struct item *i)
{
    for (; i; i = i->next)
        i->page = frame_take(); /* here */
    return 0;
}

static const struct ops zero_ops = {zero_read}, list_ops = {list_read};

struct read_args {
    const struct ops *ops;
    struct item *item;
};

static long read_body(void *p)
{
    struct read_args *a = p;
    return a->ops->read(a->item);
}
SCOPE(read);

long sys_read(struct item *i)
{
    struct read_args a = {i->size ? &list_ops : &zero_ops, i};
    return gate_call(&scope_read, &a);
}
