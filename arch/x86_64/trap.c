// SPDX-License-Identifier: MIT
/*
 * trap.c - what each exception means, and the way back to user mode
 *
 * An exception of a user program becomes a signal; one in the kernel is a broken invariant, with the
 * exception of page faults, which the memory manager looks at first.  Signal numbers are Linux's.
 */
#include "arch/x86_64/x86.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"

enum { SIG_ILL = 4, SIG_TRAP = 5, SIG_BUS = 7, SIG_FPE = 8, SIG_SEGV = 11 };
enum { FPE_INTDIV = 1, FPE_FLTDIV = 3, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES, FPE_FLTINV };
enum { ILL_ILLOPN = 2, TRAP_TRACE = 2, BUS_ADRALN = 1, SI_KERNEL = 0x80 };
enum { FAULT_USER = 4 }; /* page-fault error code: the access had the user's rights */

struct exception {
    const char *name;
    int signo;    /* what a user program gets; 0: never its fault */
    bool at_rip;  /* the signal's address is that of the instruction */
    int code;     /* si_code; for floating point the unit knows more */
};

static const struct exception exceptions[VECTOR_IRQ] = { /* SDM 3A, table 6-1 */
    [0] = {"divide error", SIG_FPE, true, FPE_INTDIV},
    [1] = {"debug", SIG_TRAP, true, TRAP_TRACE},
    [2] = {"non-maskable interrupt", 0, false, 0},
    [3] = {"breakpoint", SIG_TRAP, true, SI_KERNEL},
    [4] = {"overflow", SIG_SEGV, true, SI_KERNEL},
    [5] = {"bound range", SIG_SEGV, true, SI_KERNEL},
    [6] = {"invalid opcode", SIG_ILL, true, ILL_ILLOPN},
    [7] = {"no coprocessor", SIG_FPE, true, SI_KERNEL},
    [8] = {"double fault", 0, false, 0},
    [9] = {"coprocessor overrun", 0, false, 0},
    [10] = {"invalid task state", SIG_SEGV, false, SI_KERNEL},
    [11] = {"segment not present", SIG_BUS, false, SI_KERNEL},
    [12] = {"stack segment", SIG_BUS, false, SI_KERNEL},
    [13] = {"general protection", SIG_SEGV, false, SI_KERNEL},
    [14] = {"page fault", SIG_SEGV, false, SI_KERNEL},
    [16] = {"x87 floating point", SIG_FPE, true, SI_KERNEL},
    [17] = {"alignment check", SIG_BUS, false, BUS_ADRALN},
    [18] = {"machine check", 0, false, 0},
    [19] = {"SIMD floating point", SIG_FPE, true, SI_KERNEL},
    [20] = {"virtualization", 0, false, 0},
    [21] = {"control protection", SIG_SEGV, false, SI_KERNEL},
};

void trap_dispatch(struct trap_frame *f);
void trap_in_kernel(struct trap_frame *f);
bool trap_leave(struct trap_frame *f);

static void page_fault(struct trap_frame *f)
{
    u64 addr = cr2_read(); /* before another fault can overwrite it */
    irq_on();
    if (!(f->error & FAULT_USER)) /* the processor's own access for an instruction */
        trap_user_exception(f, SIG_SEGV, SI_KERNEL, 0);
    else
        trap_page_fault(f, addr);
    irq_off();
}

/* A stack that runs into its guard page: the page fault's frame cannot be pushed either. */
static bool stack_overflowed(const struct trap_frame *f)
{
    return f->vector == VECTOR_DOUBLE_FAULT && f->rsp - cr2_read() + PAGE_SIZE < 2 * PAGE_SIZE;
}

/* The exceptions that are flagged and not masked; x87 and SSE number both alike (SDM 1, 8.1.3 and 10.2.3). */
static u32 float_causes(unsigned vector)
{
    u32 mxcsr;
    u16 control, status;
    __asm__ volatile("stmxcsr %0; fnstcw %1; fnstsw %2" : "=m"(mxcsr), "=m"(control), "=m"(status));
    return 0x3f & (vector == VECTOR_SIMD ? mxcsr & ~(mxcsr >> 7) : status & ~(u32)control);
}

