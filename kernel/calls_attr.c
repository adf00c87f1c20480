// SPDX-License-Identifier: MIT
/*
 * calls_attr.c - mode, owner, times and size of files
 */
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/errno.h"
#include "kernel/ports/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "kernel/time.h"

enum { WANT_WRITE = 2 };
#define UNCHANGED 0xffffffffu /* chown: this id stays */

/* --- mode and owner --- */

static long set_at(int dirfd, user_ptr path, u32 walk, struct attr *a)
{
    struct path p;
    int rc = vfs_port.walk(dirfd, path, walk, &p);
    if (rc)
        return rc;
    rc = vfs_port.setattr(p.inode, a);
    vfs_port.path_put(&p);
    return rc;
}

static long set_fd(int fd, struct attr *a)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    int rc = f->flags & O_PATH ? -EBADF : f->inode ? vfs_port.setattr(f->inode, a) : -EINVAL;
    file_put(f);
    return rc;
}

long sys_fchmodat(int dirfd, user_ptr path, u32 mode)
{
    struct attr a = {.mask = ATTR_MODE, .mode = mode};
    return set_at(dirfd, path, WALK_FOLLOW, &a);
}

long sys_chmod(user_ptr path, u32 mode)
{
    return sys_fchmodat(AT_FDCWD, path, mode);
}

long sys_fchmod(int fd, u32 mode)
{
    struct attr a = {.mask = ATTR_MODE, .mode = mode};
    return set_fd(fd, &a);
}

static struct attr owner(u32 uid, u32 gid)
{
    return (struct attr){
        .mask = (uid == UNCHANGED ? 0 : ATTR_UID) | (gid == UNCHANGED ? 0 : ATTR_GID),
        .uid = uid,
        .gid = gid,
    };
}

long sys_fchownat(int dirfd, user_ptr path, u32 uid, u32 gid, u32 flags)
{
    struct attr a = owner(uid, gid);
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    u32 walk = (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    return set_at(dirfd, path, walk, &a);
}

long sys_chown(user_ptr path, u32 uid, u32 gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, 0);
}

long sys_lchown(user_ptr path, u32 uid, u32 gid)
{
    return sys_fchownat(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long sys_fchown(int fd, u32 uid, u32 gid)
{
    struct attr a = owner(uid, gid);
    return set_fd(fd, &a);
}

long sys_umask(u32 mask)
{
    u32 old = current->umask;
    current->umask = mask & 0777;
    return old;
}

/* --- times --- */

static struct timespec now(void)
{
    u64 ns = wall_ns();
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

static bool nsec_valid(i64 nsec)
{
    return nsec == UTIME_NOW || nsec == UTIME_OMIT || (nsec >= 0 && nsec < 1000000000);
}

static bool both(const struct abi_timespec t[2], i64 nsec)
{
    return t[0].nsec == nsec && t[1].nsec == nsec;
}

/* "Now" may be set by everybody who may write; any other time only by the owner. */
static int may_set_times(struct inode *i, const struct abi_timespec t[2])
{
    u32 fsuid = current->cred.fsuid;
    if (i->fs->read_only)
        return -EROFS;
    if (!fsuid || fsuid == i->uid)
        return 0;
    return both(t, UTIME_NOW) ? vfs_port.permission(i, WANT_WRITE) : -EPERM;
}

static int set_times(struct inode *i, const struct abi_timespec t[2])
{
    struct timespec today = now();
    struct attr a = {.mask = (t[0].nsec == UTIME_OMIT ? 0 : ATTR_ATIME) |
                             (t[1].nsec == UTIME_OMIT ? 0 : ATTR_MTIME)};
    a.atime = t[0].nsec == UTIME_NOW ? today : (struct timespec){t[0].sec, t[0].nsec};
    a.mtime = t[1].nsec == UTIME_NOW ? today : (struct timespec){t[1].sec, t[1].nsec};
    int rc = may_set_times(i, t);
    return rc ? rc : vfs_port.setattr(i, &a);
}

static int set_times_fd(int fd, const struct abi_timespec t[2])
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    int rc = f->flags & O_PATH ? -EBADF : f->inode ? set_times(f->inode, t) : -EINVAL;
    file_put(f);
    return rc;
}

static int set_times_at(int dirfd, user_ptr path, const struct abi_timespec t[2], u32 flags)
{
    struct path p;
    u32 walk = (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    if (!nsec_valid(t[0].nsec) || !nsec_valid(t[1].nsec))
        return -EINVAL;
    if (both(t, UTIME_OMIT))
        return 0;
    if (!path.addr && dirfd != AT_FDCWD)
        return flags ? -EINVAL : set_times_fd(dirfd, t);
    int rc = vfs_port.walk(dirfd, path, walk, &p);
    if (rc)
        return rc;
    rc = set_times(p.inode, t);
    vfs_port.path_put(&p);
    return rc;
}

long sys_utimensat(int dirfd, user_ptr path, user_ptr times, u32 flags)
{
    struct abi_timespec t[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (times.addr && copy_from_user(t, times, sizeof(t)))
        return -EFAULT;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    return set_times_at(dirfd, path, t, flags);
}

long sys_futimesat(int dirfd, user_ptr path, user_ptr times)
{
    struct abi_timeval v[2];
    struct abi_timespec t[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (times.addr && copy_from_user(v, times, sizeof(v)))
        return -EFAULT;
    for (int k = 0; times.addr && k < 2; k++) {
        if (v[k].usec < 0 || v[k].usec >= 1000000)
            return -EINVAL;
        t[k] = (struct abi_timespec){v[k].sec, v[k].usec * 1000};
    }
    return set_times_at(dirfd, path, t, 0);
}

long sys_utimes(user_ptr path, user_ptr times)
{
    return sys_futimesat(AT_FDCWD, path, times);
}

long sys_utime(user_ptr path, user_ptr times)
{
    struct abi_utimbuf u = {0, 0};
    struct abi_timespec t[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
    if (times.addr && copy_from_user(&u, times, sizeof(u)))
        return -EFAULT;
    if (times.addr) {
        t[0] = (struct abi_timespec){u.actime, 0};
        t[1] = (struct abi_timespec){u.modtime, 0};
    }
    return set_times_at(AT_FDCWD, path, t, 0);
}

/* --- size --- */

long sys_truncate(user_ptr path, i64 size)
{
    struct path p;
    if (size < 0)
        return -EINVAL;
    int rc = vfs_port.walk(AT_FDCWD, path, WALK_FOLLOW, &p);
    if (rc)
        return rc;
    rc = is_dir(p.inode) ? -EISDIR : !is_reg(p.inode) ? -EINVAL : vfs_port.permission(p.inode, WANT_WRITE);
    if (!rc)
        rc = vfs_port.truncate(p.inode, size);
    vfs_port.path_put(&p);
    return rc;
}

long sys_ftruncate(int fd, i64 size)
{
    if (size < 0)
        return -EINVAL;
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    int rc = -EINVAL;
    if (f->flags & O_PATH)
        rc = -EBADF;
    else if (f->inode && is_reg(f->inode) && (f->flags & O_ACCMODE) != O_RDONLY)
        rc = vfs_port.truncate(f->inode, size);
    file_put(f);
    return rc;
}
