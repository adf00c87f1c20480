// SPDX-License-Identifier: MIT
/*
 * proc.h - the port of the process file system, /proc
 *
 * It has no disk: its files are texts that are made when they are read.  Mounted with vfs_port.mount_at() and
 * no device.
 */
#pragma once
#include "kernel/ports/inode.h"
#include "kernel/ports/service.h"

struct proc_port {
    const struct fs_ops *fs;
    struct service service;
};
extern const struct proc_port proc_port;
