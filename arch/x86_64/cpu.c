// SPDX-License-Identifier: MIT
/*
 * cpu.c - descriptor tables, control registers and per-CPU data of one processor
 *
 * Segments are flat and matter only for the privilege level.  The task-state segment holds the stack that an
 * entry from user mode takes (the top of current's kernel stack) and three stacks of their own for the
 * events that may come when the current stack cannot be trusted: NMI, double fault (a kernel stack that ran
 * into its guard page) and machine check.  All gates are interrupt gates: each entry starts with interrupts
 * off.
 */
#include "arch/x86_64/x86.h"
#include "kernel/lib/string.h"

enum { IST_SIZE = 8192, IST_COUNT = 3, GDT_WORDS = 8 };

struct PACKED tss { /* SDM 3A, figure 7-11 */
    u32 reserved0;
    u64 rsp0, rsp1, rsp2;
    u64 reserved1;
    u64 ist[7];
    u64 reserved2;
    u16 reserved3, iomap;
};
_Static_assert(sizeof(struct tss) == 104, "the processor reads it");

struct gate { /* SDM 3A, figure 6-8 */
    u16 offset_low, selector;
    u8 ist, type;
    u16 offset_middle;
    u32 offset_high, reserved;
};
_Static_assert(sizeof(struct gate) == 16, "the processor reads it");

struct PACKED table_pointer {
    u16 limit;
    u64 base;
};

/* Offsets that entry.asm knows. */
_Static_assert(offsetof(struct cpu, kernel_stack) == 16, "entry.asm");
_Static_assert(offsetof(struct cpu, user_stack) == 24, "entry.asm");
_Static_assert(offsetof(struct cpu, preempt) == 32 && offsetof(struct cpu, resched) == 36, "percpu.h");
_Static_assert(sizeof(struct trap_frame) == 176 && offsetof(struct trap_frame, cs) == 144, "entry.asm");

struct cpu cpus[CPU_MAX];
static u64 gdt[GDT_WORDS];
static struct tss tss;
static u8 ist_stacks[IST_COUNT][IST_SIZE] ALIGNED(16);
static struct gate idt[VECTOR_COUNT];

static void gdt_fill(u64 *g, const struct tss *t)
{
    u64 base = (u64)t;
    g[SEL_KERNEL_CODE / 8] = 0x00209a0000000000;
    g[SEL_KERNEL_DATA / 8] = 0x0000920000000000;
    g[SEL_USER_DATA / 8] = 0x0000f20000000000;
    g[SEL_USER_CODE / 8] = 0x0020fa0000000000;
    g[SEL_TSS / 8] = 0x0000890000000000 | (sizeof(*t) - 1);
    g[SEL_TSS / 8] |= (base & 0xffffff) << 16 | (base >> 24 & 0xff) << 56;
    g[SEL_TSS / 8 + 1] = base >> 32;
}

static void gdt_load(const u64 *g)
{
    struct table_pointer p = {GDT_WORDS * 8 - 1, (u64)g};
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1:\tmovl %2, %%eax\n\t"
                     "movl %%eax, %%ss\n\t"
                     "movw %w3, %%ax\n\t"
                     "ltr %%ax" ::"m"(p), "i"(SEL_KERNEL_CODE), "i"(SEL_KERNEL_DATA), "i"(SEL_TSS)
                     : "rax", "memory");
}

static void tss_fill(struct tss *t, u8 stacks[IST_COUNT][IST_SIZE])
{
    for (int i = 0; i < IST_COUNT; i++)
        t->ist[i] = (u64)(stacks[i] + IST_SIZE);
    t->iomap = sizeof(*t); /* beyond the limit: no port is open to user mode */
}

static u8 gate_stack(unsigned vector)
{
    switch (vector) {
    case VECTOR_DOUBLE_FAULT:
        return 1;
    case VECTOR_NMI:
        return 2;
    case VECTOR_MACHINE_CHECK:
        return 3;
    default:
        return 0;
    }
}

static void idt_fill(void)
{
    for (unsigned i = 0; i < VECTOR_COUNT; i++) {
        u64 entry = (u64)trap_stubs + 16 * i;
        u8 type = i == 3 ? 0xee : 0x8e; /* user mode may raise only the breakpoint by an instruction */
        idt[i] = (struct gate){.offset_low = entry, .offset_middle = entry >> 16, .offset_high = entry >> 32,
                               .selector = SEL_KERNEL_CODE, .ist = gate_stack(i), .type = type};
    }
}

/* Call while the kernel's text is still writable. */
static void smap_patch(void)
{
    memcpy(user_open, "\x0f\x01\xcb", 3);  /* STAC */
    memcpy(user_close, "\x0f\x01\xca", 3); /* CLAC */
}

static void control_start(void)
{
    u64 cr4 = cr4_read() | CR4_PGE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    struct cpuid features = cpuid(0).eax >= 7 ? cpuid(7) : (struct cpuid){0, 0, 0, 0};
    if (features.ebx & 1 << 7)
        cr4 |= CR4_SMEP;
    if (features.ecx & 1 << 2)
        cr4 |= CR4_UMIP;
    if (features.ebx & 1 << 20) {
        smap_patch();
        cr4 |= CR4_SMAP;
    }
    cr4_write(cr4);
    u64 cr0 = 0x80050033; /* PG, AM, WP, NE, ET, MP, PE */
    __asm__ volatile("movq %0, %%cr0" ::"r"(cr0) : "memory");
}

static void syscall_start(void)
{
    msr_write(MSR_STAR, (u64)SEL_SYSRET << 48 | (u64)SEL_KERNEL_CODE << 32);
    msr_write(MSR_LSTAR, (u64)syscall_entry);
    msr_write(MSR_SFMASK, FLAG_TRAP | FLAG_INTERRUPT | FLAG_DIRECTION | FLAG_IOPL | FLAG_NESTED | FLAG_ALIGN);
}

void cpu_start(void)
{
    struct cpu *c = &cpus[0];
    c->self = c;
    tss_fill(&tss, ist_stacks);
    gdt_fill(gdt, &tss);
    gdt_load(gdt);
    msr_write(MSR_GS_BASE, (u64)c);
    msr_write(MSR_KERNEL_GS_BASE, 0);
    idt_fill();
    struct table_pointer p = {sizeof(idt) - 1, (u64)idt};
    __asm__ volatile("lidt %0" ::"m"(p));
    control_start();
    syscall_start();
}

void cpu_stack_set(u64 stack_top)
{
    struct cpu *c = this_cpu();
    tss.rsp0 = stack_top;
    c->kernel_stack = stack_top;
}

void irq_on(void)
{
    __asm__ volatile("sti" ::: "memory");
}

void irq_off(void)
{
    __asm__ volatile("cli" ::: "memory");
}

void cpu_idle(void)
{
    __asm__ volatile("sti; hlt" ::: "memory");
}

void cpu_relax(void)
{
    __asm__ volatile("pause");
}
