// SPDX-License-Identifier: MIT
// A body copies to user memory with a function that may fault, and so enter the gate.
// expect: cannot call function 'copy_to_user' while reservation 'reservation' is held
#include "kernel/gate.h"
#include "kernel/user.h"

struct answer {
    user_ptr to;
    u64 value;
};
long answer_body(void *args) NEEDS_RESERVATION;
long answer_body(void *args)
{
    struct answer *a = args;
    return copy_to_user(a->to, &a->value, sizeof(a->value));
}
