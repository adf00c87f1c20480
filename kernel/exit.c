// SPDX-License-Identifier: MIT
/*
 * exit.c - how a task ends, and how its parent learns of it
 *
 * Exit and wait need nothing: everything they do gives something back.  A task that has ended keeps its stack and structure until
 * it is waited for (a zombie); its children go to process 1.
 */
#include "kernel/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/space.h"

enum { WNOHANG = 1, WUNTRACED = 2, WCONTINUED = 8, WALL = 0x40000000 };

/* A space that vfork shares is only left; the last user of one unmaps everything. */
void space_leave(struct task *t)
{
    struct space *s = task_set_space(t, NULL);
    if (!s)
        return;
    t->arch.root = (phys_addr){0};
    arch_root_load(arch_kernel_root());
    if (__atomic_sub_fetch(&s->users, 1, __ATOMIC_ACQ_REL) == 0) {
        mutex_lock(&s->lock);
        region_remove(s, 0, USER_END);
        mutex_unlock(&s->lock);
    }
    space_put(s);
}

bool vfork_child_gone(i32 pid)
{
    bool gone = true;
    mutex_lock(&process_tree);
    struct task *t = task_find(pid);
    if (t && t->parent == current && t->vforked)
        gone = false;
    mutex_unlock(&process_tree);
    return gone;
}

void vfork_release(struct task *t)
{
    if (!t->vforked)
        return;
    t->vforked = false;
    mutex_lock(&process_tree);
    if (t->parent)
        wake_all(&t->parent->vfork_done);
    mutex_unlock(&process_tree);
}

/* set_tid_address(2): the word is cleared for whoever shares the memory. */
void clear_child_tid(struct task *t)
{
    u64 at = t->clear_tid;
    i32 zero = 0;
    t->clear_tid = 0;
    if (at && t->space && t->space->users > 1 && copy_to_user((user_ptr){at}, &zero, sizeof(zero)))
        return; /* a bad address is the caller's loss, as on Linux */
}

static void give_children_away(struct task *t)
{
    list_each_safe(c, &t->children, struct task, sibling) {
        list_remove(&c->sibling);
        c->parent = init_task;
        list_push_back(&init_task->children, &c->sibling);
        if (c->ended)
            wake_all(&init_task->child_exit);
    }
}

/* A session leader takes its terminal along: the foreground group is hung up. */
static void leave_session(struct task *t)
{
    if (t->sid == t->pid && t->tty)
        tty_session_ended(t->tty, t->sid);
}

static struct wait_queue unwanted = WAIT_INIT(unwanted, "unwanted tasks");

static bool parent_does_not_care(const struct task *t)
{
    const struct sigaction *a = &t->parent->actions[SIGCHLD - 1];
    return a->handler == SIG_IGN || a->flags & SA_NOCLDWAIT;
}

static void become_zombie(struct task *t)
{
    mutex_lock(&process_tree);
    give_children_away(t);
    t->ended = true;
    t->auto_reap = !t->parent || parent_does_not_care(t);
    if (t->auto_reap)
        list_remove(&t->sibling);
    signal_child_changed(t);
    mutex_unlock(&process_tree);
    if (t->auto_reap)
        wake_all(&unwanted);
}

void task_exit(int status)
{
    struct task *t = current;
    if (t == init_task)
        machine_end(status); /* process 1: its status is the machine's */
    t->exit_status = status;
    alarm_cancel(t);
    clear_child_tid(t);
    vfork_release(t);
    space_leave(t);
    files_put(task_set_files(t, NULL));
    vfs_port.inode_put(task_set_inode(&t->cwd, NULL));
    vfs_port.inode_put(task_set_inode(&t->root, NULL));
    leave_session(t);
    become_zombie(t);
    sched_exit();
}

long sys_exit(int status)
{
    task_exit((status & 0xff) << 8);
}

long sys_exit_group(int status)
{
    task_exit((status & 0xff) << 8);
}

/* --- wait --- */

