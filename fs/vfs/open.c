// SPDX-License-Identifier: MIT
/*
 * open.c - from a path to a descriptor: scope `open`
 *
 * One scope makes the file (O_CREAT), cuts it (O_TRUNC), makes the open file and enters the descriptor, so
 * that a refused open has changed nothing.  Opening a FIFO waits for its other end without limit; its
 * descriptor comes after that, in a scope of its own (`install`).
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/mount.h"
#include "kernel/abi/stat.h"
#include "kernel/pipe.h"
#include "kernel/ports/dev.h"

#define ONLY_AT_OPEN (O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC) /* flags that the open file does not keep */

enum { WANT_WRITE = 2, WANT_READ = 4 };

struct open_args {
    struct path *p;
    u32 flags;
    bool create, cut, fifo, writer;
    struct new_inode what;
    const struct file_ops *ops; /* of what is there already */
    struct inode *inode;        /* what was opened; its reference goes to the file */
    struct file *file;
    int fd;
};

/* --- scope `open` --- */

static int open_guard(void *p)
{
    struct open_args *a = p;
    struct inode *dir = a->p->dir;
    if (a->create) {
        mutex_lock(&dir->lock);
        int rc = path_check(a->p);
        if (rc) {
            mutex_unlock(&dir->lock);
            return rc;
        }
        alloc_enter(dir->fs);
    } else if (a->cut) {
        truncate_lock(a->p->inode);
    }
    return 0;
}

/* The new file's table block stays pinned by create, so that reading the inode needs no disk. */
static int make_file(struct open_args *a) NEEDS_RESERVATION
{
    struct inode *dir = a->p->dir;
    u64 ino;
    AMA_COVERS(false, inode_read(dir->fs, 0, NULL));
    int rc = inode_create(dir, a->p->last, &a->what, &ino);
    if (rc)
        return rc;
    name_changed(dir, a->p->last, ino);
    rc = inode_obtain(dir->fs, ino, &a->inode);
    if (!rc && a->writer)
        rc = inode_write_get(a->inode);
    return rc;
}

static const struct file_ops *ops_of(struct inode *i)
{
    const struct file_ops *own = i->ops->file_ops(i);
    if (own)
        return own;
    if (is_fifo(i))
        return &fifo_file_ops;
    if (is_special(i))
        return device_file_ops(i->rdev, (i->mode & S_IFMT) == S_IFBLK);
    return is_reg(i) ? &regular_ops : is_dir(i) ? &directory_ops : NULL;
}

static long open_body(void *p) NEEDS_RESERVATION
{
    struct open_args *a = p;
    int rc = 0;
    if (a->create)
        rc = make_file(a);
    else if (a->cut)
        rc = truncate_to_nothing(a->p->inode);
    if (rc)
        return rc;
    if (!a->create)
        a->inode = inode_ref(a->p->inode);
    a->file = file_new(a->create ? ops_of(a->inode) : a->ops, a->inode, a->flags & ~ONLY_AT_OPEN);
    if (!a->fifo)
        a->fd = fd_install(a->file, 0, a->flags & O_CLOEXEC);
    return a->fd;
}

static void open_unguard(void *p)
{
    struct open_args *a = p;
    if (a->create) {
        alloc_leave(a->p->dir->fs);
        mutex_unlock(&a->p->dir->lock);
    } else if (a->cut) {
        truncate_unlock(a->p->inode);
    }
}

DERIVE(open);
SCOPE(open, .guard = open_guard, .need = need_open, .body = open_body, .unguard = open_unguard);

/* --- scope `install`: the descriptor of an opened FIFO --- */

static long install_body(void *p) NEEDS_RESERVATION
{
    struct open_args *a = p;
    return fd_install(a->file, 0, a->flags & O_CLOEXEC);
}

DERIVE(install);
SCOPE(install, .need = need_install, .body = install_body);

/* Waits for the FIFO's other end, then enters the descriptor. */
static int finish_fifo(struct open_args *a)
{
    long rc = fifo_open(a->file);
    if (!rc)
        rc = gate_call(&scope_install, a);
    if (rc < 0)
        file_put(a->file);
    return rc;
}

/* --- decode --- */

static u32 wanted(u32 flags)
{
    static const u8 of_mode[4] = {WANT_READ, WANT_WRITE, WANT_READ | WANT_WRITE, WANT_READ | WANT_WRITE};
    return of_mode[flags & O_ACCMODE] | (flags & O_TRUNC ? WANT_WRITE : 0);
}

/* May the inode that is there be opened like this? */
static int check_existing(struct path *p, u32 flags)
{
    struct inode *i = p->inode;
    if ((flags & O_CREAT) && (flags & O_EXCL))
        return -EEXIST;
    if ((flags & O_CREAT) && (is_dir(i) || p->must_be_dir))
        return -EISDIR;
    if (((flags & O_DIRECTORY) || p->must_be_dir) && !is_dir(i))
        return -ENOTDIR;
    if (is_link(i))
        return -ELOOP;
    if (is_dir(i) && (wanted(flags) & WANT_WRITE))
        return -EISDIR;
    if ((i->mode & S_IFMT) == S_IFSOCK)
        return -ENXIO;
    if (is_special(i) && (i->fs->flags & MS_NODEV))
        return -EACCES;
    int rc = permission(i, wanted(flags));
    if (!rc && (flags & O_NOATIME) && !owns(i))
        rc = -EPERM;
    return rc;
}

static int open_existing(struct open_args *a)
{
    struct inode *i = a->p->inode;
    int rc = check_existing(a->p, a->flags);
    if (rc)
        return rc;
    a->ops = ops_of(i);
    if (!a->ops)
        return -ENXIO;
    a->fifo = a->ops == &fifo_file_ops;
    a->cut = is_reg(i) && a->ops == &regular_ops && (a->flags & O_TRUNC);
    a->writer = is_reg(i) && (wanted(a->flags) & WANT_WRITE);
    rc = a->writer ? inode_write_get(i) : 0;
    if (rc)
        return rc;
    while ((rc = call_acting(&scope_open, a, i->fs)) == -ESTALE)
        inode_settle(i);
    if (rc < 0 && a->writer)
        inode_write_put(i);
    return rc;
}

static int open_new(struct open_args *a, u32 mode)
{
    struct path *p = a->p;
    if (p->must_be_dir)
        return -EISDIR;
    int rc = may_create(p->dir);
    if (rc)
        return rc;
    a->create = true;
    a->writer = (a->flags & O_ACCMODE) != O_RDONLY;
    a->what = (struct new_inode){.mode = S_IFREG | (mode & 07777)};
    new_owner(p->dir, &a->what);
    return call_acting(&scope_open, a, p->dir->fs);
}

/* O_PATH: a descriptor that only names the inode. */
static int open_path_only(struct open_args *a)
{
    if (((a->flags & O_DIRECTORY) || a->p->must_be_dir) && !is_dir(a->p->inode))
        return -ENOTDIR;
    a->ops = &path_only_ops;
    return gate_call(&scope_open, a);
}

int open_path(struct path *p, const struct open_how *how)
{
    struct open_args a = {.p = p, .flags = how->flags};
    int rc = fd_check(0, 1);
    if (rc)
        return rc;
    if (how->flags & O_PATH)
        return open_path_only(&a);
    rc = p->inode ? open_existing(&a) : open_new(&a, how->mode);
    return rc >= 0 && a.fifo ? finish_fifo(&a) : rc;
}
