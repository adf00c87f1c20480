// SPDX-License-Identifier: MIT
/*
 * calls_stat.c - what is known about files and file systems: stat, statx, statfs
 *
 * Only the walk needs memory; the answer is read from the inode and copied out afterwards.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/abi/statfs.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

static struct abi_timespec time_out(struct timespec t)
{
    return (struct abi_timespec){t.sec, t.nsec};
}

/* A file that was cut tells of the blocks that it keeps: the reaper is waited for. */
static void stat_inode(struct inode *i, struct abi_stat *st)
{
    inode_settle(i);
    *st = (struct abi_stat){
        .st_dev = i->fs->dev_number,
        .st_ino = i->ino,
        .st_nlink = i->nlink,
        .st_mode = i->mode,
        .st_uid = i->uid,
        .st_gid = i->gid,
        .st_rdev = i->rdev,
        .st_size = i->size,
        .st_blksize = i->fs->block_size,
        .st_blocks = i->sectors,
        .st_atim = time_out(i->atime),
        .st_mtim = time_out(i->mtime),
        .st_ctim = time_out(i->ctime),
    };
}

/* An open file without an inode is a pipe; its number tells one pipe from another. */
static void stat_file(const struct file *f, struct abi_stat *st)
{
    if (f->inode) {
        stat_inode(f->inode, st);
        return;
    }
    *st = (struct abi_stat){
        .st_ino = (u64)f->data * 0x9e3779b97f4a7c15ul >> 32,
        .st_nlink = 1,
        .st_mode = S_IFIFO | 0600,
        .st_blksize = PAGE_SIZE,
    };
}

static int stat_descriptor(int fd, struct abi_stat *st)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    stat_file(f, st);
    file_put(f);
    return 0;
}

/* 1: the path is empty, so that dirfd itself is meant. */
static int path_empty(user_ptr path, u32 flags)
{
    char first;
    if (!(flags & AT_EMPTY_PATH))
        return 0;
    return copy_from_user(&first, path, 1) ? -EFAULT : !first;
}

static int stat_at(int dirfd, user_ptr path, u32 flags, struct abi_stat *st)
{
    struct path p;
    int rc = path_empty(path, flags);
    if (rc < 0)
        return rc;
    if (rc && dirfd != AT_FDCWD)
        return stat_descriptor(dirfd, st);
    rc = vfs_port.walk(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (rc ? WALK_EMPTY : 0),
                       &p);
    if (rc)
        return rc;
    stat_inode(p.inode, st);
    vfs_port.path_put(&p);
    return 0;
}

long sys_newfstatat(int dirfd, user_ptr path, user_ptr out, u32 flags)
{
    struct abi_stat st;
    if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH))
        return -EINVAL;
    int rc = stat_at(dirfd, path, flags, &st);
    return rc ? rc : copy_to_user(out, &st, sizeof(st));
}

long sys_stat(user_ptr path, user_ptr out)
{
    return sys_newfstatat(AT_FDCWD, path, out, 0);
}

long sys_lstat(user_ptr path, user_ptr out)
{
    return sys_newfstatat(AT_FDCWD, path, out, AT_SYMLINK_NOFOLLOW);
}

long sys_fstat(int fd, user_ptr out)
{
    struct abi_stat st;
    int rc = stat_descriptor(fd, &st);
    return rc ? rc : copy_to_user(out, &st, sizeof(st));
}

/* --- statx --- */

static struct abi_statx_timestamp statx_time(struct abi_timespec t)
{
    return (struct abi_statx_timestamp){.sec = t.sec, .nsec = t.nsec};
}

static u32 major_of(u64 dev)
{
    return dev >> 8 & 0xfff;
}

static u32 minor_of(u64 dev)
{
    return (dev & 0xff) | (dev >> 12 & 0xfff00);
}

static void statx_fill(const struct abi_stat *st, struct abi_statx *x)
{
    *x = (struct abi_statx){
        .mask = STATX_BASIC_STATS,
        .blksize = st->st_blksize,
        .nlink = st->st_nlink,
        .uid = st->st_uid,
        .gid = st->st_gid,
        .mode = st->st_mode,
        .ino = st->st_ino,
        .size = st->st_size,
        .blocks = st->st_blocks,
        .atime = statx_time(st->st_atim),
        .ctime = statx_time(st->st_ctim),
        .mtime = statx_time(st->st_mtim),
        .rdev_major = major_of(st->st_rdev),
        .rdev_minor = minor_of(st->st_rdev),
        .dev_major = major_of(st->st_dev),
        .dev_minor = minor_of(st->st_dev),
    };
}

long sys_statx(int dirfd, user_ptr path, u32 flags, u32 mask, user_ptr out)
{
    struct abi_stat st;
    struct abi_statx x;
    if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) ||
        (mask & STATX__RESERVED))
        return -EINVAL;
    int rc = stat_at(dirfd, path, flags, &st);
    if (rc)
        return rc;
    statx_fill(&st, &x);
    return copy_to_user(out, &x, sizeof(x));
}

/* --- file systems --- */

static int statfs_out(const struct inode *i, user_ptr out)
{
    struct fs *fs = i->fs;
    struct fs_stat st;
    fs->ops->stat(fs, &st);
    struct abi_statfs s = {
        .type = st.type,
        .bsize = st.block_size,
        .blocks = st.blocks,
        .bfree = st.free,
        .bavail = st.available,
        .files = st.files,
        .ffree = st.files_free,
        .fsid = {fs->dev_number},
        .namelen = st.name_max,
        .frsize = st.block_size,
        .flags = ST_VALID | (fs->read_only ? ST_RDONLY : 0),
    };
    return copy_to_user(out, &s, sizeof(s));
}

long sys_statfs(user_ptr path, user_ptr out)
{
    struct path p;
    int rc = vfs_port.walk(AT_FDCWD, path, WALK_FOLLOW, &p);
    if (rc)
        return rc;
    rc = statfs_out(p.inode, out);
    vfs_port.path_put(&p);
    return rc;
}

long sys_fstatfs(int fd, user_ptr out)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    int rc = f->inode ? statfs_out(f->inode, out) : -ENOSYS;
    file_put(f);
    return rc;
}
