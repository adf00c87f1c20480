// SPDX-License-Identifier: MIT
/*
 * settings.c - ioctl on the terminal: settings, window size, queues (ioctl_tty(2))
 */
#include "arch/arch.h"
#include "drivers/tty/tty.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/ioctl.h"
#include "kernel/lib/errno.h"
#include "kernel/process.h"

static long settings_get(user_ptr arg)
{
    mutex_lock(&console.lock);
    struct kernel_termios t = console.line.termios;
    mutex_unlock(&console.lock);
    return copy_to_user(arg, &t, sizeof(t));
}

/* TCSETS changes at once, TCSETSW after all output is sent, TCSETSF drops the input as well. */
static long settings_set(u32 cmd, user_ptr arg)
{
    struct kernel_termios t;
    if (copy_from_user(&t, arg, sizeof(t)))
        return -EFAULT;
    if (cmd != TCSETS)
        console_flush();
    mutex_lock(&console.lock);
    if (cmd == TCSETSF)
        line_flush_input(&console.line);
    line_set(&console.line, &t);
    mutex_unlock(&console.lock);
    wake_all(&console.readable);
    wake_all(&console.writable);
    return 0;
}

static long size_get(user_ptr arg)
{
    mutex_lock(&console.lock);
    struct winsize size = console.size;
    mutex_unlock(&console.lock);
    return copy_to_user(arg, &size, sizeof(size));
}

static long size_set(user_ptr arg)
{
    struct winsize size;
    if (copy_from_user(&size, arg, sizeof(size)))
        return -EFAULT;
    mutex_lock(&console.lock);
    bool changed = size.rows != console.size.rows || size.columns != console.size.columns;
    console.size = size;
    mutex_unlock(&console.lock);
    if (changed)
        job_signal_foreground(SIGWINCH);
    return 0;
}

static long flush_queues(u64 which)
{
    if (which > TCIOFLUSH)
        return -EINVAL;
    mutex_lock(&console.lock);
    if (which != TCOFLUSH) /* output never waits here: there is none to drop */
        line_flush_input(&console.line);
    mutex_unlock(&console.lock);
    input_taken();
    return 0;
}

/* TCXONC: stops output or lets it go on.  The keyboard cannot be told to wait. */
static long flow(u64 what)
{
    if (what != TCOOFF && what != TCOON)
        return -EINVAL;
    mutex_lock(&console.lock);
    console.line.stopped = what == TCOOFF;
    mutex_unlock(&console.lock);
    wake_all(&console.writable);
    return 0;
}

static long tell(user_ptr arg, i32 value)
{
    return copy_to_user(arg, &value, sizeof(value));
}

/* Requests that change the terminal: a background group that asks is stopped. */
static bool changes_terminal(u32 cmd)
{
    return cmd == TCSETS || cmd == TCSETSW || cmd == TCSETSF || cmd == TCFLSH || cmd == TCXONC ||
           cmd == TCSBRK;
}

long tty_ioctl(struct file *f UNUSED, u32 cmd, u64 arg)
{
    user_ptr at = {arg};
    int rc = changes_terminal(cmd) ? job_check(SIGTTOU) : 0;
    if (rc)
        return rc;
    switch (cmd) {
    case TCGETS:
        return settings_get(at);
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        return settings_set(cmd, at);
    case TIOCGWINSZ:
        return size_get(at);
    case TIOCSWINSZ:
        return size_set(at);
    case TCFLSH:
        return flush_queues(arg);
    case TCXONC:
        return flow(arg);
    case TCSBRK: /* there is no break to send on a console: waits for the output only */
    case TCSBRKP:
        console_flush();
        return 0;
    case FIONREAD:
        return tell(at, line_readable(&console.line));
    case TIOCOUTQ:
        return tell(at, 0);
    default:
        return job_ioctl(cmd, arg);
    }
}
