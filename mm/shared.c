// SPDX-License-Identifier: MIT
/*
 * shared.c - anonymous memory that several address spaces see
 *
 * Its pages stand in a mapping without a disk, by page number.  They hold a reference of the object's own, so the cache never
 * evicts them; every space that maps them is charged for all of them, so the frames exist whoever touches first.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "mm/space.h"

struct shared_memory {
    struct mapping map;
    u32 refs;
};

struct kmem_cache shared_cache = KMEM_CACHE("shared memory", struct shared_memory, CACHE_LARGE, ENOMEM);

struct mapping *shared_new(u64 pages UNUSED)
{
    struct shared_memory *sh = kmem_cache_alloc(&shared_cache);
    mapping_init(&sh->map, NULL, NULL, PAGE_SIZE);
    sh->refs = 1;
    return &sh->map;
}

void shared_get(struct mapping *m)
{
    __atomic_add_fetch(&container_of(m, struct shared_memory, map)->refs, 1, __ATOMIC_RELAXED);
}

void shared_put(struct mapping *m)
{
    struct shared_memory *sh = container_of(m, struct shared_memory, map);
    if (__atomic_sub_fetch(&sh->refs, 1, __ATOMIC_ACQ_REL))
        return;
    list_each(p, &m->pages, struct page, in_mapping)
        p->refs--; /* the object's own; no user mapping is left */
    mapping_truncate(m, 0);
    kmem_cache_free(&shared_cache, sh);
}
