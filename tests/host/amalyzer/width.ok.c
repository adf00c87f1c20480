// SPDX-License-Identifier: MIT
// A difference of two fields of 32 bits is computed in 64, as in the program: below zero it is no count, and not 2^32 of them.
// need: need_frames\(n, .*\(\(u64\)a->end - a->start\)
#include "tests/host/amalyzer/kernel.h"

struct fill_args {
    struct item *item;
    u32 start, end;
};

static long fill_body(void *p)
{
    struct fill_args *a = p;
    ama_bound pages = AMA_BOUND((u64)a->end - a->start);
    for (struct item *i = a->item; i; i = i->next) {
        AMA_ITER(pages);
        i->page = frame_take();
    }
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i, u32 start, u32 end)
{
    struct fill_args a = {i, start, end};
    return gate_call(&scope_fill, &a);
}
