// SPDX-License-Identifier: MIT
/*
 * calls_mount.c - mount, umount and everything that waits for the disk: sync, fsync
 *
 * The syncing calls need nothing: they hand over to the flusher and wait.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/abi/mount.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/errno.h"
#include "kernel/ports/block.h"
#include "kernel/ports/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define TYPE_MAX 32
#define MAGIC    0xc0ed0000ul /* old programs put it into the flags */
#define KEPT      (MS_RDONLY | MS_NODEV)
/* What these ask for is always so: access times are not kept. */
#define ALWAYS_SO (MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_SILENT)

/* The block device that the path names. */
static int source_device(user_ptr source, struct block_device **dev)
{
    struct path p;
    int rc = vfs_port.walk(AT_FDCWD, source, WALK_FOLLOW, &p);
    if (rc)
        return rc;
    *dev = (p.inode->mode & S_IFMT) == S_IFBLK ? block_device_by_number(p.inode->rdev) : NULL;
    vfs_port.path_put(&p);
    return *dev ? 0 : -ENOTBLK;
}

static long mount_on(user_ptr target, const struct fs_ops *ops, struct block_device *dev, u32 flags)
{
    int rc;
    do {
        struct path p;
        char *where = current->paths->path[1];
        rc = vfs_port.walk(AT_FDCWD, target, WALK_FOLLOW, &p);
        if (rc)
            return rc;
        long len = is_dir(p.inode) ? vfs_port.path_of(p.inode, where, PATH_LEN_MAX) : -ENOTDIR;
        rc = len < 0 ? (int)len : vfs_port.mount(&p, where, ops, dev, flags);
        vfs_port.path_put(&p);
    } while (rc == -ESTALE);
    return rc;
}

long sys_mount(user_ptr source, user_ptr target, user_ptr type, u64 flags, user_ptr data UNUSED)
{
    char name[TYPE_MAX];
    bool on_disk;
    struct block_device *dev = NULL;
    if (!is_root())
        return -EPERM;
    if ((flags & 0xffff0000ul) == MAGIC)
        flags &= 0xffff;
    if (flags & ~(u64)(KEPT | ALWAYS_SO))
        return -EINVAL;
    long len = string_from_user(name, type, sizeof(name));
    if (len < 0)
        return len == -ENAMETOOLONG ? -EINVAL : len;
    const struct fs_ops *ops = vfs_port.fs_find(name, &on_disk);
    if (!ops)
        return -ENODEV;
    int rc = on_disk ? source_device(source, &dev) : 0;
    return rc ? rc : mount_on(target, ops, dev, flags & KEPT);
}

long sys_umount2(user_ptr target, u32 flags)
{
    struct path p;
    if (!is_root())
        return -EPERM;
    if (flags & ~(MNT_FORCE | UMOUNT_NOFOLLOW))
        return -EINVAL;
    int rc = vfs_port.walk(AT_FDCWD, target, flags & UMOUNT_NOFOLLOW ? 0 : WALK_FOLLOW, &p);
    if (rc)
        return rc;
    rc = vfs_port.umount(&p);
    vfs_port.path_put(&p);
    return rc;
}

/* --- syncing --- */

long sys_sync(void)
{
    (void)vfs_port.sync_all(); /* sync(2) reports no error; fsync does */
    return 0;
}

long sys_syncfs(int fd)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    int rc = f->inode ? vfs_port.sync_fs(f->inode->fs) : -EINVAL;
    file_put(f);
    return rc;
}

static long fsync(int fd, bool data_only)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = f->ops->fsync(f, data_only);
    file_put(f);
    return rc;
}

long sys_fsync(int fd)
{
    return fsync(fd, false);
}

long sys_fdatasync(int fd)
{
    return fsync(fd, true);
}
