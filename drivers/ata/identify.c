// SPDX-License-Identifier: MIT
/*
 * identify.c - what is on a cable, and how it is reset
 *
 * Both work by polling with the drive's interrupts off and may sleep: at start-up, and in the watch thread.
 * The transfer mode stays as the firmware has set it.
 */
#include "drivers/ata/ata.h"
#include "drivers/ata/port.h"
#include "kernel/boot.h"
#include "kernel/lib/printf.h"

enum { /* words of the IDENTIFY data (ATA8-ACS table 29) */
       ID_MULTIPLE = 47,
       ID_CAPABILITIES = 49,
       ID_SECTORS28 = 60,
       ID_FEATURES = 83,
       ID_SECTORS48 = 100,
       CAP_DMA = 1 << 8,
       CAP_LBA = 1 << 9,
       FEATURE_LBA48 = 1 << 10,
       IDENTIFY_MS = 1000,
};

/* Gives a polled command without data to a drive.  False: it is not there, is busy or refuses. */
static bool polled_command(struct ata_drive *d, u8 command, u8 count)
{
    struct ata_channel *c = d->channel;
    port_out8(c->base + ATA_DEVICE, DEVICE_LBA | d->select);
    if (!ata_wait(c, STATUS_BSY, 0, IDENTIFY_MS))
        return false;
    port_out8(c->base + ATA_COUNT, count);
    port_out8(c->base + ATA_LBA_LOW, 0);
    port_out8(c->base + ATA_LBA_MID, 0);
    port_out8(c->base + ATA_LBA_HIGH, 0);
    port_out8(c->base + ATA_COMMAND, command);
    return ata_wait(c, STATUS_BSY, 0, IDENTIFY_MS) &&
           !(port_in8(c->base + ATA_STATUS) & (STATUS_ERR | STATUS_DF));
}

static void multiple_set(struct ata_drive *d, u8 sectors)
{
    d->multiple = 1;
    if (sectors > 1 && polled_command(d, CMD_SET_MULTIPLE, sectors))
        d->multiple = sectors;
}

static void identity_read(struct ata_drive *d, const u16 *id)
{
    u64 sectors = id[ID_SECTORS28] | (u32)id[ID_SECTORS28 + 1] << 16;
    d->lba48 = id[ID_FEATURES] & FEATURE_LBA48;
    if (d->lba48)
        sectors = id[ID_SECTORS48] | (u64)id[ID_SECTORS48 + 1] << 16 | (u64)id[ID_SECTORS48 + 2] << 32;
    d->dev.sectors = sectors;
    d->dma = d->channel->bus_master && !ata_pio_only && (id[ID_CAPABILITIES] & CAP_DMA);
    d->present = sectors && (id[ID_CAPABILITIES] & CAP_LBA);
    multiple_set(d, MIN(id[ID_MULTIPLE] & 0xff, 16));
}

void drive_identify(struct ata_drive *d)
{
    struct ata_channel *c = d->channel;
    port_out8(c->control, CONTROL_NIEN);
    if (!polled_command(d, CMD_IDENTIFY, 0) || !(port_in8(c->control) & STATUS_DRQ))
        return;
    struct page *p = frame_take();
    port_in16s(c->base + ATA_DATA, port_page_data(p), 256);
    identity_read(d, port_page_data(p));
    frame_put(p);
    if (d->present)
        kprintf("ata: %s: %lu sectors, LBA%s, %s\n", d->dev.name, d->dev.sectors, d->lba48 ? "48" : "28",
                d->dma ? "DMA" : "PIO");
}

bool channel_reset(struct ata_channel *c)
{
    command_stop_dma(c);
    port_out8(c->control, CONTROL_SRST | CONTROL_NIEN);
    for (int i = 0; i < 50; i++) /* at least 5 us (ATA8-AAM 12.2): a port read takes more than 100 ns */
        (void)port_in8(c->control);
    port_out8(c->control, CONTROL_NIEN);
    bool alive = ata_wait(c, STATUS_BSY, 0, RESET_MS);
    for (int i = 0; i < 2; i++)
        if (alive && c->drive[i].present)
            multiple_set(&c->drive[i], c->drive[i].multiple);
    port_out8(c->control, 0);
    return alive;
}
