// SPDX-License-Identifier: MIT
/*
 * calls_advice.c - what a program says about memory that it has: advice, and when a mapped file must be on the disk
 *
 * Neither makes a promise, so neither needs anything.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/ports/block.h"
#include "kernel/ports/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/space.h"

enum { MS_ASYNC = 1, MS_INVALIDATE = 2, MS_SYNC = 4 };

struct range {
    u64 start, end;
};

static int range_of(u64 addr, u64 len, struct range *out)
{
    if (addr & PAGE_MASK || len > USER_END || addr > USER_END - ROUND_UP(len, PAGE_SIZE))
        return -EINVAL;
    *out = (struct range){addr, addr + ROUND_UP(len, PAGE_SIZE)};
    return 0;
}

/* Advice is taken note of by nobody, except that MADV_DONTNEED drops private anonymous pages, whose content is then zero. */
long sys_madvise(u64 addr, u64 len, int advice)
{
    enum { MADV_DONTNEED = 4, MADV_LAST = 25 };
    struct range a;
    struct space *s = current->space;
    if (range_of(addr, len, &a) || advice < 0 || advice > MADV_LAST)
        return -EINVAL;
    long rc = 0;
    mutex_lock(&s->lock);
    u64 at = a.start;
    for (struct region *r = region_find(s, at); r && at < a.end; r = region_find(s, at)) {
        if (advice == MADV_DONTNEED && !(r->flags & REGION_SHARED))
            region_drop_pages(s, at, MIN(r->end, a.end));
        at = r->end;
    }
    rc = at < a.end ? -ENOMEM : 0;
    mutex_unlock(&s->lock);
    return rc;
}

static struct inode *shared_file_at(u64 *at, u64 end)
{
    struct inode *found = NULL;
    struct space *s = current->space;
    mutex_lock(&s->lock);
    struct region *r = region_find(s, *at);
    if (r && r->inode && r->flags & REGION_SHARED)
        found = vfs_port.inode_get(r->inode);
    *at = r ? r->end : end + 1;
    mutex_unlock(&s->lock);
    return found;
}

long sys_msync(u64 addr, u64 len, int flags)
{
    struct range a;
    if (range_of(addr, len, &a) || flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC) || (flags & (MS_ASYNC | MS_SYNC)) == (MS_ASYNC | MS_SYNC))
        return -EINVAL;
    for (u64 at = a.start; at < a.end;) {
        struct inode *i = shared_file_at(&at, a.end);
        int rc = i && flags & MS_SYNC && i->map.dev ? flush_device(i->map.dev) : 0;
        if (i && flags & MS_SYNC && !rc)
            rc = __atomic_exchange_n(&i->map.error, 0, __ATOMIC_ACQ_REL);
        if (i)
            vfs_port.inode_put(i);
        if (rc)
            return rc;
        if (at > a.end)
            return -ENOMEM;
    }
    return 0;
}
