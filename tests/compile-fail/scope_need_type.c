// SPDX-License-Identifier: MIT
// A scope's need takes no need to write to.
// expect: incompatible function pointer types initializing 'void (*)(void *, struct need *)' with an expression of type 'void (void *)'
#include "kernel/gate.h"

static void vague_need(void *args UNUSED) {}

static long vague_body(void *args UNUSED)
{
    return 0;
}

extern const struct scope scope_vague;
SCOPE(vague, .need = vague_need, .body = vague_body);
