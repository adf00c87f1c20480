// SPDX-License-Identifier: MIT
// Two functions call each other, nobody says how deep.
// expect: in visit(): recursion without a limit: visit -> descend -> visit
// way: walk_body -> visit
// write: AMA_DEPTH
#include "tests/host/amalyzer/kernel.h"

static void descend(struct item *i);

static void visit(struct item *i)
{
    i->page = frame_take();
    descend(i->next); /* here */
}

static void descend(struct item *i)
{
    if (i)
        visit(i);
}

static long walk_body(void *p)
{
    visit(p);
    return 0;
}
SCOPE(walk);

long sys_walk(struct item *i)
{
    return gate_call(&scope_walk, i);
}
