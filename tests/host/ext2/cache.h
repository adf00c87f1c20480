// SPDX-License-Identifier: MIT
/*
 * cache.h - between machine.c and cache.c
 */
#pragma once
#include "kernel/lib/types.h"

void frames_draw(void);    /* from the running call's reservation */
void frames_return(void);
void cache_evict_some(void); /* what the worst reclaim would take now */
