// SPDX-License-Identifier: MIT
/*
 * exec.c - a new program in the running task
 *
 * Decode finds the file, follows `#!` lines, checks the ELF headers and measures the arguments.  The scope is admitted by the growth
 * (new less old charge); its body builds the new address space, copies the arguments straight into the frames of the new stack, and
 * then, at the point of no return, changes over.  Program pages are not read here: they are mapped and come by faults.
 */
#include "kernel/exec.h"
#include "kernel/abi/fcntl.h"
#include "kernel/boot.h"
#include "kernel/file.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/syscall.h"

/* --- the plan: regions, sizes, charge --- */

static u64 stack_limit(void)
{
    u64 limit = MIN(current->limits[RLIMIT_STACK].cur, boot.stack_max);
    return MAX(ROUND_UP(MIN(limit, 8ul << 20), PAGE_SIZE), 16 * PAGE_SIZE);
}

static void segment_regions(const struct exec_args *a, const struct elf_segment *s, struct region *file,
                            struct region *zero)
{
    u64 split = MIN(ROUND_UP(s->file_end, PAGE_SIZE), s->end);
    *file = (struct region){
        .start = s->start, .end = split, .prot = s->prot, .inode = a->inode, .offset = s->offset};
    *zero = (struct region){.start = split, .end = s->end, .prot = s->prot};
}

static struct region stack_region(const struct exec_args *a)
{
    return (struct region){.start = STACK_TOP - a->stack_bytes,
                           .end = STACK_TOP,
                           .prot = PROT_READ | PROT_WRITE,
                           .flags = REGION_STACK};
}

/* Charge of the new space, counted region by region (tables that neighbours share are counted once per segment at most). */
static u64 plan_charge(const struct exec_args *a)
{
    u64 charge = 0;
    struct region r[2];
    for (u32 i = 0; i < a->elf.count; i++) {
        segment_regions(a, &a->elf.segment[i], &r[0], &r[1]);
        charge += regions_charge(r, 2);
    }
    r[0] = stack_region(a);
    return charge + regions_charge(r, 1);
}

/* Whom the program runs as: set-user-ID and set-group-ID programs as their owners. */
static struct cred identity(const struct inode *i)
{
    struct cred c = current->cred;
    if (i->mode & 04000)
        c.euid = i->uid;
    if ((i->mode & 02010) == 02010)
        c.egid = i->gid;
    c.suid = c.fsuid = c.euid;
    c.sgid = c.fsgid = c.egid;
    return c;
}

static int plan(struct exec_args *a)
{
    u64 pointers = a->prefix_count + a->argv.count + a->envp.count + 3 + 2 * AUX_COUNT;
    u64 strings = a->prefix_bytes + a->argv.bytes + a->envp.bytes + strlen(exec_called_name(a)) + 1;
    a->arg_bytes = ROUND_UP(strings + pointers * sizeof(u64) + 64, PAGE_SIZE);
    a->stack_bytes = stack_limit();
    if (a->arg_bytes > a->stack_bytes / 2)
        return -E2BIG;
    if (a->elf.brk >= STACK_TOP - a->stack_bytes)
        return -ENOMEM;
    a->new_charge = plan_charge(a);
    a->cred = identity(a->inode);
    return 0;
}

/* --- the scope --- */

AMA_STATE AMA_HELD(task) static u64 growth(const struct exec_args *a)
{
    struct space *old = current->space;
    if (!old || old->users > 1)
        return a->new_charge;
    return a->new_charge > old->charge ? a->new_charge - old->charge : 0;
}

static void add_segments(struct exec_args *a) NEEDS_RESERVATION
{
    struct region r[2];
    for (u32 i = 0; i < a->elf.count; i++) {
        segment_regions(a, &a->elf.segment[i], &r[0], &r[1]);
        if (r[0].end > r[0].start) {
            vfs_port.inode_get(a->inode);
            region_add(a->space, &r[0]);
        }
        if (r[1].end > r[1].start)
            region_add(a->space, &r[1]);
    }
    struct region stack = stack_region(a);
    region_add(a->space, &stack);
}

/* They are next to each other, below one table of each level. */
static void make_stack_pages(struct exec_args *a) NEEDS_RESERVATION
{
    u64 n = PAGES(a->arg_bytes);
    AMA_AT_MOST(AMA_FRAMES, PAGES(a->arg_bytes) + 3);
    for (u64 i = 0; i < n; i++) {
        pte_t *e = pte_make(a->space, STACK_TOP - (i + 1) * PAGE_SIZE);
        *e = page_phys(frame_take_zeroed()).addr | PTE_PRESENT | PTE_USER | PTE_WRITE | PTE_NX;
        a->space->resident++;
    }
}

/* The point of no return: the promise of the old space passes to the new one, the rest of the old goes. */
static void change_over(struct exec_args *a) NEEDS_RESERVATION
{
    struct task *t = current;
    struct space *old = t->space;
    u64 grown = growth(a);
    AMA_AT_MOST(AMA_CHARGE, growth(a));
    charge_take(grown);
    a->space->charge = a->new_charge;
    if (old)
        old->charge -= a->new_charge - grown;
    if (old)
        space_leave(t);
    task_set_space(t, a->space);
    t->arch.root = a->space->root;
    t->arch.fs_base = t->arch.gs_base = 0;
    arch_root_load(t->arch.root);
    arch_user_bases_load(&t->arch);
}

