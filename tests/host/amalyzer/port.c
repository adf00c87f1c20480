// SPDX-License-Identifier: MIT
// An operation of a port has more parameters than its need can be given.
// expect: in read_body(): this operation has too many parameters
// way: read_body
// write: at most 7
#include "tests/host/amalyzer/kernel.h"

struct port {
    long (*read)(struct item *i, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g);
    void (*read_need)(struct item *i, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, struct need *n);
};

void need_disk_read(struct item *i, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, struct need *n);

static long disk_read(struct item *i, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g)
{
    i->page = frame_take();
    return a + b + c + d + e + f + g;
}

static const struct port disk_port = {disk_read, need_disk_read};

struct read_args {
    const struct port *port;
    struct item *item;
};

static long read_body(void *p)
{
    struct read_args *a = p;
    return a->port->read(a->item, 1, 2, 3, 4, 5, 6, 7); /* here */
}
SCOPE(read);

long sys_read(struct item *i)
{
    struct read_args a = {&disk_port, i};
    return gate_call(&scope_read, &a);
}
