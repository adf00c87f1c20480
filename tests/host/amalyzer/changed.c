// SPDX-License-Identifier: MIT
// What the body looks at was another number at the entry: it is a variable, an element, is written through a pointer or by a copy.
// expect: which may change in the scope, at
// way: variable_body -> load
// way: element_body -> load
// way: choice_body -> load
// way: copy_body -> load
// way: kept_body -> load
// way: given_body -> load
// way: assembly_body -> load
// way: field_body -> load
// way: parts_body -> load
// write: AMA_BOUND
#include "tests/host/amalyzer/kernel.h"

void *memcpy(void *to, const void *from, u64 n);

struct some_args {
    struct item *item;
    u64 count, other;
    u64 *where;
    u64 parts[4];
    bool first;
};

static void load(u64 n)
{
    for (u64 i = 0; i < n; i++)
        keep(frame_take()); /* here */
}

static u64 waiting;
AMA_STATE AMA_HELD(task) static u64 waiting_now(void)
{
    return waiting;
}

static long variable_body(void *p UNUSED)
{
    waiting++;
    load(waiting_now());
    return 0;
}
SCOPE(variable);

static u64 table[4];
AMA_STATE AMA_HELD(task) static u64 second(void)
{
    return table[1];
}

static long element_body(void *p)
{
    struct some_args *a = p;
    table[a->other] = 8;
    load(second());
    return 0;
}
SCOPE(element);

AMA_STATE AMA_HELD(task) static u64 count_of(struct some_args *a)
{
    return a->count;
}

static long choice_body(void *p)
{
    struct some_args *a = p;
    *(a->first ? &a->count : &a->other) = 40;
    load(count_of(a));
    return 0;
}
SCOPE(choice);

static const struct some_args many = {.count = 100};

static long copy_body(void *p)
{
    struct some_args *a = p;
    memcpy(a, &many, sizeof(many));
    load(count_of(a));
    return 0;
}
SCOPE(copy);

/* The address was kept by somebody else, before. */
struct counted {
    u64 size;
};
AMA_STATE AMA_HELD(task) static u64 size_of(struct counted *c)
{
    return c->size;
}
static struct counted counted;

void sys_keep(struct some_args *a)
{
    a->where = &counted.size;
}

static long kept_body(void *p)
{
    struct some_args *a = p;
    *a->where += 50;
    load(size_of(&counted));
    return 0;
}
SCOPE(kept);

static __attribute__((noinline)) void fill(u64 *to)
{
    *to = 12;
}

static long given_body(void *p)
{
    struct some_args *a = p;
    fill(&a->count);
    load(count_of(a));
    return 0;
}
SCOPE(given);

static long assembly_body(void *p)
{
    struct some_args *a = p;
    __asm__("incq %0" : "+m"(a->count));
    load(count_of(a));
    return 0;
}
SCOPE(assembly);

/* Without a function that looks. */
static long field_body(void *p)
{
    struct some_args *a = p;
    __builtin_memmove(&a->count, &a->other, sizeof(a->count));
    load(a->count);
    return 0;
}
SCOPE(field);

static long parts_body(void *p)
{
    struct some_args *a = p;
    a->parts[a->other] = 9;
    load(a->parts[1]);
    return 0;
}
SCOPE(parts);

long sys_all(struct item *i)
{
    struct some_args a = {.item = i};
    return gate_call(&scope_variable, &a) + gate_call(&scope_element, &a) + gate_call(&scope_choice, &a) + gate_call(&scope_copy, &a) +
           gate_call(&scope_kept, &a) + gate_call(&scope_given, &a) + gate_call(&scope_assembly, &a) + gate_call(&scope_field, &a) + gate_call(&scope_parts, &a);
}
