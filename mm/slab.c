// SPDX-License-Identifier: MIT
/*
 * slab.c - objects of one size, several to a frame (Bonwick 1994), with credits
 *
 * I2, per cache:   free + per_slab x aside >= credits
 *
 * A credit is the right to one object.  Free objects of the cache back credits first; for the rest frames are set aside at the
 * cache (`aside`), already subtracted from avail.  So any task's credit can be served by any free object, and an allocation
 * finds either a free object or a frame to make a slab of.
 */
#include "mm/slab.h"
#include "kernel/inject.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "mm/reserve_core.h"

struct kmem_cache *kmem_caches;

#define KMALLOC_CACHE(size) KMEM_CACHE_SIZED("kmalloc-" #size, size, CACHE_TRANSIENT, 0)
static struct kmem_cache kmalloc_caches[] = {
    KMALLOC_CACHE(16),  KMALLOC_CACHE(32),  KMALLOC_CACHE(64),   KMALLOC_CACHE(128),
    KMALLOC_CACHE(256), KMALLOC_CACHE(512), KMALLOC_CACHE(1024), KMALLOC_CACHE(2048),
};

void kmem_cache_register(struct kmem_cache *c, u32 max)
{
    ASSERT(c->per_slab, "cache %s: an object of %u bytes is larger than a frame", c->name, c->size);
    list_init(&c->partial);
    list_init(&c->full);
    c->max = max;
    if (c->kind == CACHE_SMALL)
        small_reserve((max + c->per_slab - 1) / c->per_slab);
    c->next = kmem_caches;
    kmem_caches = c;
}

void kmalloc_init(void)
{
    for (u32 i = 0; i < ARRAY_SIZE(kmalloc_caches); i++)
        kmem_cache_register(&kmalloc_caches[i], 0);
}

struct kmem_cache *kmalloc_cache(size_t size)
{
    u32 i = 0;
    while (i < ARRAY_SIZE(kmalloc_caches) && kmalloc_caches[i].size < size)
        i++;
    ASSERT(i < ARRAY_SIZE(kmalloc_caches), "kmalloc of %lu bytes: larger than %u", size, KMALLOC_MAX);
    return &kmalloc_caches[i];
}

/* Frames beyond those set aside that `credits` would need. */
static u64 frames_short(const struct kmem_cache *c, u64 credits)
{
    u64 have = c->free + (u64)c->per_slab * c->aside;
    return credits > have ? (credits - have + c->per_slab - 1) / c->per_slab : 0;
}

static void check(const struct kmem_cache *c)
{
    ASSERT(c->free + (u64)c->per_slab * c->aside >= c->credits, "I2: cache %s: %u free, %u frames aside, %u credits", c->name,
           c->free, c->aside, c->credits);
}

static bool above_max(const struct kmem_cache *c, u32 n)
{
    if (c->kind == CACHE_NAME)
        return (u64)(c->frames + c->aside) + frames_short(c, c->credits + n) > memory_limits.names;
    return c->max && c->live + c->credits + n > c->max;
}

static bool pay_charge(struct purse *purse, u64 frames)
{
    u64 own = MIN(purse->charge, frames);
    if (!large_admit(frames - own, purse->root))
        return false;
    purse->charge -= own;
    return true;
}

static bool pay_frames(struct purse *purse, u64 frames)
{
    u64 own = MIN(purse->frames, frames);
    if (!credit_take(frames - own))
        return false;
    purse->frames -= own;
    return true;
}

int cache_credit_take(struct kmem_cache *c, u32 n, struct purse *purse, u64 *short_by)
{
    int rc = 0;
    spin_lock(&c->lock);
    u64 more = frames_short(c, (u64)c->credits + n);
    if (above_max(c, n)) {
        rc = c->error;
    } else if (more && c->kind == CACHE_LARGE && !pay_charge(purse, more)) {
        rc = -EAGAIN;
    } else if (more && !pay_frames(purse, more)) {
        if (c->kind == CACHE_LARGE)
            purse->charge += more; /* the caller gives it back with the rest */
        *short_by = more;
        rc = -ENOMEM;
    } else {
        c->credits += n;
        c->aside += more;
    }
    spin_unlock(&c->lock);
    return rc;
}

/* Frames set aside that no credit needs any more.  Call with the lock held; the caller gives them to credit_give(). */
static u64 aside_surplus(struct kmem_cache *c)
{
    u64 backed = MIN(c->credits, c->free);
    u64 needed = (c->credits - backed + c->per_slab - 1) / c->per_slab;
    u64 surplus = c->aside - needed;
    c->aside = needed;
    return surplus;
}

static void frames_return(struct kmem_cache *c, u64 frames)
{
    if (!frames)
        return;
    if (c->kind == CACHE_LARGE)
        large_release(frames);
    credit_give(frames);
}

/* Frees empty slabs, which stand last in `partial`, as far as no credit needs them; their number, for frames_return().  Call
 * with the lock held. */
