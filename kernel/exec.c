// SPDX-License-Identifier: MIT
/*
 * exec.c - a new program in the running task
 *
 * Decode finds the file, follows `#!` lines, checks the ELF headers and measures the arguments.  The scope is admitted by the growth
 * (new less old charge); its body builds the new address space, copies the arguments straight into the frames of the new stack, and
 * then, at the point of no return, changes over.  Program pages are not read here: they are mapped and come by faults.
 *
 *     stack top   program name, environment strings, argument strings, 16 random bytes
 *                 auxiliary vector, environment pointers, argument pointers, argc   <- rsp (System V ABI, AMD64, 3.4.1)
 */
#include "kernel/abi/fcntl.h"
#include "kernel/elf.h"
#include "kernel/file.h"
#include "kernel/gate.h"
#include "kernel/inject.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/boot.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "mm/space.h"

#define STACK_TOP 0x7ffffffff000ul
#define HEAD_BYTES 4096          /* of the file that must hold ELF header and program headers */
#define SCRIPT_DEPTH 5           /* scripts that are each other's interpreters, as on Linux */
#define PREFIX_MAX (1 + 2 * SCRIPT_DEPTH) /* arguments that `#!` lines put in front */
#define LINE_MAX 256             /* of a `#!` line that is looked at */
#define AUX_COUNT 18
#define ARGS_MAX 4096

enum { AT_NULL, AT_PHDR = 3, AT_PHENT, AT_PHNUM, AT_PAGESZ, AT_BASE, AT_FLAGS, AT_ENTRY, AT_UID = 11, AT_EUID, AT_GID, AT_EGID, AT_HWCAP = 16,
       AT_CLKTCK, AT_SECURE = 23, AT_RANDOM = 25, AT_EXECFN = 31 };

/* Arguments or environment: user pointers, or kernel ones for the first program. */
struct strings {
    user_ptr user;
    char *const *kernel;
    u32 count;
    u64 bytes;                   /* with the NULs */
};

struct exec_args {
    struct strings argv, envp;
    u32 skip;                    /* arguments of argv that a script's prefix replaces */
    u32 prefix_count;
    u16 prefix[PREFIX_MAX];      /* offsets in the task's scratch buffer */
    u32 prefix_bytes;
    struct inode *inode;
    struct elf_image elf;
    u64 stack_bytes, arg_bytes;  /* region; what the arguments fill at its top */
    u64 new_charge;
    bool short_copy;             /* a page of the arguments went away meanwhile: once more */
    /* --- while the stack is built --- */
    struct space *space;
    u64 at;                      /* where the next string goes */
    u64 pointers;                /* where the next pointer goes */
    u64 sp, execfn, random;
};

/* --- measuring the arguments --- */

static long string_length(user_ptr s)
{
    long total = 0;
    char *buf = current->paths->path[1];
    for (;;) {
        long n = string_from_user(buf, (user_ptr){s.addr + total}, PATH_LEN_MAX);
        if (n >= 0)
            return total + n;
        if (n != -ENAMETOOLONG)
            return n;
        total += PATH_LEN_MAX;
        if (total > 131072)
            return -E2BIG;
    }
}

static int get_pointer(const struct strings *s, u32 i, user_ptr *out)
{
    return copy_from_user(out, (user_ptr){s->user.addr + i * sizeof(u64)}, sizeof(u64));
}

static int measure(struct strings *s)
{
    s->count = 0;
    s->bytes = 0;
    while (s->kernel && s->kernel[s->count])
        s->bytes += strlen(s->kernel[s->count++]) + 1;
    if (s->kernel || !s->user.addr)
        return 0;
    for (;;) {
        user_ptr p;
        if (get_pointer(s, s->count, &p))
            return -EFAULT;
        if (!p.addr)
            return 0;
        long n = string_length(p);
        if (n < 0)
            return n;
        s->bytes += n + 1;
        if (++s->count > ARGS_MAX || s->bytes > 131072)
            return -E2BIG;
    }
}

/* --- the file --- */

