// SPDX-License-Identifier: MIT
/*
 * command.c - one ATA command, from the registers to its end
 *
 * A request becomes one command, or several when the drive counts at most 256 sectors.  The data go by bus-
 * master DMA straight between disk and frames; pieces that lie next to each other in memory share one PRD.
 * Without DMA the processor moves `multiple` sectors at each interrupt through the data register.
 *
 *     command_start --> COMMAND_RUNS --(interrupt or the watch: command_advance)--> COMMAND_ENDED
 *                            |                                                  \-> COMMAND_FAILED
 *                            +-- PIO: moves the next block and runs on
 *
 * Progress is read from the status registers alone, never concluded from an interrupt: one that is lost,
 * late or meant for somebody else changes nothing.
 */
#include "drivers/ata/ata.h"
#include "drivers/ata/port.h"
#include "kernel/lib/wait.h"

#define SECTOR 512u
#define SPINS  1000 /* looks before sleeping: a drive that is there answers within microseconds */

static void sleep_ms(u32 ms)
{
    struct wait_queue never;
    struct waiter w;
    wait_init(&never, "ata delay");
    wait_prepare(&w, &never);
    (void)wait_sleep(&w, SLEEP_DEEP, clock_ns() + ms * 1000000ul);
    wait_finish(&w);
}

bool ata_wait(struct ata_channel *c, u8 mask, u8 value, u32 ms)
{
    u64 deadline = clock_ns() + ms * 1000000ul;
    for (u32 i = 0;; i++) {
        if ((port_in8(c->control) & mask) == value)
            return true;
        if (i < SPINS)
            continue;
        if (clock_ns() >= deadline)
            return false;
        sleep_ms(1);
    }
}

/* The same without sleeping, for use under the lock: only drives that answer at once are ready. */
static bool spin_until(struct ata_channel *c, u8 mask, u8 value)
{
    for (u32 i = 0; i < SPINS; i++)
        if ((port_in8(c->control) & mask) == value)
            return true;
    return false;
}

static struct ata_drive *active_drive(struct ata_channel *c)
{
    return &c->drive[c->active->dev->unit & 1];
}

/* --- DMA --- */

/* Fills the PRD table for sectors c->at .. c->end.  False: a frame is out of the bus master's reach. */
static bool prds_fill(struct ata_channel *c)
{
    struct io_request *r = c->active;
    u32 skip = c->at * SECTOR, left = (c->end - c->at) * SECTOR, n = 0, last_bytes = 0;
    bool reachable = true;
    for (u32 i = 0; i < r->pieces && left; i++) {
        u32 bytes = r->piece[i].bytes;
        if (skip >= bytes) {
            skip -= bytes;
            continue;
        }
        u32 addr = port_page_bus(r->piece[i].page, &reachable) + r->piece[i].offset + skip;
        bytes = MIN(bytes - skip, left);
        skip = 0;
        left -= bytes;
        if (n && c->prds[n - 1].addr + last_bytes == addr && (addr & 0xffff)) {
            last_bytes += bytes;
        } else {
            c->prds[n++].addr = addr;
            last_bytes = bytes;
        }
        c->prds[n - 1].bytes = (u16)last_bytes;
        c->prds[n - 1].flags = 0;
    }
    c->prds[n - 1].flags = PRD_LAST;
    return reachable;
}

static void dma_prepare(struct ata_channel *c)
{
    u16 bm = c->bus_master;
    port_out32(bm + BM_TABLE, c->prds_bus);
    port_out8(bm + BM_COMMAND, c->active->op == IO_READ ? BM_TO_MEMORY : 0);
    port_out8(bm + BM_STATUS, (port_in8(bm + BM_STATUS) & BM_DRIVES) | BM_ERROR | BM_INTERRUPT);
}

static void dma_begin(struct ata_channel *c)
{
    port_out8(c->bus_master + BM_COMMAND, (c->active->op == IO_READ ? BM_TO_MEMORY : 0) | BM_START);
}

void command_stop_dma(struct ata_channel *c)
{
    u16 bm = c->bus_master;
    if (!bm)
        return;
    port_out8(bm + BM_COMMAND, 0);
    port_out8(bm + BM_STATUS, (port_in8(bm + BM_STATUS) & BM_DRIVES) | BM_ERROR | BM_INTERRUPT);
}

static enum command_state dma_advance(struct ata_channel *c, u8 status)
{
    u8 bus = port_in8(c->bus_master + BM_STATUS);
    if (!(bus & BM_ERROR) && ((bus & BM_ACTIVE) || (status & STATUS_DRQ)))
        return COMMAND_RUNS;
    command_stop_dma(c);
    if (bus & BM_ERROR)
        return COMMAND_FAILED;
    c->at = c->end;
    return COMMAND_ENDED;
}

/* --- PIO --- */

/* Moves the next block between the data register and the request's pieces. */
static void pio_move(struct ata_channel *c)
{
    struct io_request *r = c->active;
    u32 sectors = MIN(c->end - c->at, active_drive(c)->multiple);
    for (u32 i = 0; i < sectors; i++) {
        struct io_piece *p = &r->piece[c->piece];
        char *data = (char *)port_page_data(p->page) + p->offset + c->offset;
        if (r->op == IO_READ)
            port_in16s(c->base + ATA_DATA, data, SECTOR / 2);
        else
            port_out16s(c->base + ATA_DATA, data, SECTOR / 2);
        c->offset += SECTOR;
        if (c->offset == p->bytes) {
            c->piece++;
            c->offset = 0;
        }
    }
    c->at += sectors;
}

