// SPDX-License-Identifier: MIT
/*
 * flusher.c - from memory to disk, in an order that survives a power cut
 *
 * One pass writes everything that is dirty on a device, in three phases with FLUSH CACHE between:
 *
 *     file data, bitmaps, new directory entries | inode tables, indirect blocks | directories that lost names
 *
 * While the phases run, bodies that modify the file system are held off (dev->pass); file data is written before that, so
 * that they are held off briefly.  A page whose write fails is tried three times and then dropped; fsync reports it once.
 */
#include "mm/flusher.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/ports/block.h"
#include "kernel/task.h"
#include "mm/cache_core.h"
#include "mm/queue.h"
#include "mm/reserve_core.h"

#define PERIOD_NS 5000000000ul
#define PARTS 4
#define PART 1024u
#define WRITE_TRIES 3

static struct {
    struct io_request *request;
    struct page *batch[IO_PAGES];
    u64 sector[IO_PAGES];
    u32 count;
    enum write_phase phase;    /* of the pass, now */
    struct wait_queue work, done, throttled;
    u64 wanted, finished;      /* passes over all devices asked for, ended */
    bool pressed;              /* memory is wanted */
    bool busy;
} flusher = {.work = WAIT_INIT(flusher.work, "flusher"), .done = WAIT_INIT(flusher.done, "flush"),
             .throttled = WAIT_INIT(flusher.throttled, "dirty limit")};

/* --- which pages --- */

/* First sector of a dirty page, to sort by. */
static u64 page_sector(const struct page *p)
{
    const struct mapping *m = p->mapping;
    if (!m->host)
        return (u64)p->index * (PAGE_SIZE / 512);
    for (u32 i = 0; i < PARTS; i++)
        if (p->block[i])
            return (u64)p->block[i] * (m->block_size / 512);
    return 0;
}

static void batch_insert(struct page *p)
{
    u64 s = page_sector(p);
    u32 i = flusher.count++;
    for (; i && flusher.sector[i - 1] > s; i--) {
        flusher.sector[i] = flusher.sector[i - 1];
        flusher.batch[i] = flusher.batch[i - 1];
    }
    flusher.sector[i] = s;
    flusher.batch[i] = p;
}

static bool due(const struct page *p)
{
    return p->phase <= flusher.phase || (!p->mapping->host && parts_due(p, flusher.phase));
}

static bool selected(const struct page *p, const struct block_device *dev, bool files_only)
{
    return p->mapping->dev == dev && due(p) && !(p->flags & PG_BUSY) && (!files_only || p->mapping->host);
}

/* Takes up to IO_PAGES dirty pages of the device off the dirty list, in the order they became dirty. */
static void collect(struct block_device *dev, bool files_only, u64 *most)
{
    flusher.count = 0;
    spin_lock(&cache.lock);
    list_each_safe(p, &cache.dirty_list, struct page, link) {
        if (flusher.count == IO_PAGES || !*most)
            break;
        if (!selected(p, dev, files_only))
            continue;
        --*most;
        list_remove(&p->link);
        p->pins++;
        page_set(p, PG_WRITING);
        page_clear(p, PG_DIRTY);
        p->mapping->dirty--;
        cache.dirty--;
        batch_insert(p);
    }
    spin_unlock(&cache.lock);
}

/* --- writing --- */

static void send(struct block_device *dev, struct io_request *r, int *error)
{
    if (!r->pieces)
        return;
    int rc = block_io(dev, r);
    if (rc)
        *error = rc;
    r->pieces = 0;
}

static void add_piece(struct io_request *r, struct page *p, u64 sector, u16 offset, u16 bytes)
{
    if (!r->pieces)
        io_init(r, IO_WRITE, sector);
    io_add(r, p, offset, bytes);
}

/* Where part i (1 KiB) of the page lies on disk; false: nowhere, or it is not to be written. */
static bool part_sector(const struct page *p, u32 i, u64 *sector)
{
    const struct mapping *m = p->mapping;
    if (!m->host) {
        *sector = (u64)p->index * (PAGE_SIZE / 512) + i * (PART / 512);
        return parts_due(p, flusher.phase) & (1u << i);
    }
    u32 per = m->block_size / PART;
    u32 block = p->block[i / per];
    *sector = ((u64)block * per + i % per) * (PART / 512);
    return block;
}

