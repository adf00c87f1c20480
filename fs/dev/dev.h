// SPDX-License-Identifier: MIT
/*
 * dev.h - between the files of the device service
 */
#pragma once
#include "kernel/file.h"
#include "kernel/ports/block.h"

/* Device numbers as Linux packs them, for majors below 4096 and minors below 256. */
#define DEVICE(major, minor) ((u32)((major) << 8 | (minor)))

enum { /* Documentation/admin-guide/devices.txt of Linux */
       DEV_NULL = DEVICE(1, 3),
       DEV_ZERO = DEVICE(1, 5),
       DEV_FULL = DEVICE(1, 7),
       DEV_RANDOM = DEVICE(1, 8),
       DEV_URANDOM = DEVICE(1, 9),
       DEV_KMSG = DEVICE(1, 11),
       DEV_TTY0 = DEVICE(4, 0),
       DEV_TTYS0 = DEVICE(4, 64),
       DEV_TTY = DEVICE(5, 0),
       DEV_CONSOLE = DEVICE(5, 1),
};

/* --- memory.c: devices without hardware --- */
extern const struct file_ops null_ops, zero_ops, full_ops, random_ops, kmsg_ops;

/* --- disk.c: disks and partitions as files, past the cache --- */
extern const struct file_ops disk_ops;
void disk_init(void);
