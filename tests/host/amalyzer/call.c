// SPDX-License-Identifier: MIT
// The table says that a call needs nothing, and it enters a scope that takes a frame.
// expect: the call close is said to need nothing, but it can enter scope fill
// way: adapt_close -> sys_close
// write: another need in its row
#include "tests/host/amalyzer/kernel.h"

enum call_need { NEED_BY_SCOPE, NEED_NOTHING };

struct call {
    const char *name;
    long (*handler)(const u64 *r);
    const char *scope, *guard;
    enum call_need need;
    u8 params;
};

static long fill_body(void *p)
{
    struct item *i = p;
    i->page = frame_take();
    return 0;
}
SCOPE(fill);

static long sys_close(struct item *i)
{
    return gate_call(&scope_fill, i); /* here */
}

static long adapt_close(const u64 *r)
{
    return sys_close((struct item *)r[0]);
}

static const struct call calls[] = {{"close", adapt_close, "-", "-", NEED_NOTHING, 1}};

long dispatch(u64 nr, const u64 *r)
{
    return calls[nr].handler(r);
}