static void discard(struct exec_args *a)
{
    struct space *s = a->space;
    mutex_lock(&s->lock);
    region_remove(s, 0, USER_END);
    mutex_unlock(&s->lock);
    space_put(s);
    a->short_copy = true;
}

static long exec_body(void *p) NEEDS_RESERVATION;
static long exec_body(void *p)
{
    struct exec_args *a = p;
    a->space = space_new();
    strlcpy(a->space->exe_path, current->paths->path[0], sizeof(a->space->exe_path));
    add_segments(a);
    make_stack_pages(a);
    if (!exec_build_stack(a)) {
        discard(a);
        return -EAGAIN;
    }
    a->space->exe = vfs_port.inode_get(a->inode);
    __atomic_add_fetch(&a->inode->writers_denied, 1, __ATOMIC_RELAXED);
    a->space->brk_start = a->space->brk = a->elf.brk;
    a->space->stack_top = STACK_TOP;
    change_over(a);
    return 0;
}

DERIVE(execve);
SCOPE(execve, .flags = SCOPE_LARGE, .need = need_execve, .body = exec_body);

/* --- after the change --- */

static void take_name(const struct exec_args *a)
{
    struct task *t = current;
    const char *called = exec_called_name(a), *slash = strrchr(called, '/');
    strlcpy(t->name, slash ? slash + 1 : called, sizeof(t->name));
    u64 n = MIN(t->space->arg_end - t->space->arg_start, sizeof(t->command) - 1);
    memset(t->command, 0, sizeof(t->command));
    if (copy_from_user(t->command, (user_ptr){t->space->arg_start}, n))
        t->command[0] = 0;
    for (u64 i = 0; i + 1 < n; i++)
        if (!t->command[i])
            t->command[i] = ' ';
}

/* The last page of a segment's file bytes is zero from there on: a private copy, made by an ordinary fault. */
static int zero_tails(const struct exec_args *a)
{
    for (u32 i = 0; i < a->elf.count; i++) {
        const struct elf_segment *s = &a->elf.segment[i];
        u64 tail = ROUND_UP(s->file_end, PAGE_SIZE) - s->file_end;
        if (s->prot & PROT_WRITE && tail && s->file_end < s->end &&
            clear_user((user_ptr){s->file_end}, MIN(tail, s->end - s->file_end)))
            return -EFAULT;
    }
    return 0;
}

static void begin_program(struct exec_args *a)
{
    struct task *t = current;
    t->execed = true;
    t->cred = a->cred;
    exec_drop_program(a);
    take_name(a);
    files_exec(t->files);
    signals_exec(t);
    clear_child_tid(t);
    vfork_release(t);
    u64 flags = irq_save(); /* a switch in between would save the old registers over it */
    arch_fpu_reset(&t->arch);
    arch_fpu_restore(&t->arch);
    irq_restore(flags);
    arch_user_frame_init(arch_user_frame(&t->arch), a->elf.entry, a->sp);
    if (zero_tails(a))
        task_exit(SIGSEGV);
}

/* The program's path stands in the task's first path buffer; a->inode is open. */
static int do_exec(struct exec_args *a)
{
    int rc = exec_check_file(a->inode);
    if (!rc)
        rc = exec_load_headers(a, current->paths->path[0]);
    do {
        a->short_copy = false;
        if (!rc)
            rc = exec_measure(&a->argv);
        if (!rc)
            rc = exec_measure(&a->envp);
        if (!rc && a->skip > a->argv.count)
            a->skip = a->argv.count;
        if (!rc)
            rc = plan(a);
        if (!rc)
            rc = gate_call(&scope_execve, a);
    } while (a->short_copy && (rc = 0, true));
    if (rc)
        exec_drop_program(a);
    else
        begin_program(a);
    return rc;
}

static int exec_found(struct exec_args *a, struct path *found)
{
    a->inode = vfs_port.inode_get(found->inode);
    vfs_port.path_put(found);
    return do_exec(a);
}

int exec_kernel(const char *path, char *const argv[], char *const envp[])
{
    struct exec_args a = {.argv.kernel = argv, .envp.kernel = envp};
    struct path found;
    int rc = vfs_port.walk_kernel(path, WALK_FOLLOW, &found);
    if (rc)
        return rc;
    strlcpy(current->paths->path[0], path, PATH_LEN_MAX);
    return exec_found(&a, &found);
}

long sys_execve(user_ptr path, user_ptr argv, user_ptr envp)
{
    struct exec_args a = {.argv.user = argv, .envp.user = envp};
    struct path found;
    int rc = vfs_port.walk(AT_FDCWD, path, WALK_FOLLOW, &found);
    if (rc)
        return rc;
    /* The walk has put targets of links in its place. */
    long n = string_from_user(current->paths->path[0], path, PATH_LEN_MAX);
    if (n >= 0)
        return exec_found(&a, &found);
    vfs_port.path_put(&found);
    return n;
}
