// SPDX-License-Identifier: MIT
// A block of several frames is taken outside a scope.
// expect: calling function 'alloc_pages' requires holding reservation 'reservation' exclusively
#include "mm/frame.h"

struct page *table_new(void);
struct page *table_new(void)
{
    return alloc_pages(3);
}
