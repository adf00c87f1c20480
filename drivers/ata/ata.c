// SPDX-License-Identifier: MIT
/*
 * ata.c - the ATA service: disks on the two channels of a PIIX IDE controller
 *
 * Its start is the only place where the driver takes memory: a PRD table for each channel and the watch
 * thread.  From then on a transfer costs what the request of its owner brings along.
 *
 *     channel 0: ports 1f0-1f7, 3f6, irq 14: hda, hdb        channel 1: ports 170-177, 376, irq 15: hdc, hdd
 */
#include "drivers/ata/ata.h"
#include "drivers/ata/port.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/ports/service.h"
#include "kernel/task.h"

enum { /* PCI configuration (PIIX4 5.1) */
       PCI_COMMAND = 0x04,
       PCI_COMMAND_ON = 0x05, /* I/O space and bus mastering */
       PCI_CLASS = 0x08,
       PCI_CLASS_IDE = 0x0101,
       PCI_BAR4 = 0x20,
};

#define CHANNELS 2
static struct ata_channel channels[CHANNELS] = {
    {.base = 0x1f0, .control = 0x3f6, .irq = 14},
    {.base = 0x170, .control = 0x376, .irq = 15},
};

static const struct block_ops ata_ops = {.name = "ata", .submit = ata_submit};

/* Switches the controller's bus master on; its port base, or 0 when there is none. */
static u16 bus_master_find(void)
{
    u32 bar = port_pci_read(PCI_BAR4);
    if (port_pci_read(PCI_CLASS) >> 16 != PCI_CLASS_IDE || !(bar & 1) || !(bar & 0xfff0))
        return 0;
    port_pci_write(PCI_COMMAND, (port_pci_read(PCI_COMMAND) & 0xffff) | PCI_COMMAND_ON);
    return bar & 0xfff0;
}

static void drive_init(struct ata_channel *c, u32 unit)
{
    struct ata_drive *d = &c->drive[unit & 1];
    d->channel = c;
    d->select = unit & 1 ? DEVICE_SLAVE : 0;
    strlcpy(d->dev.name, "hda", sizeof(d->dev.name));
    d->dev.name[2] += unit;
    d->dev.ops = &ata_ops;
    d->dev.unit = unit;
    d->dev.whole = &d->dev;
    d->dev.dev = (unit < 2 ? 3 : 22) << 8 | (unit & 1) << 6; /* Linux: majors 3 and 22, 64 minors a disk */
}

static void channel_start(struct ata_channel *c, u32 number, u16 bus_master) NEEDS_RESERVATION
{
    bool reachable = true;
    spin_init(&c->lock, RANK_PERCPU, "ata channel");
    list_init(&c->queue);
    struct page *table = frame_take();
    c->prds = port_page_data(table);
    c->prds_bus = port_page_bus(table, &reachable);
    c->bus_master = bus_master && reachable ? bus_master + 8 * number : 0;
    for (u32 i = 0; i < 2; i++) {
        drive_init(c, 2 * number + i);
        drive_identify(&c->drive[i]);
    }
    irq_register(c->irq, channel_interrupt, c);
    port_out8(c->control, 0);
}

static void watch(void *unused UNUSED)
{
    for (;;) {
        channel_watch_sleep();
        for (u32 i = 0; i < CHANNELS; i++)
            channel_watch(&channels[i]);
    }
}

OPERATION(int, ata_start, const char *self);

/* Keeps a frame for each channel, and the thread.  The disks are announced after the thread runs, since announcing reads them. */
int ata_start(const char *self UNUSED)
{
    u16 bus_master = bus_master_find();
    for (u32 i = 0; i < CHANNELS; i++)
        channel_start(&channels[i], i, bus_master);
    thread_start("ata", watch, NULL);
    u32 found = 0;
    for (u32 i = 0; i < 2 * CHANNELS; i++) {
        struct ata_drive *d = &channels[i / 2].drive[i & 1];
        if (!d->present)
            continue;
        block_device_add(&d->dev);
        found++;
    }
    if (!found)
        kprintf("ata: no disk\n");
    return found ? 0 : -ENODEV;
}


const struct service ata_port = {.name = "ata", .start = ata_start, .start_need = need_ata_start};
