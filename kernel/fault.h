// SPDX-License-Identifier: MIT
/*
 * fault.h - page faults as calls
 *
 * A fault is a transient call with policy retry: it may have to wait until the cache gives a frame back, and never fails for
 * memory, because its page was promised.
 */
#pragma once
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"

enum fault_access { FAULT_READ = 1, FAULT_WRITE = 2, FAULT_EXEC = 4 };

/* Makes the page at addr present for the access.  0; -EFAULT: no such promise (SIGSEGV); -ENXIO: beyond the end of the file,
 * disk full or unreadable (SIGBUS); -EINTR: a fatal signal came. */
int fault_in(u64 addr, enum fault_access access) OUTSIDE_RESERVATION MUST_CHECK;
