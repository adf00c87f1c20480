// SPDX-License-Identifier: MIT
/*
 * memory.c - memory from the kernel: the break, on which malloc() stands, and mappings
 */
#include "kernel.h"
#include <errno.h>
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static char *break_end; /* NULL until the kernel was asked */

/* The kernel answers with the break as it is now, which shows whether it agreed. */
int brk(void *end)
{
    char *now = (char *)kernel1(SYS_brk, end);

    break_end = now;
    if (now >= (char *)end)
        return 0;
    errno = ENOMEM;
    return -1;
}

void *sbrk(ptrdiff_t increment)
{
    if (!break_end)
        break_end = (char *)kernel1(SYS_brk, 0);
    char *old = break_end;
    if (increment && brk(old + increment) < 0)
        return (void *)-1;
    return old;
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
    return (void *)result(kernel6(SYS_mmap, at, length, protection, flags, fd, offset));
}

void *mremap(void *old, size_t old_length, size_t length, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    void *at = va_arg(args, void *);
    va_end(args);
    return (void *)result(kernel5(SYS_mremap, old, old_length, length, flags, at));
}

int munmap(void *at, size_t length)
{
    return result(kernel2(SYS_munmap, at, length));
}

int mprotect(void *at, size_t length, int protection)
{
    return result(kernel3(SYS_mprotect, at, length, protection));
}

int msync(void *at, size_t length, int flags)
{
    return result(kernel3(SYS_msync, at, length, flags));
}

int madvise(void *at, size_t length, int advice)
{
    return result(kernel3(SYS_madvise, at, length, advice));
}

/* Returns the errno; MADV_DONTNEED would lose data, POSIX's advice of that number must not. */
int posix_madvise(void *at, size_t length, int advice)
{
    return advice == MADV_DONTNEED ? 0 : (int)-kernel3(SYS_madvise, at, length, advice);
}

int mincore(void *at, size_t length, unsigned char *resident)
{
    return result(kernel3(SYS_mincore, at, length, resident));
}

int mlock(const void *at, size_t length)
{
    return result(kernel2(SYS_mlock, at, length));
}

int munlock(const void *at, size_t length)
{
    return result(kernel2(SYS_munlock, at, length));
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)))
        return EINVAL;
    void *block = memalign(alignment, size);
    if (!block)
        return ENOMEM;
    *out = block;
    return 0;
}
