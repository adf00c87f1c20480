// SPDX-License-Identifier: MIT
/*
 * slab.c - objects of one size, several to a frame (Bonwick 1994), with credits
 *
 * I2, per cache:   spare = per_slab x (slabs + frames aside) - live objects - credits >= 0
 *
 * A credit is the right to one object.  Free objects of the cache back credits first; for the rest frames are set aside at the
 * cache (`aside`), already subtracted from avail.  So any task's credit can be served by any free object, and an allocation
 * finds either a free object or a frame to make a slab of.  A maximum counts as the end of the room.  Of a maximum the last part
 * is for root alone, who must be able to work when somebody else has opened all that he can.
 *
 * Credits come and go by one atomic change of `spare`, without the lock, as long as there is enough to spare and no frame that
 * could be given back.
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

/* Objects that so many frames more, or less, make room for. */
static i64 room_of(const struct kmem_cache *c, i64 frames)
{
    u64 room = (c->frames + c->aside + frames) * c->per_slab;
    return (i64)(c->max ? MIN(room, c->max) : room) - cache_capacity(c);
}

static void check(const struct kmem_cache *c)
{
    i64 spare = __atomic_load_n(&c->spare, __ATOMIC_RELAXED);
    ASSERT(spare >= 0 && c->live + spare <= cache_capacity(c), "I2: cache %s: %u slabs, %u frames aside, %u live, %ld spare", c->name,
           c->frames, c->aside, c->live, spare);
}

u64 cache_limit(const struct kmem_cache *c)
{
    return c->max ? c->max : c->kind == CACHE_NAME ? memory_limits.names * c->per_slab : 0;
}

#define KEPT_LEAST 8 /* a shell that starts a program with a pipe */

u64 cache_kept(const struct kmem_cache *c)
{
    u64 limit = cache_limit(c);
    return MIN(limit / 4, MAX(limit / 16, KEPT_LEAST));
}

/* After the cache has got or lost frames. */
static void close_last(struct kmem_cache *c)
{
    u64 limit = cache_limit(c), capacity = cache_capacity(c), open = limit - cache_kept(c);
    __atomic_store_n(&c->closed, limit && capacity > open ? capacity - open : 0, __ATOMIC_RELAXED);
}

/* Are n objects more within the limit?  `have`: to spare. */
static bool is_below_limit(const struct kmem_cache *c, i64 have, u32 n, bool root)
{
    i64 limit = cache_limit(c);
    return !limit || (i64)cache_capacity(c) - have + n <= limit - (root ? 0 : (i64)cache_kept(c));
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

/* Frames for `n` objects more; *rc is the answer when there are none.  Call with the lock held. */
static u64 frames_for(struct kmem_cache *c, u32 n, struct purse *purse, u64 *short_by, int *rc)
{
    u32 more = (n + c->per_slab - 1) / c->per_slab;
    *rc = 0;
    if (c->kind == CACHE_LARGE && !pay_charge(purse, more)) {
        *rc = -EAGAIN;
    } else if (!pay_frames(purse, more)) {
        if (c->kind == CACHE_LARGE)
            purse->charge += more; /* the caller gives it back with the rest */
        *short_by = more;
        *rc = -ENOMEM;
    }
    return *rc ? 0 : more;
}

/* What is to spare goes first; while it is taken nobody else sees it. */
int cache_credit_take(struct kmem_cache *c, u32 n, struct purse *purse, u64 *short_by)
{
    int rc = 0;
    spin_lock(&c->lock);
    i64 have = __atomic_exchange_n(&c->spare, 0, __ATOMIC_ACQ_REL), rest = have;
    if (!is_below_limit(c, have, n, purse->root)) {
        rc = c->error;
    } else if (have < n) {
        u64 more = frames_for(c, n - have, purse, short_by, &rc);
        rest += room_of(c, more);
        c->aside += more;
        close_last(c);
    }
    if (!rc)
        rest -= n;
    __atomic_add_fetch(&c->spare, rest, __ATOMIC_ACQ_REL);
    spin_unlock(&c->lock);
    return rc;
}

static void frames_return(struct kmem_cache *c, u64 frames)
{
    if (!frames)
        return;
    if (c->kind == CACHE_LARGE)
        large_release(frames);
    credit_give(frames);
}

/* The room of one frame, if it is to spare. */
static bool give_up_room(struct kmem_cache *c)
{
    i64 seen = __atomic_load_n(&c->spare, __ATOMIC_RELAXED), room = -room_of(c, -1);
    do {
        if (seen < room)
            return false;
    } while (!__atomic_compare_exchange_n(&c->spare, &seen, seen - room, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    return true;
}

/* Frames set aside and empty slabs that no credit needs; their number, for frames_return().  Call with the lock held. */
static u64 trim_locked(struct kmem_cache *c)
{
    u64 frames = 0;
    for (; c->aside && give_up_room(c); frames++)
        c->aside--;
    for (; c->empty && give_up_room(c); frames++) {
        struct page *p = list_entry(c->partial.prev, struct page, link);
        list_remove(&p->link);
        c->free -= c->per_slab;
        c->frames--;
        c->empty--;
        p->flags = 0;
        frame_raw_give(p);
    }
    close_last(c);
    check(c);
    return frames;
}

void cache_trim(struct kmem_cache *c)
{
    spin_lock(&c->lock);
    u64 frames = trim_locked(c);
    spin_unlock(&c->lock);
    frames_return(c, frames);
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
    c->empty++;
    c->free += c->per_slab;
    list_push_front(&c->partial, &p->link);
}

void *cache_raw_alloc(struct kmem_cache *c)
{
    spin_lock(&c->lock);
    ASSERT(cache_credits(c), "I2: cache %s: an object without a credit", c->name);
    if (list_empty(&c->partial))
        slab_make(c);
    struct page *p = list_entry(c->partial.next, struct page, link);
    void *o = p->free;
    p->free = *(void **)o;
    c->empty -= p->live == 0;
    if (++p->live == c->per_slab) {
        list_remove(&p->link);
        list_push_front(&c->full, &p->link);
    }
    c->free--;
    c->live++;
    c->high = MAX(c->high, c->live);
    spin_unlock(&c->lock);
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
    list_remove(&p->link);
    if (--p->live) {
        list_push_front(&c->partial, &p->link);
    } else {
        list_push_back(&c->partial, &p->link);
        c->empty++;
    }
    __atomic_add_fetch(&c->spare, !keep_credit, __ATOMIC_SEQ_CST);
    u64 surplus = c->aside | c->empty ? trim_locked(c) : 0;
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
    if (++r->live.objects > (i32)r->used_objects)
        r->used_objects = r->live.objects;
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
    current->reservation.live.objects--;
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
