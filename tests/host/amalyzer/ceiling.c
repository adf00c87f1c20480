// SPDX-License-Identifier: MIT
// What the list has is counted before, but nothing says how long a list can be.
// expect: in load(): the frames that scope load needs while it runs has no ceiling: missing(p) has none
// way: load_body -> load
// write: AMA_UPTO
// frames: 8
#include "tests/host/amalyzer/kernel.h"

AMA_STATE AMA_HELD(task) static u32 missing(const struct item *i)
{
    u32 count = 0;
    for (const struct item *x = i; x; x = x->next)
        count += !x->page;
    return count;
}

static void load(struct item *all)
{
    ama_bound b = AMA_BOUND(missing(all));
    for (struct item *i = all; i; i = i->next) {
        if (i->page)
            continue;
        AMA_ITER(b);
        i->page = frame_take(); /* here */
    }
}

static long load_body(void *p)
{
    load(p);
    return 0;
}
SCOPE(load);

long sys_load(struct item *i)
{
    return gate_call(&scope_load, i);
}
