// SPDX-License-Identifier: MIT
/*
 * port.h - the only door between the driver and its hardware
 *
 * Everything the driver reads from or writes to a controller goes through these few functions, so that host
 * tests can put a register model of a disk behind them.
 */
#pragma once
#include "arch/arch.h"
#include "mm/cache.h"

#ifdef ANTE_HOST /* tests/host/ata has the register model */
u8 port_in8(u16 port);
void port_out8(u16 port, u8 value);
void port_out32(u16 port, u32 value);
void port_in16s(u16 port, void *dst, u32 words);
void port_out16s(u16 port, const void *src, u32 words);
u32 port_pci_read(u8 reg);
void port_pci_write(u8 reg, u32 value);
void *port_page_data(struct page *p);
u32 port_page_bus(struct page *p, bool *reachable);
#else
static inline u8 port_in8(u16 port)
{
    return in8(port);
}

static inline void port_out8(u16 port, u8 value)
{
    out8(port, value);
}

static inline void port_out32(u16 port, u32 value)
{
    out32(port, value);
}

/* Moves `words` 16-bit words between the data register and memory. */
static inline void port_in16s(u16 port, void *dst, u32 words)
{
    in16s(port, dst, words);
}

static inline void port_out16s(u16 port, const void *src, u32 words)
{
    out16s(port, src, words);
}

/* The configuration space of the IDE function of the PIIX (bus 0, device 1, function 1). */
static inline u32 port_pci_read(u8 reg)
{
    return pci_read32(0, 1, 1, reg);
}

static inline void port_pci_write(u8 reg, u32 value)
{
    pci_write32(0, 1, 1, reg, value);
}

static inline void *port_page_data(struct page *p)
{
    return page_data(p);
}

/* The page's address on the bus; *reachable becomes false above the 4 GiB that bus mastering reaches. */
static inline u32 port_page_bus(struct page *p, bool *reachable)
{
    u64 addr = page_phys(p).addr;
    if (addr >> 32)
        *reachable = false;
    return (u32)addr;
}
#endif
