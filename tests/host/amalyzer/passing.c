// SPDX-License-Identifier: MIT
// Objects for the time of the call, too, are so many that a grant comes in the end: here the user says how many.
// expect: in list(): the cell_cache that scope list needs while it runs has no ceiling: a->count has none
// way: list_body -> list
// write: of an argument that was checked before
// frames: 8
#include "tests/host/amalyzer/kernel.h"

struct kmem_cache cell_cache;
struct list_args {
    u64 count;
};

static void list(u64 count)
{
    struct item *all = NULL;
    AMA_USES(&cell_cache, count);
    for (u64 i = 0; i < count; i++) {
        struct item *one = kmem_cache_alloc(&cell_cache);
        one->next = all;
        all = one;
    }
    while (all) {
        struct item *one = all;
        all = one->next;
        kmem_cache_free(&cell_cache, one);
    }
}

static long list_body(void *p)
{
    struct list_args *a = p;
    list(a->count);
    return 0;
}
SCOPE(list);

long sys_list(u64 count)
{
    struct list_args a = {count};
    return gate_call(&scope_list, &a);
}
