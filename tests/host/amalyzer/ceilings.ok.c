// SPDX-License-Identifier: MIT
// What the most is that an equation can say: of a window, of a smaller part of it, of what one operation or the other needs.
// need: need_frames\(n, .*missing
// report: ceiling  while it runs: frames 23$
// report: ceiling  may stay after it: nodes no constant: a->size$
// frames: 23
#include "tests/host/amalyzer/kernel.h"

#define WINDOW 16
struct kmem_cache nodes;

struct ops {
    long (*load)(struct item *i, u64 count);
    void (*load_need)(struct item *i, u64 count, struct need *n);
};
struct volume {
    const struct ops *ops;
};

/* Of more than four pages: five levels at most; else three. */
AMA_STATE AMA_HELD(task) static u64 levels(const struct item *i, u64 count)
{
    return AMA_UPTO(i->next->size, count > 4 ? 5 : 3);
}

static long deep_load(struct item *i, u64 count)
{
    AMA_AT_MOST(AMA_FRAMES, levels(i, count));
    for (u64 k = 0; k < count; k++)
        i->page = frame_take();
    return 0;
}

static long flat_load(struct item *i, u64 count UNUSED)
{
    i->page = frame_take();
    return 0;
}

void need_deep_load(struct item *i, u64 count, struct need *n);
void need_flat_load(struct item *i, u64 count, struct need *n);
const struct ops deep = {deep_load, need_deep_load}, flat = {flat_load, need_flat_load};

struct fill {
    struct volume *volume;
    struct item *item;
    u64 size;
};

AMA_STATE AMA_HELD(fixed) static u64 missing(const struct fill *f)
{
    u64 count = 0;
    for (const struct item *i = f->item; i; i = i->next)
        count += !i->page;
    return AMA_UPTO(count, WINDOW);
}

AMA_STATE AMA_HELD(fixed) static u64 parts(const struct fill *f)
{
    return AMA_UPTO(f->size, 4);
}

/* 16 for the window, 4 that are a quarter of it, 3 for the levels above four pages. */
static long fill_body(void *p)
{
    struct fill *f = p;
    u64 most = missing(f), quarter = MIN(most, f->size) / 4;
    for (u64 k = 0; k < most; k++)
        keep(frame_take());
    for (u64 k = 0; k < quarter; k++)
        keep(frame_take());
    for (u64 k = 0; k < f->size; k++)
        keep(kmem_cache_alloc(&nodes));
    return f->volume->ops->load(f->item, parts(f));
}
SCOPE(fill);

long sys_fill(struct fill *f)
{
    return gate_call(&scope_fill, f);
}
