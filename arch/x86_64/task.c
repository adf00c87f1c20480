// SPDX-License-Identifier: MIT
/*
 * task.c - threads of control: how one starts, how the processor goes from one to another
 *
 * A new task's kernel stack is laid out as if it had been switched away from just before its first
 * instruction:
 *
 *   stack_top -> +--------------------------+
 *                | struct trap_frame        |  where to go in user mode (zero for a kernel thread)
 *                | address of a task_*_start|  stack_switch() returns there
 *                | rbp rbx r12 r13 r14 r15  |
 *   a->rsp    -> +--------------------------+
 */
#include "arch/x86_64/x86.h"
#include "kernel/lib/string.h"

enum { FPU_MXCSR = 24, FPU_MXCSR_MASK = 28 };
enum { MXCSR_DEFAULT = 0x1f80, FCW_DEFAULT = 0x37f, MXCSR_MASK_DEFAULT = 0xffbf };

/* The flags a program may have: status, TF, DF, AC, ID. */
enum { USER_FLAGS = 0x240dd5, FLAGS_ALWAYS = FLAG_INTERRUPT | 2 };

_Static_assert(offsetof(struct arch_task, fpu) % 16 == 0, "FXSAVE");

struct saved {
    u64 r15, r14, r13, r12, rbx, rbp, rip;
};
_Static_assert(sizeof(struct saved) == 56, "entry.asm: stack_switch");

static struct saved *stack_prepare(struct arch_task *a, void *stack_top, void (*start)(void))
{
    a->stack_top = (u64)stack_top;
    struct saved *s = (struct saved *)arch_user_frame(a) - 1;
    memset(s, 0, sizeof(*s));
    s->rip = (u64)start;
    a->rsp = (u64)s;
    return s;
}

void arch_task_init(struct arch_task *a, void *stack_top, void (*entry)(void *), void *arg)
{
    struct saved *s = stack_prepare(a, stack_top, task_kernel_start);
    s->r12 = (u64)entry;
    s->r13 = (u64)arg;
    memset(arch_user_frame(a), 0, sizeof(struct trap_frame));
    arch_fpu_reset(a);
}

void arch_task_init_user(struct arch_task *a, void *stack_top, const struct trap_frame *regs)
{
    stack_prepare(a, stack_top, task_user_start);
    memcpy(arch_user_frame(a), regs, sizeof(*regs));
    arch_fpu_save(a);
}

void arch_switch(struct arch_task *from, struct arch_task *to)
{
    if (from->root.addr)
        arch_fpu_save(from);
    if (to->root.addr) {
        if (cr3_read() != to->root.addr)
            arch_root_load(to->root);
        arch_user_bases_load(to);
        arch_fpu_restore(to);
    }
    cpu_stack_set(to->stack_top);
    stack_switch(&from->rsp, to->rsp);
}

void arch_user_bases_load(const struct arch_task *a)
{
    msr_write(MSR_FS_BASE, a->fs_base);
    msr_write(MSR_KERNEL_GS_BASE, a->gs_base); /* SWAPGS brings it into GS on the way out */
}

void arch_user_frame_init(struct trap_frame *f, u64 rip, u64 rsp)
{
    memset(f, 0, sizeof(*f));
    f->vector = VECTOR_SYSCALL;
    f->error = ~0ul;
    f->rip = rip;
    f->rsp = rsp;
    f->rflags = FLAGS_ALWAYS;
    f->cs = SEL_USER_CODE;
    f->ss = SEL_USER_DATA;
}

bool arch_frame_sanitise(struct trap_frame *f)
{
    f->rflags = (f->rflags & USER_FLAGS) | FLAGS_ALWAYS;
    f->cs = SEL_USER_CODE;
    f->ss = SEL_USER_DATA;
    return arch_user_address(f->rip) && f->rsp < 1ul << 47;
}

/* --- floating point and SSE: 512 bytes in the layout of FXSAVE (SDM 1, table 10-2) --- */

void arch_fpu_reset(struct arch_task *a)
{
    const u32 mxcsr = MXCSR_DEFAULT;
    const u16 fcw = FCW_DEFAULT;
    memset(a->fpu, 0, sizeof(a->fpu));
    memcpy(a->fpu, &fcw, sizeof(fcw));
    memcpy(a->fpu + FPU_MXCSR, &mxcsr, sizeof(mxcsr));
}

void arch_fpu_save(struct arch_task *a)
{
    __asm__ volatile("fxsave64 %0" : "=m"(a->fpu));
}

void arch_fpu_restore(const struct arch_task *a)
{
    __asm__ volatile("fxrstor64 %0" ::"m"(a->fpu));
}

bool arch_fpu_check(u8 fpu[512])
{
    u8 live[512] ALIGNED(16);
    u32 mask, mxcsr;
    __asm__ volatile("fxsave64 %0" : "=m"(live));
    memcpy(&mask, live + FPU_MXCSR_MASK, sizeof(mask));
    memcpy(&mxcsr, fpu + FPU_MXCSR, sizeof(mxcsr));
    if (mxcsr >> 16)
        return false;
    mxcsr &= mask ? mask : MXCSR_MASK_DEFAULT; /* what this processor lacks; FXRSTOR would fault on it */
    memcpy(fpu + FPU_MXCSR, &mxcsr, sizeof(mxcsr));
    return true;
}
