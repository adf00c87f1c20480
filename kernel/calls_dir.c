// SPDX-License-Identifier: MIT
/*
 * calls_dir.c - where a task is, and what is in a directory
 *
 * getdents copies entries into the program's buffer inside the readdir scope, with faults disabled.  When the
 * copy comes up short the entries so far are the answer; with none so far the page is faulted in outside and
 * the scope runs again.
 */
#include "kernel/abi/dirent.h"
#include "kernel/abi/fcntl.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

enum { WANT_SEARCH = 1 };

/* --- the working directory and the root --- */

/* May the task go there? */
static int may_enter(struct inode *i)
{
    return is_dir(i) ? vfs_port.permission(i, WANT_SEARCH) : -ENOTDIR;
}

static void exchange(struct inode **place, struct inode *new)
{
    vfs_port.inode_put(task_set_inode(place, vfs_port.inode_get(new)));
}

long sys_chdir(user_ptr path)
{
    struct path p;
    int rc = vfs_port.walk(AT_FDCWD, path, WALK_FOLLOW, &p);
    if (rc)
        return rc;
    rc = may_enter(p.inode);
    if (!rc)
        exchange(&current->cwd, p.inode);
    vfs_port.path_put(&p);
    return rc;
}

long sys_fchdir(int fd)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    int rc = f->inode ? may_enter(f->inode) : -ENOTDIR;
    if (!rc)
        exchange(&current->cwd, f->inode);
    file_put(f);
    return rc;
}

long sys_chroot(user_ptr path)
{
    struct path p;
    int rc = vfs_port.walk(AT_FDCWD, path, WALK_FOLLOW, &p);
    if (rc)
        return rc;
    rc = may_enter(p.inode);
    if (!rc && !is_root())
        rc = -EPERM;
    if (!rc)
        exchange(&current->root, p.inode);
    vfs_port.path_put(&p);
    return rc;
}

long sys_getcwd(user_ptr buf, u64 size)
{
    char *text = current->paths->path[0];
    long len = vfs_port.path_of(current->cwd, text, PATH_LEN_MAX);
    if (len < 0)
        return len == -ERANGE ? -ENAMETOOLONG : len;
    if ((u64)len > size)
        return -ERANGE;
    return copy_to_user(buf, text, len) ? -EFAULT : len;
}

/* --- directory entries --- */

#define RECORD_MAX (DIRENT64_NAME_AT + NAME_LEN_MAX + 1 + 7)

struct getdents {
    struct dir_sink sink;
    user_ptr at;      /* where the next record goes */
    u64 room, done;   /* bytes */
    bool old;         /* getdents: the type stands in the record's last byte */
    bool full, fault; /* why it ended */
};

/* Writes a record into r; returns its length. */
static u32 record(u8 *r, bool old, struct name nm, u8 type)
{
    u32 name_at = old ? DIRENT_NAME_AT : DIRENT64_NAME_AT;
    u32 len = ROUND_UP(name_at + nm.len + (old ? 2 : 1), 8);
    memset(r, 0, len);
    memcpy(r + name_at, nm.text, nm.len);
    r[16] = len;
    r[17] = len >> 8;
    r[old ? len - 1 : DIRENT64_TYPE_AT] = type;
    return len;
}

static bool put_entry(struct dir_sink *s, struct name nm, u64 ino, u8 type, u64 next_pos)
{
    struct getdents *g = container_of(s, struct getdents, sink);
    u8 r[RECORD_MAX] ALIGNED(8);
    u32 len = record(r, g->old, nm, type);
    memcpy(r, &ino, 8);
    memcpy(r + 8, &next_pos, 8);
    if (len > g->room) {
        g->full = true;
        return false;
    }
    if (copy_to_user_some(g->at, r, len) < len) {
        g->fault = true;
        return false;
    }
    g->at.addr += len;
    g->room -= len;
    g->done += len;
    return true;
}

static u64 position(struct file *f)
{
    mutex_lock(&f->pos_lock);
    u64 pos = f->pos;
    mutex_unlock(&f->pos_lock);
    return pos;
}

static void position_set(struct file *f, u64 pos)
{
    mutex_lock(&f->pos_lock);
    f->pos = pos;
    mutex_unlock(&f->pos_lock);
}

/* A record may span two pages of the buffer. */
static int fault_in_record(const struct getdents *g)
{
    u64 last = g->at.addr + MIN(g->room, (u64)RECORD_MAX) - 1;
    int rc = user_fault_in(g->at, true);
    return rc ? rc : user_fault_in((user_ptr){last}, true);
}

static long read_entries(struct file *f, struct getdents *g)
{
    u64 pos = position(f);
    int rc = 0;
    do {
        g->fault = false;
        rc = f->ops->readdir(f, &g->sink, &pos);
        if (!rc && g->fault && !g->done)
            rc = fault_in_record(g);
    } while (!rc && g->fault && !g->done);
    position_set(f, pos);
    if (g->done)
        return g->done;
    return rc ? rc : g->full ? -EINVAL : 0;
}

static long getdents(int fd, user_ptr buf, u32 size, bool old)
{
    struct getdents g = {.sink.entry = put_entry, .at = buf, .room = size, .old = old};
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = read_entries(f, &g);
    file_put(f);
    return rc;
}

long sys_getdents64(int fd, user_ptr buf, u32 size)
{
    return getdents(fd, buf, size, false);
}

long sys_getdents(int fd, user_ptr buf, u32 size)
{
    return getdents(fd, buf, size, true);
}
