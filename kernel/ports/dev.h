// SPDX-License-Identifier: MIT
/*
 * dev.h - the port of devices: the file system on /dev, and how a device's files behave wherever its node lies
 */
#pragma once
#include "kernel/file.h"
#include "kernel/ports/inode.h"
#include "kernel/ports/service.h"

struct dev_port {
    struct service service;
    const struct fs_ops *fs;
    /* rdev in Linux encoding; NULL: there is no such device (-ENXIO). */
    const struct file_ops *(*file_ops)(u32 rdev, bool block);
};
extern const struct dev_port dev_port;

/* For file systems with device nodes: what inode_ops.file_ops answers for a special file. */
static inline const struct file_ops *device_file_ops(u32 rdev, bool block)
{
    return dev_port.file_ops(rdev, block);
}
