// SPDX-License-Identifier: MIT
/*
 * judge.h - holds kernel/elf.c's answer about a program's headers against the plain reading of them
 */
#pragma once
#include "kernel/lib/types.h"

enum { LOAD = 1, INTERP = 3, NOTE = 4 };                                       /* types of program headers */
enum { TYPE = 0, FLAGS = 4, OFFSET = 8, VADDR = 16, FILESZ = 32, MEMSZ = 40 }; /* offsets in a program header */

/* Parses the first `size` bytes of a file of file_size bytes; the test fails when the answers differ.  elf_parse()'s answer. */
int elf_judge(const u8 *head, u64 size, u64 file_size);