static bool wanted(const struct task *c, i32 pid)
{
    if (pid > 0)
        return c->pid == pid;
    if (pid == 0)
        return c->pgid == current->pgid;
    return pid == -1 || c->pgid == -pid;
}

struct wait_result {
    i32 pid, status;
    u64 user, system;
};

static void retire(struct task *c)
{
    while (!__atomic_load_n(&c->off_cpu, __ATOMIC_ACQUIRE))
        sched_yield_now(); /* it only has its last switch before it */
    task_free(c);
}

static void collect(struct task *c, struct wait_result *r)
{
    *r = (struct wait_result){c->pid, c->exit_status, c->user_ticks + c->children_user, c->system_ticks + c->children_system};
    current->children_user += r->user;
    current->children_system += r->system;
    retire(c);
}

static bool has_changed(struct task *c, int options, struct wait_result *r)
{
    if (c->ended) {
        collect(c, r);
        return true;
    }
    if (options & WUNTRACED && c->stop_signal && !c->stop_reported) {
        c->stop_reported = true;
        *r = (struct wait_result){c->pid, c->stop_signal << 8 | 0x7f, 0, 0};
        return true;
    }
    if (options & WCONTINUED && c->continued) {
        c->continued = false;
        *r = (struct wait_result){c->pid, 0xffff, 0, 0};
        return true;
    }
    return false;
}

/* Looks once: 1 with *r filled, 0 nothing yet, -ECHILD. */
static int look(i32 pid, int options, struct wait_result *r)
{
    int rc = -ECHILD;
    mutex_lock(&process_tree);
    list_each_safe(c, &current->children, struct task, sibling) {
        if (rc == 1 || !wanted(c, pid))
            continue;
        rc = has_changed(c, options, r) ? 1 : 0;
    }
    mutex_unlock(&process_tree);
    return rc;
}

long sys_wait4(i32 pid, user_ptr status, int options, user_ptr usage)
{
    struct wait_result r;
    struct waiter w;
    int found, rc = 0;
    if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WALL))
        return -EINVAL;
    wait_prepare(&w, &current->child_exit);
    while (!(found = look(pid, options, &r)) && !(options & WNOHANG) && !rc)
        rc = wait_sleep(&w, SLEEP_SIGNALS, NO_DEADLINE);
    wait_finish(&w);
    if (found < 0)
        return found;
    if (!found)
        return rc ? -ERESTART : 0;
    if (status.addr && copy_to_user(status, &r.status, sizeof(r.status)))
        return -EFAULT;
    if (usage.addr && copy_usage(usage, r.user, r.system))
        return -EFAULT;
    return r.pid;
}

/* --- tasks that nobody waits for --- */

static struct task *find_unwanted(void)
{
    list_each(t, &all_tasks, struct task, all)
        if (t->ended && t->auto_reap)
            return t;
    return NULL;
}

static bool collect_unwanted(void)
{
    mutex_lock(&process_tree);
    struct task *t = find_unwanted();
    if (t)
        retire(t);
    mutex_unlock(&process_tree);
    return t != NULL;
}

/* What the boot thread does for the rest of its life. */
void tasks_collect_unwanted(void)
{
    for (;;)
        wait_event(&unwanted, collect_unwanted(), SLEEP_DEEP);
}

/* --- the end of the machine --- */

static bool others_left(void)
{
    bool left = false;
    mutex_lock(&process_tree);
    list_each(t, &all_tasks, struct task, all)
        left |= !t->kernel && t != current;
    mutex_unlock(&process_tree);
    return left;
}

/* Call in process 1: everybody is killed and, as orphans come to process 1, collected here. */
void processes_end(void)
{
    struct wait_result r;
    while (others_left()) {
        mutex_lock(&process_tree);
        list_each(t, &all_tasks, struct task, all)
            if (!t->kernel && t != init_task && t != current && !t->ended)
                signal_send(t, SIGKILL);
        mutex_unlock(&process_tree);
        while (look(-1, 0, &r) == 1)
            ;
        sched_yield_now();
    }
}
