// SPDX-License-Identifier: MIT
/*
 * fork.c - a new task from the running one: fork, vfork, clone without threads
 *
 * The need is large and lasting: the child's promises are as large as the parent's (its charge), and its page tables, stack and
 * structures are taken at once.  Pages are shared copy-on-write; because both sides are charged in full, the copy that a
 * later store makes has its frame.  vfork shares the whole address space until exec or exit and so promises nothing.
 */
#include "kernel/file.h"
#include "kernel/gate.h"
#include "kernel/inject.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/space.h"

enum { CLONE_VM = 0x100, CLONE_FS = 0x200, CLONE_FILES = 0x400, CLONE_SIGHAND = 0x800, CLONE_VFORK = 0x4000, CLONE_PARENT_SETTID = 0x100000,
       CLONE_CHILD_CLEARTID = 0x200000, CLONE_CHILD_SETTID = 0x1000000, CLONE_SETTLS = 0x80000, CLONE_SIGNAL = 0xff };

struct fork_args {
    u64 flags;
    u64 stack, tls;
    u64 child_tid;
    struct task *child;       /* the result */
    i32 pid;
};

static int fork_guard(void *p UNUSED)
{
    mutex_lock(&process_tree);
    mutex_lock(&current->space->lock);
    return 0;
}

static void fork_unguard(void *p UNUSED)
{
    mutex_unlock(&current->space->lock);
    mutex_unlock(&process_tree);
}

static struct space *copy_space(struct space *from) NEEDS_RESERVATION
{
    struct space *to = space_new();
    AMA_AT_MOST(&region_cache, from->count);
    mutex_lock(&from->tables);
    list_each(r, &from->regions, struct region, link) {
        if (r->inode)
            vfs_port.inode_get(r->inode);
        if (r->shared)
            shared_get(r->shared);
        region_add(to, r)->charged = r->charged;
    }
    tables_copy(to, from);
    mutex_unlock(&from->tables);
    to->exe = from->exe ? vfs_port.inode_get(from->exe) : NULL;
    if (to->exe)
        __atomic_add_fetch(&to->exe->writers_denied, 1, __ATOMIC_RELAXED);
    memcpy(to->exe_path, from->exe_path, sizeof(to->exe_path));
    to->brk_start = from->brk_start;
    to->brk = from->brk;
    to->stack_top = from->stack_top;
    to->arg_start = from->arg_start;
    to->arg_end = from->arg_end;
    to->env_start = from->env_start;
    to->env_end = from->env_end;
    charge_take(from->charge);
    to->charge = from->charge;
    return to;
}

/* What a child has from its parent, beyond memory and files. */
static void inherit(struct task *t)
{
    struct task *p = current;
    t->cred = p->cred;
    memcpy(t->limits, p->limits, sizeof(t->limits));
    memcpy(t->name, p->name, sizeof(t->name));
    memcpy(t->command, p->command, sizeof(t->command));
    memcpy(t->actions, p->actions, sizeof(t->paths->actions));
    t->blocked = p->blocked;
    t->alt_stack = p->alt_stack;
    t->alt_size = p->alt_size;
    t->alt_flags = p->alt_flags;
    t->umask = p->umask;
    t->pgid = p->pgid;
    t->sid = p->sid;
    t->tty = p->tty;
    t->policy = p->policy;
    t->cwd = vfs_port.inode_get(p->cwd);
    t->root = vfs_port.inode_get(p->root);
}

static long fork_body(void *arg) NEEDS_RESERVATION;
static long fork_body(void *arg)
{
    struct fork_args *a = arg;
    struct task *t = task_new();
    struct trap_frame regs = *arch_user_frame(&current->arch);
    inherit(t);
    t->files = files_copy(current->files);
    if (a->flags & CLONE_VM) {
        t->space = current->space;
        space_get(t->space);
        t->space->users++;
    } else {
        t->space = copy_space(current->space);
    }
    arch_fpu_save(&current->arch);
    memcpy(t->arch.fpu, current->arch.fpu, sizeof(t->arch.fpu));
    regs.rax = 0;
    if (a->stack)
        regs.rsp = a->stack;
    arch_task_init_user(&t->arch, (char *)t->stack + KSTACK_PAGES * PAGE_SIZE, &regs);
    t->arch.root = t->space->root;
    t->arch.fs_base = a->flags & CLONE_SETTLS ? a->tls : current->arch.fs_base;
    t->arch.gs_base = current->arch.gs_base;
    t->vforked = a->flags & CLONE_VFORK;
    t->clear_tid = a->flags & CLONE_CHILD_CLEARTID ? a->child_tid : 0;
    task_link(t, current);
    if (current->inject.on)
        inject_start(t);
    a->child = t;
    a->pid = t->pid;
    return 0;
}

DERIVE(fork);
SCOPE(fork, .flags = SCOPE_LARGE, .guard = fork_guard, .need = need_fork, .body = fork_body, .unguard = fork_unguard);

/* The child cannot end before the parent has let it run, so `child` stays valid until sched_add; afterwards only its pid is used. */
static long do_fork(struct fork_args *a)
{
    long rc = gate_call(&scope_fork, a);
    if (rc)
        return rc;
    struct task *t = a->child;
    if (a->flags & CLONE_CHILD_SETTID && !(a->flags & CLONE_VM))
        t->set_tid = a->child_tid;
    sched_add(t);
    if (a->flags & CLONE_VFORK)
        wait_event(&current->vfork_done, vfork_child_gone(a->pid), SLEEP_FATAL);
    return a->pid;
}

long sys_fork(void)
{
    struct fork_args a = {0};
    return do_fork(&a);
}

long sys_vfork(void)
{
    struct fork_args a = {.flags = CLONE_VM | CLONE_VFORK};
    return do_fork(&a);
}

/* Processes, not threads: memory may be shared by vfork only. */
long sys_clone(u64 flags, user_ptr stack, user_ptr parent_tid, user_ptr child_tid, u64 tls)
{
    u64 known = CLONE_VM | CLONE_VFORK | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID | CLONE_CHILD_SETTID | CLONE_SETTLS | CLONE_SIGNAL;
    if (flags & ~known)
        return flags & (CLONE_FS | CLONE_FILES | CLONE_SIGHAND) ? -ENOSYS : -EINVAL;
    if ((flags & CLONE_VM) && !(flags & CLONE_VFORK))
        return -ENOSYS;
    if ((flags & CLONE_SIGNAL) != SIGCHLD)
        return -EINVAL;
    struct fork_args a = {.flags = flags, .stack = stack.addr, .tls = tls, .child_tid = child_tid.addr};
    long pid = do_fork(&a);
    if (pid > 0 && flags & CLONE_PARENT_SETTID) {
        i32 id = pid;
        if (copy_to_user(parent_tid, &id, sizeof(id)))
            return pid; /* the child runs: Linux does not report this either */
    }
    return pid;
}
