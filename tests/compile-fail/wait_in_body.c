// SPDX-License-Identifier: MIT
// A body waits for memory.
// expect: cannot call function 'queue_wait' while reservation 'reservation' is held
#include "kernel/gate.h"
#include "mm/queue.h"

long greedy_body(void *args) NEEDS_RESERVATION;
long greedy_body(void *args)
{
    return queue_wait(args, SLEEP_FATAL);
}
