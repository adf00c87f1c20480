// SPDX-License-Identifier: MIT
/*
 * printf.c - the kernel's log: a ring of the last 32 KiB, also written to the console
 *
 * Text is formatted straight into the ring; what is new goes to the console line by line, with a carriage
 * return before each line feed, which the ring does not have.
 *
 * Locks: log_owner, the processor that is printing.  It may enter again (a fault while printing ends in a
 * panic, which
 *         prints); others wait.  Interrupts are off meanwhile.
 */
#include "arch/arch.h"
#include "kernel/lib/format.h"
#include "kernel/lib/printf.h"

enum { LOG_SIZE = 32768, CHUNK = 128 };

struct log_sink {
    struct sink sink;
    u32 len; /* bytes in chunk */
    char chunk[CHUNK];
};

static char ring[LOG_SIZE];
static u64 written; /* bytes ever logged; the next one goes to written % LOG_SIZE */
static bool quiet;
static u32 log_owner; /* id + 1 of the processor that prints, 0: none */

static void chunk_send(struct log_sink *l)
{
    if (!quiet)
        console_write(l->chunk, l->len);
    l->len = 0;
}

static void log_put(struct sink *s, char c)
{
    struct log_sink *l = container_of(s, struct log_sink, sink);
    ring[written++ % LOG_SIZE] = c;
    if (c == '\n')
        l->chunk[l->len++] = '\r';
    l->chunk[l->len++] = c;
    if (l->len > CHUNK - 2)
        chunk_send(l);
}

/* Returns whether this processor held the log before. */
static bool log_lock(void)
{
    u32 me = this_cpu()->id + 1;
    if (__atomic_load_n(&log_owner, __ATOMIC_RELAXED) == me)
        return true;
    while (!__sync_bool_compare_and_swap(&log_owner, 0, me))
        cpu_relax();
    return false;
}

static void log_unlock(void)
{
    __atomic_store_n(&log_owner, 0, __ATOMIC_RELEASE);
}

void kvprintf(const char *fmt, va_list ap)
{
    struct log_sink l = {.sink = {log_put}};
    u64 flags = irq_save();
    bool nested = log_lock();
    format(&l.sink, fmt, ap);
    chunk_send(&l);
    if (!nested)
        log_unlock();
    irq_restore(flags);
}

void kprintf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    kvprintf(fmt, ap);
    va_end(ap);
}

size_t klog_size(void)
{
    return MIN(__atomic_load_n(&written, __ATOMIC_RELAXED), (u64)LOG_SIZE);
}

size_t klog_read(char *dst, size_t size)
{
    u64 flags = irq_save();
    bool nested = log_lock();
    size_t n = MIN(size, klog_size());
    for (size_t i = 0; i < n; i++)
        dst[i] = ring[(written - n + i) % LOG_SIZE];
    if (!nested)
        log_unlock();
    irq_restore(flags);
    return n;
}

size_t klog_read_at(u64 *pos, char *dst, size_t size)
{
    u64 flags = irq_save();
    bool nested = log_lock();
    *pos = MIN(MAX(*pos, written - klog_size()), written);
    size_t n = MIN(size, written - *pos);
    for (size_t i = 0; i < n; i++)
        dst[i] = ring[(*pos + i) % LOG_SIZE];
    if (!nested)
        log_unlock();
    irq_restore(flags);
    return n;
}

void klog_quiet(bool on)
{
    quiet = on;
}
