// SPDX-License-Identifier: MIT
/*
 * calls_path.c - system calls that make, open, link, rename and remove names
 *
 * Each is decode (copy in, check, walk) and one operation of the vfs port, which acts in a scope of its own.
 * -ESTALE says that a directory changed between the walk and the act: nothing was done, and the call walks
 * again.
 */
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/errno.h"
#include "kernel/ports/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

static u32 without_umask(u32 mode)
{
    return mode & ~current->umask;
}

/* --- open --- */

static int open_flags_check(u32 flags)
{
    if ((flags & O_TMPFILE) == O_TMPFILE)
        return -EOPNOTSUPP;
    if ((flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) || (flags & O_DIRECT))
        return -EINVAL;
    return 0;
}

long sys_openat(int dirfd, user_ptr path, u32 flags, u32 mode)
{
    u32 walk = 0;
    int rc = open_flags_check(flags);
    if (rc)
        return rc;
    if (flags & O_PATH)
        flags &= O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    if (!(flags & O_NOFOLLOW) && (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL))
        walk |= WALK_FOLLOW;
    if (flags & O_CREAT)
        walk |= WALK_PARENT;
    struct open_how how = {flags | O_LARGEFILE, without_umask(mode) & 07777};
    do {
        struct path p;
        rc = vfs_port.walk(dirfd, path, walk, &p);
        if (rc)
            return rc;
        rc = vfs_port.open(&p, &how);
        vfs_port.path_put(&p);
    } while (rc == -ESTALE);
    return rc;
}

long sys_open(user_ptr path, u32 flags, u32 mode)
{
    return sys_openat(AT_FDCWD, path, flags, mode);
}

