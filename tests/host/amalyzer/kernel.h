// SPDX-License-Identifier: MIT
/*
 * kernel.h - what the analyzer knows of a kernel, for the small programs of this folder: the gate, the allocators, a linked list
 *
 * Without AMA_ANALYZE the programs of tests/host/programs run on allocators of their own, with the needs that were derived.
 */
#pragma once
#include "kernel/lib/ama.h"

struct need;
struct scope {
    const char *name;
    u32 flags;
    int (*guard)(void *args);
    void (*pin)(void *args);
    void (*need)(void *args, struct need *n);
    long (*body)(void *args);
    bool (*next)(void *args, long result);
    void (*unguard)(void *args);
};
long gate_call(const struct scope *s, void *args);
#if defined(AMA_ANALYZE)
#define DERIVE(id) void need_##id(void *args, struct need *n)
#else
#define DERIVE(id) static void need_##id(void *args, struct need *n)
#endif
#define SCOPE(id)                                                                                                      \
    DERIVE(id);                                                                                                        \
    const struct scope scope_##id = {.name = #id, .need = need_##id, .body = id##_body}

struct kmem_cache {
    const char *name;
};
struct page;
void *kmem_cache_alloc(struct kmem_cache *c);
void kmem_cache_free(struct kmem_cache *c, void *p);
void *kmalloc(u64 size);
void *kmalloc_upto(u64 size, u64 most);
void kfree(void *p);
struct page *frame_take(void);
void frame_put(struct page *p);
void keep(void *p); /* somewhere */

struct item {
    struct item *next;
    u64 size;
    struct page *page;
};

/* --- what derived needs are made of --- */

void need_object(struct need *n, struct kmem_cache *c, u64 count);
void need_kmalloc(struct need *n, u64 size, u64 count);
void need_frames(struct need *n, u64 count);
void need_passing_object(struct need *n, struct kmem_cache *c, u64 count);
void need_passing_frames(struct need *n, u64 count);
