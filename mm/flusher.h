// SPDX-License-Identifier: MIT
/*
 * flusher.h - the kernel thread that writes dirty pages
 *
 * Writing needs no memory: a dirty page carries its disk block numbers and the flusher owns its request since start-up.
 */
#pragma once
#include "kernel/lib/token.h"
#include "mm/cache_core.h"
#include "mm/reserve.h"

OPERATION(int, flusher_start, const char *self);
void flusher_wake(void);              /* memory is wanted: write something */
bool flusher_busy(void);
/* At the entry of a call that may dirty pages: waits while too much is dirty.  Holds nothing. */
void flusher_throttle(void);
static inline bool flusher_behind(void) /* more is dirty than may be */
{
    return __atomic_load_n(&cache.dirty, __ATOMIC_RELAXED) > cache.dirty_limit;
}
u64 flusher_passes(void);
