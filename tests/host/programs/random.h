// SPDX-License-Identifier: MIT
/* random.h - what random programs (programs.py) are made of; run.c runs them */
#pragma once
#include "tests/host/amalyzer/kernel.h"

struct thing;
struct ops {
    long (*work)(struct thing *t, u64 a, u64 b);
};
struct port {
    long (*serve)(struct thing *t, u64 a, u64 b);
    void (*serve_need)(struct thing *t, u64 a, u64 b, struct need *n);
};
struct thing {
    struct thing *next;
    const struct ops *ops;
    const struct port *port;
    u64 fixed;  /* no program changes it */
    u64 moving; /* some do */
};
struct args {
    struct thing *thing;
    u64 a, b;
    bool flag;
};
struct work {
    struct thing *thing;
    u64 n;
};

bool chance(void);        /* what nobody can foresee */
u64 any_upto(u64 most);
void hold(void *p);       /* until the scope is over */
void hold_frame(struct page *p);
void *old_object(struct kmem_cache *c); /* one that was taken before the scope, or NULL */

AMA_STATE static inline u64 room(struct thing *t, u64 n)
{
    return t->fixed < n ? n - t->fixed : 0;
}
AMA_STATE static inline u64 moved(struct thing *t)
{
    return AMA_UPTO(t->moving, 7);
}

/* Of the program. */
extern struct kmem_cache cache0, cache1, cache2;
extern const struct scope scope_main;
extern const struct ops *const all_ops[];
extern const struct port *const all_ports[];
extern const u64 ops_count, port_count;
