// SPDX-License-Identifier: MIT
/*
 * ama.h - what code says to the analyzer that derives its need (tools/amalyzer, docs/bounds.md)
 *
 *   AMA_STATE          before a function: it only looks at state, takes nothing and is total, so that an equation may call it
 *   AMA_HELD(how)      beside AMA_STATE: what it looks at may change while the scope runs, but what it counted stays, because
 *                        pins    it pins what it counts itself
 *                        range   the scope's pin slot has pinned the range before
 *                        guard   the scope's guard holds the lock
 *                        load    guard, and the body looks only while it loads, before it changes anything: it sees what the need saw
 *                        task    only the running task changes it
 *                        fixed   it does not change at all, although fields of that name do
 *   AMA_BOUND(n)       a loop, or what follows, takes something at most n times:  ama_bound b = AMA_BOUND(n);
 *   AMA_ITER(b)        at the head of what is done at most so often; in the same function, inside the loop
 *   AMA_AT_MOST(c, n)  at the head of a function: of cache or resource c (its address), AMA_FRAMES or AMA_CHARGE, it takes at most
 *                      n in all;  AMA_TAKES(c, n): n stands for what is derived, where recycle=off is to charge each round;
 *                      AMA_USES(c, n): the same, and nothing of it is left at the end
 *   AMA_READS(n)       at the head of a function that reads: it takes at most n frames, and if n was 0 at the entry of the scope
 *                      nothing at all;  AMA_PASSES(n): the same, and no frame is left at the end
 *   AMA_ONLY_IF(b)     at the head of a function: it takes something only if b was true at the entry of the scope
 *   AMA_COVERS(b, f()) at the head of a function: f(), needed only if b was true at the entry, covers all calls of that operation
 *   AMA_AS(v, w)       v, in whose place w stands in equations; AMA_AT_ENTRY(v): v was the same at the entry of the scope
 *   AMA_UPTO(v, m)     v, which is at most m
 *   AMA_DEPTH(d)       at the head of a function that calls itself: at most d levels
 *
 * The analyzer sees calls of functions that do not exist (AMA_ANALYZE).  Host tests check AMA_BOUND,
 * AMA_ITER and AMA_UPTO as they run.  What is said of a function as a whole is not checked by itself: as in the kernel, where the marks
 * cost nothing, a broken promise ends in I3, most surely with tight=1.
 */
#pragma once
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"

struct need;

typedef u64 ama_bound;

#if defined(AMA_ANALYZE)

u64 ama_mark_bound(u64 n);
void ama_mark_iter(u64 bound);
u64 ama_mark_upto(u64 value, u64 most);
void ama_mark_depth(u64 levels);
void ama_mark_at_most(const void *class, u64 n);
void ama_mark_takes(const void *class, u64 n);
void ama_mark_uses(const void *class, u64 n);
void ama_mark_reads(u64 n);
void ama_mark_passes(u64 n);
void ama_mark_only_if(u64 condition);
void ama_mark_covers(u64 condition);
void ama_mark_covered(u64 result);
u64 ama_mark_as(u64 value, u64 in_equations);
#define AMA_STATE __attribute__((annotate("ama:state")))
#define AMA_HELD(how) __attribute__((annotate("ama:held=" #how)))
#define AMA_BOUND(n) ama_mark_bound(n)
#define AMA_ITER(b) ama_mark_iter(b)
#define AMA_UPTO(v, m) ama_mark_upto(v, m)
#define AMA_DEPTH(d) ama_mark_depth(d)
#define AMA_AT_MOST(c, n) ama_mark_at_most(c, n)
#define AMA_TAKES(c, n) ama_mark_takes(c, n)
#define AMA_USES(c, n) ama_mark_uses(c, n)
#define AMA_READS(n) ama_mark_reads(n)
#define AMA_PASSES(n) ama_mark_passes(n)
#define AMA_ONLY_IF(b) ama_mark_only_if(b)
#define AMA_COVERS(b, call) (ama_mark_covers(b), ama_mark_covered(call))
#define AMA_AS(v, w) ama_mark_as(v, w)
/* As the analyzer numbers them. */
#define AMA_FRAMES ((const void *)2)
#define AMA_CHARGE ((const void *)6)

