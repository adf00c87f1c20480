// SPDX-License-Identifier: MIT
/*
 * model.c - the register model (see model.h), and the few things of the core that the driver calls
 *
 * The model is strict where real drives are undefined: a command written to a busy drive, data moved without
 * DRQ, a PRD that crosses 64 KiB or an unknown port ends the test.
 */
#include "tests/host/ata/model.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "drivers/ata/port.h"

struct model model;
struct ata_channel channel;
struct page pages[MODEL_PAGES];
bool page_high[MODEL_PAGES];
bool ata_pio_only;

static u8 ram[(MODEL_PAGES + 1) * PAGE_SIZE]; /* the last page is the PRD table */

static struct {
    u8 status, error, device, control, multiple;
    u8 count[2], lba[3][2]; /* the last written, and the one before */
    u8 command;
    u64 sector;
    u32 left;  /* sectors of the command not yet moved */
    u32 block; /* PIO: sectors of this block still to move */
    u32 words; /* PIO: of the current sector */
    u64 ends;  /* when the current phase ends; 0: nothing under way */
    bool interrupt, reset_seen, hung;
    u16 identity[256];
    u8 bm_command, bm_status;
    u32 bm_table;
} chip;

enum { BASE = 0x1f0, CONTROL = 0x3f6, BM = 0xc000 };

u8 *model_page(struct page *p)
{
    return ram + (p - pages) * PAGE_SIZE;
}

/* --- commands --- */

static bool is_dma(u8 c)
{
    return c == CMD_READ_DMA || c == CMD_WRITE_DMA || c == CMD_READ_DMA_EXT || c == CMD_WRITE_DMA_EXT;
}

static bool is_wide(u8 c)
{
    return c == CMD_READ_EXT || c == CMD_READ_DMA_EXT || c == CMD_READ_MULTIPLE_EXT || c == CMD_WRITE_EXT ||
           c == CMD_WRITE_DMA_EXT || c == CMD_WRITE_MULTIPLE_EXT || c == CMD_FLUSH_EXT;
}

static bool is_write(u8 c)
{
    return c == CMD_WRITE || c == CMD_WRITE_EXT || c == CMD_WRITE_MULTIPLE || c == CMD_WRITE_MULTIPLE_EXT ||
           c == CMD_WRITE_DMA || c == CMD_WRITE_DMA_EXT;
}

static bool is_multiple(u8 c)
{
    return c == CMD_READ_MULTIPLE || c == CMD_READ_MULTIPLE_EXT || c == CMD_WRITE_MULTIPLE ||
           c == CMD_WRITE_MULTIPLE_EXT;
}

static void phase_error(void)
{
    chip.status = STATUS_DRDY | STATUS_ERR;
    chip.error = 0x04;
    chip.ends = 0;
    chip.interrupt = true;
}

static void decode_address(void)
{
    bool wide = is_wide(chip.command);
    chip.sector = chip.lba[0][0] | chip.lba[1][0] << 8 | chip.lba[2][0] << 16;
    chip.left = chip.count[0];
    if (wide) {
        chip.sector |= (u64)chip.lba[0][1] << 24 | (u64)chip.lba[1][1] << 32 | (u64)chip.lba[2][1] << 40;
        chip.left |= chip.count[1] << 8;
    } else {
        chip.sector |= (u64)(chip.device & 15) << 24;
    }
    if (!chip.left)
        chip.left = wide ? 65536 : 256;
}

static u32 block_sectors(void)
{
    return is_multiple(chip.command) ? chip.multiple : 1;
}

/* The state that a command leads to when MODEL_LATENCY has passed. */
static void command_first_phase(void)
{
    chip.status = STATUS_DRDY;
    if (model.kind == 2)
        chip.status = 0;
    else if (chip.command == CMD_IDENTIFY && model.kind == 0)
        chip.status |= STATUS_DRQ;
    else if (chip.command == CMD_IDENTIFY)
        return phase_error();
    else if (chip.command == CMD_SET_MULTIPLE)
        chip.multiple = chip.count[0];
    else if (chip.command != CMD_FLUSH && chip.command != CMD_FLUSH_EXT) {
        decode_address();
        if (chip.sector + chip.left > MODEL_SECTORS || (is_wide(chip.command) && !model.lba48) ||
            (is_multiple(chip.command) && !chip.multiple))
            return phase_error();
        if (!is_dma(chip.command)) {
            chip.status |= STATUS_DRQ;
            chip.block = block_sectors() < chip.left ? block_sectors() : chip.left;
        }
    }
    chip.words = 0;
    if (!(chip.status & STATUS_DRQ) || !is_write(chip.command))
        chip.interrupt = true;
}

