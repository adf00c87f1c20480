// SPDX-License-Identifier: MIT
/*
 * sys/uio.h - reading into and writing from several buffers at once
 */
#ifndef _SYS_UIO_H
#define _SYS_UIO_H

#include <sys/types.h>

#define UIO_MAXIOV 1024

struct iovec {
    void *iov_base;
    size_t iov_len;
};

#ifdef __cplusplus
extern "C" {
#endif
ssize_t readv(int fd, const struct iovec *list, int count);
ssize_t writev(int fd, const struct iovec *list, int count);
ssize_t preadv(int fd, const struct iovec *list, int count, off_t offset);
ssize_t pwritev(int fd, const struct iovec *list, int count, off_t offset);
ssize_t preadv2(int fd, const struct iovec *list, int count, off_t offset, int flags);
ssize_t pwritev2(int fd, const struct iovec *list, int count, off_t offset, int flags);
#ifdef __cplusplus
}
#endif

#endif
