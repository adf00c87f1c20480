// SPDX-License-Identifier: MIT
/*
 * statfs.h - what statfs(2) tells about a file system (Linux x86_64)
 */
#pragma once
#include <stdint.h>

struct abi_statfs {
    int64_t type, bsize;
    uint64_t blocks, bfree, bavail, files, ffree;
    int32_t fsid[2];
    int64_t namelen, frsize, flags, spare[4];
};
_Static_assert(sizeof(struct abi_statfs) == 120, "struct statfs of Linux x86_64");

#define ST_RDONLY 1
#define ST_VALID  0x20 /* Linux: flags are meaningful */
