// SPDX-License-Identifier: MIT
/*
 * serial.c - two 16550 serial ports: the console (COM1) and the call trace (COM2)
 *
 * Bytes to send wait in a ring per port.  Whoever adds to it also hands the port as many as it takes at
 * once; the port's interrupt hands it the rest.  A writer that finds the ring full polls until there is
 * room: nothing is dropped.  Before interrupts are up, and after console_sync_mode(), everything is sent by
 * polling.
 *
 * Locks:  a device lock per port, never held while a received byte is passed on.
 */
#include "arch/x86_64/x86.h"

enum { DATA = 0, IER = 1, IIR_FCR = 2, LCR = 3, MCR = 4, LSR = 5, SCRATCH = 7 };
enum { IER_RECEIVED = 1, IER_SENT = 2, LSR_RECEIVED = 1, LSR_ROOM = 0x20, LSR_IDLE = 0x40, IIR_NONE = 1 };
enum { FIFO_SIZE = 16, RING_SIZE = 4096 };

struct port {
    u16 base;
    bool present;
    bool irq;  /* its interrupt is registered */
    struct device_lock lock;
    u32 head, tail; /* bytes added and sent so far; the ring is full when they differ by RING_SIZE */
    u8 ier;         /* what its interrupt-enable register holds */
    char ring[RING_SIZE];
};

static struct port console = {.base = 0x3f8}, trace = {.base = 0x2f8};
static bool sync;
static void (*input)(char c);

static void port_start(struct port *p)
{
    out8(p->base + SCRATCH, 0x5a);
    p->present = in8(p->base + SCRATCH) == 0x5a;
    out8(p->base + IER, 0);
    out8(p->base + LCR, 0x80); /* the next two set the rate: 115200 */
    out8(p->base + DATA, 1);
    out8(p->base + IER, 0);
    out8(p->base + LCR, 3);     /* 8 bits, no parity, one stop bit */
    out8(p->base + IIR_FCR, 7); /* FIFOs on and empty */
    out8(p->base + MCR, 0xb);   /* DTR, RTS and the gate of the interrupt line */
}

static void ier_set(struct port *p, u8 ier)
{
    if (p->ier != ier)
        out8(p->base + IER, ier);
    p->ier = ier;
}

/* Hands the port what it takes now.  The interrupt stays asked for while something is left. */
static void port_pump(struct port *p)
{
    while (p->head != p->tail && in8(p->base + LSR) & LSR_ROOM)
        for (int i = 0; i < FIFO_SIZE && p->head != p->tail; i++)
            out8(p->base + DATA, p->ring[p->tail++ % RING_SIZE]);
    if (p->irq)
        ier_set(p, IER_RECEIVED | (p->head != p->tail ? IER_SENT : 0));
}

static void port_write(struct port *p, const char *s, size_t n)
{
    if (!p->present)
        return;
    for (size_t i = 0; i < n; i++) {
        while (p->head - p->tail == RING_SIZE)
            port_pump(p);
        p->ring[p->head++ % RING_SIZE] = s[i];
    }
    do
        port_pump(p);
    while ((sync || !p->irq) && p->head != p->tail);
}

static void port_flush(struct port *p)
{
    while (p->present && (p->head != p->tail || !(in8(p->base + LSR) & LSR_IDLE)))
        port_pump(p);
}

static void port_interrupt(void *arg)
{
    struct port *p = arg;
    while (!(in8(p->base + IIR_FCR) & IIR_NONE)) {
        while (in8(p->base + LSR) & LSR_RECEIVED)
            console_input(in8(p->base + DATA));
        u64 flags = device_lock(&p->lock);
        port_pump(p);
        device_unlock(&p->lock, flags);
    }
}

void serial_start(void)
{
    port_start(&console);
    port_start(&trace);
}

static void port_irq_start(struct port *p, unsigned irq)
{
    if (!p->present)
        return;
    irq_register(irq, port_interrupt, p);
    p->irq = true;
    ier_set(p, IER_RECEIVED);
}

void serial_irq_start(void)
{
    port_irq_start(&console, 4);
    port_irq_start(&trace, 3);
}

void console_write(const char *s, size_t n)
{
    if (sync) { /* whoever held the lock will not give it back */
        port_write(&console, s, n);
        vga_write(s, n);
        return;
    }
    u64 flags = device_lock(&console.lock);
    port_write(&console, s, n);
    vga_write(s, n);
    device_unlock(&console.lock, flags);
}

void console_flush(void)
{
    port_flush(&console);
    port_flush(&trace);
}

void console_sync_mode(void)
{
    sync = true;
}

void console_set_input(void (*got)(char c))
{
    input = got;
}

void console_input(char c)
{
    if (input)
        input(c);
}

void trace_write(const char *s, size_t n)
{
    u64 flags = device_lock(&trace.lock);
    port_write(&trace, s, n);
    device_unlock(&trace.lock, flags);
}
