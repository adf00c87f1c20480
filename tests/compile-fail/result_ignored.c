// SPDX-License-Identifier: MIT
// The answer of a call that may fail is not looked at.
// expect: ignoring return value of function declared with 'warn_unused_result' attribute
#include "mm/cache.h"
#include "mm/reserve.h"

void hope(struct block *b, struct block_device *dev) NEEDS_RESERVATION;
void hope(struct block *b, struct block_device *dev)
{
    block_read(b, dev, 1, 1024);
    frame_try();
}
