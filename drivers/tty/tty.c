// SPDX-License-Identifier: MIT
/*
 * tty.c - the terminal: reading, writing, waiting, and the service's port
 *
 * One terminal stands over the console (serial port, screen, keyboard).  Its buffers are part of it, so
 * reading and writing need nothing and run outside the gate: {lock; move; unlock; sleep holding nothing}.
 */
#include "drivers/tty/tty.h"
#include "arch/arch.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/lib/errno.h"
#include "kernel/ports/tty.h"
#include "kernel/process.h"

struct tty console;

enum { PIECE = 128 /* bytes moved under the lock at a time */, TENTH = 100000000 /* ns of VTIME's unit */ };

static bool canonical(void)
{
    return console.line.termios.lflag & ICANON;
}

/* --- reading --- */

/* Bytes that end a wait in raw mode, when `left` are asked for. */
static u32 raw_wanted(u64 left)
{
    u32 least = console.line.termios.cc[VMIN];
    return MAX(1u, MIN(least, left));
}

/* Raw mode (termios(3)): until VMIN bytes are there; VTIME limits the wait for the first byte (VMIN 0) or the
 * pause between bytes.  0, or -ERESTART; *over: there is no more to wait for. */
static int wait_raw(u64 left, bool *over)
{
    const u8 *cc = console.line.termios.cc;
    u64 pause = (u64)cc[VTIME] * TENTH, deadline = cc[VMIN] || !pause ? NO_DEADLINE : clock_ns() + pause;
    u32 wanted = raw_wanted(left), have, had = 0;
    struct waiter w;
    int rc = 0;
    wait_prepare(&w, &console.readable);
    while ((have = line_readable(&console.line)) < wanted && !canonical() && !rc) {
        if (!cc[VMIN] && !pause)
            break;
        if (cc[VMIN] && pause && have > had)
            deadline = clock_ns() + pause;
        had = have;
        rc = wait_sleep(&w, SLEEP_SIGNALS, deadline);
    }
    wait_finish(&w);
    *over = rc == -ETIMEDOUT || (!cc[VMIN] && !canonical());
    return rc == -EINTR ? -ERESTART : 0;
}

static int wait_input(struct file *f, u64 left, bool *over)
{
    bool polls = !canonical() && !console.line.termios.cc[VMIN] && !console.line.termios.cc[VTIME];
    if (line_readable(&console.line) && (canonical() || (f->flags & O_NONBLOCK)))
        return 0;
    if ((f->flags & O_NONBLOCK) && !polls)
        return -EAGAIN;
    if (!canonical())
        return wait_raw(left, over);
    int rc = wait_event(&console.readable, line_readable(&console.line) || !canonical(), SLEEP_SIGNALS);
    return rc ? -ERESTART : 0;
}

enum take { TAKE_MORE, TAKE_DONE, TAKE_FAULT };

/* Moves one piece; bytes that the user's page could not take stay in the line. */
static enum take take_piece(struct io *io, bool *ended)
{
    struct line *l = &console.line;
    u8 buf[PIECE];
    mutex_lock(&console.lock);
    u32 head = l->head, lines = l->lines, moved = 0, n = 0;
    if (line_readable(l))
        n = line_take(l, buf, MIN(io->left, sizeof(buf)), ended);
    if (n)
        moved = io_to_user(io, buf, n);
    if (moved < n) {
        l->head = head;
        l->lines = lines;
        line_take(l, buf, moved, ended);
    }
    mutex_unlock(&console.lock);
    return moved < n ? TAKE_FAULT : n && io->left && !*ended ? TAKE_MORE : TAKE_DONE;
}

static int take_all(struct io *io, bool *ended)
{
    enum take next;
    int rc = 0;
    while (!rc && (next = take_piece(io, ended)) != TAKE_DONE)
        if (next == TAKE_FAULT)
            rc = io_fault_in(io, true);
    input_taken();
    return rc;
}

static long tty_read(struct file *f, struct io *io, u64 *pos UNUSED)
{
    bool ended = false, over = false;
    long rc = 0;
    while (!rc && io->left && !io->done && !ended && !over) {
        rc = job_check(SIGTTIN);
        if (!rc)
            rc = wait_input(f, io->left, &over);
        if (!rc)
            rc = take_all(io, &ended);
    }
    return io->done ? (long)io->done : rc;
}

/* --- writing --- */

static void show(const u8 *text, u32 n)
{
    char out[PIECE * OUTPUT_MOST];
    u32 m = 0;
    mutex_lock(&console.lock);
    for (u32 i = 0; i < n; i++)
        m += line_output(&console.line, text[i], out + m);
    console_write(out, m);
    mutex_unlock(&console.lock);
}

static int wait_output(struct file *f)
{
    if (likely(!__atomic_load_n(&console.line.stopped, __ATOMIC_ACQUIRE)))
        return 0;
    if (f->flags & O_NONBLOCK)
        return -EAGAIN;
    int rc = wait_event(&console.writable, !__atomic_load_n(&console.line.stopped, __ATOMIC_ACQUIRE),
                        SLEEP_SIGNALS);
    return rc ? -ERESTART : 0;
}

static long tty_write(struct file *f, struct io *io, u64 *pos UNUSED)
{
    long rc = console.line.termios.lflag & TOSTOP ? job_check(SIGTTOU) : 0;
    u8 buf[PIECE];
    while (!rc && io->left) {
        rc = io->done && signal_pending(current) ? -ERESTART : wait_output(f);
        if (rc)
            break;
        u32 n = io_from_user(io, buf, MIN(io->left, sizeof(buf)));
        show(buf, n);
        if (!n)
            rc = io_fault_in(io, false);
    }
    return io->done ? (long)io->done : rc;
}

/* --- looking --- */

static u32 tty_poll(struct file *f UNUSED, struct poll_table *pt)
{
    const struct line *l = &console.line;
    poll_add(pt, &console.readable);
    poll_add(pt, &console.writable);
    u32 wanted = canonical() || l->termios.cc[VTIME] ? 1 : MAX(1u, l->termios.cc[VMIN]);
    u32 ready = line_readable(l) >= wanted ? POLLIN | POLLRDNORM : 0;
    return l->stopped ? ready : ready | POLLOUT | POLLWRNORM;
}

static const struct file_ops tty_ops = {
    .name = "terminal",
    .read = tty_read,
    .write = tty_write,
    .ioctl = tty_ioctl,
    .poll = tty_poll,
    .seek = file_no_seek,
    .fsync = file_no_fsync,
    .readdir = file_no_readdir,
    .mmap = file_no_mmap,
    .close = file_no_close,
};

/* --- the service --- */

OPERATION(int, tty_start, const char *self);

int tty_start(const char *self UNUSED)
{
    mutex_init(&console.lock, RANK_TERMINAL, "terminal");
    wait_init(&console.readable, "terminal input");
    wait_init(&console.writable, "terminal output");
    line_init(&console.line);
    console.size = (struct winsize){.rows = 25, .columns = 80};
    input_init();
    thread_start("tty", input_thread, NULL);
    return 0;
}

const struct tty_port tty_port = {
    .service = {.name = "tty", .start = tty_start, .start_need = need_tty_start},
    .file_ops = &tty_ops,
    .session_ended = job_session_ended,
};
