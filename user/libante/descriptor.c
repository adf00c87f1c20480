// SPDX-License-Identifier: MIT
/*
 * descriptor.c - what is done with an open descriptor: read, write, move, duplicate, control, make durable
 */
#include "kernel.h"
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

int open(const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    return result(kernel3(SYS_open, path, flags, mode));
}

int openat(int dir, const char *path, int flags, ...)
{
    va_list args;

    va_start(args, flags);
    mode_t mode = va_arg(args, mode_t);
    va_end(args);
    return result(kernel4(SYS_openat, dir, path, flags, mode));
}

/* newlib also uses three of the calls by these names. */
int _open(const char *path, int flags, ...) __attribute__((__alias__("open")));
int _close(int fd) __attribute__((__alias__("close")));
int _fcntl(int fd, int command, ...) __attribute__((__alias__("fcntl")));

int fcntl(int fd, int command, ...)
{
    va_list args;

    va_start(args, command);
    long argument = va_arg(args, long);
    va_end(args);
    return result(kernel3(SYS_fcntl, fd, command, argument));
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list args;

    va_start(args, request);
    long argument = va_arg(args, long);
    va_end(args);
    return result(kernel3(SYS_ioctl, fd, request, argument));
}

int close(int fd)
{
    return result(kernel1(SYS_close, fd));
}

ssize_t read(int fd, void *buffer, size_t length)
{
    return result(kernel3(SYS_read, fd, buffer, length));
}

ssize_t write(int fd, const void *buffer, size_t length)
{
    return result(kernel3(SYS_write, fd, buffer, length));
}

ssize_t pread(int fd, void *buffer, size_t length, off_t offset)
{
    return result(kernel4(SYS_pread64, fd, buffer, length, offset));
}

ssize_t pwrite(int fd, const void *buffer, size_t length, off_t offset)
{
    return result(kernel4(SYS_pwrite64, fd, buffer, length, offset));
}

ssize_t readv(int fd, const struct iovec *list, int count)
{
    return result(kernel3(SYS_readv, fd, list, count));
}

ssize_t writev(int fd, const struct iovec *list, int count)
{
    return result(kernel3(SYS_writev, fd, list, count));
}

ssize_t preadv(int fd, const struct iovec *list, int count, off_t offset)
{
    return result(kernel4(SYS_preadv, fd, list, count, offset));
}

ssize_t pwritev(int fd, const struct iovec *list, int count, off_t offset)
{
    return result(kernel4(SYS_pwritev, fd, list, count, offset));
}

ssize_t preadv2(int fd, const struct iovec *list, int count, off_t offset, int flags)
{
    return result(kernel6(SYS_preadv2, fd, list, count, offset, 0, flags));
}

ssize_t pwritev2(int fd, const struct iovec *list, int count, off_t offset, int flags)
{
    return result(kernel6(SYS_pwritev2, fd, list, count, offset, 0, flags));
}

ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
    return result(kernel4(SYS_sendfile, out, in, offset, count));
}

ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t length, unsigned flags)
{
    return result(kernel6(SYS_copy_file_range, in, in_at, out, out_at, length, flags));
}

off_t lseek(int fd, off_t offset, int whence)
{
    return result(kernel3(SYS_lseek, fd, offset, whence));
}

int dup(int fd)
{
    return result(kernel1(SYS_dup, fd));
}

int dup2(int fd, int to)
{
    return result(kernel2(SYS_dup2, fd, to));
}

int dup3(int fd, int to, int flags)
{
    return result(kernel3(SYS_dup3, fd, to, flags));
}

int pipe(int ends[2])
{
    return result(kernel1(SYS_pipe, ends));
}

int pipe2(int ends[2], int flags)
{
    return result(kernel2(SYS_pipe2, ends, flags));
}

int ftruncate(int fd, off_t length)
{
    return result(kernel2(SYS_ftruncate, fd, length));
}

int fsync(int fd)
{
    return result(kernel1(SYS_fsync, fd));
}

int fdatasync(int fd)
{
    return result(kernel1(SYS_fdatasync, fd));
}

int syncfs(int fd)
{
    return result(kernel1(SYS_syncfs, fd));
}

void sync(void)
{
    kernel0(SYS_sync);
}

int flock(int fd, int operation)
{
    return result(kernel2(SYS_flock, fd, operation));
}

/* The two posix_f... calls return the errno instead of storing it. */
int posix_fadvise(int fd, off_t offset, off_t length, int advice)
{
    return (int)-kernel4(SYS_fadvise64, fd, offset, length, advice);
}

int posix_fallocate(int fd, off_t offset, off_t length)
{
    return (int)-kernel4(SYS_fallocate, fd, 0, offset, length);
}