/* Sets piece and offset to the place of sector c->at. */
static void pio_seek(struct ata_channel *c)
{
    u32 skip = c->at * SECTOR;
    for (c->piece = 0; skip && skip >= c->active->piece[c->piece].bytes; c->piece++)
        skip -= c->active->piece[c->piece].bytes;
    c->offset = skip;
}

static enum command_state pio_advance(struct ata_channel *c, u8 status)
{
    if (c->at == c->end)
        return status & STATUS_DRQ ? COMMAND_FAILED : COMMAND_ENDED;
    if (!(status & STATUS_DRQ))
        return COMMAND_RUNS;
    pio_move(c);
    return c->at == c->end && c->active->op == IO_READ ? COMMAND_ENDED : COMMAND_RUNS;
}

/* --- registers --- */

struct opcodes {
    u8 dma, multiple, single;
};
static const struct opcodes opcodes[2][2] = {
    /* [write][48 bits] */
    {{CMD_READ_DMA, CMD_READ_MULTIPLE, CMD_READ}, {CMD_READ_DMA_EXT, CMD_READ_MULTIPLE_EXT, CMD_READ_EXT}},
    {{CMD_WRITE_DMA, CMD_WRITE_MULTIPLE, CMD_WRITE},
     {CMD_WRITE_DMA_EXT, CMD_WRITE_MULTIPLE_EXT, CMD_WRITE_EXT}},
};

/* Writes sector number and count; the first of each pair of 48-bit writes is the high half. */
static void registers_write(struct ata_channel *c, u64 lba, u32 count, bool wide)
{
    u16 b = c->base;
    if (wide) {
        port_out8(b + ATA_COUNT, count >> 8);
        port_out8(b + ATA_LBA_LOW, lba >> 24);
        port_out8(b + ATA_LBA_MID, lba >> 32);
        port_out8(b + ATA_LBA_HIGH, lba >> 40);
    }
    port_out8(b + ATA_COUNT, count);
    port_out8(b + ATA_LBA_LOW, lba);
    port_out8(b + ATA_LBA_MID, lba >> 8);
    port_out8(b + ATA_LBA_HIGH, lba >> 16);
    port_out8(b + ATA_DEVICE, DEVICE_LBA | active_drive(c)->select | (wide ? 0 : (lba >> 24) & 15));
}

static bool select_drive(struct ata_channel *c)
{
    if (!spin_until(c, STATUS_BSY | STATUS_DRQ, 0))
        return false;
    port_out8(c->base + ATA_DEVICE, DEVICE_LBA | active_drive(c)->select);
    for (int i = 0; i < 4; i++) /* 400 ns until the status is that of the selected drive */
        (void)port_in8(c->control);
    return spin_until(c, STATUS_BSY | STATUS_DRQ | STATUS_DRDY, STATUS_DRDY);
}

static void transfer_start(struct ata_channel *c)
{
    struct io_request *r = c->active;
    struct ata_drive *d = active_drive(c);
    u64 lba = r->dev->start + r->sector + c->at;
    u32 count = c->total - c->at;
    bool wide = d->lba48 && (count > 256 || lba + count > 1u << 28);
    if (!wide)
        count = MIN(count, 256u);
    c->end = c->at + count;
    c->by_dma = d->dma && prds_fill(c);
    const struct opcodes *op = &opcodes[r->op == IO_WRITE][wide];
    if (c->by_dma)
        dma_prepare(c);
    registers_write(c, lba, count, wide);
    port_out8(c->base + ATA_COMMAND, c->by_dma ? op->dma : d->multiple > 1 ? op->multiple : op->single);
    if (c->by_dma)
        dma_begin(c);
    else
        pio_seek(c);
}

bool command_start(struct ata_channel *c)
{
    bool flush = c->active->op == IO_FLUSH;
    c->deadline = clock_ns() + (flush ? FLUSH_MS : TRANSFER_MS) * 1000000ul;
    if (!select_drive(c))
        return false;
    if (flush) {
        c->by_dma = false;
        c->end = c->at = 0;
        port_out8(c->base + ATA_COMMAND, active_drive(c)->lba48 ? CMD_FLUSH_EXT : CMD_FLUSH);
        return true;
    }
    transfer_start(c);
    if (c->by_dma || c->active->op == IO_READ)
        return true;
    /* The first block of a PIO write is asked for without an interrupt (ATA8-ACS, PIO data-out protocol). */
    if (!spin_until(c, STATUS_BSY | STATUS_DRQ, STATUS_DRQ))
        return false;
    pio_move(c);
    return true;
}

enum command_state command_advance(struct ata_channel *c)
{
    u8 status = port_in8(c->control);
    if (status & STATUS_BSY)
        return COMMAND_RUNS;
    status = port_in8(c->base + ATA_STATUS); /* the drive takes its interrupt back */
    if (status & (STATUS_ERR | STATUS_DF)) {
        c->status = status;
        c->error = port_in8(c->base + ATA_ERROR);
        return COMMAND_FAILED;
    }
    return c->by_dma ? dma_advance(c, status) : pio_advance(c, status);
}
