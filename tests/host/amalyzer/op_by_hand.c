// SPDX-License-Identifier: MIT
// Beside an operation stands a need that was not derived from it: another's, or none.
// expect: the operation read_many() takes memory, and beside it stands need_read_one, which is not derived from it
// expect: the operation read_more() takes memory, and beside it stands no need, which is not derived from it
// way: read_body -> read_many
// write: DERIVE_OP(read_many)
// write: DERIVE_OP(read_more)
#include "tests/host/amalyzer/kernel.h"

struct port {
    long (*read)(struct item *i);
    void (*read_need)(struct item *i, struct need *n);
};

void need_read_one(struct item *i, struct need *n);

static long read_one(struct item *i)
{
    i->page = frame_take();
    return 0;
}

static long read_many(struct item *i)
{
    for (int k = 0; k < 8; k++)
        keep(frame_take());
    return read_one(i);
}

static long read_more(struct item *i)
{
    return read_many(i) + read_many(i);
}

const struct port one_port = {read_one, need_read_one}, many_port = {read_many, need_read_one}, more_port = {read_more, NULL};

struct read_args {
    const struct port *port;
    struct item *item;
};

static long read_body(void *p)
{
    struct read_args *a = p;
    return a->port->read(a->item);
}
SCOPE(read);

long sys_read(struct item *i, bool all)
{
    struct read_args a = {all ? &many_port : &one_port, i};
    return gate_call(&scope_read, &a);
}
