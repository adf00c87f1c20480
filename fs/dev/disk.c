// SPDX-License-Identifier: MIT
/*
 * disk.c - disks and partitions as files: raw reads and writes, past the cache
 *
 * A window of at most 64 pages goes through frames of its own scope: taken, filled by one request, copied,
 * given back.  So this is also the speed that the disk has without a file system.
 *
 *     user memory <--copy--> 64 transient frames <--one DMA request--> disk
 *
 * Reading what a mounted file system has not written back yet shows the old content.  Writing to a device
 * with a mounted file system on it is refused (EBUSY); afterwards cached blocks of the device are dropped,
 * so that a mount sees what was written.
 */
#include "fs/dev/dev.h"
#include "arch/arch.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/ioctl.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/task.h"
#include "mm/cache.h"

#define SECTOR 512u
#define WINDOW ((u64)IO_PAGES * PAGE_SIZE)

/* fsync must not need memory: one request for FLUSH, owned since start-up. */
static struct {
    struct mutex lock;
    struct io_request request;
} flush;

void disk_init(void)
{
    mutex_init(&flush.lock, RANK_DEVICE, "flush request");
}

static struct block_device *device_of(const struct file *f)
{
    return block_device_by_number(f->inode->rdev);
}

static u64 size_of(const struct block_device *dev)
{
    return dev->sectors * SECTOR;
}

/* --- scopes `disk_read` and `disk_write`: one window --- */

struct raw_args {
    struct block_device *dev;
    struct io *io;
    u64 pos;
    u32 skip;  /* bytes of the first sector before pos */
    u32 bytes; /* of the window, from pos on */
    u64 moved; /* result: bytes between disk and user */
};

AMA_STATE static u32 span(const struct raw_args *a)
{
    return AMA_UPTO(ROUND_UP(a->skip + a->bytes, SECTOR), WINDOW);
}

static struct io_request *request_new(const struct raw_args *a, enum io_op op) NEEDS_RESERVATION
{
    struct io_request *r = kmem_cache_alloc(&io_cache);
    u32 bytes = span(a), pages = PAGES(bytes);
    io_init(r, op, a->pos / SECTOR);
    for (u32 i = 0; i < pages; i++)
        io_add(r, frame_take(), 0, MIN(PAGE_SIZE, bytes - i * PAGE_SIZE));
    return r;
}

static void request_free(struct io_request *r)
{
    for (u32 i = 0; i < r->pieces; i++)
        frame_put(r->piece[i].page);
    kmem_cache_free(&io_cache, r);
}

/* Copies between the request's frames and the user, stopping at a user page that is missing. */
static u64 copy(const struct raw_args *a, struct io_request *r)
{
    u64 moved = 0;
    while (moved < a->bytes) {
        u64 at = a->skip + moved, room = MIN(PAGE_SIZE - (at & PAGE_MASK), a->bytes - moved);
        char *data = (char *)page_data(r->piece[at >> PAGE_SHIFT].page) + (at & PAGE_MASK);
        u64 n = r->op == IO_READ ? io_to_user(a->io, data, room) : io_from_user(a->io, data, room);
        moved += n;
        if (n < room)
            break;
    }
    return moved;
}

static long read_body(void *p) NEEDS_RESERVATION;
static long read_body(void *p)
{
    struct raw_args *a = p;
    struct io_request *r = request_new(a, IO_READ);
    int rc = block_io(a->dev, r);
    if (!rc)
        a->moved = copy(a, r);
    request_free(r);
    return rc;
}

/* A window is written as a whole or, when a user page is missing, not at all. */
static long write_body(void *p) NEEDS_RESERVATION;
static long write_body(void *p)
{
    struct raw_args *a = p;
    struct io before = *a->io;
    struct io_request *r = request_new(a, IO_WRITE);
    int rc = 0;
    if (copy(a, r) < a->bytes) {
        *a->io = before;
    } else {
        rc = block_io(a->dev, r);
        a->moved = rc ? 0 : a->bytes;
    }
    request_free(r);
    return rc;
}

DERIVE(disk_read);
DERIVE(disk_write);
SCOPE(disk_read, .need = need_disk_read, .body = read_body);
SCOPE(disk_write, .need = need_disk_write, .body = write_body);

/* --- reading and writing --- */

/* Makes one page of user memory present. */
static int touch_page(user_ptr at, bool to_user)
{
    char c = 0;
    size_t n = to_user ? copy_to_user_some(at, &c, 1) : copy_from_user_some(&c, at, 1);
    return n ? 0 : user_fault_in(at, to_user);
}

