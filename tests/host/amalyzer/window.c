// SPDX-License-Identifier: MIT
// A window of 16 pages, where a call may need 8 frames.
// expect: in load(): scope load may need 16 frames while it runs, more than the 8 that a call may
// way: load_body -> load
// write: a smaller window
// frames: 8
#include "tests/host/amalyzer/kernel.h"

AMA_STATE AMA_HELD(task) static u32 missing(const struct item *i)
{
    u32 count = 0;
    for (const struct item *x = i; x; x = x->next)
        count += !x->page;
    return AMA_UPTO(count, 16);
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
