// SPDX-License-Identifier: MIT
/*
 * calls_fd.c - descriptors themselves: close, dup, fcntl, ioctl, flock
 *
 * A new descriptor may need a leaf of the table, so dup and its relatives act in scope `dup`; mostly the
 * leaf is there and the need is zero.  Closing needs nothing.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/abi/ioctl.h"
#include "kernel/abi/uio.h"
#include "kernel/file.h"
#include "kernel/filelock.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/pipe.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define SETTABLE (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME) /* flags that F_SETFL changes */

/* --- close --- */

static long close_fd(int fd)
{
    struct file *f = fd_take(fd);
    if (!f)
        return -EBADF;
    filelock_descriptor_closed(f, current->files);
    file_put(f);
    return 0;
}

long sys_close(int fd)
{
    return close_fd(fd);
}

long sys_close_range(u32 first, u32 last, u32 flags)
{
    if (first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
        return -EINVAL;
    last = MIN(last, FD_MAX - 1u);
    for (u32 fd = first; fd <= last; fd++) {
        if (flags & CLOSE_RANGE_CLOEXEC)
            fd_set_flags(fd, true);
        else
            (void)close_fd(fd);
    }
    return 0;
}

/* --- dup: scope `dup` --- */

struct dup_args {
    struct file *file;
    int from, at; /* lowest free number from `from`, or exactly `at` when that is not negative */
    bool cloexec;
    struct file *old; /* what was at `at` */
};

static long dup_body(void *p) NEEDS_RESERVATION;
static long dup_body(void *p)
{
    struct dup_args *a = p;
    if (a->at < 0)
        return fd_install(a->file, a->from, a->cloexec);
    fd_install_at(a->file, a->at, a->cloexec, &a->old);
    return a->at;
}

DERIVE(dup);
SCOPE(dup, .need = need_dup, .body = dup_body);

/* Takes over the file's reference. */
static long dup_file(struct dup_args *a)
{
    long rc = gate_call(&scope_dup, a);
    if (rc < 0)
        file_put(a->file);
    if (a->old) {
        filelock_descriptor_closed(a->old, current->files);
        file_put(a->old);
    }
    return rc;
}

static long dup_lowest(int fd, int from, bool cloexec)
{
    struct dup_args a = {.file = fd_get(fd), .from = from, .at = -1, .cloexec = cloexec};
    if (!a.file)
        return -EBADF;
    int rc = fd_check(from, 1);
    if (rc) {
        file_put(a.file);
        return rc;
    }
    return dup_file(&a);
}

static long dup_to(int fd, int at, bool cloexec)
{
    if (at < 0 || at >= fd_limit())
        return -EBADF;
    struct dup_args a = {.file = fd_get(fd), .at = at, .cloexec = cloexec};
    return a.file ? dup_file(&a) : -EBADF;
}

long sys_dup(int fd)
{
    return dup_lowest(fd, 0, false);
}

long sys_dup2(int fd, int at)
{
    bool cloexec;
    if (fd == at)
        return fd_flags(fd, &cloexec) ? fd : -EBADF;
    return dup_to(fd, at, false);
}

long sys_dup3(int fd, int at, u32 flags)
{
    if (fd == at || (flags & ~O_CLOEXEC))
        return -EINVAL;
    return dup_to(fd, at, flags & O_CLOEXEC);
}

/* --- fcntl --- */

static long get_or_set_mark(int fd, u32 cmd, u64 arg)
{
    bool cloexec;
    if (!fd_flags(fd, &cloexec))
        return -EBADF;
    if (cmd == F_GETFD)
        return cloexec ? FD_CLOEXEC : 0;
    fd_set_flags(fd, arg & FD_CLOEXEC);
    return 0;
}

static long file_fcntl(struct file *f, u32 cmd, u64 arg)
{
    switch (cmd) {
    case F_GETFL:
        return f->flags & ~O_CLOEXEC;
    case F_SETFL:
        __atomic_store_n(&f->flags, (f->flags & ~SETTABLE) | (arg & SETTABLE), __ATOMIC_RELAXED);
        return 0;
    case F_GETLK:
    case F_SETLK:
    case F_SETLKW:
        return filelock_fcntl(f, cmd, (user_ptr){arg});
    case F_GETPIPE_SZ:
        return file_is_pipe(f) ? (long)PIPE_SIZE : -EBADF;
    default:
        return -EINVAL;
    }
}

long sys_fcntl(int fd, u32 cmd, u64 arg)
{
    if (cmd == F_GETFD || cmd == F_SETFD)
        return get_or_set_mark(fd, cmd, arg);
    if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC)
        return arg >= (u64)fd_limit() ? -EINVAL : dup_lowest(fd, arg, cmd == F_DUPFD_CLOEXEC);
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = (f->flags & O_PATH) && cmd != F_GETFL ? -EBADF : file_fcntl(f, cmd, arg);
    file_put(f);
    return rc;
}

/* --- ioctl, flock --- */

static long set_nonblocking(struct file *f, user_ptr arg)
{
    int on;
    if (copy_from_user(&on, arg, sizeof(on)))
        return -EFAULT;
    u32 flags = on ? f->flags | O_NONBLOCK : f->flags & ~O_NONBLOCK;
    __atomic_store_n(&f->flags, flags, __ATOMIC_RELAXED);
    return 0;
}

long sys_ioctl(int fd, u32 cmd, u64 arg)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = 0;
    if (f->flags & O_PATH)
        rc = -EBADF;
    else if (cmd == FIOCLEX || cmd == FIONCLEX)
        fd_set_flags(fd, cmd == FIOCLEX);
    else if (cmd == FIONBIO)
        rc = set_nonblocking(f, (user_ptr){arg});
    else
        rc = f->ops->ioctl(f, cmd, arg);
    file_put(f);
    return rc;
}

long sys_flock(int fd, u32 op)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = f->flags & O_PATH ? -EBADF : filelock_flock(f, op);
    file_put(f);
    return rc;
}
