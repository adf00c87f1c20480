// SPDX-License-Identifier: MIT
/*
 * memory.c - devices without hardware: null, zero, full, random, kmsg
 *
 * None of them needs memory: bytes are made in a small buffer on the stack, or not at all.  A long read or
 * write can be ended by a signal.
 */
#include "arch/arch.h"
#include "fs/dev/dev.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"

#define PIECE 128u

static long no_bytes(struct file *f UNUSED, struct io *io UNUSED, u64 *pos UNUSED)
{
    return 0;
}

static long swallow(struct file *f UNUSED, struct io *io, u64 *pos UNUSED)
{
    io->done += io->left;
    io->left = 0;
    return io->done;
}

static long no_space(struct file *f UNUSED, struct io *io UNUSED, u64 *pos UNUSED)
{
    return -ENOSPC;
}

/* Seeking on these is allowed and means nothing. */
static long seek_nowhere(struct file *f UNUSED, i64 offset UNUSED, int whence UNUSED)
{
    return 0;
}

/* What a round that moved `moved` of `wanted` bytes leads to: 0 goes on. */
static int after_round(struct io *io, u64 moved, u64 wanted, bool to_user)
{
    if (signal_pending(current))
        return -ERESTART;
    return moved < wanted ? io_fault_in(io, to_user) : 0;
}

static long read_zeros(struct file *f UNUSED, struct io *io, u64 *pos UNUSED)
{
    int rc = 0;
    while (!rc && io->left) {
        u64 n = MIN(io->left, PAGE_SIZE);
        rc = after_round(io, io_zero_user(io, n), n, true);
    }
    return io->done ? (long)io->done : rc;
}

static long read_random(struct file *f UNUSED, struct io *io, u64 *pos UNUSED)
{
    u64 buf[PIECE / sizeof(u64)];
    int rc = 0;
    while (!rc && io->left) {
        u64 n = MIN(io->left, sizeof(buf));
        for (u32 i = 0; i < ARRAY_SIZE(buf); i++)
            buf[i] = arch_random();
        rc = after_round(io, io_to_user(io, buf, n), n, true);
    }
    return io->done ? (long)io->done : rc;
}

/* The log as one text from its oldest byte; it ends where the log ends now. */
static long read_log(struct file *f UNUSED, struct io *io, u64 *pos)
{
    char buf[PIECE];
    int rc = 0;
    while (!rc && io->left) {
        u64 n = klog_read_at(pos, buf, MIN(io->left, sizeof(buf)));
        if (!n)
            break;
        u64 moved = io_to_user(io, buf, n);
        *pos += moved;
        rc = after_round(io, moved, n, true);
    }
    return io->done ? (long)io->done : rc;
}

/* A message of a program, at most PIECE - 1 bytes at a time. */
static long write_log(struct file *f UNUSED, struct io *io, u64 *pos UNUSED)
{
    char buf[PIECE];
    int rc = 0;
    while (!rc && io->left) {
        u64 n = MIN(io->left, sizeof(buf) - 1), moved = io_from_user(io, buf, n);
        buf[moved] = 0;
        kprintf("%s%s", buf, io->left || !moved || buf[moved - 1] == '\n' ? "" : "\n");
        rc = after_round(io, moved, n, false);
    }
    return io->done ? (long)io->done : rc;
}

#define MEMORY_DEVICE(device, from, to)                                                                      \
    {                                                                                                        \
        .name = device, .read = from, .write = to, .ioctl = file_no_ioctl, .poll = file_always_ready,        \
        .seek = seek_nowhere, .fsync = file_no_fsync, .readdir = file_no_readdir, .mmap = file_no_mmap,      \
        .close = file_no_close                                                                               \
    }

const struct file_ops null_ops = MEMORY_DEVICE("null", no_bytes, swallow);
const struct file_ops zero_ops = MEMORY_DEVICE("zero", read_zeros, swallow);
const struct file_ops full_ops = MEMORY_DEVICE("full", read_zeros, no_space);
const struct file_ops random_ops = MEMORY_DEVICE("random", read_random, swallow);
const struct file_ops kmsg_ops = MEMORY_DEVICE("kmsg", read_log, write_log);
