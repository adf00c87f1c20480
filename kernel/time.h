// SPDX-License-Identifier: MIT
/*
 * time.h - the wall clock
 */
#pragma once
#include "kernel/lib/types.h"

u64 wall_ns(void); /* since 1970-01-01 UTC; clock_settime moves it */
