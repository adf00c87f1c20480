// SPDX-License-Identifier: MIT
// What reads takes frames for what is not there and, when all is there, nothing at all; what passes leaves none of them behind.
// need: need_object\(n, &item_cache, \(absent_0 \? 1 : 0\)\)
// need: need_frames\(n, absent_0\);
#include "tests/host/amalyzer/kernel.h"

static struct kmem_cache item_cache;

AMA_STATE AMA_HELD(task) static u64 absent(const struct item *i)
{
    return i->size;
}

static void see(struct item *i)
{
    AMA_PASSES(absent(i));
    struct item *request = kmem_cache_alloc(&item_cache);
    for (; i; i = i->next)
        i->page = frame_take();
    kmem_cache_free(&item_cache, request);
}

static void read(struct item *i)
{
    AMA_READS(absent(i));
    see(i);
    for (; i; i = i->next)
        i->page = frame_take();
}

static long read_body(void *p)
{
    see(p);
    read(p);
    return 0;
}
SCOPE(read);

long sys_read(struct item *i)
{
    return gate_call(&scope_read, i);
}