long sys_creat(user_ptr path, u32 mode)
{
    return sys_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

/* --- new names --- */

static long make(int dirfd, user_ptr path, const struct new_inode *wanted)
{
    int rc;
    do {
        struct new_inode what = *wanted;
        struct path p;
        rc = vfs_port.walk(dirfd, path, WALK_PARENT, &p);
        if (rc)
            return rc;
        rc = vfs_port.create(&p, &what);
        vfs_port.path_put(&p);
    } while (rc == -ESTALE);
    return rc;
}

long sys_mkdirat(int dirfd, user_ptr path, u32 mode)
{
    struct new_inode what = {.mode = S_IFDIR | (without_umask(mode) & 01777)};
    return make(dirfd, path, &what);
}

long sys_mkdir(user_ptr path, u32 mode)
{
    return sys_mkdirat(AT_FDCWD, path, mode);
}

long sys_mknodat(int dirfd, user_ptr path, u32 mode, u32 dev)
{
    u32 type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
    bool device = type == S_IFCHR || type == S_IFBLK;
    if (type == S_IFDIR)
        return -EPERM;
    if (!device && type != S_IFREG && type != S_IFIFO && type != S_IFSOCK)
        return -EINVAL;
    struct new_inode what = {.mode = type | (without_umask(mode) & 07777), .rdev = device ? dev : 0};
    return make(dirfd, path, &what);
}

long sys_mknod(user_ptr path, u32 mode, u32 dev)
{
    return sys_mknodat(AT_FDCWD, path, mode, dev);
}

long sys_symlinkat(user_ptr target, int dirfd, user_ptr path)
{
    char *text = current->paths->path[1];
    long len = string_from_user(text, target, PATH_LEN_MAX);
    if (len <= 0)
        return len ? len : -ENOENT;
    struct new_inode what = {.mode = S_IFLNK | 0777, .target = {text, len}};
    return make(dirfd, path, &what);
}

long sys_symlink(user_ptr target, user_ptr path)
{
    return sys_symlinkat(target, AT_FDCWD, path);
}

static int link_once(int from_dir, user_ptr from, int to_dir, user_ptr to, u32 flags)
{
    struct path old, new;
    u32 walk = WALK_BUFFER1 | (flags & AT_SYMLINK_FOLLOW ? WALK_FOLLOW : 0) |
               (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    int rc = vfs_port.walk(from_dir, from, walk, &old);
    if (rc)
        return rc;
    rc = vfs_port.walk(to_dir, to, WALK_PARENT, &new);
    if (!rc) {
        rc = vfs_port.link(old.inode, &new);
        vfs_port.path_put(&new);
    }
    vfs_port.path_put(&old);
    return rc;
}

long sys_linkat(int from_dir, user_ptr from, int to_dir, user_ptr to, u32 flags)
{
    int rc;
    if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
        return -EINVAL;
    if ((flags & AT_EMPTY_PATH) && !is_root())
        return -ENOENT;
    do
        rc = link_once(from_dir, from, to_dir, to, flags);
    while (rc == -ESTALE);
    return rc;
}

long sys_link(user_ptr from, user_ptr to)
{
    return sys_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* --- names go and change --- */

long sys_unlinkat(int dirfd, user_ptr path, u32 flags)
{
    int rc;
    if (flags & ~AT_REMOVEDIR)
        return -EINVAL;
    do {
        struct path p;
        rc = vfs_port.walk(dirfd, path, WALK_PARENT, &p);
        if (rc)
            return rc;
        rc = vfs_port.unlink(&p, flags & AT_REMOVEDIR);
        vfs_port.path_put(&p);
    } while (rc == -ESTALE);
    return rc;
}

long sys_unlink(user_ptr path)
{
    return sys_unlinkat(AT_FDCWD, path, 0);
}

long sys_rmdir(user_ptr path)
{
    return sys_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

static int rename_once(int from_dir, user_ptr from, int to_dir, user_ptr to, bool replace)
{
    struct path old, new;
    int rc = vfs_port.walk(from_dir, from, WALK_PARENT | WALK_BUFFER1, &old);
    if (rc)
        return rc;
    rc = vfs_port.walk(to_dir, to, WALK_PARENT, &new);
    if (!rc) {
        rc = vfs_port.rename(&old, &new, replace);
        vfs_port.path_put(&new);
    }
    vfs_port.path_put(&old);
    return rc;
}

long sys_renameat2(int from_dir, user_ptr from, int to_dir, user_ptr to, u32 flags)
{
    int rc;
    if (flags & ~RENAME_NOREPLACE)
        return -EINVAL;
    do
        rc = rename_once(from_dir, from, to_dir, to, !(flags & RENAME_NOREPLACE));
    while (rc == -ESTALE);
    return rc;
}

long sys_renameat(int from_dir, user_ptr from, int to_dir, user_ptr to)
{
    return sys_renameat2(from_dir, from, to_dir, to, 0);
}

long sys_rename(user_ptr from, user_ptr to)
{
    return sys_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* --- asking --- */

long sys_readlinkat(int dirfd, user_ptr path, user_ptr buf, i32 size)
{
    struct path p;
    char *text = current->paths->path[1];
    if (size <= 0)
        return -EINVAL;
    int rc = vfs_port.walk(dirfd, path, WALK_EMPTY, &p);
    if (rc)
        return rc;
    bool empty = p.kind == LAST_ROOT && !*current->paths->path[0];
    long len = empty ? -ENOENT : -EINVAL;
    if (is_link(p.inode))
        len = vfs_port.readlink(p.inode, text, PATH_LEN_MAX);
    vfs_port.path_put(&p);
    if (len < 0)
        return len;
    len = MIN(len, size);
    return copy_to_user(buf, text, len) ? -EFAULT : len;
}

long sys_readlink(user_ptr path, user_ptr buf, i32 size)
{
    return sys_readlinkat(AT_FDCWD, path, buf, size);
}

static int access_path(int dirfd, user_ptr path, u32 mode, u32 flags)
{
    struct path p;
    u32 walk = (flags & AT_SYMLINK_NOFOLLOW ? 0 : WALK_FOLLOW) | (flags & AT_EMPTY_PATH ? WALK_EMPTY : 0);
    int rc = vfs_port.walk(dirfd, path, walk, &p);
    if (rc)
        return rc;
    rc = vfs_port.permission(p.inode, mode);
    vfs_port.path_put(&p);
    return rc;
}

/* The real ids count, for the walk too, unless AT_EACCESS is given. */
long sys_faccessat2(int dirfd, user_ptr path, u32 mode, u32 flags)
{
    struct cred *c = &current->cred;
    u32 uid = c->fsuid, gid = c->fsgid;
    if ((mode & ~(R_OK | W_OK | X_OK)) || (flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
        return -EINVAL;
    if (!(flags & AT_EACCESS)) {
        c->fsuid = c->uid;
        c->fsgid = c->gid;
    }
    int rc = access_path(dirfd, path, mode, flags);
    c->fsuid = uid;
    c->fsgid = gid;
    return rc;
}

long sys_faccessat(int dirfd, user_ptr path, u32 mode)
{
    return sys_faccessat2(dirfd, path, mode, 0);
}

long sys_access(user_ptr path, u32 mode)
{
    return sys_faccessat2(AT_FDCWD, path, mode, 0);
}
