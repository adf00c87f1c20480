// SPDX-License-Identifier: MIT
/*
 * power.c - the ways out, PCI configuration space and random bits
 *
 * Power-off by ACPI writes SLP_TYPa of S5 and SLP_EN (0x2000) to the PM1a control port: 604h on QEMU's
 * machines with SeaBIOS, b004h on older ones.  QEMU's debug-exit device at f4h comes first, because it hands
 * a status to the host.
 */
#include "arch/x86_64/x86.h"

enum { DEBUG_EXIT = 0xf4, PM1A_CONTROL = 0x604, PM1A_CONTROL_OLD = 0xb004, SLEEP_NOW = 0x2000 };
enum { RESET_CONTROL = 0xcf9, KEYBOARD_COMMAND = 0x64, KEYBOARD_BUSY = 2, KEYBOARD_RESET = 0xfe };
enum { PCI_ADDRESS = 0xcf8, PCI_DATA = 0xcfc };

static struct device_lock pci_lock;

static void halt_forever(void) NORETURN;

static void halt_forever(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

void arch_poweroff(u8 status)
{
    irq_off();
    console_flush();
    out8(DEBUG_EXIT, status);
    out16(PM1A_CONTROL, SLEEP_NOW);
    out16(PM1A_CONTROL_OLD, SLEEP_NOW);
    halt_forever();
}

void arch_reboot(void)
{
    const struct PACKED {
        u16 limit;
        u64 base;
    } nowhere = {0, 0};
    irq_off();
    console_flush();
    out8(RESET_CONTROL, 2);
    out8(RESET_CONTROL, 6);
    for (int i = 0; i < 100000 && in8(KEYBOARD_COMMAND) & KEYBOARD_BUSY; i++)
        cpu_relax();
    out8(KEYBOARD_COMMAND, KEYBOARD_RESET);
    __asm__ volatile("lidt %0; int3" ::"m"(nowhere)); /* a fault that no gate takes resets the processor */
    halt_forever();
}

static u32 pci_address(u8 bus, u8 dev, u8 fn, u8 reg)
{
    return 1u << 31 | bus << 16 | dev << 11 | fn << 8 | (reg & 0xfc);
}

u32 pci_read32(u8 bus, u8 dev, u8 fn, u8 reg)
{
    u64 flags = device_lock(&pci_lock);
    out32(PCI_ADDRESS, pci_address(bus, dev, fn, reg));
    u32 v = in32(PCI_DATA);
    device_unlock(&pci_lock, flags);
    return v;
}

void pci_write32(u8 bus, u8 dev, u8 fn, u8 reg, u32 v)
{
    u64 flags = device_lock(&pci_lock);
    out32(PCI_ADDRESS, pci_address(bus, dev, fn, reg));
    out32(PCI_DATA, v);
    device_unlock(&pci_lock, flags);
}

/* The processor's generator may be out of bits for a moment (SDM 1 7.3.17.1: try ten times). */
static bool random_take(u64 *v)
{
    bool ok = false;
    for (int i = 0; i < 10 && !ok; i++)
        __asm__ volatile("rdrand %0; setc %1" : "=r"(*v), "=qm"(ok)::"cc");
    return ok;
}

u64 arch_random(void)
{
    static u64 last;
    u64 v;
    if (cpuid(1).ecx & 1 << 30 && random_take(&v))
        return v;
    v = __atomic_add_fetch(&last, tsc_read() | 1, __ATOMIC_RELAXED) * 0x9e3779b97f4a7c15;
    v = (v ^ v >> 30) * 0xbf58476d1ce4e5b9; /* mixes every bit into every other */
    return v ^ v >> 31;
}
