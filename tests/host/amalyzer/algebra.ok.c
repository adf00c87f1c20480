// SPDX-License-Identifier: MIT
// Counts that begin below zero, results that are a truth or have no sign, references, and what a callee changes in between.
// need: static void need_signed\(void \*p, struct need \*n\)\n\{\n    need_frames\(n, 8\);
// need: need_frames\(n, ama_larger\(0, \(\(i64\)\(i32\)\(a->count & 0xf\) \+ 3\)\)\);
// need: static void need_masked\(void \*p, struct need \*n\)\n\{\n    need_frames\(n, 3\);
// need: static void need_truth\(void \*p, struct need \*n\)\n\{\n(?:.*\n)?    need_frames\(n, 2\);
// need: static void need_unsigned\(void \*p, struct need \*n\)\n\{\n(?:.*\n)?    need_frames\(n, 2\);
// need: static void need_referred\(void \*p, struct need \*n\)\n\{\n    need_frames\(n, 9\);
// need: static void need_returned\(void \*p, struct need \*n\)\n\{\n    need_frames\(n, 1\);
// need: static void need_rewritten\(void \*p, struct need \*n\)\n\{\n(?:.*\n)?    need_frames\(n, 2\);
#include "tests/host/amalyzer/kernel.h"

void frame_get(struct page *p);

struct some_args {
    struct item *item;
    u32 count;
};

static void load(struct item *i)
{
    i->page = frame_take();
}

static long signed_body(void *p)
{
    struct some_args *a = p;
    for (int i = -3; i < 5; i++)
        load(a->item);
    return 0;
}
SCOPE(signed);

static long asked_body(void *p)
{
    struct some_args *a = p;
    for (int i = -3; i < (int)(a->count & 15); i++)
        load(a->item);
    return 0;
}
SCOPE(asked);

u64 any(void);

static long masked_body(void *p UNUSED)
{
    for (u64 i = 0, few = any() & 3; i < few; i++)
        keep(frame_take());
    return 0;
}
SCOPE(masked);

static __attribute__((noinline)) bool grab(struct item *i)
{
    load(i);
    return true;
}

static long truth_body(void *p)
{
    struct some_args *a = p;
    if (grab(a->item) > 0)
        load(a->item);
    return 0;
}
SCOPE(truth);

static __attribute__((noinline)) u32 large(struct item *i)
{
    load(i);
    return 0xfffffff0;
}

static long unsigned_body(void *p)
{
    struct some_args *a = p;
    long got = large(a->item);
    if (got > 0)
        load(a->item);
    return 0;
}
SCOPE(unsigned);

static long referred_body(void *p UNUSED)
{
    for (int i = 0; i < 9; i++) {
        struct page *f = frame_take();
        frame_get(f);
        frame_put(f);
    }
    return 0;
}
SCOPE(referred);

static long returned_body(void *p UNUSED)
{
    for (int i = 0; i < 9; i++)
        frame_put(frame_take());
    return 0;
}
SCOPE(returned);

struct inner {
    u64 count, other;
};
struct outer {
    struct inner in;
    u64 more;
};

static __attribute__((noinline)) void rewrite(struct inner *i)
{
    i->count = 2;
}

/* The callee changes a part of a structure that is local here. */
static long rewritten_body(void *p)
{
    struct some_args *a = p;
    struct outer o = {.in.count = 0};
    rewrite(&o.in);
    for (u64 i = 0; i < AMA_UPTO(o.in.count, 2); i++)
        load(a->item);
    return 0;
}
SCOPE(rewritten);

long sys_all(struct item *i, u32 count)
{
    struct some_args a = {i, count};
    return gate_call(&scope_signed, &a) + gate_call(&scope_asked, &a) + gate_call(&scope_masked, &a) + gate_call(&scope_truth, &a) + gate_call(&scope_unsigned, &a) + gate_call(&scope_referred, &a) +
           gate_call(&scope_returned, &a) + gate_call(&scope_rewritten, &a);
}
