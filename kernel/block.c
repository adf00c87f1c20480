// SPDX-License-Identifier: MIT
/*
 * block.c - the core's side of disks: requests, the table of devices, partitions
 *
 * A request lives in memory of its owner from io_submit() to io_wait(); the driver only links it.  Here
 * requests are checked against the bounds of their partition, so that no damage in a file system can make it
 * read or write outside.
 *
 * Locks: `ending` orders the last touch of a request by io_complete() before io_wait()'s return, after which
 * the owner may free it.  The table of devices grows at start-up only and is read without a lock.
 */
#include "kernel/ports/block.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "mm/frame.h"

#define SECTOR    512u
#define UNDER_WAY 1

struct kmem_cache io_cache = KMEM_CACHE("io_request", struct io_request, CACHE_TRANSIENT, 0);
struct block_device *block_devices[BLOCK_DEVICES];

static struct spinlock ending = SPINLOCK_INIT(RANK_PERCPU, "end of requests");

void block_init(void)
{
    kmem_cache_register(&io_cache, 0);
}

/* --- requests --- */

void io_init(struct io_request *r, enum io_op op, u64 sector)
{
    r->op = op;
    r->pieces = 0;
    r->sector = sector;
    r->status = 0;
    list_init(&r->link);
    wait_init(&r->done, "disk");
}

void io_add(struct io_request *r, struct page *p, u32 offset, u32 bytes)
{
    ASSERT(r->pieces < IO_PAGES, "a request has at most %lu pieces", IO_PAGES + 0ul);
    ASSERT(bytes && !(offset % SECTOR) && !(bytes % SECTOR) && offset + bytes <= PAGE_SIZE,
           "a piece of a request lies in one frame, in whole sectors: offset %u, %u bytes", offset, bytes);
    r->piece[r->pieces++] = (struct io_piece){.page = p, .offset = offset, .bytes = bytes};
}

static u64 request_sectors(const struct io_request *r)
{
    u64 bytes = 0;
    for (u32 i = 0; i < r->pieces; i++)
        bytes += r->piece[i].bytes;
    return bytes / SECTOR;
}

static bool request_allowed(const struct block_device *dev, const struct io_request *r, u64 sectors)
{
    if (r->op == IO_FLUSH)
        return true;
    if (r->op == IO_WRITE && dev->read_only)
        return false;
    return sectors && r->sector < dev->sectors && sectors <= dev->sectors - r->sector;
}

void io_submit(struct block_device *dev, struct io_request *r)
{
    u64 sectors = request_sectors(r);
    struct block_device *disk = dev->whole;
    r->dev = dev;
    r->status = UNDER_WAY;
    if (!request_allowed(dev, r, sectors)) {
        io_complete(r, -EIO);
        return;
    }
    __atomic_add_fetch(&disk->requests[r->op], 1, __ATOMIC_RELAXED);
    if (r->op != IO_FLUSH)
        __atomic_add_fetch(&disk->moved[r->op], sectors, __ATOMIC_RELAXED);
    disk->ops->submit(dev, r);
}

void io_complete(struct io_request *r, int status)
{
    u64 flags = spin_lock_irq(&ending);
    __atomic_store_n(&r->status, status, __ATOMIC_RELEASE);
    wake_all(&r->done);
    spin_unlock_irq(&ending, flags);
}

int io_wait(struct io_request *r)
{
    (void)wait_event(&r->done, __atomic_load_n(&r->status, __ATOMIC_ACQUIRE) != UNDER_WAY, SLEEP_DEEP);
    u64 flags = spin_lock_irq(&ending); /* io_complete has let go of r */
    spin_unlock_irq(&ending, flags);
    return r->status;
}

int block_io(struct block_device *dev, struct io_request *r)
{
    io_submit(dev, r);
    return io_wait(r);
}

/* --- partitions --- */

struct mbr_entry { /* little-endian, four of them from byte 446 of sector 0 */
    u8 active;     /* 0x80 or 0 */
    u8 chs_first[3];
    u8 type; /* 0: unused */
    u8 chs_last[3];
    u32 start, sectors;
} PACKED;
_Static_assert(sizeof(struct mbr_entry) == 16, "a partition entry has 16 bytes");
#define MBR_TABLE     446
#define MBR_SIGNATURE 510
#define PARTITIONS    4

static struct block_device partitions[BLOCK_DEVICES];

static bool device_enter(struct block_device *dev)
{
    u32 i = 0;
    while (i < BLOCK_DEVICES && block_devices[i])
        i++;
    if (i == BLOCK_DEVICES) {
        kprintf("block: %s is left out, there are %u devices already\n", dev->name, BLOCK_DEVICES);
        return false;
    }
    rw_init(&dev->pass, RANK_PASS, "pass");
    mapping_init(&dev->mapping, dev, NULL, PAGE_SIZE);
    block_devices[i] = dev;
    return true;
}

static void partition_add(struct block_device *disk, u32 number, const struct mbr_entry *e)
{
    static u32 used;
    if (!e->type || (e->active & 0x7f) || !e->start || !e->sectors || used == BLOCK_DEVICES)
        return;
    struct block_device *p = &partitions[used];
    ksnprintf(p->name, sizeof(p->name), "%s%u", disk->name, number);
    if (e->start >= disk->sectors) {
        kprintf("block: %s lies beyond the end of %s\n", p->name, disk->name);
        return;
    }
    p->ops = disk->ops;
    p->start = e->start;
    p->sectors = MIN((u64)e->sectors, disk->sectors - e->start);
    p->whole = disk;
    p->unit = disk->unit;
    p->read_only = disk->read_only;
    p->dev = disk->dev + number;
    if (p->sectors < e->sectors)
        kprintf("block: %s is cut: %s ends %lu sectors before it\n", p->name, disk->name,
                e->sectors - p->sectors);
    if (device_enter(p))
        used++;
}

static void partitions_scan(struct block_device *disk, const u8 *sector)
{
    if (sector[MBR_SIGNATURE] != 0x55 || sector[MBR_SIGNATURE + 1] != 0xaa)
        return;
    for (u32 i = 0; i < PARTITIONS; i++)
        partition_add(disk, i + 1, (const struct mbr_entry *)(sector + MBR_TABLE) + i);
}

void block_device_add(struct block_device *dev)
{
    if (!device_enter(dev))
        return;
    struct page *p = frame_take();
    struct io_request *r = kmem_cache_alloc(&io_cache);
    io_init(r, IO_READ, 0);
    io_add(r, p, 0, SECTOR);
    if (block_io(dev, r))
        kprintf("block: %s: the partition table cannot be read\n", dev->name);
    else
        partitions_scan(dev, page_data(p));
    kmem_cache_free(&io_cache, r);
    frame_put(p);
}

struct block_device *block_device_find(const char *name)
{
    for (u32 i = 0; i < BLOCK_DEVICES && block_devices[i]; i++)
        if (!strcmp(block_devices[i]->name, name))
            return block_devices[i];
    return NULL;
}

struct block_device *block_device_by_number(u32 dev)
{
    for (u32 i = 0; i < BLOCK_DEVICES && block_devices[i]; i++)
        if (block_devices[i]->dev == dev)
            return block_devices[i];
    return NULL;
}
