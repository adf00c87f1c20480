// SPDX-License-Identifier: MIT
/*
 * path.c - what is done with names: make, remove, link, rename, go there
 */
#include "kernel.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int access(const char *path, int mode)
{
    return result(kernel2(SYS_access, path, mode));
}

/* faccessat has no flags; faccessat2, which has them, is asked only when there are some. */
int faccessat(int dir, const char *path, int mode, int flags)
{
    if (flags)
        return result(kernel4(SYS_faccessat2, dir, path, mode, flags));
    return result(kernel3(SYS_faccessat, dir, path, mode));
}

int eaccess(const char *path, int mode)
{
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

int euidaccess(const char *path, int mode)
{
    return eaccess(path, mode);
}

int chdir(const char *path)
{
    return result(kernel1(SYS_chdir, path));
}

int fchdir(int fd)
{
    return result(kernel1(SYS_fchdir, fd));
}

int chroot(const char *path)
{
    return result(kernel1(SYS_chroot, path));
}

int mkdir(const char *path, mode_t mode)
{
    return result(kernel2(SYS_mkdir, path, mode));
}

int mkdirat(int dir, const char *path, mode_t mode)
{
    return result(kernel3(SYS_mkdirat, dir, path, mode));
}

int mknod(const char *path, mode_t mode, dev_t dev)
{
    return result(kernel3(SYS_mknod, path, mode, dev));
}

int mknodat(int dir, const char *path, mode_t mode, dev_t dev)
{
    return result(kernel4(SYS_mknodat, dir, path, mode, dev));
}

int mkfifo(const char *path, mode_t mode)
{
    return mknod(path, (mode & ALLPERMS) | S_IFIFO, 0);
}

int mkfifoat(int dir, const char *path, mode_t mode)
{
    return mknodat(dir, path, (mode & ALLPERMS) | S_IFIFO, 0);
}

int rmdir(const char *path)
{
    return result(kernel1(SYS_rmdir, path));
}

int unlink(const char *path)
{
    return result(kernel1(SYS_unlink, path));
}

int unlinkat(int dir, const char *path, int flags)
{
    return result(kernel3(SYS_unlinkat, dir, path, flags));
}

int link(const char *from, const char *to)
{
    return result(kernel2(SYS_link, from, to));
}

int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
    return result(kernel5(SYS_linkat, from_dir, from, to_dir, to, flags));
}

int symlink(const char *target, const char *path)
{
    return result(kernel2(SYS_symlink, target, path));
}

int symlinkat(const char *target, int dir, const char *path)
{
    return result(kernel3(SYS_symlinkat, target, dir, path));
}

ssize_t readlink(const char *__restrict path, char *__restrict buffer, size_t length)
{
    return result(kernel3(SYS_readlink, path, buffer, length));
}

ssize_t readlinkat(int dir, const char *__restrict path, char *__restrict buffer, size_t length)
{
    return result(kernel4(SYS_readlinkat, dir, path, buffer, length));
}

/* newlib's rename() calls it by this name. */
int _rename(const char *from, const char *to);
int _rename(const char *from, const char *to)
{
    return result(kernel2(SYS_rename, from, to));
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    return result(kernel4(SYS_renameat, from_dir, from, to_dir, to));
}

int truncate(const char *path, off_t length)
{
    return result(kernel2(SYS_truncate, path, length));
}

int mount(const char *device, const char *at, const char *type, unsigned long flags, const void *data)
{
    return result(kernel5(SYS_mount, device, at, type, flags, data));
}

int umount2(const char *at, int flags)
{
    return result(kernel2(SYS_umount2, at, flags));
}

int umount(const char *at)
{
    return umount2(at, 0);
}
