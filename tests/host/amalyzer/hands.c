// SPDX-License-Identifier: MIT
// A local variable that others may write to, and parts of structures that are written as numbers or by constant addresses.
// expect: how much frames is taken cannot be known at the entry
// way: given_body -> load
// way: outside_body -> load
// way: assembly_body -> load
// way: number_body -> load
// way: constant_body -> load
// way: chosen_body -> load
// write: AMA_BOUND
#include "tests/host/amalyzer/kernel.h"

struct pair {
    u32 one, two;
};
struct thing {
    u64 id;
    struct pair pair;
    u64 count, other;
};

static void load(u64 n)
{
    for (u64 i = 0; i < n; i++)
        keep(frame_take()); /* here */
}

static __attribute__((noinline)) void fill(u64 *to)
{
    *to = 12;
}
void fill_outside(u64 *to);

static long given_body(void *p UNUSED)
{
    u64 n = 2;
    fill(&n);
    load(n);
    return 0;
}
SCOPE(given);

static long outside_body(void *p UNUSED)
{
    u64 outside = 0;
    fill_outside(&outside);
    load(outside);
    return 0;
}
SCOPE(outside);

static long assembly_body(void *p UNUSED)
{
    u64 added = 2;
    __asm__("addq $30, %0" : "+m"(added));
    load(added);
    return 0;
}
SCOPE(assembly);

static __attribute__((noinline)) struct pair make(u32 n)
{
    return (struct pair){n, n};
}

AMA_STATE AMA_HELD(task) static u64 second(const struct pair *p)
{
    return p->two;
}

static long number_body(void *p)
{
    struct thing *t = p;
    t->pair = make(40);
    load(second(&t->pair));
    return 0;
}
SCOPE(number);

static struct thing many[2];

AMA_STATE AMA_HELD(task) static u64 count_of(const struct thing *t)
{
    return t->count;
}

static long constant_body(void *p)
{
    many[1].count = 40;
    load(count_of(p));
    return 0;
}
SCOPE(constant);

struct choice {
    u64 a, b;
    bool first;
};
AMA_STATE AMA_HELD(task) static u64 a_of(const struct choice *c)
{
    return c->a;
}

static long chosen_body(void *p)
{
    struct choice *c = p;
    fill(c->first ? &c->a : &c->b);
    load(a_of(c));
    return 0;
}
SCOPE(chosen);

long sys_all(struct thing *t, struct choice *c)
{
    return gate_call(&scope_given, t) + gate_call(&scope_outside, t) + gate_call(&scope_assembly, t) + gate_call(&scope_number, t) +
           gate_call(&scope_constant, t) + gate_call(&scope_chosen, c);
}