/* Adds the page's parts to the request, sending it whenever the next part does not follow on the disk. */
static void write_page(struct block_device *dev, struct page *p, u64 *end, int *error)
{
    struct io_request *r = flusher.request;
    for (u32 i = 0; i < PARTS;) {
        u64 sector, next;
        u32 n = 1;
        if (!part_sector(p, i, &sector)) {
            i++;
            continue;
        }
        while (i + n < PARTS && part_sector(p, i + n, &next) && next == sector + n * (PART / 512))
            n++;
        if (r->pieces == IO_PAGES || (r->pieces && *end != sector))
            send(dev, r, error);
        add_piece(r, p, sector, i * PART, n * PART);
        *end = sector + n * (PART / 512);
        i += n;
    }
}

static void write_failed(struct page *p)
{
    bool meta = !p->mapping->host;
    struct block_device *dev = p->mapping->dev;
    if (++p->failures < WRITE_TRIES) {
        page_dirty(p, p->phase);
        return;
    }
    kprintf("flusher: %s: page %u could not be written %u times and is dropped\n", dev->name, p->index, WRITE_TRIES);
    p->mapping->error = -EIO;
    page_set(p, PG_ERROR);
    p->dirty_parts = 0;
    if (meta && dev->meta_failed)
        dev->meta_failed(dev);
}

/* What was due is on disk; the page stays dirty when parts of it are for a later phase. */
static void written(struct page *p)
{
    p->dirty_parts &= ~parts_due(p, flusher.phase);
    if (p->dirty_parts)
        page_dirty(p, p->phase);
}

/* The batch is written: clean again, unless it was made dirty meanwhile or the write failed. */
static void batch_done(const u8 *parts, int error)
{
    for (u32 i = 0; i < flusher.count; i++) {
        struct page *p = flusher.batch[i];
        if (error) {
            p->dirty_parts |= parts[i];
            write_failed(p);
        } else {
            p->failures = 0;
        }
        spin_lock(&cache.lock);
        p->pins--; /* together with WRITING, which a cut of the file waits for */
        page_clear(p, PG_WRITING);
        list_remove(&p->link);
        list_push_back(page_is(p, PG_DIRTY) ? &cache.dirty_list : &cache.clean, &p->link);
        spin_unlock(&cache.lock);
    }
    wake_all(&cache.io_done);
}

/* One by one, so that one bad sector does not condemn its neighbours. */
static void write_singly(struct block_device *dev)
{
    u32 count = flusher.count;
    struct page *pages[IO_PAGES];
    for (u32 i = 0; i < count; i++)
        pages[i] = flusher.batch[i];
    for (u32 i = 0; i < count; i++) {
        int error = 0;
        u64 end = 0;
        u8 parts = pages[i]->dirty_parts;
        flusher.count = 1;
        flusher.batch[0] = pages[i];
        write_page(dev, pages[i], &end, &error);
        send(dev, flusher.request, &error);
        if (!error)
            written(pages[i]);
        batch_done(&parts, error);
    }
}

static void write_batch(struct block_device *dev)
{
    u8 none[IO_PAGES] = {0};
    u64 end = 0;
    int error = 0;
    flusher.request->pieces = 0;
    for (u32 i = 0; i < flusher.count; i++) {
        struct page *p = flusher.batch[i];
        if (p->mapping->host)
            cache_protect_page(p->mapping, p->index, p);
        write_page(dev, p, &end, &error);
    }
    send(dev, flusher.request, &error);
    if (error) {
        write_singly(dev);
        return;
    }
    for (u32 i = 0; i < flusher.count; i++)
        written(flusher.batch[i]);
    batch_done(none, 0);
    queue_poke();
}