/* Makes the next `bytes` of user memory present, so that a window need not be moved in vain again. */
static int touch(struct io io, u64 bytes, bool to_user)
{
    while (bytes && !io.kernel) {
        u64 room = io.vec[io.at].len - io.offset;
        user_ptr at = {io.vec[io.at].base.addr + io.offset};
        u64 n = MIN(MIN(room, bytes), PAGE_SIZE - (at.addr & PAGE_MASK));
        int rc = n ? touch_page(at, to_user) : 0;
        if (rc)
            return rc;
        bytes -= n;
        io.offset += n;
        if (n < room)
            continue;
        io.at++;
        io.offset = 0;
    }
    return 0;
}

/* Window by window up to the end of the device. */
static long move_windows(struct block_device *dev, struct io *io, u64 *pos, const struct scope *scope)
{
    long rc = 0;
    bool to_user = scope == &scope_disk_read;
    while (!rc && io->left && *pos < size_of(dev)) {
        u32 skip = *pos % SECTOR;
        u64 bytes = MIN(MIN(io->left, size_of(dev) - *pos), WINDOW - skip);
        struct raw_args a = {.dev = dev, .io = io, .pos = *pos, .skip = skip, .bytes = bytes};
        rc = gate_call(scope, &a);
        *pos += a.moved;
        if (!rc && a.moved < bytes)
            rc = touch(*io, bytes - a.moved, to_user);
        if (!rc && signal_fatal(current))
            rc = -EINTR;
    }
    return io->done ? (long)io->done : rc;
}

static long disk_read(struct file *f, struct io *io, u64 *pos)
{
    struct block_device *dev = device_of(f);
    return dev ? move_windows(dev, io, pos, &scope_disk_read) : -ENXIO;
}

static bool overlap(const struct block_device *a, const struct block_device *b)
{
    return a->whole == b->whole && a->start < b->start + b->sectors && b->start < a->start + a->sectors;
}

/* Is a file system mounted on it, or on a partition or disk that shares sectors with it, or is one not yet written that was? */
static bool in_use(const struct block_device *dev)
{
    for (u32 i = 0; i < BLOCK_DEVICES && block_devices[i]; i++)
        if ((block_devices[i]->fs || block_devices[i]->mapping.dirty) && overlap(block_devices[i], dev))
            return true;
    return false;
}

static void drop_cached(const struct block_device *dev)
{
    for (u32 i = 0; i < BLOCK_DEVICES && block_devices[i]; i++)
        if (overlap(block_devices[i], dev))
            mapping_drop_clean(&block_devices[i]->mapping);
}

static long disk_write(struct file *f, struct io *io, u64 *pos)
{
    struct block_device *dev = device_of(f);
    if (!dev)
        return -ENXIO;
    if (*pos % SECTOR || io->left % SECTOR)
        return -EINVAL;
    if (*pos >= size_of(dev))
        return -ENOSPC;
    if (in_use(dev))
        return -EBUSY;
    long rc = move_windows(dev, io, pos, &scope_disk_write);
    drop_cached(dev);
    return rc;
}

/* --- the rest --- */

static long disk_seek(struct file *f, i64 offset, int whence)
{
    struct block_device *dev = device_of(f);
    i64 base = 0, at;
    if (!dev)
        return -ENXIO;
    mutex_lock(&f->pos_lock);
    if (whence == SEEK_CUR)
        base = f->pos;
    else if (whence == SEEK_END)
        base = size_of(dev);
    bool bad = whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(base, offset, &at) || at < 0;
    if (!bad)
        f->pos = at;
    mutex_unlock(&f->pos_lock);
    return bad ? -EINVAL : at;
}

static long disk_fsync(struct file *f, bool data_only UNUSED)
{
    struct block_device *dev = device_of(f);
    if (!dev)
        return -ENXIO;
    mutex_lock(&flush.lock);
    io_init(&flush.request, IO_FLUSH, 0);
    int rc = block_io(dev, &flush.request);
    mutex_unlock(&flush.lock);
    return rc;
}

static long tell(user_ptr at, u64 value, u32 bytes)
{
    return copy_to_user(at, &value, bytes);
}

static long disk_ioctl(struct file *f, u32 cmd, u64 arg)
{
    struct block_device *dev = device_of(f);
    user_ptr at = {arg};
    if (!dev)
        return -ENXIO;
    switch (cmd) {
    case BLKGETSIZE64:
        return tell(at, size_of(dev), sizeof(u64));
    case BLKGETSIZE:
        return tell(at, dev->sectors, sizeof(u64));
    case BLKSSZGET:
        return tell(at, SECTOR, sizeof(u32));
    case BLKROGET:
        return tell(at, dev->read_only, sizeof(u32));
    case BLKFLSBUF:
        return is_root() ? disk_fsync(f, true) : -EACCES;
    default:
        return -ENOTTY;
    }
}

const struct file_ops disk_ops = {
    .name = "disk",
    .read = disk_read,
    .write = disk_write,
    .ioctl = disk_ioctl,
    .poll = file_always_ready,
    .seek = disk_seek,
    .fsync = disk_fsync,
    .readdir = file_no_readdir,
    .mmap = file_no_mmap,
    .close = file_no_close,
};
