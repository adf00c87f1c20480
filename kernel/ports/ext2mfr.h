// SPDX-License-Identifier: MIT
/*
 * ext2mfr.h - the port of ext2-mfr, the memory-failure robust ext2 (fs/ext2mfr)
 *
 * `fs` is what a mount names; `service` starts the reaper, which gives back the space of deleted files.
 */
#pragma once
#include "kernel/ports/inode.h"
#include "kernel/ports/service.h"

struct ext2mfr_port {
    const struct fs_ops *fs;
    struct service service;
};
extern const struct ext2mfr_port ext2mfr_port;
