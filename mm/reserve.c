// SPDX-License-Identifier: MIT
/*
 * reserve.c - from a need to a reservation and back
 *
 * reserve_grant() tops the running task's reservation up to a need, class by class, and never sleeps.  When one class falls short
 * the caller gives everything back (reserve_release) before it waits: there is no partial state to undo anywhere else.
 *
 * tight=1: a grant then takes the very frames and objects, and the allocators serve from these alone; so a need that leans on
 * memory that merely happened to be free stops at once.
 */
#include "mm/reserve.h"
#include "kernel/inject.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "mm/queue.h"
#include "mm/reserve_core.h"

bool memory_tight, memory_off, memory_peek_off, memory_recycle_off, memory_window_off;

/* --- granting --- */

static struct need_object *left_object(struct need *left, struct kmem_cache *c)
{
    for (u32 i = 0; i < left->objects; i++)
        if (left->object[i].cache == c)
            return &left->object[i];
    ASSERT(left->objects < NEED_OBJECTS, "a reservation holds more than %u object caches", NEED_OBJECTS);
    left->object[left->objects] = (struct need_object){.cache = c};
    current->reservation.objects[left->objects] = NULL;
    return &left->object[left->objects++];
}

/* Credits that the cache's own objects do not back.  What a wait at the entry brought along beyond the need's own frames and promises
 * pays for slabs first; it stays the task's throughout, or another waiter would take it. */
static int grant_slabs(struct need_object *o, u32 want, const struct need *need, struct shortage *s)
{
    struct need *left = &current->reservation.left;
    u64 short_by = 0, keep = (u64)need->frames + need->now;
    struct purse spare = {is_root(), left->frames - MIN(left->frames, keep), left->charge - MIN(left->charge, need->charge)};
    left->frames -= spare.frames;
    left->charge -= spare.charge;
    int rc = cache_credit_take(o->cache, want - o->count, &spare, &short_by);
    left->frames += spare.frames;
    left->charge += spare.charge;
    if (rc == -EAGAIN) {
        s->not_admitted = true;
        return -ENOMEM;
    }
    if (rc == -ENOMEM)
        s->frames += short_by;
    if (!rc)
        o->count = want;
    return rc;
}

static int grant_object(struct need *left, const struct need_object *want, const struct need *need, struct shortage *s)
{
    struct need_object *o = left_object(left, want->cache);
    if (o->count >= want->count)
        return 0;
    if (unlikely(!cache_credit_try(want->cache, want->count - o->count)))
        return grant_slabs(o, want->count, need, s);
    o->count = want->count;
    return 0;
}

