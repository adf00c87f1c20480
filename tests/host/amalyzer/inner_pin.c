// SPDX-License-Identifier: MIT
// A look is held by the guard, as it says, but one that it makes itself is held by pins, and the scope has none.
// expect: scope fill counts what cached() sees, which is held by its pins, and it has none
// way: fill_body
// write: a pin slot
#include "tests/host/amalyzer/kernel.h"

AMA_STATE AMA_HELD(range) static u64 cached(struct item *i)
{
    return i->page != NULL;
}

AMA_STATE AMA_HELD(guard) static bool must_load(struct item *i)
{
    return i->size && !cached(i);
}

static long fill_body(void *p)
{
    struct item *i = p;
    if (must_load(i))
        keep(frame_take());
    return 0;
}

static int fill_guard(void *p UNUSED)
{
    return 0;
}

void need_fill(void *args, struct need *n);
const struct scope scope_fill = {.name = "fill", .guard = fill_guard, .need = need_fill, .body = fill_body};

long sys_fill(struct item *i)
{
    return gate_call(&scope_fill, i);
}

void sys_grow(struct item *i)
{
    i->size++;
    i->page = NULL;
}
