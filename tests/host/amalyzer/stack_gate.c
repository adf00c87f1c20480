// SPDX-License-Identifier: MIT
// The lock of a scope is released by a function that enters the same scope.
// frame: gate_call 100 static
// stack: 4096
// expect: recursion by way of the gate or an allocator: gate_call -> again_unguard -> gate_call
// write: AMA_DEPTH
#include "tests/host/amalyzer/kernel.h"

long gate_call(const struct scope *s, void *args)
{
    long rc = s->body(args);
    s->unguard(args);
    return rc;
}

static void again_unguard(void *args);

static long again_body(void *args)
{
    return args != NULL;
}

const struct scope scope_again = {.name = "again", .body = again_body, .unguard = again_unguard};

static void again_unguard(void *args)
{
    gate_call(&scope_again, args);
}

long sys_again(void)
{
    return gate_call(&scope_again, NULL);
}