#else

#define AMA_STATE __attribute__((unused)) /* some stand in equations only */
#define AMA_HELD(how)
#define AMA_DEPTH(d) ((void)(d))
#define AMA_AT_MOST(c, n) ((void)sizeof(n))
#define AMA_TAKES(c, n) ((void)sizeof(n))
#define AMA_USES(c, n) ((void)sizeof(n))
#define AMA_READS(n) ((void)sizeof(n))
#define AMA_PASSES(n) ((void)sizeof(n))
#define AMA_ONLY_IF(b) ((void)sizeof(b))
#define AMA_COVERS(b, call) ((void)sizeof(b))
#define AMA_AS(v, w) ((void)sizeof(w), (v))

#if defined(ANTE_HOST)
NORETURN void panic(const char *fmt, ...) PRINTF(1, 2);

static inline void ama_spend(ama_bound *b, const char *where)
{
    if (!*b)
        panic("AMA_ITER at %s: more rounds than its bound", where);
    --*b;
}
static inline u64 ama_upto(u64 value, u64 most, const char *where)
{
    if (value > most)
        panic("AMA_UPTO at %s: %lu is more than %lu", where, value, most);
    return value;
}
#define AMA_BOUND(n) ((ama_bound)(n))
#define AMA_ITER(b) ama_spend(&(b), __FILE_NAME__)
#define AMA_UPTO(v, m) ama_upto(v, m, __FILE_NAME__)
#else
#define AMA_BOUND(n) ((void)sizeof(n), (ama_bound)0)
#define AMA_ITER(b) ((void)(b))
#define AMA_UPTO(v, m) ((void)sizeof(m), (v))
#endif

#endif

#define AMA_AT_ENTRY(v) AMA_AS(v, v)

/* An operation of a port, and its need, which has the same parameters: declared together.  DERIVE_OP says that the build derives
 * that need, in the file that has the operation. */
#define OPERATION(result, id, ...)                                                                                     \
    result id(__VA_ARGS__) NEEDS_RESERVATION;                                                                          \
    void need_##id(__VA_ARGS__, struct need *n)
#define DERIVE_OP(id) extern __typeof__(need_##id) need_##id

/* In equations: each count has a number.  In a kernel made for tests/mutants the count that stands in the image is one less. */
#if defined(AMA_MUTANTS)
extern struct ama_mutant {
    char mark[12]; /* by which the number is found in the image */
    volatile u32 term;
} ama_mutant;
static inline u64 ama_term(u32 number, u64 count)
{
    return count - (number == ama_mutant.term && count);
}
#define AMA_TERM(number, count) ama_term(number, count)
#else
#define AMA_TERM(number, count) (count)
#endif

/* No need is more than the ceiling that was derived for its scope: checked on the host, and in the kernel for tests/mutants. */
void need_check_ceiling(const struct need *n, const char *scope, u32 frames);
#if defined(AMA_MUTANTS) || defined(ANTE_HOST)
#define AMA_CEILING(n, scope, frames) need_check_ceiling(n, scope, frames)
#else
#define AMA_CEILING(n, scope, frames) ((void)0)
#endif

/* What is looked at more than once is remembered. */
#define AMA_UNSEEN (~0ul)
#define AMA_ONCE(seen, look) ((seen) == AMA_UNSEEN ? ((seen) = (look)) : (seen))
/* A part of a count may be below zero. */
static inline u64 ama_larger(u64 a, u64 b)
{
    return (i64)a > (i64)b ? a : b;
}
static inline u64 ama_smaller(u64 a, u64 b)
{
    return (i64)a < (i64)b ? a : b;
}
static inline u64 ama_rounds(u64 from, u64 to)
{
    return to > from ? to - from : 0;
}
