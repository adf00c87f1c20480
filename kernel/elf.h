// SPDX-License-Identifier: MIT
/*
 * elf.h - what exec wants to know of a static ELF64 program
 */
#pragma once
#include "kernel/lib/types.h"

#define ELF_SEGMENTS 10

struct elf_segment {
    u64 start, end;        /* page-aligned addresses in memory */
    u64 file_end;          /* address where the file's bytes end; from there to `end` is zero */
    u64 offset;            /* page of the file at start */
    u8 prot;
};

struct elf_image {
    u64 entry, phdr;       /* phdr: where the program headers stand in memory, 0: nowhere */
    u32 phnum;
    u64 brk;               /* first page behind the highest segment */
    u32 count;
    struct elf_segment segment[ELF_SEGMENTS];
};

/* Checks everything in the first `size` bytes of a program file of file_size bytes.  0, -ENOEXEC (no ELF for us), -EINVAL. */
int elf_parse(const void *head, u64 size, u64 file_size, struct elf_image *out);
