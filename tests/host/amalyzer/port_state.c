// SPDX-License-Identifier: MIT
// The need of an operation looks at what the scope that calls it has changed by then.
// expect: in list_read(): how much frames is taken cannot be known at the entry: it depends on
// way: list_read
// write: AMA_BOUND
#include "tests/host/amalyzer/kernel.h"

struct port {
    long (*read)(struct item *i);
    void (*read_need)(struct item *i, struct need *n);
};

void need_list_read(struct item *i, struct need *n);

static long list_read(struct item *i)
{
    for (u64 k = 0; k < i->size; k++)
        keep(frame_take()); /* here */
    return 0;
}

static const struct port list_port = {list_read, need_list_read};

struct read_args {
    const struct port *port;
    struct item *item;
    u64 more;
};

static long read_body(void *p)
{
    struct read_args *a = p;
    a->item->size += a->more;
    return a->port->read(a->item);
}
SCOPE(read);

long sys_read(struct item *i, u64 more)
{
    struct read_args a = {&list_port, i, more};
    return gate_call(&scope_read, &a);
}
