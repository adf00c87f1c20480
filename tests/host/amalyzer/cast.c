// SPDX-License-Identifier: MIT
// A function is kept as a number: what the call reaches cannot be seen.
// expect: in run_body(): what this call through a pointer reaches is not known
// way: run_body
// write: const tables
#include "tests/host/amalyzer/kernel.h"

static long run_body(void *p)
{
    struct item *i = p;
    long (*work)(struct item *) = (long (*)(struct item *))i->size;
    return work(i); /* here */
}
SCOPE(run);

static long take(struct item *i)
{
    i->page = frame_take();
    return 0;
}

long sys_run(struct item *i)
{
    i->size = (u64)take;
    return gate_call(&scope_run, i);
}
