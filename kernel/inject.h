// SPDX-License-Identifier: MIT
/*
 * inject.h - refusing on purpose
 *
 * A refusal point is an entry whose need is not zero, or a try for one more credit.  The injector refuses points by probability,
 * from a seeded generator per task, or the n-th of a task.  Specification (boot word inject=, /proc/ama/inject):
 *
 *     0.5            every point with this probability
 *     0.5@100-200    of each task only the points with these numbers; the others draw their random number all the same
 *     try:1.0        only tries
 *     entry:0.1      only entries
 *     SCOPE:0.1      only entries of this scope
 *     ...:nth=7      the seventh point (of those selected) of each task, once
 *     off
 *
 * A task can also be given a number of its own (/proc/self/ama/inject): points are counted from then on and that one is refused,
 * whatever is set for the machine.
 */
#pragma once
#include "kernel/lib/types.h"
#include "mm/reserve.h"

struct scope;
struct task;

bool inject_refuses(const struct scope *s);   /* for current, at this entry */
bool inject_refuses_try(void);
/* ama=off: entries ask for nothing, so what would be refused there is refused at the allocator, which stops the kernel. */
void inject_at_allocator(const char *what);
/* short=SCOPE:CLASS: takes one off that class of the need; short=list: says what is asked for.  Only when inject_short. */
void inject_shorten(const struct scope *s, struct need *n);

int inject_set(const char *spec);             /* 0 or -EINVAL */
int inject_set_short(const char *spec);
size_t inject_show(char *dst, size_t size);
void inject_seed(u64 seed);
void inject_start(struct task *t);            /* t's own generator, from the seed and its pid; on from now */
void inject_alone(struct task *t, u64 nth);   /* on from now; refuses t's point nth, 0: none, and nothing else */
extern bool inject_short;                     /* short= is set */