/* All that is dirty now; what becomes dirty meanwhile is for the next pass. */
static void write_all(struct block_device *dev, enum write_phase phase, bool files_only)
{
    flusher.phase = phase;
    u64 most = cache_dirty_pages();
    do {
        collect(dev, files_only, &most);
        if (flusher.count)
            write_batch(dev);
        if (cache_dirty_pages() < cache.dirty_limit / 2)
            wake_all(&flusher.throttled);
    } while (flusher.count && most);
}

/* A disk that does not flush keeps no order: nothing may be promised on it any more. */
static void flush_disk(struct block_device *dev)
{
    struct io_request *r = flusher.request;
    io_init(r, IO_FLUSH, 0);
    if (!block_io(dev, r))
        return;
    kprintf("flusher: %s: its cache could not be flushed\n", dev->name);
    dev->mapping.error = -EIO;
    if (dev->meta_failed)
        dev->meta_failed(dev);
}

static bool anything_dirty(const struct block_device *dev)
{
    bool found = false;
    spin_lock(&cache.lock);
    list_each(p, &cache.dirty_list, struct page, link) {
        if (p->mapping->dev == dev) {
            found = true;
            break;
        }
    }
    spin_unlock(&cache.lock);
    return found;
}

static void pass(struct block_device *dev)
{
    flusher.busy = true;
    write_all(dev, PHASE_DATA, true);
    rw_write_lock(&dev->pass);
    for (int phase = PHASE_DATA; phase <= PHASE_UNLINK; phase++) {
        write_all(dev, phase, false);
        flush_disk(dev);
    }
    if (dev->pass_done)
        dev->pass_done(dev);
    rw_write_unlock(&dev->pass);
    flusher.busy = false;
}

/* --- the thread --- */

static void pass_everything(bool all)
{
    for (u32 i = 0; i < ARRAY_SIZE(block_devices); i++) {
        struct block_device *dev = block_devices[i];
        if (dev && ((all && dev->fs) || anything_dirty(dev))) /* unmounting leaves a dirty superblock */
            pass(dev);
    }
}

static bool has_work(void)
{
    return flusher.wanted != flusher.finished || flusher.pressed || cache_dirty_pages() > cache.dirty_limit / 2;
}

static void flusher_main(void *arg UNUSED)
{
    for (;;) {
        struct waiter w;
        int rc = 0;
        wait_prepare(&w, &flusher.work);
        while (!has_work() && !rc)
            rc = wait_sleep(&w, SLEEP_DEEP, clock_ns() + PERIOD_NS);
        wait_finish(&w);
        u64 goal = __atomic_load_n(&flusher.wanted, __ATOMIC_ACQUIRE);
        flusher.pressed = false;
        pass_everything(goal != flusher.finished);
        __atomic_store_n(&flusher.finished, goal, __ATOMIC_RELEASE);
        wake_all(&flusher.done);
        wake_all(&flusher.throttled);
        queue_poke();
    }
}

/* Devices differ, but the flusher's next pass goes over all of them: a waiter that came during a pass waits for the next one. */
int flush_device(struct block_device *dev)
{
    u64 goal = __atomic_add_fetch(&flusher.wanted, 1, __ATOMIC_ACQ_REL);
    wake_all(&flusher.work);
    wait_event(&flusher.done, __atomic_load_n(&flusher.finished, __ATOMIC_ACQUIRE) >= goal, SLEEP_DEEP);
    return __atomic_load_n(&dev->mapping.error, __ATOMIC_ACQUIRE);
}

void flusher_wake(void)
{
    if (!cache_dirty_pages())
        return;
    flusher.pressed = true;
    wake_all(&flusher.work);
}

bool flusher_busy(void)
{
    return flusher.busy || flusher.pressed;
}

void flusher_throttle(void)
{
    wake_all(&flusher.work);
    wait_event(&flusher.throttled, !flusher_behind(), SLEEP_FATAL);
}

u64 flusher_passes(void)
{
    return flusher.finished;
}

DERIVE_OP(flusher_start);

int flusher_start(const char *self UNUSED)
{
    flusher.request = kmem_cache_alloc(&io_cache);
    thread_start("flusher", flusher_main, NULL);
    return 0;
}
