// SPDX-License-Identifier: MIT
// What an operation counts is held by the guard of the scope that calls it: one of two has none.
// expect: scope write counts what size_of() sees, which is held by its guard, and it has none
// way: list_fill
// write: a guard slot
#include "tests/host/amalyzer/kernel.h"

struct port {
    long (*fill)(struct item *i);
    void (*fill_need)(struct item *i, struct need *n);
};

void need_list_fill(struct item *i, struct need *n);

AMA_STATE AMA_HELD(guard) static u64 size_of(struct item *i)
{
    return i->size;
}

static long list_fill(struct item *i)
{
    for (u64 k = 0, n = size_of(i); k < n; k++)
        keep(frame_take());
    return 0;
}

static const struct port list_port = {list_fill, need_list_fill};

struct fill_args {
    const struct port *port;
    struct item *item;
};

static int read_guard(void *p UNUSED)
{
    return 0;
}

static long read_body(void *p)
{
    struct fill_args *a = p;
    return a->port->fill(a->item);
}

static long write_body(void *p)
{
    struct fill_args *a = p;
    return a->port->fill(a->item);
}

void need_read(void *args, struct need *n);
void need_write(void *args, struct need *n);
const struct scope scope_read = {.name = "read", .guard = read_guard, .need = need_read, .body = read_body};
const struct scope scope_write = {.name = "write", .need = need_write, .body = write_body};

long sys_both(struct item *i)
{
    struct fill_args a = {&list_port, i};
    return gate_call(&scope_read, &a) + gate_call(&scope_write, &a);
}

void sys_grow(struct item *i)
{
    i->size++;
}
