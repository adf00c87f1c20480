// SPDX-License-Identifier: MIT
// A scope fills a slot that scopes do not have.
// expect: field designator 'cleanup' does not refer to any field in type 'const struct scope'
#include "kernel/gate.h"

static long nothing_body(void *args UNUSED)
{
    return 0;
}

extern const struct scope scope_nothing;
SCOPE(nothing, .body = nothing_body, .cleanup = unguard_none);
