// SPDX-License-Identifier: MIT
// An object is allocated outside a scope.
// expect: calling function 'kmem_cache_alloc' requires holding reservation 'reservation' exclusively
#include "mm/slab.h"

void *object_new(struct kmem_cache *c);
void *object_new(struct kmem_cache *c)
{
    return kmem_cache_alloc(c);
}
