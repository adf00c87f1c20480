// SPDX-License-Identifier: MIT
/*
 * plain.h - a program file read word for word as the specification says, to judge kernel/elf.c by
 */
#pragma once
#include "kernel/lib/types.h"

/* The first `size` bytes of a file of file_size bytes. */
struct plain_file {
    const u8 *head;
    u64 size, file_size;
};

enum { PLAIN_HEADER = 64, PLAIN_PHDR = 56, PLAIN_SEGMENTS = 10 };
#define PLAIN_ZERO   (~0ul)     /* a byte of memory that does not come from the file */
#define PLAIN_NOWHERE (~0ul - 1)

/* The little-endian number of `bytes` bytes at an offset of the head. */
u64 plain_number(const u8 *head, u64 at, u32 bytes);
void plain_set(u8 *head, u64 at, u32 bytes, u64 value);
bool plain_ok(const struct plain_file *f);
/* Of a file that is ok: where in the file the byte at an address stands. */
u64 plain_source(const struct plain_file *f, u64 address);
