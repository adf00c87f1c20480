// SPDX-License-Identifier: MIT
/*
 * attribute.c - what a file is: its state, mode, owner and times, and the file system around it
 */
#include "kernel.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

_Static_assert(sizeof(struct stat) == 144, "the kernel fills this much");
_Static_assert(sizeof(struct statfs) == 120, "the kernel fills this much");

int stat(const char *__restrict path, struct stat *__restrict st)
{
    return result(kernel2(SYS_stat, path, st));
}

int lstat(const char *__restrict path, struct stat *__restrict st)
{
    return result(kernel2(SYS_lstat, path, st));
}

int fstat(int fd, struct stat *st)
{
    return result(kernel2(SYS_fstat, fd, st));
}

int fstatat(int dir, const char *__restrict path, struct stat *__restrict st, int flags)
{
    return result(kernel4(SYS_newfstatat, dir, path, st, flags));
}

mode_t umask(mode_t mask)
{
    return (mode_t)kernel1(SYS_umask, mask);
}

int chmod(const char *path, mode_t mode)
{
    return result(kernel2(SYS_chmod, path, mode));
}

int fchmod(int fd, mode_t mode)
{
    return result(kernel2(SYS_fchmod, fd, mode));
}

/* The kernel's fchmodat takes no flags; a symbolic link has no mode of its own to change. */
int fchmodat(int dir, const char *path, mode_t mode, int flags)
{
    if (flags) {
        errno = flags == AT_SYMLINK_NOFOLLOW ? EOPNOTSUPP : EINVAL;
        return -1;
    }
    return result(kernel3(SYS_fchmodat, dir, path, mode));
}

int chown(const char *path, uid_t owner, gid_t group)
{
    return result(kernel3(SYS_chown, path, owner, group));
}

int lchown(const char *path, uid_t owner, gid_t group)
{
    return result(kernel3(SYS_lchown, path, owner, group));
}

int fchown(int fd, uid_t owner, gid_t group)
{
    return result(kernel3(SYS_fchown, fd, owner, group));
}

int fchownat(int dir, const char *path, uid_t owner, gid_t group, int flags)
{
    return result(kernel5(SYS_fchownat, dir, path, owner, group, flags));
}

int utimensat(int dir, const char *path, const struct timespec times[2], int flags)
{
    return result(kernel4(SYS_utimensat, dir, path, times, flags));
}

int futimens(int fd, const struct timespec times[2])
{
    return result(kernel4(SYS_utimensat, fd, 0, times, 0));
}

/* Sets the times of path, or of the descriptor dir when path is NULL, given microseconds; NULL means now. */
static int set_microseconds(int dir, const char *path, const struct timeval *from, int flags)
{
    struct timespec times[2];

    for (int i = 0; from && i < 2; i++) {
        times[i].tv_sec = from[i].tv_sec;
        times[i].tv_nsec = from[i].tv_usec * 1000;
    }
    return result(kernel4(SYS_utimensat, dir, path, from ? times : 0, flags));
}

int utimes(const char *path, const struct timeval *times)
{
    return set_microseconds(AT_FDCWD, path, times, 0);
}

int lutimes(const char *path, const struct timeval *times)
{
    return set_microseconds(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
}

int futimes(int fd, const struct timeval *times)
{
    return set_microseconds(fd, 0, times, 0);
}

int futimesat(int dir, const char *path, const struct timeval times[2])
{
    return set_microseconds(dir, path, times, 0);
}

int utime(const char *path, const struct utimbuf *times)
{
    struct timespec both[2] = {{0, 0}, {0, 0}};

    if (!times)
        return utimensat(AT_FDCWD, path, 0, 0);
    both[0].tv_sec = times->actime;
    both[1].tv_sec = times->modtime;
    return utimensat(AT_FDCWD, path, both, 0);
}

int statfs(const char *path, struct statfs *fs)
{
    return result(kernel2(SYS_statfs, path, fs));
}

int fstatfs(int fd, struct statfs *fs)
{
    return result(kernel2(SYS_fstatfs, fd, fs));
}

static void convert(const struct statfs *from, struct statvfs *to)
{
    *to = (struct statvfs){
        .f_bsize = (unsigned long)from->f_bsize,
        .f_frsize = (unsigned long)(from->f_frsize ? from->f_frsize : from->f_bsize),
        .f_blocks = from->f_blocks,
        .f_bfree = from->f_bfree,
        .f_bavail = from->f_bavail,
        .f_files = from->f_files,
        .f_ffree = from->f_ffree,
        .f_favail = from->f_ffree,
        .f_fsid = (unsigned)from->f_fsid.__val[0],
        .f_flag = (unsigned long)from->f_flags,
        .f_namemax = (unsigned long)from->f_namelen,
    };
}

int statvfs(const char *__restrict path, struct statvfs *__restrict fs)
{
    struct statfs raw;

    if (statfs(path, &raw) < 0)
        return -1;
    convert(&raw, fs);
    return 0;
}

int fstatvfs(int fd, struct statvfs *fs)
{
    struct statfs raw;

    if (fstatfs(fd, &raw) < 0)
        return -1;
    convert(&raw, fs);
    return 0;
}
