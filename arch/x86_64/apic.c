// SPDX-License-Identifier: MIT
/*
 * apic.c - interrupts: the I/O APIC brings those of devices, the local APIC has the timer
 *
 * The two 8259 controllers are moved out of the way of the exceptions and masked for good.  ISA interrupt n
 * comes in as vector 32 + n, edge-triggered and active-high, on pin n of the I/O APIC; nothing here uses the
 * timer of ISA interrupt 0, the one that PCs wire to another pin.
 */
#include "arch/x86_64/x86.h"
#include "kernel/lib/panic.h"

#define IOAPIC_BASE DEVICE_START
#define APIC_BASE_MASK 0x000ffffffffff000ul

enum { LAPIC_ID = 0x20, LAPIC_TPR = 0x80, LAPIC_EOI = 0xb0, LAPIC_SPURIOUS = 0xf0, LAPIC_LVT_TIMER = 0x320,
       LAPIC_LVT_LINT0 = 0x350, LAPIC_LVT_LINT1 = 0x360, LAPIC_LVT_ERROR = 0x370, LAPIC_TIMER_INITIAL = 0x380,
       LAPIC_TIMER_CURRENT = 0x390, LAPIC_TIMER_DIVIDE = 0x3e0 }; /* SDM 3A, table 10-1 */
enum { LVT_MASKED = 1 << 16, LVT_PERIODIC = 1 << 17, LVT_NMI = 4 << 8 };
enum { SPURIOUS_ENABLE = 1 << 8, DIVIDE_BY_16 = 3 };
enum { IOAPIC_VERSION = 1, IOAPIC_REDIRECTION = 0x10, IRQ_COUNT = 16 };

struct irq_handler {
    void (*call)(void *);
    void *arg;
};

static struct irq_handler handlers[IRQ_COUNT];
static struct device_lock ioapic_lock;
static u64 lapic_base;

static volatile u32 *device_register(u64 p)
{
    return phys_to_virt((phys_addr){p});
}

static u32 lapic_read(u32 reg)
{
    return *device_register(lapic_base + reg);
}

static void lapic_write(u32 reg, u32 v)
{
    *device_register(lapic_base + reg) = v;
}

static u32 ioapic_read(u32 reg)
{
    *device_register(IOAPIC_BASE) = reg;
    return *device_register(IOAPIC_BASE + 0x10);
}

static void ioapic_write(u32 reg, u32 v)
{
    *device_register(IOAPIC_BASE) = reg;
    *device_register(IOAPIC_BASE + 0x10) = v;
}

/* Initialised to vectors 32-47, where a stray interrupt does no harm, and masked (8259A data sheet). */
static void pic_silence(void)
{
    static const u8 words[][2] = {{0x11, 0x11}, {32, 40}, {4, 2}, {1, 1}, {0xff, 0xff}};
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++) {
        out8(i ? 0x21 : 0x20, words[i][0]);
        out8(i ? 0xa1 : 0xa0, words[i][1]);
    }
}

void apic_start(void)
{
    pic_silence();
    lapic_base = msr_read(MSR_APIC_BASE) & APIC_BASE_MASK;
    ASSERT(cpuid(1).edx & 1 << 9, "the processor has no local APIC");
    ASSERT(lapic_base >= DEVICE_START && lapic_base < DEVICE_END, "the local APIC lies at %lx", lapic_base);
    lapic_write(LAPIC_TPR, 0);
    lapic_write(LAPIC_LVT_TIMER, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT0, LVT_MASKED);
    lapic_write(LAPIC_LVT_LINT1, LVT_NMI);
    lapic_write(LAPIC_LVT_ERROR, LVT_MASKED);
    lapic_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_16);
    lapic_write(LAPIC_SPURIOUS, SPURIOUS_ENABLE | VECTOR_SPURIOUS);
    u32 pins = (ioapic_read(IOAPIC_VERSION) >> 16 & 0xff) + 1;
    ASSERT(pins >= IRQ_COUNT && pins <= 240, "no I/O APIC at %lx", IOAPIC_BASE);
    for (u32 i = 0; i < pins; i++)
        ioapic_write(IOAPIC_REDIRECTION + 2 * i, LVT_MASKED);
}

void irq_register(unsigned irq, void (*handler)(void *), void *arg)
{
    ASSERT(irq < IRQ_COUNT && !handlers[irq].call, "interrupt %u is taken or does not exist", irq);
    u64 flags = device_lock(&ioapic_lock);
    handlers[irq] = (struct irq_handler){handler, arg};
    ioapic_write(IOAPIC_REDIRECTION + 2 * irq + 1, lapic_read(LAPIC_ID)); /* to this processor */
    ioapic_write(IOAPIC_REDIRECTION + 2 * irq, VECTOR_IRQ + irq);
    device_unlock(&ioapic_lock, flags);
}

void apic_interrupt(struct trap_frame *f)
{
    struct cpu *c = this_cpu();
    if (f->vector == VECTOR_SPURIOUS)
        return; /* wants no end-of-interrupt (SDM 3A 10.9) */
    c->irq_depth++;
    c->preempt++;
    u64 irq = f->vector - VECTOR_IRQ;
    if (f->vector == VECTOR_TIMER)
        timer_tick(f);
    else if (irq < IRQ_COUNT && handlers[irq].call)
        handlers[irq].call(handlers[irq].arg);
    lapic_write(LAPIC_EOI, 0);
    c->preempt--;
    c->irq_depth--;
    irq_leave(f);
}

u32 apic_timer_count(void)
{
    return lapic_read(LAPIC_TIMER_CURRENT);
}

void apic_timer_set(u32 count, bool periodic)
{
    lapic_write(LAPIC_LVT_TIMER, periodic ? LVT_PERIODIC | VECTOR_TIMER : LVT_MASKED);
    lapic_write(LAPIC_TIMER_INITIAL, count);
}

void clock_start(void)
{
    apic_timer_set(clock_timer_period(), true);
}
