// SPDX-License-Identifier: MIT
// A body enters the gate: scopes do not nest.
// expect: cannot call function 'gate_call' while reservation 'reservation' is held
#include "kernel/gate.h"

extern const struct scope scope_other;
long outer_body(void *args) NEEDS_RESERVATION;
long outer_body(void *args)
{
    return gate_call(&scope_other, args);
}
