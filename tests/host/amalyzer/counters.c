// SPDX-License-Identifier: MIT
// Loops whose counter says nothing: one of two conditions is enough to go on, the counter is too narrow, or may begin anywhere.
// expect: in either_body(): how much frames is taken cannot be known at the entry: it depends on how often the loop at
// expect: in narrow_body(): how much frames is taken cannot be known at the entry: it depends on how often the loop at
// expect: in anywhere_body(): how much frames is taken cannot be known at the entry
// expect: in wraps_body(): how much frames is taken cannot be known at the entry
// expect: in endless_body(): how much frames is taken cannot be known at the entry: it depends on how often the loop at
// write: AMA_BOUND
#include "tests/host/amalyzer/kernel.h"

u64 any(void);

static long either_body(void *p)
{
    struct item *i = p;
    for (u64 k = 0; i->next || k < 3; k++)
        keep(frame_take()); /* here */
    return 0;
}
SCOPE(either);

static long narrow_body(void *p)
{
    struct item *i = p;
    for (u8 k = 0; k < i->size; k++)
        keep(frame_take()); /* here */
    return 0;
}
SCOPE(narrow);

static long anywhere_body(void *p UNUSED)
{
    u64 k = any();
    while (k < 5)
        k++;
    for (u64 j = 0; j < k; j++)
        keep(frame_take()); /* here */
    return 0;
}
SCOPE(anywhere);

static long wraps_body(void *p UNUSED)
{
    u32 few = 5 - ((u32)any() & 7);
    for (u64 j = 0; j < few; j++)
        keep(frame_take()); /* here */
    return 0;
}
SCOPE(wraps);

static long endless_body(void *p UNUSED)
{
    for (;;)
        keep(frame_take()); /* here */
}
SCOPE(endless);

long sys_all(struct item *i)
{
    return gate_call(&scope_either, i) + gate_call(&scope_narrow, i) + gate_call(&scope_anywhere, i) + gate_call(&scope_wraps, i) +
           gate_call(&scope_endless, i);
}
