// SPDX-License-Identifier: MIT
/*
 * stat.h - file modes, and what stat(2) and utimensat(2) exchange with a program (Linux x86_64)
 */
#pragma once
#include <stdint.h>

#define S_IFMT   0170000
#define S_IFSOCK 0140000
#define S_IFLNK  0120000
#define S_IFREG  0100000
#define S_IFBLK  0060000
#define S_IFDIR  0040000
#define S_IFCHR  0020000
#define S_IFIFO  0010000
#define S_ISUID  0004000
#define S_ISGID  0002000
#define S_ISVTX  0001000
#define S_IXUSR  0000100
#define S_IXGRP  0000010
#define S_IXOTH  0000001

struct abi_timespec {
    int64_t sec, nsec;
};

struct abi_timeval {
    int64_t sec, usec;
};

struct abi_utimbuf {
    int64_t actime, modtime;
};

struct abi_stat {
    uint64_t st_dev, st_ino, st_nlink;
    uint32_t st_mode, st_uid, st_gid, pad;
    uint64_t st_rdev;
    int64_t st_size, st_blksize;
    int64_t st_blocks; /* of 512 bytes */
    struct abi_timespec st_atim, st_mtim, st_ctim;
    int64_t spare[3];
};
_Static_assert(sizeof(struct abi_stat) == 144, "struct stat of Linux x86_64");

#define UTIME_NOW  0x3fffffff
#define UTIME_OMIT 0x3ffffffe

struct abi_statx_timestamp {
    int64_t sec;
    uint32_t nsec;
    int32_t pad;
};

struct abi_statx {
    uint32_t mask, blksize;
    uint64_t attributes;
    uint32_t nlink, uid, gid;
    uint16_t mode, pad0;
    uint64_t ino, size, blocks, attributes_mask;
    struct abi_statx_timestamp atime, btime, ctime, mtime;
    uint32_t rdev_major, rdev_minor, dev_major, dev_minor;
    uint64_t mnt_id, spare[13];
};
_Static_assert(sizeof(struct abi_statx) == 256, "struct statx of Linux");

#define STATX_BASIC_STATS 0x7ff
#define STATX__RESERVED   0x80000000u
