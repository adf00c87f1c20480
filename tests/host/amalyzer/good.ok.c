// SPDX-License-Identifier: MIT
// Everything that is allowed, in one program.
// need: need_object\(n, &item_cache, 1\);
// need: need_frames\(n, \(a->ops->load == load_all \? missing.* : 1\)\);
// need: need_kmalloc\(n, 64, \(a->ops->load != load_all \? 1 : 0\)\);
#include "tests/host/amalyzer/kernel.h"

struct kmem_cache item_cache;

struct ops {
    void (*load)(struct item *i, u64 n);
};
struct good_args {
    const struct ops *ops;
    struct item *item;
    u64 n;
};

AMA_STATE u64 missing(struct item *i, u64 n)
{
    return i->size < n ? n - i->size : 0;
}

void load_all(struct item *i, u64 n)
{
    ama_bound b = AMA_BOUND(missing(i, n));
    for (; i; i = i->next) {
        if (i->page)
            continue;
        AMA_ITER(b);
        i->page = frame_take();
    }
}

void load_one(struct item *i, u64 n)
{
    keep(kmalloc_upto(AMA_UPTO(n, 64), 64));
    i->page = frame_take();
}

const struct ops all_ops = {load_all}, one_ops = {load_one};

static long good_body(void *p)
{
    struct good_args *a = p;
    for (u64 i = 0; i < a->n; i++) {
        struct item *scratch = kmem_cache_alloc(&item_cache);
        scratch->size = i;
        kmem_cache_free(&item_cache, scratch);
    }
    a->ops->load(a->item, a->n);
    return 0;
}
SCOPE(good);

long sys_good(struct item *i, u64 n)
{
    struct good_args a = {n ? &all_ops : &one_ops, i, n};
    return gate_call(&scope_good, &a);
}
