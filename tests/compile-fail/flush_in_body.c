// SPDX-License-Identifier: MIT
// A body waits for the flusher, whose pass waits for bodies.
// expect: cannot call function 'flush_device' while reservation 'reservation' is held
#include "kernel/gate.h"
#include "mm/cache.h"

long flush_body(void *args) NEEDS_RESERVATION;
long flush_body(void *args)
{
    return flush_device(args);
}
