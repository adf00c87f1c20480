// SPDX-License-Identifier: MIT
/*
 * sys/select.h - waiting for descriptors by bit sets
 */
#ifndef _SYS_SELECT_H
#define _SYS_SELECT_H

#include <sys/cdefs.h>
#include <sys/_sigset.h>
#include <sys/_timeval.h>
#include <sys/timespec.h>

#ifndef _SIGSET_T_DECLARED
#define _SIGSET_T_DECLARED
typedef __sigset_t sigset_t;
#endif

#define _SYS_TYPES_FD_SET
#define FD_SETSIZE 1024
#define NFDBITS    64

typedef unsigned long fd_mask;
typedef struct {
    fd_mask fds_bits[FD_SETSIZE / NFDBITS];
} fd_set;

#define FD_SET(n, set)   ((set)->fds_bits[(n) / NFDBITS] |= 1UL << ((n) % NFDBITS))
#define FD_CLR(n, set)   ((set)->fds_bits[(n) / NFDBITS] &= ~(1UL << ((n) % NFDBITS)))
#define FD_ISSET(n, set) (((set)->fds_bits[(n) / NFDBITS] >> ((n) % NFDBITS)) & 1)
#define FD_ZERO(set)     __builtin_memset((set), 0, sizeof(fd_set))

#ifdef __cplusplus
extern "C" {
#endif
int select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout);
int pselect(int n, fd_set *readable, fd_set *writable, fd_set *exceptional, const struct timespec *timeout,
            const sigset_t *mask);
#ifdef __cplusplus
}
#endif

#endif