static u64 slabs_trim(struct kmem_cache *c)
{
    u64 frames = 0;
    while (!list_empty(&c->partial)) {
        struct page *p = list_entry(c->partial.prev, struct page, link);
        if (p->live || (u64)c->free - c->per_slab + (u64)c->per_slab * c->aside < c->credits)
            break;
        list_remove(&p->link);
        c->free -= c->per_slab;
        c->frames--;
        p->flags = 0;
        frame_raw_give(p);
        frames++;
    }
    return frames;
}

void cache_credit_give(struct kmem_cache *c, u32 n)
{
    spin_lock(&c->lock);
    c->credits -= n;
    u64 surplus = slabs_trim(c) + aside_surplus(c);
    check(c);
    spin_unlock(&c->lock);
    frames_return(c, surplus);
}

/* Makes a slab of a frame that was set aside.  Call with the lock held. */
static void slab_make(struct kmem_cache *c)
{
    ASSERT(c->aside, "I2: cache %s has a credit but neither object nor frame", c->name);
    struct page *p = frame_raw_take();
    char *at = page_data(p);
    p->flags = PG_SLAB;
    p->cache = c;
    p->live = 0;
    p->free = NULL;
    for (u32 i = c->per_slab; i-- > 0;) {
        *(void **)(at + (u64)i * c->size) = p->free;
        p->free = at + (u64)i * c->size;
    }
    c->aside--;
    c->frames++;
    c->free += c->per_slab;
    list_push_front(&c->partial, &p->link);
}

void *cache_raw_alloc(struct kmem_cache *c)
{
    spin_lock(&c->lock);
    ASSERT(c->credits, "I2: cache %s: an object without a credit", c->name);
    if (list_empty(&c->partial))
        slab_make(c);
    struct page *p = list_entry(c->partial.next, struct page, link);
    void *o = p->free;
    p->free = *(void **)o;
    if (++p->live == c->per_slab) {
        list_remove(&p->link);
        list_push_front(&c->full, &p->link);
    }
    c->free--;
    c->credits--;
    c->live++;
    c->high = MAX(c->high, c->live);
    u64 surplus = aside_surplus(c);
    spin_unlock(&c->lock);
    frames_return(c, surplus);
    return o;
}

/* Puts an object back; `keep_credit`: it becomes a credit again.  An empty slab that no credit needs gives its frame back. */
static void object_return(struct kmem_cache *c, void *o, bool keep_credit)
{
    struct page *p = data_page(o);
    ASSERT(page_is(p, PG_SLAB) && p->cache == c, "object %p is not of cache %s", o, c->name);
    spin_lock(&c->lock);
    *(void **)o = p->free;
    p->free = o;
    c->live--;
    c->free++;
    c->credits += keep_credit;
    list_remove(&p->link);
    if (--p->live)
        list_push_front(&c->partial, &p->link);
    else
        list_push_back(&c->partial, &p->link);
    u64 surplus = slabs_trim(c) + aside_surplus(c);
    check(c);
    spin_unlock(&c->lock);
    frames_return(c, surplus);
}

void cache_raw_free(struct kmem_cache *c, void *o)
{
    object_return(c, o, true);
}

/* --- drawing on the reservation --- */

static struct need_object *reserved(struct kmem_cache *c)
{
    struct need *left = &current->reservation.left;
    for (u32 i = 0; i < left->objects; i++)
        if (left->object[i].cache == c)
            return &left->object[i];
    return NULL;
}

void *kmem_cache_alloc(struct kmem_cache *c)
{
    struct reservation *r = &current->reservation;
    struct need_object *n = reserved(c);
    void *o;
    if (unlikely(memory_off)) {
        struct purse none = {.root = true};
        u64 short_by;
        inject_at_allocator(c->name);
        ASSERT(!cache_credit_take(c, 1, &none, &short_by), "ama=off: memory is exhausted (cache %s)", c->name);
        o = cache_raw_alloc(c);
    } else {
        ASSERT(n && n->count, "I3: call %s takes an object of %s beyond its need", r->scope ? r->scope->name : "(none)", c->name);
        n->count--;
        u32 slot = n - r->left.object;
        o = memory_tight ? r->objects[slot] : cache_raw_alloc(c);
        if (memory_tight)
            r->objects[slot] = *(void **)o;
    }
    r->used_objects++;
    r->used_bytes += c->size;
    memset(o, 0, c->size);
    return o;
}

void kmem_cache_free(struct kmem_cache *c, void *o)
{
    struct need_object *n = current && current->reservation.scope ? reserved(c) : NULL;
    if (!n || memory_off) {
        object_return(c, o, false);
        return;
    }
    n->count++;
    if (memory_tight) {
        u32 slot = n - current->reservation.left.object;
        *(void **)o = current->reservation.objects[slot];
        current->reservation.objects[slot] = o;
    } else {
        object_return(c, o, true);
    }
}

void *kmalloc(size_t size)
{
    return kmem_cache_alloc(kmalloc_cache(size));
}

void *kmalloc_upto(size_t size, size_t max)
{
    ASSERT(size <= max, "kmalloc_upto: %lu bytes where at most %lu were promised", size, max);
    return kmem_cache_alloc(kmalloc_cache(max));
}

void kfree(void *p)
{
    kmem_cache_free(data_page(p)->cache, p);
}