static int float_code(u32 causes)
{
    static const u8 codes[6] = {FPE_FLTINV, FPE_FLTUND, FPE_FLTDIV, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES};
    return causes ? codes[__builtin_ctz(causes)] : SI_KERNEL;
}

static int code_of(const struct trap_frame *f)
{
    if (f->vector == VECTOR_X87 || f->vector == VECTOR_SIMD)
        return float_code(float_causes(f->vector));
    return exceptions[f->vector].code;
}

static void NORETURN unexplained(struct trap_frame *f)
{
    const char *name = exceptions[f->vector].name;
    trap_fatal(f, name ? name : "unknown exception");
}

static void exception(struct trap_frame *f)
{
    const struct exception *x = &exceptions[f->vector];
    if (f->vector == 1)
        __asm__ volatile("movq %0, %%db6" ::"r"(0xffff0ff0ul)); /* its causes accumulate otherwise */
    if (!x->signo)
        unexplained(f);
    irq_on();
    trap_user_exception(f, x->signo, code_of(f), x->at_rip ? f->rip : 0);
    irq_off();
}

/* Of the kernel's instructions only those that copy from and to user memory may fault. */
static void kernel_page_fault(struct trap_frame *f)
{
    u64 addr = cr2_read();
    if (!arch_user_address(addr) || !arch_fault_fixup(f))
        trap_fatal(f, addr < PAGE_SIZE ? "NULL pointer used in the kernel" : "page fault in the kernel");
}

/* From user mode: called by entry.asm with interrupts off; returns with them off. */
void trap_dispatch(struct trap_frame *f)
{
    if (f->vector >= VECTOR_IRQ)
        apic_interrupt(f);
    else if (f->vector == VECTOR_PAGE_FAULT)
        page_fault(f);
    else
        exception(f);
}

/* From the kernel, and what comes on a stack of its own.  Interrupts stay off, so it is never on the stack twice. */
void trap_in_kernel(struct trap_frame *f)
{
    if (f->vector >= VECTOR_IRQ)
        apic_interrupt(f);
    else if (f->vector == VECTOR_PAGE_FAULT)
        kernel_page_fault(f);
    else if (stack_overflowed(f))
        trap_fatal(f, "kernel stack overflow");
    else
        unexplained(f);
}

/*
 * Called by entry.asm before each return to user mode; returns with interrupts off.  True: SYSRET may be
 * used, that is, rcx and r11 are what it will put into rip and rflags.  A non-canonical rip would make the
 * return itself fault, with the kernel's rights; address 0 faults in user mode instead.
 */
bool trap_leave(struct trap_frame *f)
{
    do {
        irq_on();
        trap_to_user(f);
        irq_off();
    } while (this_cpu()->resched);
    ASSERT(f->cs == SEL_USER_CODE && f->ss == SEL_USER_DATA, "return to user mode with cs %lx", f->cs);
    if (f->rip > USER_END)
        f->rip = 0;
    return f->rcx == f->rip && f->r11 == f->rflags && !(f->rflags & (FLAG_TRAP | FLAG_RESUME));
}

void trap_fatal(struct trap_frame *f, const char *what)
{
    const char *mode = trap_from_user(f) ? "user" : "kernel";
    panic_at(f, "%s in %s mode (error %lx, address %lx)", what, mode, f->error, cr2_read());
}

void arch_frame_print(const struct trap_frame *f)
{
    kprintf("rip %016lx  rsp %016lx  rflags %lx  cs %lx  ss %lx\n", f->rip, f->rsp, f->rflags, f->cs, f->ss);
    kprintf("rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n", f->rax, f->rbx, f->rcx, f->rdx);
    kprintf("rsi %016lx  rdi %016lx  rbp %016lx  r8  %016lx\n", f->rsi, f->rdi, f->rbp, f->r8);
    kprintf("r9  %016lx  r10 %016lx  r11 %016lx  r12 %016lx\n", f->r9, f->r10, f->r11, f->r12);
    kprintf("r13 %016lx  r14 %016lx  r15 %016lx\n", f->r13, f->r14, f->r15);
    kprintf("cr2 %016lx  cr3 %016lx  cr4 %06lx  vector %lu\n", cr2_read(), cr3_read(), cr4_read(), f->vector);
}