static void command_write(u8 command)
{
    assert_false(chip.status & STATUS_BSY);
    if (chip.device & DEVICE_SLAVE)
        return;
    if (model.commands < sizeof(model.log))
        model.log[model.commands] = command;
    model.commands++;
    model.last_command = chip.command = command;
    chip.error = 0;
    chip.interrupt = false;
    chip.status = STATUS_BSY;
    chip.ends = model.now + MODEL_LATENCY;
    bool setup = command == CMD_IDENTIFY || command == CMD_SET_MULTIPLE;
    if (!setup && model.hang_commands) {
        model.hang_commands--;
        chip.hung = true;
        chip.ends = 0;
    } else if (!setup && model.fail_commands) {
        model.fail_commands--;
        phase_error();
        chip.interrupt = true;
    } else if (is_write(command) && !is_dma(command)) {
        command_first_phase(); /* the first block of a PIO write is taken at once */
        chip.ends = 0;
    }
}

static void dma_run(void)
{
    struct prd *p = (struct prd *)(ram + chip.bm_table);
    bool write = is_write(chip.command);
    assert_int_equal(!(chip.bm_command & BM_TO_MEMORY), write);
    model.last_prds = 0;
    for (;; p++) {
        u32 bytes = p->bytes ? p->bytes : 65536;
        assert_true(p->addr / 65536 == (p->addr + bytes - 1) / 65536);
        assert_true(bytes / 512 <= chip.left && bytes % 512 == 0);
        if (write)
            memcpy(model.disk[chip.sector], ram + p->addr, bytes);
        else
            memcpy(ram + p->addr, model.disk[chip.sector], bytes);
        chip.sector += bytes / 512;
        chip.left -= bytes / 512;
        model.last_prds++;
        if (p->flags & PRD_LAST)
            break;
    }
    assert_int_equal(chip.left, 0);
    chip.bm_status = (chip.bm_status & ~BM_ACTIVE) | BM_INTERRUPT;
}

static void phase_end(void)
{
    chip.ends = 0;
    chip.status &= ~STATUS_BSY;
    command_first_phase();
    if (chip.status & STATUS_ERR)
        chip.bm_status &= ~BM_ACTIVE;
    else if (is_dma(chip.command) && (chip.bm_status & BM_ACTIVE))
        dma_run();
    else if (is_dma(chip.command))
        chip.ends = model.now + MODEL_LATENCY; /* waits for the bus master */
}

/* Time passes; commands end, but interrupts wait for model_step. */
static void pass(u64 ns)
{
    model.now += ns;
    if (chip.ends && model.now >= chip.ends)
        phase_end();
}

static void drive_reset(void)
{
    model.resets++;
    chip.multiple = 0;
    chip.interrupt = false;
    if (chip.hung && model.hang_resets) {
        model.hang_resets--;
        return;
    }
    chip.hung = false;
    chip.status = STATUS_DRDY;
    chip.ends = 0;
}

void model_step(void)
{
    if (chip.ends && !chip.interrupt)
        pass(chip.ends - model.now);
    if (chip.interrupt && !(chip.control & CONTROL_NIEN)) {
        chip.interrupt = false;
        if (model.drop_interrupts) {
            model.drop_interrupts--;
            return;
        }
        model.interrupts++;
        channel_interrupt(&channel);
        return;
    }
    channel_watch_sleep();
    channel_watch(&channel);
}

/* --- the ports --- */

u8 port_in8(u16 port)
{
    pass(100);
    bool absent = chip.device & DEVICE_SLAVE;
    switch (port) {
    case BASE + ATA_STATUS:
        chip.interrupt = false;
        return absent ? 0 : chip.status;
    case CONTROL:
        return absent ? 0 : chip.status;
    case BASE + ATA_ERROR:
        return chip.error;
    case BM + BM_STATUS:
        return chip.bm_status;
    default:
        fail_msg("read of port %x", port);
        return 0;
    }
}

static void push(u8 pair[2], u8 value)
{
    pair[1] = pair[0];
    pair[0] = value;
}

static void bm_write(u16 port, u8 value)
{
    if (port == BM + BM_STATUS) {
        chip.bm_status &= ~(value & (BM_ERROR | BM_INTERRUPT));
        return;
    }
    assert_int_equal(port, BM + BM_COMMAND);
    chip.bm_command = value;
    chip.bm_status = (chip.bm_status & ~BM_ACTIVE) | (value & BM_START ? BM_ACTIVE : 0);
}

