// SPDX-License-Identifier: MIT
// A body faults user memory in, which is a call of its own.
// expect: cannot call function 'user_fault_in' while reservation 'reservation' is held
#include "kernel/gate.h"
#include "kernel/user.h"

long touch_body(void *args) NEEDS_RESERVATION;
long touch_body(void *args)
{
    return user_fault_in(*(user_ptr *)args, true);
}
