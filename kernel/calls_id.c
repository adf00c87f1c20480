// SPDX-License-Identifier: MIT
/*
 * calls_id.c - who a task is: numbers, users, groups, sessions
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/process.h"
#include "kernel/syscall.h"

#define NO_CHANGE 0xffffffffu

long sys_getpid(void) { return current->pid; }
long sys_gettid(void) { return current->pid; }
long sys_getppid(void) { return current->parent ? current->parent->pid : 0; }
long sys_getuid(void) { return current->cred.uid; }
long sys_geteuid(void) { return current->cred.euid; }
long sys_getgid(void) { return current->cred.gid; }
long sys_getegid(void) { return current->cred.egid; }
long sys_getpgrp(void) { return current->pgid; }

/* --- users and groups (setresuid(2), credentials(7)) --- */

static bool may_take(u32 id, u32 a, u32 b, u32 c)
{
    return id == NO_CHANGE || !current->cred.euid || id == a || id == b || id == c;
}

static long set_uids(u32 r, u32 e, u32 s)
{
    struct cred *c = &current->cred;
    if (!may_take(r, c->uid, c->euid, c->suid) || !may_take(e, c->uid, c->euid, c->suid) || !may_take(s, c->uid, c->euid, c->suid))
        return -EPERM;
    c->uid = r == NO_CHANGE ? c->uid : r;
    c->euid = e == NO_CHANGE ? c->euid : e;
    c->suid = s == NO_CHANGE ? c->suid : s;
    c->fsuid = c->euid;
    return 0;
}

static long set_gids(u32 r, u32 e, u32 s)
{
    struct cred *c = &current->cred;
    if (!may_take(r, c->gid, c->egid, c->sgid) || !may_take(e, c->gid, c->egid, c->sgid) || !may_take(s, c->gid, c->egid, c->sgid))
        return -EPERM;
    c->gid = r == NO_CHANGE ? c->gid : r;
    c->egid = e == NO_CHANGE ? c->egid : e;
    c->sgid = s == NO_CHANGE ? c->sgid : s;
    c->fsgid = c->egid;
    return 0;
}

long sys_setuid(u32 id)
{
    if (id == NO_CHANGE)
        return -EINVAL;
    return current->cred.euid ? set_uids(NO_CHANGE, id, NO_CHANGE) : set_uids(id, id, id);
}

long sys_setgid(u32 id)
{
    if (id == NO_CHANGE)
        return -EINVAL;
    return current->cred.euid ? set_gids(NO_CHANGE, id, NO_CHANGE) : set_gids(id, id, id);
}

/* The saved id follows the effective one when the real one is set or the effective one leaves it. */
long sys_setreuid(u32 r, u32 e)
{
    u32 before = current->cred.uid;
    long rc = set_uids(r, e, NO_CHANGE);
    if (!rc && (r != NO_CHANGE || (e != NO_CHANGE && e != before)))
        current->cred.suid = current->cred.euid;
    return rc;
}

long sys_setregid(u32 r, u32 e)
{
    u32 before = current->cred.gid;
    long rc = set_gids(r, e, NO_CHANGE);
    if (!rc && (r != NO_CHANGE || (e != NO_CHANGE && e != before)))
        current->cred.sgid = current->cred.egid;
    return rc;
}

long sys_setresuid(u32 r, u32 e, u32 s) { return set_uids(r, e, s); }
long sys_setresgid(u32 r, u32 e, u32 s) { return set_gids(r, e, s); }

static long put_three(user_ptr a, user_ptr b, user_ptr c, const u32 *v)
{
    bool bad = copy_to_user(a, &v[0], 4) || copy_to_user(b, &v[1], 4) || copy_to_user(c, &v[2], 4);
    return bad ? -EFAULT : 0;
}

long sys_getresuid(user_ptr r, user_ptr e, user_ptr s)
{
    const struct cred *c = &current->cred;
    return put_three(r, e, s, (u32[]){c->uid, c->euid, c->suid});
}

long sys_getresgid(user_ptr r, user_ptr e, user_ptr s)
{
    const struct cred *c = &current->cred;
    return put_three(r, e, s, (u32[]){c->gid, c->egid, c->sgid});
}

long sys_setfsuid(u32 id)
{
    struct cred *c = &current->cred;
    u32 before = c->fsuid;
    if (id != NO_CHANGE && (id == c->fsuid || may_take(id, c->uid, c->euid, c->suid)))
        c->fsuid = id;
    return before;
}

long sys_setfsgid(u32 id)
{
    struct cred *c = &current->cred;
    u32 before = c->fsgid;
    if (id != NO_CHANGE && (id == c->fsgid || may_take(id, c->gid, c->egid, c->sgid)))
        c->fsgid = id;
    return before;
}

long sys_getgroups(int size, user_ptr list)
{
    const struct cred *c = &current->cred;
    if (size < 0 || (size && (u32)size < c->group_count))
        return -EINVAL;
    if (size && copy_to_user(list, c->groups, c->group_count * sizeof(u32)))
        return -EFAULT;
    return c->group_count;
}

long sys_setgroups(int size, user_ptr list)
{
    u32 groups[GROUPS_MAX];
    struct cred *c = &current->cred;
    if (c->euid)
        return -EPERM;
    if (size < 0 || size > GROUPS_MAX)
        return -EINVAL;
    if (copy_from_user(groups, list, size * sizeof(u32)))
        return -EFAULT;
    for (int i = 0; i < size; i++)
        c->groups[i] = groups[i];
    c->group_count = size;
    return 0;
}

/* --- process groups and sessions (setpgid(2), setsid(2)) --- */

static bool group_in_session(i32 pgid, i32 sid)
{
    list_each(t, &all_tasks, struct task, all)
        if (!t->kernel && t->pgid == pgid && t->sid == sid)
            return true;
    return false;
}

static long set_group(i32 pid, i32 pgid)
{
    struct task *t = pid ? task_find(pid) : current;
    if (!t || t->kernel || (t != current && t->parent != current))
        return -ESRCH;
    pgid = pgid ? pgid : t->pid;
    if (t->sid == t->pid || t->sid != current->sid)
        return -EPERM;
    if (t != current && t->execed)
        return -EACCES;
    if (pgid != t->pid && !group_in_session(pgid, current->sid))
        return -EPERM;
    t->pgid = pgid;
    return 0;
}

long sys_setpgid(i32 pid, i32 pgid)
{
    if (pid < 0 || pgid < 0)
        return pgid < 0 ? -EINVAL : -ESRCH;
    mutex_lock(&process_tree);
    long rc = set_group(pid, pgid);
    mutex_unlock(&process_tree);
    return rc;
}

static long of_task(i32 pid, bool session)
{
    mutex_lock(&process_tree);
    struct task *t = pid ? task_find(pid) : current;
    long rc = !t || t->kernel ? -ESRCH : session ? t->sid : t->pgid;
    mutex_unlock(&process_tree);
    return rc;
}

long sys_getpgid(i32 pid) { return of_task(pid, false); }
long sys_getsid(i32 pid) { return of_task(pid, true); }

long sys_setsid(void)
{
    struct task *t = current;
    long rc = -EPERM;
    mutex_lock(&process_tree);
    bool leads = false;
    list_each(o, &all_tasks, struct task, all)
        leads |= !o->kernel && o->pgid == t->pid;
    if (!leads) {
        t->sid = t->pgid = rc = t->pid;
        t->tty = NULL;
    }
    mutex_unlock(&process_tree);
    return rc;
}
