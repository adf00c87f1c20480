// SPDX-License-Identifier: MIT
// Which cache an object comes from is only known when the body runs.
// expect: in make_body(): the object cache is not a named global
// way: make_body
// write: a name of its own
#include "tests/host/amalyzer/kernel.h"

struct make_args {
    struct kmem_cache *cache;
    void *made;
};

static long make_body(void *p)
{
    struct make_args *a = p;
    a->made = kmem_cache_alloc(a->cache); /* here */
    return 0;
}
SCOPE(make);

long sys_make(struct kmem_cache *c)
{
    struct make_args a = {c, 0};
    return gate_call(&scope_make, &a);
}
