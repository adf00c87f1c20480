// SPDX-License-Identifier: MIT
// The cycle by which visit() reaches itself has a limit, the one inside it has none.
// expect: in skip(): recursion without a limit: skip -> skip
// way: walk_body -> visit -> skip
// write: AMA_DEPTH
#include "tests/host/amalyzer/kernel.h"

static void visit(struct item *i);

static void skip(struct item *i)
{
    if (i->size)
        skip(i->next); /* here */
    else
        visit(i);
}

static void visit(struct item *i)
{
    AMA_DEPTH(3);
    i->page = frame_take();
    if (i->next)
        skip(i->next);
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
