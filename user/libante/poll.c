// SPDX-License-Identifier: MIT
/*
 * poll.c - waiting until one of several descriptors is ready
 */
#include "kernel.h"
#include <poll.h>
#include <sys/select.h>

int poll(struct pollfd *list, nfds_t count, int milliseconds)
{
    return result(kernel3(SYS_poll, list, count, milliseconds));
}

/* The kernel writes the time that is left into the timeouts of the next two; POSIX's are const. */
int ppoll(struct pollfd *list, nfds_t count, const struct timespec *timeout, const sigset_t *mask)
{
    struct timespec left;

    if (timeout)
        left = *timeout;
    return result(kernel5(SYS_ppoll, list, count, timeout ? &left : 0, mask, sizeof *mask));
}

int pselect(int n, fd_set *readable, fd_set *writable, fd_set *exceptional, const struct timespec *timeout,
            const sigset_t *mask)
{
    struct timespec left;
    struct {
        const sigset_t *mask;
        size_t size;
    } masked = {mask, sizeof *mask};

    if (timeout)
        left = *timeout;
    return result(kernel6(SYS_pselect6, n, readable, writable, exceptional, timeout ? &left : 0, &masked));
}

int select(int n, fd_set *readable, fd_set *writable, fd_set *exceptional, struct timeval *timeout)
{
    return result(kernel5(SYS_select, n, readable, writable, exceptional, timeout));
}