static int check_file(struct inode *i)
{
    if (!is_reg(i))
        return -EACCES;
    if (vfs_port.permission(i, 1))
        return -EACCES;
    return i->writers ? -ETXTBSY : 0;
}

static int prefix_add(struct exec_args *a, const char *text, u32 len)
{
    char *scratch = current->paths->scratch;
    if (a->prefix_count == PREFIX_MAX || a->prefix_bytes + len + 1 > sizeof(current->paths->scratch))
        return -E2BIG;
    for (u32 i = a->prefix_count++; i > 0; i--)
        a->prefix[i] = a->prefix[i - 1];
    a->prefix[0] = a->prefix_bytes;
    memcpy(scratch + a->prefix_bytes, text, len);
    scratch[a->prefix_bytes + len] = 0;
    a->prefix_bytes += len + 1;
    return 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/*
 * `#! interpreter [argument]`: the words go in front of the arguments, the script's own name takes the place of
 * argv[0].  The line may end with the file.
 */
static int parse_script(struct exec_args *a, const char *head, long size, const char *name,
                        char interpreter[LINE_MAX])
{
    long at = 2, end = 2;
    while (end < size && end < LINE_MAX && head[end] != '\n')
        end++;
    bool cut = end == LINE_MAX;
    while (end > at && blank(head[end - 1]))
        end--;
    while (at < end && blank(head[at]))
        at++;
    long word = at;
    while (at < end && !blank(head[at]))
        at++;
    long len = at - word;
    if (cut && at == LINE_MAX) /* the interpreter's name goes on behind what is looked at */
        return -ENOEXEC;
    while (at < end && blank(head[at]))
        at++;
    if (!len)
        return -ENOEXEC;
    int rc = 0;
    if (!a->prefix_count) { /* the name of an interpreter that is a script stands in front already */
        a->skip = 1;
        rc = prefix_add(a, name, strlen(name));
    }
    memcpy(interpreter, head + word, len);
    interpreter[len] = 0;
    if (!rc && end > at)
        rc = prefix_add(a, head + at, end - at);
    return rc ? rc : prefix_add(a, interpreter, len);
}

static int open_program(struct exec_args *a, const char *path)
{
    struct path found;
    int rc = vfs_port.walk_kernel(path, WALK_FOLLOW, &found);
    if (rc)
        return rc;
    a->inode = vfs_port.inode_get(found.inode);
    vfs_port.path_put(&found);
    return check_file(a->inode);
}

static void drop_program(struct exec_args *a)
{
    if (a->inode)
        vfs_port.inode_put(a->inode);
    a->inode = NULL;
}

/*
 * Follows `#!` lines until an ELF program stands in a->elf.  a->inode is open; name: as the program was called, which
 * the walk to an interpreter overwrites.
 */
static int load_headers(struct exec_args *a, const char *name)
{
    char interpreter[LINE_MAX];
    char *head = current->paths->path[1];
    for (u32 depth = 0;; depth++) {
        long n = vfs_port.read_kernel(a->inode, head, HEAD_BYTES, 0);
        if (n < 0)
            return n;
        if (n < 2 || head[0] != '#' || head[1] != '!')
            return elf_parse(head, n, a->inode->size, &a->elf);
        if (depth == SCRIPT_DEPTH)
            return -ELOOP;
        int rc = parse_script(a, head, n, name, interpreter);
        drop_program(a);
        if (!rc)
            rc = open_program(a, interpreter);
        if (rc)
            return rc;
        strlcpy(current->paths->path[0], interpreter, PATH_LEN_MAX); /* the walk put targets of links there */
    }
}

/* --- the plan: regions, sizes, charge --- */

static u64 stack_limit(void)
{
    u64 limit = MIN(current->limits[RLIMIT_STACK].cur, boot.stack_max);
    return MAX(ROUND_UP(MIN(limit, 8ul << 20), PAGE_SIZE), 16 * PAGE_SIZE);
}

static void segment_regions(const struct exec_args *a, const struct elf_segment *s, struct region *file, struct region *zero)
{
    u64 split = MIN(ROUND_UP(s->file_end, PAGE_SIZE), s->end);
    *file = (struct region){.start = s->start, .end = split, .prot = s->prot, .inode = a->inode, .offset = s->offset};
    *zero = (struct region){.start = split, .end = s->end, .prot = s->prot};
}

static struct region stack_region(const struct exec_args *a)
{
    return (struct region){.start = STACK_TOP - a->stack_bytes, .end = STACK_TOP, .prot = PROT_READ | PROT_WRITE, .flags = REGION_STACK};
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

/* As the program was called: the script's name when it is one. */
static const char *called_name(const struct exec_args *a)
{
    return a->prefix_count ? current->paths->scratch : current->paths->path[0];
}

static int plan(struct exec_args *a)
{
    u64 pointers = a->prefix_count + a->argv.count + a->envp.count + 3 + 2 * AUX_COUNT;
    u64 strings = a->prefix_bytes + a->argv.bytes + a->envp.bytes + strlen(called_name(a)) + 1;
    a->arg_bytes = ROUND_UP(strings + pointers * sizeof(u64) + 64, PAGE_SIZE);
    a->stack_bytes = stack_limit();
    if (a->arg_bytes > a->stack_bytes / 2)
        return -E2BIG;
    if (a->elf.brk >= STACK_TOP - a->stack_bytes)
        return -ENOMEM;
    a->new_charge = plan_charge(a);
    return 0;
}

/* --- the scope --- */

static u64 growth(const struct exec_args *a)
{
    struct space *old = current->space;
    if (!old || old->users > 1)
        return a->new_charge;
    return a->new_charge > old->charge ? a->new_charge - old->charge : 0;
}

static void exec_need(void *p, struct need *n)
{
    struct exec_args *a = p;
    space_need(n);
    need_object(n, &region_cache, 2 * a->elf.count + 1);
    n->now += 3 + PAGES(a->arg_bytes);
    n->charge += growth(a);
}

static void poke(struct exec_args *a, u64 va, const void *src, u64 n)
{
    while (n) {
        u64 room = MIN(n, PAGE_SIZE - (va & PAGE_MASK));
        char *page = phys_to_virt(pte_phys(*pte_find(a->space, va)));
        memcpy(page + (va & PAGE_MASK), src, room);
        va += room;
        src = (const char *)src + room;
        n -= room;
    }
}

static void push_pointer(struct exec_args *a, u64 value)
{
    poke(a, a->pointers, &value, sizeof(value));
    a->pointers += sizeof(value);
}

static void push_text(struct exec_args *a, const char *s)
{
    u64 n = strlen(s) + 1;
    push_pointer(a, a->at);
    poke(a, a->at, s, n);
    a->at += n;
}

/* A user string, up to and with its NUL, straight into the new stack.  False: a page of it is not there now. */
static bool push_user_text(struct exec_args *a, user_ptr s, u64 *budget)
{
    push_pointer(a, a->at);
    for (;;) {
        u64 room = MIN(PAGE_SIZE - (a->at & PAGE_MASK), PAGE_SIZE - (s.addr & PAGE_MASK));
        char *dst = (char *)phys_to_virt(pte_phys(*pte_find(a->space, a->at))) + (a->at & PAGE_MASK);
        room = MIN(room, *budget);
        u64 n = copy_from_user_some(dst, s, room), len = strnlen(dst, n);
        u64 used = len < n ? len + 1 : n;
        a->at += used;
        s.addr += used;
        *budget -= used;
        if (len < n)
            return true;
        if (n < room || !*budget)
            return false; /* not there, or another task that shares this memory has made it longer */
    }
}

static bool push_strings(struct exec_args *a, const struct strings *s, u32 skip)
{
    u64 budget = s->bytes;
    for (u32 i = skip; i < s->count; i++) {
        user_ptr p;
        if (s->kernel) {
            push_text(a, s->kernel[i]);
            continue;
        }
        if (copy_from_user_some(&p, (user_ptr){s->user.addr + i * sizeof(u64)}, sizeof(p)) != sizeof(p) || !push_user_text(a, p, &budget))
            return false;
    }
    push_pointer(a, 0);
    return true;
}

static void push_aux(struct exec_args *a)
{
    const struct cred *c = &current->cred;
    u64 aux[AUX_COUNT][2] = {
        {AT_PHDR, a->elf.phdr}, {AT_PHENT, 56}, {AT_PHNUM, a->elf.phnum}, {AT_PAGESZ, PAGE_SIZE}, {AT_BASE, 0}, {AT_FLAGS, 0},
        {AT_ENTRY, a->elf.entry}, {AT_UID, c->uid}, {AT_EUID, c->euid}, {AT_GID, c->gid}, {AT_EGID, c->egid}, {AT_HWCAP, 0x078bfbfd},
        {AT_CLKTCK, 100}, {AT_SECURE, c->uid != c->euid || c->gid != c->egid}, {AT_RANDOM, a->random}, {AT_EXECFN, a->execfn}, {AT_NULL, 0},
    };
    poke(a, a->pointers, aux, sizeof(aux));
}

static bool build_stack(struct exec_args *a)
{
    u64 pointers = 1 + a->prefix_count + a->argv.count - a->skip + 1 + a->envp.count + 1;
    u64 low = STACK_TOP - a->arg_bytes;
    const char *name = called_name(a);
    u64 seed[2] = {arch_random(), arch_random()};
    a->sp = low;
    a->pointers = low;
    a->random = ROUND_UP(low + (pointers + 2 * AUX_COUNT) * sizeof(u64), 16);
    poke(a, a->random, seed, sizeof(seed));
    a->execfn = a->at = a->random + 16;
    poke(a, a->at, name, strlen(name) + 1);
    a->at += strlen(name) + 1;
    push_pointer(a, a->prefix_count + a->argv.count - a->skip);
    a->space->arg_start = a->at;
    for (u32 i = 0; i < a->prefix_count; i++)
        push_text(a, current->paths->scratch + a->prefix[i]);
    if (!push_strings(a, &a->argv, a->skip))
        return false;
    a->space->arg_end = a->space->env_start = a->at;
    if (!push_strings(a, &a->envp, 0))
        return false;
    a->space->env_end = a->at;
    push_aux(a);
    return true;
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

static void make_stack_pages(struct exec_args *a) NEEDS_RESERVATION
{
    u64 n = PAGES(a->arg_bytes);
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
    charge_take(grown);
    a->space->charge = a->new_charge;
    if (old)
        old->charge -= a->new_charge - grown;
    if (old)
        space_leave(t);
    t->space = a->space;
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
    if (!build_stack(a)) {
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

SCOPE(execve, .flags = SCOPE_LARGE, .need = exec_need, .body = exec_body);

/* --- after the change --- */

static void take_identity(const struct inode *i)
{
    struct cred *c = &current->cred;
    if (i->mode & 04000)
        c->euid = i->uid;
    if ((i->mode & 02010) == 02010)
        c->egid = i->gid;
    c->suid = c->fsuid = c->euid;
    c->sgid = c->fsgid = c->egid;
}

static void take_name(const struct exec_args *a)
{
    struct task *t = current;
    const char *called = called_name(a), *slash = strrchr(called, '/');
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
        if (s->prot & PROT_WRITE && tail && s->file_end < s->end && clear_user((user_ptr){s->file_end}, MIN(tail, s->end - s->file_end)))
            return -EFAULT;
    }
    return 0;
}

static void begin_program(struct exec_args *a)
{
    struct task *t = current;
    t->execed = true;
    take_identity(a->inode);
    drop_program(a);
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
    int rc = check_file(a->inode);
    if (!rc)
        rc = load_headers(a, current->paths->path[0]);
    do {
        a->short_copy = false;
        if (!rc)
            rc = measure(&a->argv);
        if (!rc)
            rc = measure(&a->envp);
        if (!rc && a->skip > a->argv.count)
            a->skip = a->argv.count;
        if (!rc)
            rc = plan(a);
        if (!rc)
            rc = gate_call(&scope_execve, a);
    } while (a->short_copy && (rc = 0, true));
    if (rc)
        drop_program(a);
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
