// SPDX-License-Identifier: MIT
/*
 * input.c - from the interrupt that brings a byte to the line discipline
 *
 *     interrupt --> ring of raw bytes --> thread `tty` --> line_input: echo, editing, signals --> readers
 *
 * The interrupt only stores the byte.  Keys act even when nobody reads: the thread sees to that.  While a
 * program is slow and whole lines wait, bytes stay in the raw ring, so that pasted text survives.
 *
 * Locks: raw.lock (spin, interrupts off) for the ring; the terminal's lock for the line.
 */
#include "arch/arch.h"
#include "drivers/tty/tty.h"
#include "kernel/lib/lock.h"

#define RAW_BYTES 4096u
#define CROWDED   (LINE_RING - 256) /* entries of the line ring from which on raw bytes wait */

static struct {
    struct spinlock lock;
    /* --- guarded by lock --- */
    u8 byte[RAW_BYTES];
    u32 head, tail; /* run on; index modulo RAW_BYTES */
    struct wait_queue arrived;
} raw;

static void raw_push(char c)
{
    u64 flags = spin_lock_irq(&raw.lock);
    if (raw.tail - raw.head < RAW_BYTES)
        raw.byte[raw.tail++ % RAW_BYTES] = c;
    spin_unlock_irq(&raw.lock, flags);
    wake_one(&raw.arrived);
}

static bool raw_pop(u8 *c)
{
    u64 flags = spin_lock_irq(&raw.lock);
    bool any = raw.head != raw.tail;
    if (any)
        *c = raw.byte[raw.head++ % RAW_BYTES];
    spin_unlock_irq(&raw.lock, flags);
    return any;
}

static bool crowded(void)
{
    const struct line *l = &console.line;
    return l->lines && l->tail - l->head > CROWDED;
}

static bool work_to_do(void)
{
    return __atomic_load_n(&raw.tail, __ATOMIC_ACQUIRE) != raw.head && !crowded();
}

static void write_echo(const char *s, u32 n)
{
    console_write(s, n);
}

const struct line_sink console_sink = {.write = write_echo};

/* Moves raw bytes on until a signal is due, which it returns, or none is left. */
static int feed_line(void)
{
    int sig = 0;
    u8 c;
    mutex_lock(&console.lock);
    while (!sig && !crowded() && raw_pop(&c))
        sig = line_input(&console.line, &console_sink, c);
    mutex_unlock(&console.lock);
    wake_all(&console.readable);
    wake_all(&console.writable);
    return sig;
}

void input_thread(void *unused UNUSED)
{
    for (;;) {
        (void)wait_event(&raw.arrived, work_to_do(), SLEEP_DEEP);
        int sig = feed_line();
        if (sig)
            job_signal_foreground(sig);
    }
}

void input_taken(void)
{
    wake_one(&raw.arrived);
}

void input_init(void)
{
    spin_init(&raw.lock, RANK_PERCPU, "terminal input");
    wait_init(&raw.arrived, "terminal input");
    console_set_input(raw_push);
}
