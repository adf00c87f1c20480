// SPDX-License-Identifier: MIT
/*
 * x86.h - what the files of arch/x86_64 share among themselves
 *
 * Registers of the processor, vector numbers, selectors, and the start-up functions in the order boot.c
 * calls them.  Nothing outside this folder includes it.
 */
#pragma once
#include "arch/arch.h"

enum { MSR_APIC_BASE = 0x1b, MSR_EFER = 0xc0000080, MSR_STAR = 0xc0000081, MSR_LSTAR = 0xc0000082,
       MSR_SFMASK = 0xc0000084, MSR_FS_BASE = 0xc0000100, MSR_GS_BASE = 0xc0000101,
       MSR_KERNEL_GS_BASE = 0xc0000102 };
enum { CR4_PGE = 1 << 7, CR4_OSFXSR = 1 << 9, CR4_OSXMMEXCPT = 1 << 10, CR4_UMIP = 1 << 11,
       CR4_SMEP = 1 << 20, CR4_SMAP = 1 << 21 };

/* SYSRET wants user data right below user code; the slot before is for 32-bit code, which is not there. */
enum { SEL_KERNEL_CODE = 0x08, SEL_KERNEL_DATA = 0x10, SEL_SYSRET = 0x1b, SEL_USER_DATA = 0x23,
       SEL_USER_CODE = 0x2b, SEL_TSS = 0x30 };

enum { VECTOR_NMI = 2, VECTOR_DOUBLE_FAULT = 8, VECTOR_PAGE_FAULT = 14, VECTOR_X87 = 16, VECTOR_MACHINE_CHECK = 18, VECTOR_SIMD = 19,
       VECTOR_IRQ = 32, VECTOR_TIMER = 48, VECTOR_SPURIOUS = 63, VECTOR_COUNT = 64, VECTOR_SYSCALL = 256 };

enum { FLAG_TRAP = 0x100, FLAG_INTERRUPT = 0x200, FLAG_DIRECTION = 0x400, FLAG_IOPL = 0x3000,
       FLAG_NESTED = 0x4000, FLAG_RESUME = 0x10000, FLAG_ALIGN = 0x40000 };

enum { PTE_UNCACHED = 0x18 /* PWT and PCD */ };
#define DEVICE_START 0xfec00000ul /* where the I/O APIC and the local APICs lie; uncached in the direct map */
#define DEVICE_END 0xff000000ul

static inline u64 msr_read(u32 msr)
{
    u32 lo, hi;
    __asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
    return (u64)hi << 32 | lo;
}

static inline void msr_write(u32 msr, u64 v)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((u32)v), "d"((u32)(v >> 32)) : "memory");
}

struct cpuid {
    u32 eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(u32 leaf)
{
    struct cpuid c;
    __asm__ volatile("cpuid" : "=a"(c.eax), "=b"(c.ebx), "=c"(c.ecx), "=d"(c.edx) : "a"(leaf), "c"(0));
    return c;
}

static inline u64 cr2_read(void)
{
    u64 v;
    __asm__ volatile("movq %%cr2, %0" : "=r"(v));
    return v;
}

static inline u64 cr3_read(void)
{
    u64 v;
    __asm__ volatile("movq %%cr3, %0" : "=r"(v)::"memory");
    return v;
}

static inline u64 cr4_read(void)
{
    u64 v;
    __asm__ volatile("movq %%cr4, %0" : "=r"(v));
    return v;
}

static inline void cr4_write(u64 v)
{
    __asm__ volatile("movq %0, %%cr4" ::"r"(v) : "memory");
}

static inline u64 tsc_read(void)
{
    u32 lo, hi;
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    return (u64)hi << 32 | lo;
}

/* A lock for the few bytes that devices of this folder share; interrupts stay off while it is held. */
struct device_lock {
    u32 held;
};

static inline u64 device_lock(struct device_lock *l)
{
    u64 flags = irq_save();
    while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
        cpu_relax();
    return flags;
}

static inline void device_unlock(struct device_lock *l, u64 flags)
{
    __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
    irq_restore(flags);
}

/* --- start-up, in this order --- */
void cpu_start(void);           /* descriptor tables, control registers, per-CPU data */
void serial_start(void);        /* both ports, by polling */
void vga_start(void);
void boot_info_read(u32 magic, u64 info); /* fills boot_info; call while the first GiB is mapped */
void paging_start(void);        /* the final kernel half */
void apic_start(void);          /* interrupts can be registered from here on */
void clock_calibrate(void);
void serial_irq_start(void);
void keyboard_start(void);

/* --- cpu.c --- */
void cpu_stack_set(u64 stack_top); /* where entries from user mode put their frame */

/* --- apic.c --- */
u32 apic_timer_count(void);                 /* counts down from the last apic_timer_set() */
void apic_timer_set(u32 count, bool periodic);
void apic_interrupt(struct trap_frame *f);  /* dispatches vectors from VECTOR_IRQ on */

/* --- clock.c --- */
u32 clock_timer_period(void);               /* timer counts per tick */

/* --- the console's parts --- */
void vga_write(const char *s, size_t n);
void console_input(char c);

/* --- entry.asm and usercopy.asm --- */
extern const char trap_stubs[];             /* VECTOR_COUNT stubs of 16 bytes */
void syscall_entry(void);
void task_kernel_start(void);               /* where a new kernel thread's first switch returns to */
void task_user_start(void);                 /* the same for a forked task */
void stack_switch(u64 *save, u64 load);
extern char user_open[], user_close[];      /* their first 3 bytes are replaced when the processor has SMAP */
size_t user_copy(void *dst, const void *src, size_t n);
size_t user_clear(void *dst, size_t n);
size_t user_string(char *dst, const char *src, size_t max);