void port_out8(u16 port, u8 value)
{
    pass(100);
    switch (port) {
    case BASE + ATA_COUNT:
        return push(chip.count, value);
    case BASE + ATA_LBA_LOW:
    case BASE + ATA_LBA_MID:
    case BASE + ATA_LBA_HIGH:
        return push(chip.lba[port - BASE - ATA_LBA_LOW], value);
    case BASE + ATA_DEVICE:
        chip.device = value;
        return;
    case BASE + ATA_COMMAND:
        return command_write(value);
    case CONTROL:
        if (!(chip.control & CONTROL_SRST) && (value & CONTROL_SRST))
            drive_reset();
        chip.control = value;
        return;
    default:
        return bm_write(port, value);
    }
}

void port_out32(u16 port, u32 value)
{
    assert_int_equal(port, BM + BM_TABLE);
    chip.bm_table = value;
}

/* One sector has gone through the data register. */
static void pio_sector_done(void)
{
    chip.words = 0;
    chip.sector++;
    chip.left--;
    if (--chip.block)
        return;
    chip.status = STATUS_DRDY;
    chip.interrupt = chip.left || is_write(chip.command);
    chip.block = block_sectors() < chip.left ? block_sectors() : chip.left;
    if (chip.left)
        chip.status |= STATUS_DRQ;
}

void port_in16s(u16 port, void *dst, u32 words)
{
    assert_int_equal(port, BASE + ATA_DATA);
    assert_true(chip.status & STATUS_DRQ);
    assert_int_equal(words, 256);
    if (chip.command == CMD_IDENTIFY) {
        memcpy(dst, chip.identity, 512);
        chip.status = STATUS_DRDY;
        return;
    }
    assert_false(is_write(chip.command));
    memcpy(dst, model.disk[chip.sector], 512);
    pio_sector_done();
}

void port_out16s(u16 port, const void *src, u32 words)
{
    assert_int_equal(port, BASE + ATA_DATA);
    assert_true((chip.status & STATUS_DRQ) && is_write(chip.command));
    assert_int_equal(words, 256);
    memcpy(model.disk[chip.sector], src, 512);
    pio_sector_done();
}

void *port_page_data(struct page *p)
{
    return model_page(p);
}

u32 port_page_bus(struct page *p, bool *reachable)
{
    if (page_high[p - pages])
        *reachable = false;
    return (p - pages) * PAGE_SIZE;
}

/* --- the core, as far as the driver calls it --- */

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name)
{
    *l = (struct spinlock)SPINLOCK_INIT(rank, name);
}

u64 spin_lock_irq(struct spinlock *l)
{
    assert_false(l->held);
    l->held = 1;
    return 0;
}

void spin_unlock_irq(struct spinlock *l, u64 flags UNUSED)
{
    assert_true(l->held);
    l->held = 0;
}

void wait_init(struct wait_queue *q UNUSED, const char *name UNUSED) {}
void wait_prepare(struct waiter *w UNUSED, struct wait_queue *q UNUSED) {}
void wait_finish(struct waiter *w UNUSED) {}
void wake_one(struct wait_queue *q UNUSED) {}

int wait_sleep(struct waiter *w UNUSED, enum sleep_mode mode UNUSED, u64 deadline)
{
    assert_false(channel.lock.held);
    if (deadline > model.now)
        pass(deadline - model.now);
    return -110;
}

u64 clock_ns(void)
{
    return model.now;
}

void kprintf(const char *fmt UNUSED, ...) {}

void io_complete(struct io_request *r, int status)
{
    assert_false(channel.lock.held);
    assert_int_equal(r->status, 1);
    r->status = status;
}

struct page *frame_take(void)
{
    return &pages[MODEL_PAGES - 1];
}

void frame_put(struct page *p UNUSED) {}

/* --- set-up --- */

static void identity_fill(void)
{
    memset(chip.identity, 0, sizeof(chip.identity));
    chip.identity[47] = 0x8010;
    chip.identity[49] = 1 << 8 | 1 << 9;
    chip.identity[60] = MODEL_SECTORS;
    if (model.lba48) {
        chip.identity[83] = 1 << 10;
        chip.identity[100] = MODEL_SECTORS;
    }
}

void model_start(bool lba48, u8 kind)
{
    memset(&model, 0, sizeof(model));
    memset(&chip, 0, sizeof(chip));
    memset(&channel, 0, sizeof(channel));
    memset(ram, 0, sizeof(ram));
    memset(page_high, 0, sizeof(page_high));
    ata_pio_only = false;
    model.lba48 = lba48;
    model.kind = kind;
    model.now = 1000;
    for (u32 s = 0; s < MODEL_SECTORS; s++)
        for (u32 i = 0; i < 512; i++)
            model.disk[s][i] = (u8)(s * 7 + i * 13 + (s >> 8));
    chip.status = STATUS_DRDY;
    identity_fill();
}
