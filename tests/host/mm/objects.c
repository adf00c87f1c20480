// SPDX-License-Identifier: MIT
/*
 * objects.c - slabs through reservations: I2 and every object's content after each call, every frame back at the end
 */
#include <string.h>
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "tests/host/lib/machine.h"
#include "tests/host/mm/memory.h"

#define OBJECTS 600
#define MAX_SMALL 40

static struct kmem_cache test_caches[] = {
    KMEM_CACHE_SIZED("test transient", 48, CACHE_TRANSIENT, 0),
    KMEM_CACHE_SIZED("test small", 336, CACHE_SMALL, ENFILE),
    KMEM_CACHE_SIZED("test large", 2048, CACHE_LARGE, ENOMEM),
};

static struct held {
    struct kmem_cache *cache;
    u8 *object, mark;
} held[OBJECTS];
static u32 count;

struct batch { /* one call: so many objects of each cache, frees inside, and what it leaves unused */
    u32 take[3], reserve[3];
    u32 give_inside;
};

static void hold(struct kmem_cache *c, void *object)
{
    u8 *o = object, mark = machine_random(255) + 1;
    for (u32 i = 0; i < c->size; i++)
        ASSERT(!o[i], "an object of %s is not zeroed", c->name);
    memset(o, mark, c->size);
    held[count++] = (struct held){c, o, mark};
}

static void drop(u32 i)
{
    struct held h = held[i];
    for (u32 n = 0; n < h.cache->size; n++)
        ASSERT(h.object[n] == h.mark, "an object of %s was overwritten", h.cache->name);
    held[i] = held[--count];
    kmem_cache_free(h.cache, h.object);
}

static void batch_need(void *p, struct need *n)
{
    struct batch *b = p;
    for (u32 i = 0; i < 3; i++)
        need_object(n, &test_caches[i], b->reserve[i]);
}

static long batch_body(void *p) NEEDS_RESERVATION;
static long batch_body(void *p)
{
    struct batch *b = p;
    for (u32 i = 0; i < 3; i++)
        for (u32 n = 0; n < b->take[i]; n++)
            hold(&test_caches[i], kmem_cache_alloc(&test_caches[i]));
    for (; b->give_inside && count; b->give_inside--)
        drop(machine_random(count));
    return 0;
}

extern const struct scope scope_batch;
SCOPE(batch, .flags = SCOPE_LARGE, .need = batch_need, .body = batch_body);

static void check(void)
{
    u64 live = 0;
    for (u32 i = 0; i < 3; i++) {
        const struct kmem_cache *c = &test_caches[i];
        live += c->live;
        ASSERT(!cache_credits(c) && !c->aside, "cache %s: %u credits, %u frames aside after a call", c->name, cache_credits(c), c->aside);
        ASSERT(c->live + c->free == c->frames * c->per_slab, "cache %s: %u live, %u free in %u slabs", c->name, c->live, c->free,
               c->frames);
    }
    ASSERT(live == count, "%lu objects live, %u are held", live, count);
    ASSERT(test_caches[1].live <= MAX_SMALL, "more objects than the maximum");
    ASSERT(large_total() == test_caches[2].frames, "L is %lu", large_total());
    ASSERT(frames_free() == (u64)credits_avail(), "%lu free, %ld available", frames_free(), credits_avail());
}

static void objects_main(void *arg UNUSED)
{
    u32 refused = 0;
    for (u32 step = 0; step < 400; step++) {
        struct batch b = {.give_inside = machine_random(8)};
        for (u32 i = 0; i < 3; i++) {
            b.reserve[i] = machine_random(12);
            b.take[i] = machine_random(b.reserve[i] + 1);
        }
        bool root = machine_random(4) == 0; /* who alone may have the last ones */
        u32 limit = MAX_SMALL - (root ? 0 : cache_kept(&test_caches[1]));
        bool fits = test_caches[1].live + b.reserve[1] <= limit || !b.reserve[1];
        current->cred.euid = root ? 0 : 1000;
        long rc = count + 36 < OBJECTS ? gate_call(&scope_batch, &b) : 0;
        refused += !fits;
        ASSERT(fits ? rc == 0 || rc == -ENOMEM : rc == -ENFILE || count + 36 >= OBJECTS, "call %u answers %ld", step, rc);
        check();
        for (u32 n = machine_random(step / 100 % 2 ? 40 : 4); n && count; n--) /* times of growth, and of shrinking */
            drop(machine_random(count));
        check();
    }
    ASSERT(refused > 10, "the maximum was in the way %u times only", refused);
    while (count)
        drop(machine_random(count));
}

void story_objects(void *seed)
{
    u64 s = *(u64 *)seed;
    memory_tight = s % 2;
    kmem_cache_register(&test_caches[0], 0);
    kmem_cache_register(&test_caches[1], MAX_SMALL);
    kmem_cache_register(&test_caches[2], 0);
    machine_start(s % 3 ? 400 : 310, s, 0);
    u64 free = frames_free();
    struct fiber *f = machine_task(objects_main, NULL);
    f->task.cred.euid = 1000;
    machine_run();
    check();
    ASSERT(frames_free() == free && !large_total(), "%lu frames of %lu came back", frames_free(), free);
}
