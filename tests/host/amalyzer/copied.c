// SPDX-License-Identifier: MIT
// Pointers to functions get where no call looks for them: by a copy, by a cast of a table, by a store through a pointer.
// expect: in copy_body(): the table greedy, which holds functions, is copied into what is no such table
// expect: in cast_body(): the table greedy, which holds functions, is taken for one of another type
// expect: in set(): a pointer to a function is stored where no call looks for it
// expect: what this call through a pointer reaches is not known
// way: copy_body
// way: store_body -> set
// write: const tables, without casts and copies
#include "tests/host/amalyzer/kernel.h"

struct greedy {
    u64 id;
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

static const struct greedy greedy = {1, load};
static const struct worker lazy = {look};

static struct {
    struct worker worker;
} last = {{look}};

static long copy_body(void *p)
{
    __builtin_memcpy(&last, (const char *)&greedy + 8, *(u64 *)p); /* here */
    last.worker.work(p); /* here */
    return 0;
}
SCOPE(copy);

static long cast_body(void *p)
{
    const struct worker *w = (const struct worker *)&greedy; /* here */
    w->work(p); /* here */
    return 0;
}
SCOPE(cast);

static __attribute__((noinline)) void set(void (**to)(struct item *i), void (*work)(struct item *i))
{
    *to = work; /* here */
}

static long store_body(void *p)
{
    set(&last.worker.work, greedy.work);
    last.worker.work(p); /* here */
    return 0;
}
SCOPE(store);

long sys_all(struct item *i)
{
    lazy.work(i);
    return gate_call(&scope_copy, i) + gate_call(&scope_cast, i) + gate_call(&scope_store, i);
}
