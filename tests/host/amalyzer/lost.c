// SPDX-License-Identifier: MIT
// A table goes through a void pointer and comes back as one of another type: who is in it is found by no call.
// expect: load() takes memory and its address is taken, but no call through a pointer is known to reach it
// write: const tables, without casts and copies
#include "tests/host/amalyzer/kernel.h"

struct greedy {
    void (*work)(struct item *i);
};
struct worker {
    void (*work)(struct item *i);
};

static void load(struct item *i)
{
    i->page = frame_take();
}

static void look(struct item *i)
{
    i->size++;
}

const struct greedy greedy = {load};
const struct worker lazy = {look};

static const void *anything;

void sys_choose(bool all)
{
    anything = all ? (const void *)&greedy : (const void *)&lazy;
}

static long work_body(void *p)
{
    const struct worker *w = anything;
    w->work(p);
    return 0;
}
SCOPE(work);

long sys_work(struct item *i)
{
    return gate_call(&scope_work, i);
}
