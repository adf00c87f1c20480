// SPDX-License-Identifier: MIT
// A kernel stack is allocated outside a scope.
// expect: calling function 'vmalloc' requires holding reservation 'reservation' exclusively
#include "mm/vmalloc.h"

void *stack_new(void);
void *stack_new(void)
{
    return vmalloc(16384);
}
