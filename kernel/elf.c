// SPDX-License-Identifier: MIT
/*
 * elf.c - reading the headers of a static ELF64 program (System V ABI, AMD64 supplement; gABI chapter 5)
 *
 * The file is hostile: every number is checked before it is used, with sums that cannot wrap.  Segments may lie in any order in the
 * file but must be sorted and disjoint in memory, as the gABI demands.
 */
#include "kernel/elf.h"
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "mm/space.h"

enum { PT_LOAD = 1, PT_INTERP = 3, ET_EXEC = 2, EM_X86_64 = 62, PF_X = 1, PF_W = 2, PF_R = 4 };

struct elf_header {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, phoff, shoff;
    u32 flags;
    u16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
    u32 type, flags;
    u64 offset, vaddr, paddr, filesz, memsz, align;
};
_Static_assert(sizeof(struct elf_header) == 64 && sizeof(struct elf_phdr) == 56, "ELF64 layouts");

static bool header_ok(const struct elf_header *h, u64 size)
{
    static const u8 magic[7] = {0x7f, 'E', 'L', 'F', 2 /* 64 bit */, 1 /* little-endian */, 1};
    if (memcmp(h->ident, magic, sizeof(magic)))
        return false;
    return h->type == ET_EXEC && h->machine == EM_X86_64 && h->phentsize == sizeof(struct elf_phdr) && h->phnum &&
           h->phoff <= size && (u64)h->phnum * sizeof(struct elf_phdr) <= size - h->phoff;
}

static int add_segment(const struct elf_phdr *p, u64 file_size, struct elf_image *out)
{
    u64 limit = out->count ? out->segment[out->count - 1].end : USER_START;
    if (p->filesz > p->memsz)
        return -EINVAL;
    if (!p->memsz)
        return 0;
    if (p->vaddr >= USER_END || p->memsz > USER_END - p->vaddr || (p->vaddr ^ p->offset) & PAGE_MASK)
        return -EINVAL;
    if (p->offset > file_size || p->filesz > file_size - p->offset)
        return -EINVAL;
    u64 start = p->vaddr & ~PAGE_MASK, end = ROUND_UP(p->vaddr + p->memsz, PAGE_SIZE);
    if (start < limit || out->count == ELF_SEGMENTS)
        return -EINVAL;
    u8 prot = (p->flags & PF_R ? PROT_READ : 0) | (p->flags & PF_W ? PROT_WRITE : 0) | (p->flags & PF_X ? PROT_EXEC : 0);
    if (p->memsz > p->filesz && !(prot & PROT_WRITE) && (p->vaddr + p->filesz) & PAGE_MASK)
        return -EINVAL; /* zeros inside a page that the program could not have written */
    out->segment[out->count++] = (struct elf_segment){start, end, p->vaddr + p->filesz, p->offset >> PAGE_SHIFT, prot};
    return 0;
}

int elf_parse(const void *head, u64 size, u64 file_size, struct elf_image *out)
{
    struct elf_header h;
    memset(out, 0, sizeof(*out));
    if (size < sizeof(h))
        return -ENOEXEC;
    memcpy(&h, head, sizeof(h));
    if (!header_ok(&h, size))
        return -ENOEXEC;
    for (u32 i = 0; i < h.phnum; i++) {
        struct elf_phdr p;
        memcpy(&p, (const char *)head + h.phoff + i * sizeof(p), sizeof(p));
        if (p.type == PT_INTERP)
            return -ENOEXEC; /* dynamically linked */
        if (p.type != PT_LOAD)
            continue;
        int rc = add_segment(&p, file_size, out);
        if (rc)
            return rc;
        if (p.offset <= h.phoff && h.phoff + (u64)h.phnum * sizeof(p) <= p.offset + p.filesz)
            out->phdr = p.vaddr + (h.phoff - p.offset);
    }
    if (!out->count || h.entry >= USER_END)
        return -ENOEXEC;
    out->entry = h.entry;
    out->phnum = h.phnum;
    out->brk = out->segment[out->count - 1].end;
    return 0;
}
