// SPDX-License-Identifier: MIT
/*
 * queue.c - the requests of a channel, one after the other
 *
 * A request belongs to its owner and waits here by its own link: the driver has no pool and takes no memory.
 * It is begun by the submit that finds the channel idle, or by the interrupt that ends the one before.
 *
 *     submit --> queue --> active --interrupt--> done, 0
 *                            |
 *                            +--error, time-out--> failed --watch thread: reset--> active again (three tries)
 *                                                                            \--> done, -EIO
 *
 * Everything out of the ordinary is left to the watch thread, which may sleep.  While `failed` is set the
 * channel is its own: submits only queue and interrupts only take the drive's interrupt back.
 *
 * Locks: channel.lock for the state; requests are completed after it is released.
 */
#include "arch/arch.h"
#include "drivers/ata/ata.h"
#include "drivers/ata/port.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/wait.h"

static struct wait_queue trouble = WAIT_INIT(trouble, "ata watch");
static u32 failures; /* so far, on all channels: the watch thread looks again when there are more than it has seen */

/* The active request cannot go on without a reset. */
static void fail_locked(struct ata_channel *c)
{
    c->failed = true;
    __atomic_add_fetch(&failures, 1, __ATOMIC_RELEASE);
    wake_one(&trouble);
}

static u32 request_sectors(const struct io_request *r)
{
    u32 bytes = 0;
    for (u32 i = 0; i < r->pieces; i++)
        bytes += r->piece[i].bytes;
    return bytes / 512;
}

static void start_next_locked(struct ata_channel *c)
{
    struct list *l = list_pop_front(&c->queue);
    c->active = l ? list_entry(l, struct io_request, link) : NULL;
    c->at = c->end = 0;
    c->total = c->active ? request_sectors(c->active) : 0;
    c->status = c->error = 0;
    if (c->active && !command_start(c))
        fail_locked(c);
}

/* Moves the active request on; returns it when it has ended well. */
static struct io_request *advance_locked(struct ata_channel *c)
{
    struct io_request *r = c->active;
    enum command_state state = command_advance(c);
    if (state == COMMAND_RUNS)
        return NULL;
    if (state == COMMAND_ENDED && c->at == c->total) {
        start_next_locked(c);
        return r;
    }
    if (state == COMMAND_FAILED || !command_start(c))
        fail_locked(c);
    return NULL;
}

void ata_submit(struct block_device *dev, struct io_request *r)
{
    struct ata_channel *c = container_of(dev->whole, struct ata_drive, dev)->channel;
    r->tries = 0;
    u64 flags = spin_lock_irq(&c->lock);
    list_push_back(&c->queue, &r->link);
    if (!c->active)
        start_next_locked(c);
    spin_unlock_irq(&c->lock, flags);
}

void channel_interrupt(void *channel)
{
    struct ata_channel *c = channel;
    struct io_request *done = NULL;
    u64 flags = spin_lock_irq(&c->lock);
    if (c->active && !c->failed)
        done = advance_locked(c);
    else
        (void)port_in8(c->base + ATA_STATUS);
    spin_unlock_irq(&c->lock, flags);
    if (done)
        io_complete(done, 0);
}

static void report(struct ata_channel *c)
{
    static const char *const what[] = {"read", "write", "flush"};
    struct io_request *r = c->active;
    kprintf("ata: %s: %s at sector %lu failed (status %02x, error %02x), reset, try %u of %u\n", r->dev->name,
            what[r->op], r->sector + c->at, c->status, c->error, r->tries + 1u, ATA_TRIES);
}

/* Resets the channel and tries the failed request again, or gives it up. */
static void recover(struct ata_channel *c)
{
    report(c);
    bool alive = channel_reset(c);
    struct io_request *lost = NULL;
    u64 flags = spin_lock_irq(&c->lock);
    c->failed = false;
    if (++c->active->tries >= ATA_TRIES) {
        lost = c->active;
        start_next_locked(c);
    } else if (!alive || !command_start(c)) {
        fail_locked(c);
    }
    spin_unlock_irq(&c->lock, flags);
    if (lost)
        io_complete(lost, -EIO);
}

void channel_watch(struct ata_channel *c)
{
    struct io_request *done = NULL;
    u64 flags = spin_lock_irq(&c->lock);
    if (c->active && !c->failed) {
        done = advance_locked(c);
        if (!done && c->active && clock_ns() >= c->deadline)
            fail_locked(c);
    }
    bool failed = c->failed;
    spin_unlock_irq(&c->lock, flags);
    if (done)
        io_complete(done, 0);
    if (failed)
        recover(c);
}

void channel_watch_sleep(void)
{
    static u32 seen;
    struct waiter w;
    wait_prepare(&w, &trouble);
    if (seen == __atomic_load_n(&failures, __ATOMIC_ACQUIRE))
        (void)wait_sleep(&w, SLEEP_DEEP, clock_ns() + WATCH_MS * 1000000ul);
    wait_finish(&w);
    seen = __atomic_load_n(&failures, __ATOMIC_ACQUIRE);
}
