// SPDX-License-Identifier: MIT
/*
 * mmap, munmap, mprotect, mremap and brk must give zeroed memory with the rights that were asked for, and take it away.
 */
#include "tests/user/calls/tap.h"

#include <sys/mman.h>
#include <sys/syscall.h>

enum { PAGE = 4096 };

static char *volatile area;

static char *anonymous(size_t pages, int rights)
{
    return mmap(NULL, pages * PAGE, rights, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static bool zero(const char *from, size_t n)
{
    while (n > 0 && from[n - 1] == 0)
        n--;
    return n == 0;
}

static int store(void)
{
    *area = 1;
    return 0;
}

static int load(void)
{
    return *area == 1 ? 1 : 0;
}

static int jump(void)
{
    union {
        char *data;
        int (*code)(void);
    } at = {area};

    return at.code();
}

static void mapping(void)
{
    char *a = anonymous(100, PROT_READ | PROT_WRITE), *b;

    ok(a != MAP_FAILED && (uintptr_t)a % PAGE == 0, "mmap gives whole pages");
    ok(zero(a, 100 * PAGE), "of zeros");
    memset(a, 7, 100 * PAGE);
    b = anonymous(1, PROT_READ | PROT_WRITE);
    ok(b < a || b >= a + 100 * PAGE, "another area lies elsewhere");
    is(munmap(a, 100 * PAGE), 0, "munmap");
    area = a;
    child_dies(load, SIGSEGV, "then the area cannot be read");
    a = anonymous(10, PROT_READ | PROT_WRITE);
    ok(zero(a, 10 * PAGE), "memory that was used before is zero again");
    a[0] = a[5 * PAGE] = a[9 * PAGE] = 1;
    is(munmap(a + 4 * PAGE, 2 * PAGE), 0, "a hole is cut");
    area = a + 5 * PAGE;
    child_dies(load, SIGSEGV, "it is not there");
    ok(a[0] == 1 && a[9 * PAGE] == 1, "what is around it stays");
    is(munmap(a, 10 * PAGE), 0, "munmap over a hole");
    is(munmap(a, 10 * PAGE), 0, "munmap of nothing");
    munmap(b, PAGE);
}

static void fixed(void)
{
    char *a = anonymous(4, PROT_READ | PROT_WRITE), *b;

    memset(a, 1, 4 * PAGE);
    b = mmap(a + PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    ok(b == a + PAGE, "MAP_FIXED goes where it is told");
    ok(a[0] == 1 && zero(b, PAGE) && a[2 * PAGE] == 1, "and replaces what was there");
    munmap(a, 4 * PAGE);
    b = mmap(a, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ok(b == a, "a hint is taken when the place is free");
    munmap(b, PAGE);
}

static void errors(void)
{
    int fd = open("f", O_RDWR | O_CREAT, 0600), writer = open("f", O_WRONLY);
    char *a = anonymous(1, PROT_READ);

    fails(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL, "a length of 0");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL, "neither private nor shared");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0), EBADF, "no descriptor");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 100), EINVAL, "an offset in a page");
    fails(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, writer, 0), EACCES, "a file open for writing only");
    fails(mmap((void *)0x1001, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), EINVAL,
          "a fixed address in a page");
    fails(mmap((void *)0xffff800000000000, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
          ENOMEM, "a fixed address in the kernel");
    fails(mmap(NULL, (size_t)1 << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM,
          "a huge length");
    fails(mmap(NULL, (size_t)-1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM,
          "a length that wraps around");
    fails(munmap(a + 1, PAGE), EINVAL, "munmap in a page");
    fails(munmap(a, 0), EINVAL, "munmap of nothing");
    fails(munmap((void *)0x7fffffffe000, (size_t)1 << 50), EINVAL, "munmap beyond the user's half");
    fails(mprotect(a + 1, PAGE, PROT_READ), EINVAL, "mprotect in a page");
    munmap(a, PAGE);
    fails(mprotect(a, PAGE, PROT_READ), ENOMEM, "mprotect of nothing");
    is(mprotect(a, 0, PROT_READ), 0, "mprotect of no bytes");
    close(fd);
    close(writer);
}

static void rights(void)
{
    static const unsigned char answer[] = {0xb8, 0, 0, 0, 0, 0xc3}; /* mov $0, %eax; ret */
    char *a = anonymous(3, PROT_READ | PROT_WRITE);

    memset(a, 1, 3 * PAGE);
    area = a + PAGE;
    is(mprotect(area, PAGE, PROT_READ), 0, "mprotect takes the right to write");
    child_dies(store, SIGSEGV, "a store ends in SIGSEGV");
    is(tap_wait(tap_start(load)), 1 << 8, "a load works");
    a[0] = a[2 * PAGE] = 2;
    is(mprotect(area, PAGE, PROT_NONE), 0, "mprotect takes all rights");
    child_dies(load, SIGSEGV, "a load ends in SIGSEGV");
    is(mprotect(area, PAGE, PROT_READ | PROT_WRITE), 0, "mprotect gives them back");
    ok(zero(area, 0) && area[0] == 1 && area[PAGE - 1] == 1, "the content is still there");
    memcpy(area, answer, sizeof answer);
    child_dies(jump, SIGSEGV, "data is not executed");
    is(mprotect(area, PAGE, PROT_READ | PROT_EXEC), 0, "mprotect makes it code");
    child_ok(jump, "then it is");
    munmap(a, 3 * PAGE);
    area = anonymous(1, PROT_READ);
    is(tap_wait(tap_start(load)), 0, "read-only memory reads as zero");
    child_dies(store, SIGSEGV, "and is not written");
    munmap(area, PAGE);
    area = anonymous(1, PROT_NONE);
    child_dies(load, SIGSEGV, "PROT_NONE is not read");
    munmap(area, PAGE);
}

static void moving(void)
{
    char *a = anonymous(4, PROT_READ | PROT_WRITE), *wall, *b;

    memset(a, 3, 4 * PAGE);
    ok(mremap(a, 4 * PAGE, 2 * PAGE, 0) == a, "mremap shrinks in place");
    area = a + 2 * PAGE;
    child_dies(load, SIGSEGV, "the rest is gone");
    wall = mmap(a + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    fails(mremap(a, 2 * PAGE, 8 * PAGE, 0), ENOMEM, "it does not grow into another area");
    b = mremap(a, 2 * PAGE, 8 * PAGE, MREMAP_MAYMOVE);
    ok(b != MAP_FAILED && b != a, "but may move");
    ok(b[0] == 3 && b[2 * PAGE - 1] == 3 && zero(b + 2 * PAGE, 6 * PAGE), "with its content, then zeros");
    area = a;
    child_dies(load, SIGSEGV, "the old place is empty");
    fails(mremap(a, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EFAULT, "mremap of nothing");
    fails(mremap(b + 1, PAGE, 2 * PAGE, MREMAP_MAYMOVE), EINVAL, "mremap in a page");
    fails(mremap(b, PAGE, 0, 0), EINVAL, "mremap to nothing");
    munmap(wall, PAGE);
    b = mremap(b, 8 * PAGE, 640 * PAGE, MREMAP_MAYMOVE);
    ok(b != MAP_FAILED && b[0] == 3 && b[2 * PAGE - 1] == 3, "and once more, to become far larger");
    munmap(b, 640 * PAGE);
}

static int breaking(void)
{
    char *start = (char *)syscall(SYS_brk, 0), *end = start + 50 * PAGE;

    NEED((char *)syscall(SYS_brk, end) == end);
    NEED(zero(start, 50 * PAGE));
    memset(start, 5, 50 * PAGE);
    NEED((char *)syscall(SYS_brk, start + 10 * PAGE) == start + 10 * PAGE);
    NEED(start[10 * PAGE - 1] == 5);
    NEED((char *)syscall(SYS_brk, end) == end);
    NEED(zero(start + 11 * PAGE, 39 * PAGE));
    NEED((char *)syscall(SYS_brk, 16) == end);
    NEED((char *)syscall(SYS_brk, 0xffff800000000000) == end);
    return 0;
}

static int break_is_gone(void)
{
    char *start = (char *)syscall(SYS_brk, 0);

    syscall(SYS_brk, start + 4 * PAGE);
    start[3 * PAGE] = 1;
    syscall(SYS_brk, start);
    return start[3 * PAGE];
}

static void copying(void)
{
    char *a = anonymous(64, PROT_READ | PROT_WRITE);
    pid_t child;
    int i, status, right = 0;

    memset(a, 1, 64 * PAGE);
    child = tap_fork();
    if (child == 0) {
        for (i = 0; i < 64; i++)
            a[i * PAGE] = (char)(a[i * PAGE] + i);
        for (i = 0; i < 64; i++)
            right += a[i * PAGE] == 1 + i && a[i * PAGE + 1] == 1;
        _exit(right);
    }
    for (i = 0; i < 64; i += 2)
        a[i * PAGE] = 9;
    status = tap_wait(child);
    is(WEXITSTATUS(status), 64, "a child writes to its own copy");
    for (i = 0; i < 64; i++)
        right += a[i * PAGE] == (i % 2 == 0 ? 9 : 1) && a[i * PAGE + 1] == 1;
    is(right, 64, "and the parent to its own");
    munmap(a, 64 * PAGE);
}

static void many_areas(void)
{
    enum { AREAS = 300 };
    static char *at[AREAS];
    int i, good = 0;

    for (i = 0; i < AREAS; i++) {
        at[i] = anonymous(2, PROT_READ | PROT_WRITE);
        mprotect(at[i] + PAGE, PAGE, PROT_READ);
        at[i][0] = (char)i;
    }
    for (i = 0; i < AREAS; i += 2)
        good += munmap(at[i], 2 * PAGE) == 0;
    for (i = 1; i < AREAS; i += 2)
        good += at[i][0] == (char)i && munmap(at[i], 2 * PAGE) == 0;
    is(good, AREAS, "300 areas of two rights come and go");
}

int main(void)
{
    tap_begin("memory");
    mapping();
    fixed();
    errors();
    rights();
    moving();
    child_ok(breaking, "brk grows with zeros, shrinks, and stays when it cannot");
    child_dies(break_is_gone, SIGSEGV, "memory above the break is gone");
    copying();
    many_areas();
    return tap_end();
}
