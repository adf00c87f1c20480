// SPDX-License-Identifier: MIT
/*
 * tasks.c - looking at other tasks while they come, change and go
 *
 * Lookups run under a directory's lock, where the process tree may no longer be locked (it is the outermost
 * lock).  They need little: does a task exist, who owns it, what does it have open.  While they hold
 * tasks_lock no task comes or goes, and none changes its space, its table of files or its directories; what
 * they hand out they have taken a reference on.
 *
 * A task that ends gives up its space first and its files and directories after that: one without a space has
 * nothing to show.
 */
#include "fs/proc/proc.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "mm/space.h"

bool task_owner(i32 pid, struct owner *out)
{
    spin_lock(&tasks_lock);
    struct task *t = task_find(pid);
    if (t)
        *out = (struct owner){t->cred.euid, t->cred.egid};
    spin_unlock(&tasks_lock);
    return t;
}

i32 task_next(i32 from)
{
    i32 best = 0;
    spin_lock(&tasks_lock);
    list_each(t, &all_tasks, struct task, all)
        if (t->pid >= from && (!best || t->pid < best))
            best = t->pid;
    spin_unlock(&tasks_lock);
    return best;
}

/* The task if it has not begun to end and current may use what it has open: the owner is the same, or current
 * is root.  Call with tasks_lock held. */
static struct task *find_open(i32 pid)
{
    struct task *t = task_find(pid);
    if (!t || !t->space)
        return NULL;
    return is_root() || t->cred.euid == current->cred.euid ? t : NULL;
}

struct space *task_space(const struct task *t)
{
    spin_lock(&tasks_lock);
    struct space *s = t->space;
    if (s)
        space_get(s);
    spin_unlock(&tasks_lock);
    return s;
}

struct file *task_file(i32 pid, i32 fd)
{
    spin_lock(&tasks_lock);
    struct task *t = find_open(pid);
    struct file *f = t ? files_get(t->files, fd) : NULL;
    spin_unlock(&tasks_lock);
    return f;
}

i32 task_fd_next(i32 pid, i32 from)
{
    for (i32 fd = from; fd < FD_MAX; fd++) {
        struct file *f = task_file(pid, fd);
        if (!f)
            continue;
        file_put(f);
        return fd;
    }
    return -1;
}

struct inode *task_inode(i32 pid, u32 index)
{
    spin_lock(&tasks_lock);
    struct task *t = find_open(pid);
    struct inode *i = NULL;
    if (t)
        i = index == TASK_CWD ? t->cwd : index == TASK_ROOT ? t->root : t->space->exe;
    if (i)
        vfs_port.inode_get(i);
    spin_unlock(&tasks_lock);
    return i;
}

size_t task_exe_path(i32 pid, char *dst, size_t size)
{
    size_t n = 0;
    spin_lock(&tasks_lock);
    struct task *t = find_open(pid);
    if (t) {
        n = MIN(strlen(t->space->exe_path), size);
        memcpy(dst, t->space->exe_path, n);
    }
    spin_unlock(&tasks_lock);
    return n;
}
