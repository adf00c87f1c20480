// SPDX-License-Identifier: MIT
// Bytes are allocated outside a scope.
// expect: calling function 'kmalloc' requires holding reservation 'reservation' exclusively
// expect: calling function 'kmalloc_upto' requires holding reservation 'reservation' exclusively
#include "mm/slab.h"

void *text_new(size_t size);
void *text_new(size_t size)
{
    return size <= 64 ? kmalloc(64) : kmalloc_upto(size, KMALLOC_MAX);
}
