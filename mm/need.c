// SPDX-License-Identifier: MIT
/*
 * need.c - the words in which a need is written, and what it says as a whole
 *
 * An entry of a need is made by the first word that names its class; later words add to it.
 */
#include "kernel/lib/ama.h"
#include "kernel/lib/panic.h"
#include "mm/reserve.h"
#include "mm/reserve_core.h"

static struct need_object *object_entry(struct need *n, struct kmem_cache *cache)
{
    for (u32 i = 0; i < n->objects; i++)
        if (n->object[i].cache == cache)
            return &n->object[i];
    ASSERT(n->objects < NEED_OBJECTS, "a need names more than %u object caches", NEED_OBJECTS);
    n->object[n->objects] = (struct need_object){cache, 0, 0};
    return &n->object[n->objects++];
}

void need_add_object(struct need *n, struct kmem_cache *cache, u32 count)
{
    object_entry(n, cache)->count += count;
}

void need_add_passing(struct need *n, struct kmem_cache *cache, u32 count)
{
    struct need_object *o = object_entry(n, cache);
    if (count <= o->passing)
        return;
    o->count += count - o->passing;
    o->passing = count;
}

void need_add_kmalloc(struct need *n, size_t size, u32 count)
{
    need_add_object(n, kmalloc_cache(size), count);
}

void need_add_resource(struct need *n, struct resource *r, u32 count)
{
    for (u32 i = 0; i < n->resources; i++) {
        if (n->resource[i].resource == r) {
            n->resource[i].count += count;
            return;
        }
    }
    ASSERT(n->resources < NEED_RESOURCES, "a need names more than %u resources", NEED_RESOURCES);
    n->resource[n->resources++] = (struct need_resource){r, count};
}

void need_pages(struct need *n, unsigned order)
{
    ASSERT(n->blocks < ARRAY_SIZE(n->order), "a need names more than %lu blocks", ARRAY_SIZE(n->order));
    n->order[n->blocks++] = order;
}

void need_check_ceiling(const struct need *n, const char *scope, u32 frames)
{
    ASSERT(n->frames <= frames || memory_window_off || memory_recycle_off, "call %s needs %u frames, and its ceiling is %u", scope, n->frames, frames);
}

static u32 object_count(const struct need *n, const struct kmem_cache *c)
{
    for (u32 i = 0; i < n->objects; i++)
        if (n->object[i].cache == c)
            return n->object[i].count;
    return 0;
}

void need_max(struct need *n, const struct need *o)
{
    n->frames = MAX(n->frames, o->frames);
    n->now = MAX(n->now, o->now);
    n->charge = MAX(n->charge, o->charge);
    n->slots = MAX(n->slots, o->slots);
    for (u32 i = 0; i < o->objects; i++) {
        u32 have = object_count(n, o->object[i].cache);
        if (o->object[i].count > have)
            need_object(n, o->object[i].cache, o->object[i].count - have);
    }
    for (u32 i = n->blocks; i < o->blocks; i++)
        need_pages(n, o->order[i]);
    /* Disk space is never waited for at the gate, so resources do not add up across attempts. */
}

static u64 object_frames(const struct need *n, bool large_only)
{
    u64 frames = 0;
    for (u32 i = 0; i < n->objects; i++) {
        const struct kmem_cache *c = n->object[i].cache;
        if (c->kind == CACHE_LARGE || !large_only)
            frames += (n->object[i].count + c->per_slab - 1) / c->per_slab;
    }
    return frames;
}

u64 need_object_frames(const struct need *n)
{
    return object_frames(n, false);
}

u64 need_full_charge(const struct need *n)
{
    return n->charge + object_frames(n, true);
}
