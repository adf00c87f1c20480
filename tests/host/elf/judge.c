// SPDX-License-Identifier: MIT
/*
 * judge.c - kernel/elf.c's answer about a program's headers against the plain reading of them
 *
 * The headers are parsed from memory of exactly their size, so the sanitizer sees a look behind its end.
 */
#include "tests/host/elf/judge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/elf.h"
#include "kernel/lib/errno.h"
#include "tests/host/elf/plain.h"

static u64 image_source(const struct elf_image *e, u64 address)
{
    for (u32 i = 0; i < e->count; i++) {
        const struct elf_segment *s = &e->segment[i];
        if (address >= s->start && address < s->end)
            return address < s->file_end ? (s->offset << PAGE_SHIFT) + address - s->start : PLAIN_ZERO;
    }
    return PLAIN_NOWHERE;
}

static void same_source(const struct plain_file *f, const struct elf_image *e, u64 address)
{
    if (plain_source(f, address) != PLAIN_NOWHERE)
        assert_int_equal(image_source(e, address), plain_source(f, address));
}

/* The edges of each segment, and the program headers if the program can see them. */
static void same_image(const struct plain_file *f, const struct elf_image *e)
{
    u64 table = plain_number(f->head, 32, 8), count = plain_number(f->head, 56, 2), end = 0;
    bool seen = false;
    assert_int_equal(e->entry, plain_number(f->head, 24, 8));
    assert_int_equal(e->phnum, count);
    for (u64 i = 0; i < count; i++) {
        u64 p = table + i * PLAIN_PHDR, mem = plain_number(f->head, p + MEMSZ, 8);
        u64 start = plain_number(f->head, p + VADDR, 8), file = plain_number(f->head, p + FILESZ, 8);
        u64 offset = plain_number(f->head, p + OFFSET, 8);
        if (plain_number(f->head, p, 4) != LOAD || !mem)
            continue;
        const u64 edges[] = {start, start + file / 2, start + file - 1, start + file, start + mem / 2, start + mem - 1};
        for (u32 k = 0; k < ARRAY_SIZE(edges); k++)
            same_source(f, e, edges[k]);
        end = ROUND_UP(start + mem, PAGE_SIZE);
        seen |= offset <= table && table + count * PLAIN_PHDR <= offset + file;
    }
    assert_int_equal(e->brk, end);
    assert_int_equal(e->phdr != 0, seen);
    if (seen)
        assert_int_equal(plain_source(f, e->phdr), table);
}

int elf_judge(const u8 *head, u64 size, u64 file_size)
{
    u8 *copy = malloc(size ? size : 1);
    memcpy(copy, head, size);
    struct plain_file f = {copy, size, file_size};
    struct elf_image e;
    int rc = elf_parse(copy, size, file_size, &e);
    assert_true(rc == 0 || rc == -ENOEXEC || rc == -EINVAL);
    assert_int_equal(rc == 0, plain_ok(&f));
    if (!rc)
        same_image(&f, &e);
    free(copy);
    return rc;
}
