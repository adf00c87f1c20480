// SPDX-License-Identifier: MIT
/*
 * job.c - sessions, process groups and the terminal (credentials(7), ioctl_tty(2))
 *
 *     session --has--> terminal --has--> foreground group: reads, gets ^C
 *        \--has--> background groups: reading stops them (SIGTTIN), writing only if TOSTOP is set (SIGTTOU)
 *
 * Locks: the process tree guards session and foreground.
 */
#include "drivers/tty/tty.h"
#include "kernel/abi/ioctl.h"
#include "kernel/lib/errno.h"
#include "kernel/process.h"

bool job_in_background(void)
{
    return current->tty == &console && console.foreground && current->pgid != console.foreground;
}

static bool ignores(const struct task *t, int sig)
{
    return (t->blocked & SIGBIT(sig)) || t->actions[sig - 1].handler == SIG_IGN;
}

/* Nobody outside the group but in its session is a parent in it: nobody could continue it once stopped. */
static bool group_orphaned(i32 pgid)
{
    bool orphaned = true;
    mutex_lock(&process_tree);
    list_each(t, &all_tasks, struct task, all)
    {
        const struct task *p = t->parent;
        if (!t->kernel && t->pgid == pgid && p && p->pgid != pgid && p->sid == t->sid)
            orphaned = false;
    }
    mutex_unlock(&process_tree);
    return orphaned;
}

int job_check(int sig)
{
    if (likely(!job_in_background()))
        return 0;
    if (ignores(current, sig))
        return sig == SIGTTIN ? -EIO : 0;
    if (group_orphaned(current->pgid))
        return -EIO;
    (void)signal_send_group(current->pgid, sig);
    return -ERESTART;
}

void job_signal_foreground(int sig)
{
    i32 group = __atomic_load_n(&console.foreground, __ATOMIC_RELAXED);
    if (group)
        (void)signal_send_group(group, sig);
}

static void leave_session_locked(i32 sid)
{
    list_each(t, &all_tasks, struct task, all) if (t->sid == sid) t->tty = NULL;
    console.session = console.foreground = 0;
}

void job_session_ended(struct tty *t UNUSED, i32 sid)
{
    mutex_lock(&process_tree);
    bool ours = console.session == sid;
    i32 group = console.foreground;
    if (ours)
        leave_session_locked(sid);
    mutex_unlock(&process_tree);
    if (!ours || !group)
        return;
    (void)signal_send_group(group, SIGHUP);
    (void)signal_send_group(group, SIGCONT);
}

/* --- requests --- */

/* TIOCSCTTY: a session leader without a terminal gets this one; root may take it from others (arg 1). */
static long take_terminal(u64 arg)
{
    struct task *t = current;
    long rc = 0;
    mutex_lock(&process_tree);
    bool steal = console.session && console.session != t->sid;
    if (t->tty == &console && console.session == t->sid)
        rc = 0;
    else if (t->sid != t->pid || t->tty || (steal && !(arg == 1 && is_root())))
        rc = -EPERM;
    else {
        if (steal)
            leave_session_locked(console.session);
        t->tty = &console;
        console.session = t->sid;
        console.foreground = t->pgid;
    }
    mutex_unlock(&process_tree);
    return rc;
}

/* TIOCNOTTY: current gives its controlling terminal up; a leader for its whole session. */
static long drop_terminal(void)
{
    if (current->tty != &console)
        return -ENOTTY;
    if (current->sid == current->pid)
        job_session_ended(&console, current->sid);
    current->tty = NULL;
    return 0;
}

static long set_foreground(user_ptr arg)
{
    i32 group;
    if (copy_from_user(&group, arg, sizeof(group)))
        return -EFAULT;
    if (current->tty != &console || console.session != current->sid)
        return -ENOTTY;
    if (group < 0)
        return -EINVAL;
    int rc = job_check(SIGTTOU);
    if (rc)
        return rc;
    long found = -ESRCH;
    mutex_lock(&process_tree);
    list_each(t, &all_tasks, struct task, all) if (!t->kernel && t->pgid == group && found) found =
        t->sid == current->sid ? 0 : -EPERM;
    if (!found)
        console.foreground = group;
    mutex_unlock(&process_tree);
    return found;
}

static long tell(user_ptr arg, i32 value)
{
    return current->tty == &console ? copy_to_user(arg, &value, sizeof(value)) : -ENOTTY;
}

long job_ioctl(u32 cmd, u64 arg)
{
    user_ptr at = {arg};
    switch (cmd) {
    case TIOCSCTTY:
        return take_terminal(arg);
    case TIOCNOTTY:
        return drop_terminal();
    case TIOCSPGRP:
        return set_foreground(at);
    case TIOCGPGRP:
        return tell(at, console.foreground);
    case TIOCGSID:
        return tell(at, console.session);
    default:
        return -ENOTTY;
    }
}
