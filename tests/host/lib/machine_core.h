// SPDX-License-Identifier: MIT
/*
 * machine_core.h - between the files of the machine only
 */
#pragma once
#include "kernel/lib/types.h"

void fibers_seed(u64 seed);
u64 disk_next_end(void); /* NO_DEADLINE: nothing is under way */
void disk_step(void);    /* ends the request whose time has come */
void *host_memory(u64 bytes); /* zeroed */
void host_end(const char *why) NORETURN;
