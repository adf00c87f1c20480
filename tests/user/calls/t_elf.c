// SPDX-License-Identifier: MIT
/*
 * execve of a damaged ELF file must answer an errno, or end that program by a signal; never anything else.
 *
 * A small program is made here, byte by byte: one header, one or two segments, code that exits with 42.  Then its
 * fields are damaged one at a time, and it is cut at many lengths.  Where the damage is certain to be seen before
 * the old program is gone, the errno is checked.
 */
#include "tests/user/calls/tap.h"

enum { CODE_AT = 0x1000, BASE = 0x400000, SIZE = 0x1100 };
enum { ET_REL = 1, ET_EXEC = 2, ET_CORE = 4, EM_X86_64 = 62, EM_AARCH64 = 183 };
enum { PT_NULL, PT_LOAD, PT_NOTE = 4, PF_X = 1, PF_W = 2, PF_R = 4 };

/* ELF-64 Object File Format, version 1.5: figures 2 and 6. */
struct header {
    unsigned char e_ident[16];
    uint16_t e_type, e_machine;
    uint32_t e_version;
    uint64_t e_entry, e_phoff, e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};

struct segment {
    uint32_t p_type, p_flags;
    uint64_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

static union {
    char bytes[SIZE];
    struct {
        struct header head;
        struct segment seg[2];
    } elf;
} image;

/* mov $60, %eax; mov $42, %edi; syscall */
static const unsigned char code[] = {0xb8, 60, 0, 0, 0, 0xbf, 42, 0, 0, 0, 0x0f, 0x05};

static void build(void)
{
    struct header *h = &image.elf.head;

    memset(&image, 0, sizeof image);
    memcpy(h->e_ident, "\177ELF\2\1\1", 7); /* 64 bits, little-endian, version 1 */
    h->e_type = ET_EXEC;
    h->e_machine = EM_X86_64;
    h->e_version = 1;
    h->e_entry = BASE + CODE_AT;
    h->e_phoff = sizeof *h;
    h->e_ehsize = sizeof *h;
    h->e_phentsize = sizeof(struct segment);
    h->e_phnum = 2;
    image.elf.seg[0] = (struct segment){PT_LOAD, PF_R | PF_X, 0, BASE, BASE, SIZE, SIZE, 0x1000};
    image.elf.seg[1] =
        (struct segment){PT_LOAD, PF_R | PF_W, 0x1000, 0x500000, 0x500000, 0x100, 0x3000, 0x1000};
    memcpy(image.bytes + CODE_AT, code, sizeof code);
}

static bool save(size_t size)
{
    int fd;
    bool good;

    unlink("prog");
    fd = open("prog", O_WRONLY | O_CREAT, 0755);
    good = write(fd, image.bytes, size) == (ssize_t)size;
    close(fd);
    return good;
}

/* Runs it: its exit status, 1000 + errno when execve failed, 2000 + the signal that ended it; -1: not tried. */
static int run(size_t size)
{
    char *argv[] = {"prog", NULL}, *envp[] = {NULL};
    int ends[2], error = 0, status;
    pid_t child;

    if (!save(size) || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    child = fork();
    if (child == 0) {
        execve("./prog", argv, envp);
        write(ends[1], &errno, sizeof errno);
        _exit(0);
    }
    close(ends[1]);
    if (read(ends[0], &error, sizeof error) != sizeof error)
        error = 0;
    close(ends[0]);
    if (child < 0)
        return -1;
    status = tap_wait(child);
    if (error != 0)
        return 1000 + error;
    return WIFSIGNALED(status) ? 2000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void headers(void)
{
    build();
    is(run(SIZE), 42, "the program as it should be");
    image.elf.head.e_ident[0] = 0x7e;
    is(run(SIZE), 1000 + ENOEXEC, "a wrong magic number");
    build();
    image.elf.head.e_type = ET_REL;
    is(run(SIZE), 1000 + ENOEXEC, "an object file");
    build();
    image.elf.head.e_type = ET_CORE;
    is(run(SIZE), 1000 + ENOEXEC, "a core file");
    build();
    image.elf.head.e_machine = EM_AARCH64;
    is(run(SIZE), 1000 + ENOEXEC, "another machine");
    build();
    image.elf.head.e_phentsize = 40;
    is(run(SIZE), 1000 + ENOEXEC, "program headers of another size");
    build();
    image.elf.head.e_phnum = 0;
    is(run(SIZE), 1000 + ENOEXEC, "no program headers");
    build();
    image.elf.head.e_phnum = 65535;
    ok(run(SIZE) > 1000, "more headers than fit");
    build();
    image.elf.head.e_phoff = 1 << 20;
    ok(run(SIZE) > 1000, "headers behind the end");
    build();
    image.elf.head.e_phoff = (uint64_t)-64;
    ok(run(SIZE) > 1000, "headers before the start");
}

/* Damages one field of the first segment to `value`. */
#define SEGMENT(field, value) (build(), image.elf.seg[0].field = (value), run(SIZE))

static void segments(void)
{
    ok(SEGMENT(p_vaddr, 0xffff800000000000u) >= 1000, "a segment in the kernel's half");
    ok(SEGMENT(p_vaddr, 0x7ffffffff000u) >= 1000, "a segment that ends above the user's half");
    ok(SEGMENT(p_vaddr, 0xffffffffffffe000u) >= 1000, "a segment whose end wraps around");
    int at_0 = SEGMENT(p_vaddr, 0);
    ok(at_0 >= 0 && at_0 != 42, "a segment at address 0");
    ok(SEGMENT(p_memsz, 1ul << 62) >= 1000, "a segment larger than the address space");
    ok(SEGMENT(p_memsz, (uint64_t)-1) >= 1000, "a segment of negative size");
    ok(SEGMENT(p_memsz, 16) >= 1000, "less memory than file");
    ok(SEGMENT(p_filesz, 1ul << 62) >= 1000, "more file than there can be");
    ok(SEGMENT(p_offset, 123) >= 1000, "an offset that does not fit the address");
    ok(SEGMENT(p_offset, (uint64_t)-4096) >= 1000, "a negative offset");
    ok(SEGMENT(p_offset, 1ul << 40) >= 1000, "an offset behind the end");
    ok(SEGMENT(p_flags, PF_R) >= 2000, "code that may not be executed");
    ok(SEGMENT(p_type, PT_NULL) >= 1000, "code that is not loaded");
    build();
    image.elf.head.e_entry = 0;
    is(run(SIZE), 2000 + SIGSEGV, "an entry at 0");
    build();
    image.elf.head.e_entry = 0xffffffff80000000u;
    ok(run(SIZE) >= 1000, "an entry in the kernel");
    build();
    image.elf.head.e_entry = 0x8000000000000000u;
    ok(run(SIZE) >= 1000, "an entry that is no address");
    build();
    image.elf.seg[1].p_vaddr = BASE;
    image.elf.seg[1].p_paddr = BASE;
    ok(run(SIZE) > 0, "two segments at one place");
}

static void good_variants(void)
{
    /* cmpb $0, 0x502fff; jne +12; then as above: the rest of the second segment's last page must be zero */
    static const unsigned char checks[] = {0x80, 0x3c, 0x25, 0xff, 0x2f, 0x50, 0, 0, 0x75, 12};

    build();
    memcpy(image.bytes + CODE_AT, checks, sizeof checks);
    memcpy(image.bytes + CODE_AT + sizeof checks, code, sizeof code);
    is(run(SIZE), 42, "memory behind the file's part of a segment is zero");
    build();
    image.elf.seg[1].p_filesz = 0;
    is(run(SIZE), 42, "a segment without a part in the file");
    build();
    image.elf.seg[1].p_type = PT_NOTE;
    is(run(SIZE), 42, "one segment is enough");
    build();
    image.elf.seg[1].p_type = 0x6fffffff;
    is(run(SIZE), 42, "a header of unknown type is passed over");
}

static void cut(void)
{
    static const size_t sizes[] = {0, 1, 3, 4, 16, 63, 64, 65, 100, 119, 120, 175};
    size_t i;
    int refused = 0, ended = 0;

    build();
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        refused += run(sizes[i]) >= 1000 && !(run(sizes[i]) >= 2000);
    is(refused, (long)i, "a file that ends in its headers is refused");
    for (i = 176; i <= CODE_AT; i += 560)
        ended += run(i) >= 1000;
    is(ended, 8, "one that ends before its code is refused or ends by a signal");
}

/* Damages single bytes of the headers; every outcome is allowed but a hang or a broken machine. */
static void mutations(void)
{
    uint64_t r = 1;
    int i, ran = 0;

    for (i = 0; i < 150; i++) {
        r = r * 6364136223846793005u + 1442695040888963407u;
        build();
        image.bytes[r >> 33 & 127] ^= (char)(1 << (r >> 50 & 7));
        if ((r >> 60) % 2 == 0)
            image.bytes[64 + (r >> 20) % 112] = (char)(r >> 40);
        ran += run(SIZE) >= 0;
    }
    is(ran, 150, "150 mutated headers leave a system that runs the next program");
    build();
    is(run(SIZE), 42, "as this one shows");
}

int main(void)
{
    tap_begin("elf");
    headers();
    segments();
    good_variants();
    cut();
    mutations();
    return tap_end();
}
