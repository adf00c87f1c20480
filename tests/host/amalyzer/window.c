// SPDX-License-Identifier: MIT
// A window of 16 pages, where a call may need 8 frames.
// expect: in load_body(): scope load may need 16 frames while it runs, more than the 8 that a call may
// way: load_body
// write: a smaller window
// frames: 8
#include "tests/host/amalyzer/kernel.h"

enum { WINDOW = 16 };

static long load_body(void *p)
{
    u64 *pages = p;
    for (u64 i = 0; i < *pages && i < WINDOW; i++)
        keep(frame_take()); /* here */
    return 0;
}
SCOPE(load);

long sys_load(u64 pages)
{
    return gate_call(&scope_load, &pages);
}
