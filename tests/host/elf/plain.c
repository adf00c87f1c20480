// SPDX-License-Identifier: MIT
/*
 * plain.c - what a static program for this machine is: gABI chapters 4 and 5, and what Ante adds to them
 *
 * Nothing here is clever: fields are read at the offsets of the specification's tables, and sums are made in 128 bits,
 * where those of hostile numbers still fit.  Ante's own rules: at most ten segments, none below 64 KiB, and zeros inside a
 * page only where the program could have written them itself.
 */
#include "tests/host/elf/plain.h"
#include "arch/arch.h"

typedef unsigned __int128 wide;

u64 plain_number(const u8 *head, u64 at, u32 bytes)
{
    u64 n = 0;
    for (u32 i = bytes; i-- > 0;)
        n = n << 8 | head[at + i];
    return n;
}

void plain_set(u8 *head, u64 at, u32 bytes, u64 value)
{
    for (u32 i = 0; i < bytes; i++)
        head[at + i] = (u8)(value >> 8 * i);
}

/* --- fields, as figures 4-3 and 5-1 of the gABI list them for 64 bits --- */

static u64 entry(const struct plain_file *f) { return plain_number(f->head, 24, 8); }
static u64 table(const struct plain_file *f) { return plain_number(f->head, 32, 8); }
static u64 entries(const struct plain_file *f) { return plain_number(f->head, 56, 2); }

static u64 field(const struct plain_file *f, u64 nth, u32 at, u32 bytes)
{
    return plain_number(f->head, table(f) + nth * PLAIN_PHDR + at, bytes);
}
static u64 type(const struct plain_file *f, u64 nth) { return field(f, nth, 0, 4); }
static bool writable(const struct plain_file *f, u64 nth) { return field(f, nth, 4, 4) & 2; }
static wide offset(const struct plain_file *f, u64 nth) { return field(f, nth, 8, 8); }
static wide vaddr(const struct plain_file *f, u64 nth) { return field(f, nth, 16, 8); }
static wide filesz(const struct plain_file *f, u64 nth) { return field(f, nth, 32, 8); }
static wide memsz(const struct plain_file *f, u64 nth) { return field(f, nth, 40, 8); }

/* --- judging --- */

static bool header_ok(const struct plain_file *f)
{
    if (f->size < PLAIN_HEADER || f->head[0] != 0x7f || f->head[1] != 'E' || f->head[2] != 'L' || f->head[3] != 'F')
        return false;
    bool machine = f->head[4] == 2 && f->head[5] == 1 && f->head[6] == 1 && plain_number(f->head, 18, 2) == 62;
    bool program = plain_number(f->head, 16, 2) == 2 && plain_number(f->head, 54, 2) == PLAIN_PHDR;
    return machine && program && (wide)table(f) + (wide)entries(f) * PLAIN_PHDR <= f->size;
}

static bool segment_ok(const struct plain_file *f, u64 i)
{
    if (filesz(f, i) > memsz(f, i))
        return false;
    if (!memsz(f, i))
        return true;
    bool place = vaddr(f, i) >= 0x10000 && vaddr(f, i) + memsz(f, i) <= USER_END;
    bool source = offset(f, i) + filesz(f, i) <= f->file_size && vaddr(f, i) % 4096 == offset(f, i) % 4096;
    bool zeros = memsz(f, i) == filesz(f, i) || (vaddr(f, i) + filesz(f, i)) % 4096 == 0 || writable(f, i);
    return place && source && zeros;
}

/* Each page belongs to one segment, and they ascend. */
static bool in_order(const struct plain_file *f, u64 before, u64 after)
{
    return (vaddr(f, before) + memsz(f, before) + 4095) / 4096 <= vaddr(f, after) / 4096;
}

static bool loaded(const struct plain_file *f, u64 i)
{
    return type(f, i) == 1 && memsz(f, i);
}

bool plain_ok(const struct plain_file *f)
{
    u64 count = 0;
    if (!header_ok(f))
        return false;
    for (u64 i = 0; i < entries(f); i++) {
        if (type(f, i) == 3 || (type(f, i) == 1 && !segment_ok(f, i)))
            return false;
        count += loaded(f, i);
    }
    for (u64 i = 0; i < entries(f); i++)
        for (u64 j = i + 1; j < entries(f); j++)
            if (loaded(f, i) && loaded(f, j) && !in_order(f, i, j))
                return false;
    return count > 0 && count <= PLAIN_SEGMENTS && entry(f) < USER_END;
}

u64 plain_source(const struct plain_file *f, u64 address)
{
    for (u64 i = 0; i < entries(f); i++) {
        if (!loaded(f, i) || address < vaddr(f, i) || address >= vaddr(f, i) + memsz(f, i))
            continue;
        wide in = address - vaddr(f, i);
        return in < filesz(f, i) ? (u64)(offset(f, i) + in) : PLAIN_ZERO;
    }
    return PLAIN_NOWHERE;
}
