// SPDX-License-Identifier: MIT
/*
 * task.c - task structures, the process tree, kernel threads
 *
 * A task costs a structure from the slab, one vmalloc slot (16 KiB of stack and two path buffers) and a page-table root.  All of
 * it is lasting and in the need of the fork; it is given back by the wait that collects the task.
 */
#include "kernel/task.h"
#include "kernel/file.h"
#include "kernel/inject.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "mm/pin.h"
#include "mm/reserve_core.h"
#include "mm/space.h"
#include "mm/vmalloc.h"

_Static_assert(offsetof(struct task, held) == 0, "kernel/lib/lock.c finds the held locks at the task's start");

struct kmem_cache task_cache = KMEM_CACHE("task", struct task, CACHE_LARGE, ENOMEM);
struct mutex process_tree;
struct spinlock tasks_lock = SPINLOCK_INIT(RANK_TASKS, "tasks");
struct list all_tasks = LIST_INIT(all_tasks);
struct task *init_task;

static struct task boot_task; /* becomes the idle task */
static i32 last_pid = 1; /* 1 is kept for the first program */
static u64 count;

#define PID_MAX 32768
#define STACK_BYTES (KSTACK_PAGES * PAGE_SIZE)
#define SLOT_BYTES (STACK_BYTES + sizeof(struct path_buffers))

static void task_init(struct task *t)
{
    list_init(&t->run);
    list_init(&t->sleep);
    list_init(&t->all);
    list_init(&t->children);
    list_init(&t->sibling);
    list_init(&t->alarm);
    list_init(&t->reservation.frames);
    list_init(&t->reservation.blocks);
    pins_add(&t->pins);
    wait_init(&t->child_exit, "child");
    wait_init(&t->vfork_done, "vfork");
    spin_init(&t->sig_lock, RANK_SIGNAL, "signals");
    t->call = 0xffff;
    t->start_time = clock_ns();
}

void tasks_init(void)
{
    mutex_init(&process_tree, RANK_PROCESS, "process tree");
    task_init(&boot_task);
    boot_task.kernel = true;
    strlcpy(boot_task.name, "idle", sizeof(boot_task.name));
    boot_task.arch.root = arch_kernel_root();
    sched_init(&boot_task);
    kmem_cache_register(&task_cache, 0);
}

struct task *task_new(void)
{
    struct task *t = kmem_cache_alloc(&task_cache);
    t->stack = vmalloc(SLOT_BYTES);
    t->paths = (struct path_buffers *)((char *)t->stack + STACK_BYTES);
    t->actions = t->paths->actions;
    t->origin = t->paths->origin;
    charge_take(TASK_CHARGE);
    task_init(t);
    return t;
}

/* Numbers are not reused soon, so that a stale one names nobody. */
static i32 pid_new(void)
{
    do
        last_pid = last_pid % PID_MAX + 1;
    while (task_find(last_pid));
    return last_pid;
}

void task_link(struct task *t, struct task *parent)
{
    t->pid = t->kernel || init_task ? pid_new() : 1;
    t->parent = parent;
    if (parent)
        list_push_back(&parent->children, &t->sibling);
    spin_lock(&tasks_lock);
    list_push_back(&all_tasks, &t->all);
    spin_unlock(&tasks_lock);
    count++;
}

void task_free(struct task *t)
{
    spin_lock(&tasks_lock);
    list_remove(&t->all);
    spin_unlock(&tasks_lock);
    list_remove(&t->sibling);
    count--;
    pins_remove(&t->pins);
    vfree(t->stack);
    large_release(TASK_CHARGE);
    kmem_cache_free(&task_cache, t);
}

u64 task_count(void)
{
    return count;
}

struct task *task_find(i32 pid)
{
    list_each(t, &all_tasks, struct task, all)
        if (t->pid == pid)
            return t;
    return NULL;
}

struct space *task_set_space(struct task *t, struct space *s)
{
    spin_lock(&tasks_lock);
    struct space *old = t->space;
    t->space = s;
    spin_unlock(&tasks_lock);
    return old;
}

struct files *task_set_files(struct task *t, struct files *f)
{
    spin_lock(&tasks_lock);
    struct files *old = t->files;
    t->files = f;
    spin_unlock(&tasks_lock);
    return old;
}

struct inode *task_set_inode(struct inode **cwd_or_root, struct inode *i)
{
    spin_lock(&tasks_lock);
    struct inode *old = *cwd_or_root;
    *cwd_or_root = i;
    spin_unlock(&tasks_lock);
    return old;
}

bool in_group(u32 gid)
{
    const struct cred *c = &current->cred;
    if (c->fsgid == gid)
        return true;
    for (u32 i = 0; i < c->group_count; i++)
        if (c->groups[i] == gid)
            return true;
    return false;
}

struct task *thread_start(const char *name, void (*entry)(void *), void *arg)
{
    struct task *t = task_new();
    t->kernel = true;
    t->policy = POLICY_RETRY;
    strlcpy(t->name, name, sizeof(t->name));
    arch_task_init(&t->arch, (char *)t->stack + STACK_BYTES, entry, arg);
    mutex_lock(&process_tree);
    task_link(t, NULL);
    mutex_unlock(&process_tree);
    sched_add(t);
    return t;
}

/* --- the first user task --- */

static void user_init_main(void *arg UNUSED);

static long user_init_body(void *args UNUSED) NEEDS_RESERVATION;
static long user_init_body(void *args UNUSED)
{
    struct task *t = task_new();
    t->files = files_new();
    signals_init_task(t);
    for (u32 i = 0; i < RLIM_COUNT; i++)
        t->limits[i] = (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
    t->limits[RLIMIT_NOFILE] = (struct rlimit){FD_MAX, FD_MAX};
    t->limits[RLIMIT_CORE] = (struct rlimit){0, RLIM_INFINITY};
    t->umask = 022;
    strlcpy(t->name, "init", sizeof(t->name));
    arch_task_init(&t->arch, (char *)t->stack + STACK_BYTES, user_init_main, NULL);
    mutex_lock(&process_tree);
    task_link(t, NULL);
    t->pgid = t->sid = t->pid;
    mutex_unlock(&process_tree);
    init_task = t;
    sched_add(t);
    return 0;
}

DERIVE(start_init);
SCOPE(start_init, .flags = SCOPE_RETRY | SCOPE_NO_INJECT | SCOPE_LARGE, .need = need_start_init, .body = user_init_body);

void user_init_start(void)
{
    gate_call(&scope_start_init, NULL);
}

static void user_init_main(void *arg UNUSED)
{
    user_program_start(); /* kernel/main.c: execs the boot's program */
}
