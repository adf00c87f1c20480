// SPDX-License-Identifier: MIT
/*
 * ata.h - registers, drives and channels of the ATA driver
 *
 * A channel is a cable with up to two drives; it carries out one command at a time.  Register names and
 * command codes are those of ATA8-ACS; the bus master's are from the 82371AB (PIIX4) data sheet, section 5.
 */
#pragma once
#include "kernel/lib/list.h"
#include "kernel/lib/lock.h"
#include "kernel/ports/block.h"

enum ata_register { /* offsets from the command block's base */
                    ATA_DATA = 0,
                    ATA_ERROR = 1,
                    ATA_COUNT = 2,
                    ATA_LBA_LOW = 3,
                    ATA_LBA_MID = 4,
                    ATA_LBA_HIGH = 5,
                    ATA_DEVICE = 6,
                    ATA_STATUS = 7,  /* read: also tells the drive that its interrupt was seen */
                    ATA_COMMAND = 7, /* write */
};

enum ata_status {
    STATUS_ERR = 0x01,
    STATUS_DRQ = 0x08, /* data wait at the data register */
    STATUS_DF = 0x20,  /* device fault */
    STATUS_DRDY = 0x40,
    STATUS_BSY = 0x80, /* no other bit means anything */
};

enum {
    CONTROL_NIEN = 0x02, /* device control: no interrupts */
    CONTROL_SRST = 0x04, /* device control: software reset of both drives */
    DEVICE_LBA = 0xe0,
    DEVICE_SLAVE = 0x10,
};

enum ata_command {
    CMD_READ = 0x20,
    CMD_READ_EXT = 0x24,
    CMD_READ_DMA_EXT = 0x25,
    CMD_READ_MULTIPLE_EXT = 0x29,
    CMD_WRITE = 0x30,
    CMD_WRITE_EXT = 0x34,
    CMD_WRITE_DMA_EXT = 0x35,
    CMD_WRITE_MULTIPLE_EXT = 0x39,
    CMD_READ_MULTIPLE = 0xc4,
    CMD_WRITE_MULTIPLE = 0xc5,
    CMD_SET_MULTIPLE = 0xc6,
    CMD_READ_DMA = 0xc8,
    CMD_WRITE_DMA = 0xca,
    CMD_FLUSH = 0xe7,
    CMD_FLUSH_EXT = 0xea,
    CMD_IDENTIFY = 0xec,
};

enum { /* bus master: offsets from a channel's eight bytes of BAR 4, and their bits */
       BM_COMMAND = 0,
       BM_STATUS = 2,
       BM_TABLE = 4,
       BM_START = 0x01,
       BM_TO_MEMORY = 0x08,
       BM_ACTIVE = 0x01,
       BM_ERROR = 0x02,
       BM_INTERRUPT = 0x04,
       BM_DRIVES = 0x60, /* read-write bits for the firmware: kept as they are */
};

/* One piece of memory of a DMA transfer; must not cross a 64 KiB boundary. */
struct prd {
    u32 addr;
    u16 bytes; /* 0: 64 KiB */
    u16 flags;
};
_Static_assert(sizeof(struct prd) == 8, "a PRD has eight bytes");
#define PRD_LAST 0x8000

struct ata_drive {
    /* --- fixed once identified --- */
    struct block_device dev;
    struct ata_channel *channel;
    u8 select; /* DEVICE_SLAVE or 0 */
    bool present;
    bool lba48;
    bool dma;
    u8 multiple; /* sectors that one interrupt moves by PIO */
};

struct ata_channel {
    /* --- fixed at start --- */
    u16 base, control;
    u16 bus_master; /* 0: there is none */
    u8 irq;
    struct prd *prds; /* one frame: 512 entries */
    u32 prds_bus;
    struct ata_drive drive[2];
    /* --- guarded by lock --- */
    struct spinlock lock;      /* RANK_PERCPU, taken in interrupts */
    struct list queue;         /* struct io_request.link: not yet begun */
    struct io_request *active; /* under way, or NULL */
    bool failed;               /* the active request needs a reset: the watch thread's alone */
    bool by_dma;               /* the command under way moves by DMA */
    u8 status, error;          /* what the drive said when it failed */
    u32 total;                 /* sectors of the request */
    u32 at, end;               /* of these: moved so far, and moved when the command ends */
    u32 piece, offset;         /* PIO: the place in the request that `at` stands for */
    u64 deadline;              /* of the command, clock_ns() */
};

/* --- command.c: one command at the registers; call with the channel's lock or alone with the channel --- */
/* Waits until the status bits of mask read as value; sleeps between looks.  False after `ms` milliseconds. */
MUST_CHECK bool ata_wait(struct ata_channel *c, u8 mask, u8 value, u32 ms);
/* Begins the active request's next command at c->at.  False: the drive does not take it. */
MUST_CHECK bool command_start(struct ata_channel *c);
enum command_state { COMMAND_RUNS, COMMAND_ENDED, COMMAND_FAILED };
/* Looks at the hardware and moves PIO data that are ready.  Right at any time: interrupts are only hints. */
enum command_state command_advance(struct ata_channel *c);
/* Ends a DMA transfer, finished or not. */
void command_stop_dma(struct ata_channel *c);

/* --- identify.c: what is on a cable; polled, interrupts of the drive off --- */
void drive_identify(struct ata_drive *d) NEEDS_RESERVATION;
/* Resets both drives and puts their settings back.  False when the channel stays busy. */
MUST_CHECK bool channel_reset(struct ata_channel *c);

/* --- queue.c: requests of a channel in turn --- */
void ata_submit(struct block_device *dev, struct io_request *r);
void channel_interrupt(void *channel);
/* Completes what an interrupt did not announce, recovers from failures and commands that take too long. */
void channel_watch(struct ata_channel *c);
/* Sleeps until a channel has failed, at most WATCH_MS. */
void channel_watch_sleep(void);
#define WATCH_MS    200
#define ATA_TRIES   3
#define TRANSFER_MS 10000 /* a command that takes longer has failed */
#define FLUSH_MS    30000 /* FLUSH CACHE may write a whole cache; ATA8-ACS 7.24 allows 30 s */
#define RESET_MS    5000
