// SPDX-License-Identifier: MIT
/*
 * calls.h - between files.c and bytes.c: one operation of the port as a call through the gate
 */
#pragma once
#include "tests/host/ext2/files.h"

enum what {
    MOUNT,
    UNMOUNT,
    READ_INODE,
    LOOKUP,
    CREATE,
    LINK,
    UNLINK,
    RENAME,
    READDIR,
    READLINK,
    SETATTR,
    TRUNCATE,
    MAP,
    ALLOCATE
};
struct call {
    enum what what;
    struct inode *i, *other;
    struct name name;
    struct new_inode how;
    struct rename_args rename;
    struct attr attr;
    struct dir_sink *sink;
    u64 number, size;
    u32 first, count, *block;
    u64 *fresh;
    char *text;
    bool holds;
};

/* Runs it, with what the port asks of its caller: a pass, a settled file, space that is on its way. */
long call_run(struct call *c);