static inline bool resource_try(struct resource *r, i64 count)
{
    i64 seen = __atomic_load_n(&r->avail, __ATOMIC_RELAXED);
    while (seen >= count)
        if (__atomic_compare_exchange_n(&r->avail, &seen, seen - count, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return true;
    return false;
}

static int grant_resource(struct need *left, const struct need_resource *want)
{
    u32 i = 0;
    while (i < left->resources && left->resource[i].resource != want->resource)
        i++;
    if (i == left->resources)
        left->resource[left->resources++] = (struct need_resource){want->resource, 0};
    i64 more = (i64)want->count - left->resource[i].count;
    if (more <= 0)
        return 0;
    if (!resource_try(want->resource, more))
        return want->resource->error;
    left->resource[i].count += more;
    return 0;
}

static int grant_blocks(const struct need *need, struct shortage *s)
{
    struct reservation *r = &current->reservation;
    while (r->left.blocks < need->blocks) {
        unsigned order = need->order[r->left.blocks];
        struct page *p = credit_take(1ul << order) ? frame_raw_take_block(order) : NULL;
        if (!p) {
            s->frames += 1ul << order;
            return -ENOMEM;
        }
        p->order = order;
        list_push_back(&r->blocks, &p->link);
        r->left.order[r->left.blocks++] = order;
    }
    return 0;
}

static int grant_promises(struct need *left, const struct need *need, struct shortage *s)
{
    if (left->charge < need->charge) {
        if (!large_admit(need->charge - left->charge, is_root())) {
            s->not_admitted = true;
            return -ENOMEM;
        }
        left->charge = need->charge;
    }
    if (left->slots < need->slots) {
        if (!vmalloc_credit_take(need->slots - left->slots))
            return -EAGAIN;
        left->slots = need->slots;
    }
    return 0;
}

static int grant_frames(struct need *left, const struct need *need, struct shortage *s)
{
    u64 want = (u64)need->frames + need->now;
    if (left->frames >= want)
        return 0;
    u64 more = want - left->frames;
    if (unlikely(!credit_take(more)) && (reclaim_clean(more) == 0 || !credit_take(more))) {
        i64 avail = credits_avail();
        s->frames += more - MIN(more, avail > 0 ? (u64)avail : 0);
        return -ENOMEM;
    }
    left->frames += more;
    return 0;
}

/* tight=1: turns credits into the things themselves. */
static void hand_over(struct reservation *r)
{
    u32 have = 0;
    list_each(p, &r->frames, struct page, link)
        have++;
    for (; have < r->left.frames; have++)
        list_push_front(&r->frames, &frame_raw_take()->link);
    for (; have > r->left.frames; have--) /* paid for a slab */
        frame_raw_give(list_entry(list_pop_front(&r->frames), struct page, link));
    for (u32 i = 0; i < r->left.objects; i++) {
        u32 count = 0;
        for (void *o = r->objects[i]; o; o = *(void **)o)
            count++;
        for (; count < r->left.object[i].count; count++) {
            void *o = cache_raw_alloc(r->left.object[i].cache);
            *(void **)o = r->objects[i];
            r->objects[i] = o;
        }
    }
}

/* For one who holds nothing: all that can be had without a lock.  False: something is still missing. */
static inline bool grant_at_once(struct need *left, const struct need *need)
{
    u32 frames = need->frames + need->now;
    for (u32 i = 0; i < need->resources; i++) {
        if (unlikely(!resource_try(need->resource[i].resource, need->resource[i].count)))
            return false;
        left->resource[i] = need->resource[i];
        left->resources = i + 1;
    }
    for (u32 i = 0; i < need->objects; i++) {
        if (unlikely(!cache_credit_try(need->object[i].cache, need->object[i].count)))
            return false;
        left->object[i] = need->object[i];
        left->objects = i + 1;
    }
    if (frames && unlikely(!credit_take(frames)))
        return false;
    left->frames = frames;
    return !(need->charge | need->slots | need->blocks);
}

int reserve_grant(const struct need *need, struct shortage *s)
{
    struct reservation *r = &current->reservation;
    struct need *left = &r->left;
    int rc = 0;
    if (likely(need_is_zero(left) && !memory_tight) && likely(grant_at_once(left, need)))
        return 0;
    for (u32 i = 0; i < need->resources && !rc; i++)
        rc = grant_resource(left, &need->resource[i]);
    for (u32 i = 0; i < need->objects && !rc; i++)
        rc = grant_object(left, &need->object[i], need, s);
    if (!rc && need->blocks)
        rc = grant_blocks(need, s);
    if (!rc && (need->charge | need->slots))
        rc = grant_promises(left, need, s);
    if (!rc)
        rc = grant_frames(left, need, s);
    if (!rc && unlikely(memory_tight))
        hand_over(r);
    return rc;
}

/* --- giving back --- */

static void return_tight(struct reservation *r)
{
    struct list *l;
    while ((l = list_pop_front(&r->frames)))
        frame_raw_give(list_entry(l, struct page, link));
    for (u32 i = 0; i < r->left.objects; i++) {
        void *o;
        while ((o = r->objects[i])) {
            r->objects[i] = *(void **)o;
            cache_raw_free(r->left.object[i].cache, o);
        }
    }
}

static void return_blocks(struct reservation *r)
{
    for (struct list *l; (l = list_pop_front(&r->blocks));) {
        struct page *p = list_entry(l, struct page, link);
        free_pages(p, p->order);
    }
}

void reserve_release(void)
{
    struct reservation *r = &current->reservation;
    struct need *left = &r->left;
    if (unlikely(memory_tight))
        return_tight(r);
    if (left->blocks)
        return_blocks(r);
    for (u32 i = 0; i < left->objects; i++)
        if (left->object[i].count)
            cache_credit_give(left->object[i].cache, left->object[i].count);
    for (u32 i = 0; i < left->resources; i++)
        if (left->resource[i].count)
            resource_add(left->resource[i].resource, left->resource[i].count);
    if (left->slots)
        vmalloc_credit_give(left->slots);
    u64 frames = left->frames, charge = left->charge;
    need_init(left);
    if (charge)
        large_release(charge);
    if (frames)
        credit_give(frames);
}

/* --- drawing --- */

static void underrun(const char *what)
{
    const struct scope *s = current->reservation.scope;
    panic("I3: call %s takes %s beyond its need", s ? s->name : "(none)", what);
}

struct page *frame_take(void)
{
    struct reservation *r = &current->reservation;
    struct page *p;
    if (unlikely(memory_off)) {
        inject_at_allocator("a frame");
        ASSERT(credit_take(1), "ama=off: memory is exhausted");
        p = frame_raw_take();
    } else {
        if (unlikely(!r->left.frames))
            underrun("a frame");
        r->left.frames--;
        if (memory_tight) {
            struct list *l = list_pop_front(&r->frames);
            ASSERT(l, "tight: a frame credit without its frame");
            p = list_entry(l, struct page, link);
        } else {
            p = frame_raw_take();
        }
    }
    if (++r->live.frames > (i32)r->used_frames)
        r->used_frames = r->live.frames;
    r->used_bytes += PAGE_SIZE;
    return p;
}

struct page *frame_take_zeroed(void)
{
    struct page *p = frame_take();
    memset(page_data(p), 0, PAGE_SIZE);
    return p;
}

void frame_put(struct page *p)
{
    u32 left = __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL);
    ASSERT((i32)left >= 0, "frame %lu: a reference too many was dropped", (u64)(p - page_table));
    if (left || page_is(p, PG_CACHED)) /* a cached page stays until it is evicted */
        return;
    p->flags = 0;
    struct reservation *r = current ? &current->reservation : NULL;
    if (!r || !r->scope || memory_off) {
        frame_raw_give(p);
        credit_give(1);
        return;
    }
    if (memory_tight) {
        p->refs = 1;
        list_push_front(&r->frames, &p->link);
    } else {
        frame_raw_give(p);
    }
    r->left.frames++;
    r->live.frames--;
}

struct page *alloc_pages(unsigned order)
{
    struct reservation *r = &current->reservation;
    list_each(p, &r->blocks, struct page, link) {
        if (p->order != order)
            continue;
        list_remove(&p->link);
        u32 i = 0;
        while (r->left.order[i] != order)
            i++;
        r->left.order[i] = r->left.order[--r->left.blocks];
        r->used_bytes += PAGE_SIZE << order;
        return p;
    }
    underrun("a block of pages");
    return NULL;
}

void free_pages(struct page *p, unsigned order)
{
    p->flags = 0;
    frame_raw_give_block(p, order);
    credit_give(1ul << order);
}

bool frame_try(void)
{
    struct reservation *r = &current->reservation;
    if (memory_off)
        return true;
    if (memory_tight || inject_refuses_try() || !queue_may_try(false) || !credit_take(1))
        return false;
    r->left.frames++;
    r->tried_frames++;
    r->granted_bytes += PAGE_SIZE;
    return true;
}

bool object_try(struct kmem_cache *c)
{
    struct reservation *r = &current->reservation;
    struct purse none = {.root = is_root()};
    u64 short_by;
    if (memory_off)
        return true;
    if (memory_tight || inject_refuses_try() || cache_credit_take(c, 1, &none, &short_by)) {
        large_release(none.charge);
        return false;
    }
    left_object(&r->left, c)->count++;
    r->tried_objects++;
    r->granted_bytes += c->size;
    return true;
}

void charge_take(u32 frames)
{
    struct need *left = &current->reservation.left;
    if (left->charge < frames)
        underrun("a promise");
    left->charge -= frames;
}

/* --- resources --- */

void resource_init(struct resource *r, const char *name, int error, i64 avail)
{
    *r = (struct resource){name, error, avail};
}

void resource_take(struct resource *res, u32 count)
{
    struct need *left = &current->reservation.left;
    if (memory_off) {
        resource_add(res, -(i64)count);
        return;
    }
    for (u32 i = 0; i < left->resources; i++) {
        if (left->resource[i].resource == res && left->resource[i].count >= count) {
            left->resource[i].count -= count;
            return;
        }
    }
    underrun(res->name);
}

void resource_add(struct resource *r, i64 count)
{
    __atomic_add_fetch(&r->avail, count, __ATOMIC_ACQ_REL);
}
