// SPDX-License-Identifier: MIT
/*
 * tasks.c - looking at other tasks while they come, change and go
 *
 * Lookups run under a directory's lock, where the process tree may no longer be locked (it is the outermost
 * lock).  They need little: does a task exist, who owns it, what does it have open.  While tasks_hold() keeps
 * preemption off, no other task runs on the one processor that Ante uses, so the list of tasks and their
 * pointers stand still.
 *
 * A task that ends gives up its space first and its files and directories after that: one without a space has
 * nothing to show.
 */
#include "fs/proc/proc.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "mm/space.h"

static void tasks_hold(void)
{
    preempt_disable();
}

static void tasks_let_go(void)
{
    preempt_enable();
}

bool task_owner(i32 pid, struct owner *out)
{
    tasks_hold();
    struct task *t = task_find(pid);
    if (t)
        *out = (struct owner){t->cred.euid, t->cred.egid};
    tasks_let_go();
    return t;
}

i32 task_next(i32 from)
{
    i32 best = 0;
    tasks_hold();
    list_each(t, &all_tasks, struct task, all)
        if (t->pid >= from && (!best || t->pid < best))
            best = t->pid;
    tasks_let_go();
    return best;
}

/* The task if it has not begun to end and current may use what it has open: the owner is the same, or current
 * is root.  Call between tasks_hold() and tasks_let_go(). */
static struct task *find_open(i32 pid)
{
    struct task *t = task_find(pid);
    if (!t || !t->space)
        return NULL;
    return is_root() || t->cred.euid == current->cred.euid ? t : NULL;
}

struct space *task_space(const struct task *t)
{
    tasks_hold();
    struct space *s = t->space;
    if (s)
        space_get(s);
    tasks_let_go();
    return s;
}

struct file *task_file(i32 pid, i32 fd)
{
    tasks_hold();
    struct task *t = find_open(pid);
    struct file *f = t ? files_get(t->files, fd) : NULL;
    tasks_let_go();
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
    tasks_hold();
    struct task *t = find_open(pid);
    struct inode *i = NULL;
    if (t)
        i = index == TASK_CWD ? t->cwd : index == TASK_ROOT ? t->root : t->space->exe;
    if (i)
        vfs_port.inode_get(i);
    tasks_let_go();
    return i;
}

size_t task_exe_path(i32 pid, char *dst, size_t size)
{
    size_t n = 0;
    tasks_hold();
    struct task *t = find_open(pid);
    if (t) {
        n = MIN(strlen(t->space->exe_path), size);
        memcpy(dst, t->space->exe_path, n);
    }
    tasks_let_go();
    return n;
}
