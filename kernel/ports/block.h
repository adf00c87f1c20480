// SPDX-License-Identifier: MIT
/*
 * block.h - the port of block drivers
 *
 * A driver moves whole frames between a device and memory by scatter lists.  The request object comes from the reservation of
 * the task that asks (the flusher owns one since start-up): drivers own no memory.
 */
#pragma once
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"
#include "kernel/lib/wait.h"
#include "mm/cache.h"
#include "mm/slab.h"

enum io_op { IO_READ, IO_WRITE, IO_FLUSH };

/* One transfer.  The pieces follow each other on the disk; each lies in one frame. */
struct io_request {
    enum io_op op;
    u32 pieces;
    u64 sector;                    /* of 512 bytes, relative to the device (partition) */
    struct io_piece {
        struct page *page;
        u16 offset, bytes;         /* multiples of 512, offset + bytes <= PAGE_SIZE */
    } piece[IO_PAGES];
    /* --- the driver's --- */
    struct list link;
    struct block_device *dev;
    i32 status;                    /* 1 while under way, then 0 or -EIO */
    u8 tries;
    struct wait_queue done;
};
extern struct kmem_cache io_cache; /* struct io_request */

struct block_device;
struct block_ops {
    const char *name;
    /* Queues the request and returns at once; r->status leaves 1 and r->done is woken when it ends, from interrupt context or
     * the driver's thread.  Takes no memory. */
    void (*submit)(struct block_device *dev, struct io_request *r);
};

struct block_device {
    char name[8];                  /* "hda", "hda1" */
    const struct block_ops *ops;
    u64 sectors;                   /* size */
    u64 start;                     /* first sector on the whole disk (partitions) */
    struct block_device *whole;    /* itself for a whole disk */
    u32 unit;                      /* the driver's */
    bool read_only;
    u32 dev;                       /* Linux device number: major 3, minor 0 (hda), 1.. */
    struct mapping mapping;        /* metadata cache, by 4 KiB page of the device */
    struct rwlock pass;            /* RANK_PASS: bodies that modify metadata hold it shared, a flusher pass exclusive */
    /* Called by the flusher after the phases of a pass are on disk: freed blocks may become credit (file system). */
    void (*pass_done)(struct block_device *dev);
    /* A metadata write failed for good: the file system turns read-only. */
    void (*meta_failed)(struct block_device *dev);
    /* --- statistics, changed atomically; of a whole disk --- */
    u64 requests[3], moved[2];     /* by enum io_op: requests, sectors */
    void *fs;                      /* the mounted file system's own */
};

/* Submits and sleeps until it has ended.  0 or -EIO. */
MUST_CHECK int block_io(struct block_device *dev, struct io_request *r);

/* For those who submit several requests at once: prepares a request, submits it, waits for it (0 or -EIO). */
void io_init(struct io_request *r, enum io_op op, u64 sector);
void io_add(struct io_request *r, struct page *p, u32 offset, u32 bytes); /* at most IO_PAGES pieces */
void io_submit(struct block_device *dev, struct io_request *r);
MUST_CHECK int io_wait(struct io_request *r);
/* For drivers, any context, no lock of rank RANK_PERCPU held: the request has ended.  r is the owner's again at once. */
void io_complete(struct io_request *r, int status);
/* At start-up: makes io_cache known. */
void block_init(void);

/* The driver announces a disk in its start-up scope; the core reads the partition table and adds hda1... */
void block_device_add(struct block_device *dev) NEEDS_RESERVATION;
struct block_device *block_device_find(const char *name);     /* NULL when there is none */
struct block_device *block_device_by_number(u32 dev);
#define BLOCK_DEVICES 16
extern struct block_device *block_devices[BLOCK_DEVICES]; /* in the order they were announced; NULL: no more */
