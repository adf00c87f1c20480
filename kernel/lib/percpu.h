// SPDX-License-Identifier: MIT
/*
 * percpu.h - what each processor has for itself, reached through GS
 *
 * While a task runs, its processor's fields may be read with preemption off or through the one-instruction accessors
 * below, which cannot be torn by a move to another processor.
 */
#pragma once
#include "kernel/lib/ama.h"
#include "kernel/lib/types.h"

struct spinlock;
struct task;

#define CPU_MAX 8

struct cpu {
    struct cpu *self;          /* offset 0: the structure's own address */
    struct task *running;      /* offset 8: the task that runs here */
    u64 kernel_stack;          /* offset 16: top of current's kernel stack, loaded by the system-call entry */
    u64 user_stack;            /* offset 24: scratch of the system-call entry */
    u32 preempt;               /* offset 32: > 0: no preemption here (spinlocks held, interrupt running) */
    u32 resched;               /* offset 36: a switch is wanted as soon as preempt allows */
    u32 id;                    /* offset 40 */
    u32 irq_depth;             /* offset 44: > 0 in an interrupt handler */
    struct task *idle;         /* runs when nothing else can */
    struct task *switched_from; /* handed from one side of a switch to the other */
    struct spinlock *innermost; /* the spinlocks held here, by their `outer` links */
};
extern struct cpu cpus[CPU_MAX];

#ifdef ANTE_HOST /* host tests run the core as an ordinary process */
extern struct cpu host_cpu;
extern struct task *host_current;
static inline struct cpu *this_cpu(void)
{
    return &host_cpu;
}
#define current host_current
static inline bool preempt_is_off(void)
{
    return host_cpu.preempt;
}
void preempt_disable(void); /* the test's scheduler, which may switch here as the machine might */
void preempt_enable(void);
#else
static inline struct cpu *this_cpu(void)
{
    struct cpu *c;
    __asm__ volatile("movq %%gs:0, %0" : "=r"(c));
    return c;
}

AMA_STATE static inline struct task *current_task(void)
{
    struct task *t;
    __asm__ volatile("movq %%gs:8, %0" : "=r"(t));
    return t;
}
#define current current_task()

static inline bool preempt_is_off(void)
{
    u32 depth;
    __asm__ volatile("movl %%gs:32, %0" : "=r"(depth));
    return depth;
}

static inline void preempt_disable(void)
{
    __asm__ volatile("incl %%gs:32" ::: "memory");
}

void preempt_check(void); /* the scheduler: switches when resched is set and preemption allowed */

static inline void preempt_enable(void)
{
    u32 left, want;
    __asm__ volatile("decl %%gs:32" ::: "memory");
    __asm__ volatile("movl %%gs:32, %0" : "=r"(left));
    __asm__ volatile("movl %%gs:36, %0" : "=r"(want));
    if (unlikely(!left && want))
        preempt_check();
}
#endif
