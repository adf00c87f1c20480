// SPDX-License-Identifier: MIT
/*
 * panic.c - the last words
 *
 *   ante: panic: TEXT
 *   registers, when an exception led here
 *   backtrace, by the chain of frame pointers
 *   what the core knows: task, running call, its need and use
 *
 * A panic within a panic prints its text and stops there.
 */
#include "arch/arch.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"

enum { BACKTRACE_MAX = 32, PANIC_STATUS = 255 };

struct stack_frame { /* what every function's prologue builds */
    const struct stack_frame *caller;
    u64 return_address;
};

static u32 panics;

static void address_print(u64 addr)
{
    u64 offset = 0;
    const char *name = ksym_find(addr, &offset);
    if (name)
        kprintf("  %016lx %s+0x%lx\n", addr, name, offset);
    else
        kprintf("  %016lx\n", addr);
}

/* The chain ends at 0; a broken one where it leaves the kernel, is not aligned or does not go upwards. */
static void backtrace_print(const struct stack_frame *f)
{
    const struct stack_frame *last = NULL;
    for (int i = 0; i < BACKTRACE_MAX; i++, f = f->caller) {
        if ((u64)f < DIRECT_BASE || (u64)f % 8 || f <= last)
            return;
        address_print(f->return_address);
        last = f;
    }
}

static void panic_report(const struct trap_frame *regs, const void *stack, const char *fmt, va_list ap)
{
    irq_off();
    console_sync_mode();
    klog_quiet(false);
    kprintf("\nante: panic: ");
    kvprintf(fmt, ap);
    kprintf("\n");
    if (__atomic_fetch_add(&panics, 1, __ATOMIC_RELAXED))
        return;
    if (regs)
        arch_frame_print(regs);
    kprintf("backtrace:\n");
    if (regs)
        address_print(regs->rip);
    backtrace_print(stack);
    panic_context();
}

void panic(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    panic_report(NULL, __builtin_frame_address(0), fmt, ap);
    va_end(ap);
    arch_poweroff(PANIC_STATUS);
}

void panic_at(const struct trap_frame *regs, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    panic_report(regs, trap_from_user(regs) ? NULL : (void *)regs->rbp, fmt, ap);
    va_end(ap);
    arch_poweroff(PANIC_STATUS);
}
