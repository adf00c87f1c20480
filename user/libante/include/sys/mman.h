// SPDX-License-Identifier: MIT
/*
 * sys/mman.h - mapping memory and files
 */
#ifndef _SYS_MMAN_H
#define _SYS_MMAN_H

#include <sys/types.h>

#define PROT_NONE  0
#define PROT_READ  1
#define PROT_WRITE 2
#define PROT_EXEC  4

#define MAP_SHARED          1
#define MAP_PRIVATE         2
#define MAP_FIXED           0x10
#define MAP_ANONYMOUS       0x20
#define MAP_ANON            MAP_ANONYMOUS
#define MAP_NORESERVE       0x4000
#define MAP_POPULATE        0x8000
#define MAP_STACK           0x20000
#define MAP_FIXED_NOREPLACE 0x100000
#define MAP_FAILED          ((void *)-1)

#define MREMAP_MAYMOVE 1
#define MREMAP_FIXED   2

#define MS_ASYNC      1
#define MS_INVALIDATE 2
#define MS_SYNC       4

#define MADV_NORMAL     0
#define MADV_RANDOM     1
#define MADV_SEQUENTIAL 2
#define MADV_WILLNEED   3
#define MADV_DONTNEED   4
#define MADV_FREE       8

#ifdef __cplusplus
extern "C" {
#endif
void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset);
void *mremap(void *old, size_t old_length, size_t length, int flags, ...);
int munmap(void *at, size_t length);
int mprotect(void *at, size_t length, int protection);
int msync(void *at, size_t length, int flags);
int madvise(void *at, size_t length, int advice);
int posix_madvise(void *at, size_t length, int advice);
int mincore(void *at, size_t length, unsigned char *resident);
int mlock(const void *at, size_t length);
int munlock(const void *at, size_t length);
#ifdef __cplusplus
}
#endif

#endif
