// SPDX-License-Identifier: MIT
// The second exercise of docs/bounds.md: things that are not fixed get a frame; how many are there?
#include "tests/host/programs/random.h"

struct kmem_cache cache0, cache1, cache2;
static const struct ops no_ops;
static const struct port no_port;
const struct ops *const all_ops[] = {&no_ops};
const struct port *const all_ports[] = {&no_port};
const u64 ops_count = 1, port_count = 1;

AMA_STATE static u64 count_things(const struct thing *t)
{
    u64 n = 0;
    for (; t; t = t->next)
        n++;
    return n;
}

/* Those that get a frame. */
AMA_STATE static u64 count_loose(const struct thing *t)
{
    u64 n = 0;
    for (; t; t = t->next)
        n += !t->fixed;
    return n;
}

#if !defined(BOUND)
#define BOUND count_things
#endif

static long main_body(void *p)
{
    struct args *a = p;
    ama_bound frames = AMA_BOUND(BOUND(a->thing));
    for (struct thing *t = a->thing; t; t = t->next) {
        if (t->fixed)
            continue;
        AMA_ITER(frames);
        hold_frame(frame_take());
    }
    return (long)count_things(a->thing) + (long)count_loose(a->thing);
}
SCOPE(main);
