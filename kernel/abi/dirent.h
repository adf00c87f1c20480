// SPDX-License-Identifier: MIT
/*
 * dirent.h - directory entries as getdents(2) and getdents64(2) deliver them (Linux x86_64)
 *
 *     getdents64:  ino 8 | off 8 | reclen 2 | type 1 | name, NUL, padding to 8
 *     getdents:    ino 8 | off 8 | reclen 2 | name, NUL, padding | type in the record's last byte
 */
#pragma once

#define DT_UNKNOWN 0
#define DT_FIFO    1
#define DT_CHR     2
#define DT_DIR     4
#define DT_BLK     6
#define DT_REG     8
#define DT_LNK     10
#define DT_SOCK    12

#define DIRENT_NAME_AT 18 /* getdents: offset of the name */
#define DIRENT64_TYPE_AT 18
#define DIRENT64_NAME_AT 19
