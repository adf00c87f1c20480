// SPDX-License-Identifier: MIT
// A region of AMA_ITER inside another: the inner bound is paid in each round of the outer one.
// need: need_frames\(n, \(?a->n \* a->m\)?\);
#include "tests/host/amalyzer/kernel.h"

struct fill_args {
    struct item *item;
    u64 n, m;
};

static long fill_body(void *p)
{
    struct fill_args *a = p;
    ama_bound rows = AMA_BOUND(a->n);
    for (struct item *i = a->item; i; i = i->next) {
        AMA_ITER(rows);
        ama_bound columns = AMA_BOUND(a->m);
        for (struct item *k = i; k; k = k->next) {
            AMA_ITER(columns);
            k->page = frame_take();
        }
    }
    return 0;
}
SCOPE(fill);

long sys_fill(struct item *i, u64 n, u64 m)
{
    struct fill_args a = {i, n, m};
    return gate_call(&scope_fill, &a);
}
