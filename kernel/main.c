// SPDX-License-Identifier: MIT
/*
 * main.c - the story of boot, and of the end
 *
 *     boot words -> memory -> tasks -> services (disk, terminal, file systems) -> mounts -> memory is sealed -> process 1
 *
 * Up to "sealed" the kernel takes what it keeps for ever; from then on TOTAL is fixed and every frame is accounted for by calls.
 */
#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/abi/fcntl.h"
#include "kernel/filelock.h"
#include "kernel/inject.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/pipe.h"
#include "kernel/poll.h"
#include "kernel/ports/block.h"
#include "kernel/filelock.h"
#include "kernel/pipe.h"
#include "kernel/poll.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/services.h"
#include "mm/cache_core.h"
#include "mm/flusher.h"
#include "mm/reserve_core.h"
#include "mm/space.h"
#include "mm/vmalloc.h"

#define LEAST_FRAMES 432u /* the services' start, FLOOR, small objects and names */

static void memory_init(void)
{
    frames_init();
    credits_init();
    kmalloc_init();
    vmalloc_init();
    cache_init();
    block_init();
    space_init_caches();
    files_init();
    pipe_init();
    poll_init();
    filelock_init();
}

/* A machine that could not serve one call ends here, and says so. */
static void memory_check(void)
{
    if (frames_free() >= LEAST_FRAMES)
        return;
    kprintf("ante: this machine has too little memory: %lu KiB are left, %u KiB are the least\n", frames_free() * 4, LEAST_FRAMES * 4);
    console_flush();
    arch_poweroff(126);
}

/* What start-up has left is what calls may share. */
static void memory_seal(void)
{
    credits_seal(boot.floor);
    cache.dirty_limit = memory_limits.total / 4;
    if (!boot.stack_max)
        boot.stack_max = MIN(MAX(memory_limits.total * PAGE_SIZE / 128, 64ul << 10), 1ul << 20);
    const struct memory_limits *m = &memory_limits;
    kprintf("ante: %lu KiB for calls: floor %lu, small objects %lu, names %lu\n", m->total * 4, m->floor * 4, m->small * 4, m->names * 4);
}

/* The rest of boot runs in a task of its own, because it sleeps for the disk. */
static void boot_main(void *arg UNUSED)
{
    services_start();
    services_mount();
    memory_seal();
    baseline_take();
    user_init_start();
    tasks_collect_unwanted();
}

static long boot_body(void *args UNUSED) NEEDS_RESERVATION;
static long boot_body(void *args UNUSED)
{
    thread_start("boot", boot_main, NULL);
    return 0;
}

DERIVE(boot);
SCOPE(boot, .flags = SCOPE_RETRY | SCOPE_NO_INJECT | SCOPE_LARGE, .need = need_boot, .body = boot_body);

void kernel_main(void)
{
    kprintf("ante: an operating system that never runs out of memory halfway\n");
    boot_words_parse();
    memory_init();
    memory_check();
    tasks_init();
    clock_start();
    gate_call(&scope_boot, NULL);
    irq_on();
    sched_idle_loop();
}

/* --- process 1 --- */

static void cannot_start(const char *why, int rc)
{
    kprintf("ante: %s cannot be started: %s (error %d)\n", boot.init, why, -rc);
    machine_end(126 << 8);
}

/* Descriptors 0, 1 and 2. */
static int open_thrice(const char *path)
{
    struct open_how how = {.flags = O_RDWR};
    int rc = 0;
    for (int fd = 0; fd < 3 && rc >= 0; fd++) {
        struct path p;
        rc = vfs_port.walk_kernel(path, WALK_FOLLOW, &p);
        if (rc)
            break;
        rc = vfs_port.open(&p, &how);
        vfs_port.path_put(&p);
    }
    return rc < 0 ? rc : 0;
}

static void open_console(void)
{
    int rc = open_thrice("/dev/console");
    if (rc)
        kprintf("ante: /dev/console cannot be opened (error %d): the program has no standard input and output\n", -rc);
}

/* When it returns, the task goes on to user mode by the frame that exec has filled. */
void user_program_start(void)
{
    static char *const env[] = {"PATH=/bin:/bench", "HOME=/root", "TERM=vt100", NULL};
    struct path root;
    struct task *t = current;
    int rc = vfs_port.walk_kernel("/", 0, &root);
    if (rc)
        cannot_start("there is no root file system", rc);
    task_set_inode(&t->root, vfs_port.inode_get(root.inode));
    task_set_inode(&t->cwd, vfs_port.inode_get(root.inode));
    vfs_port.path_put(&root);
    open_console();
    t->policy = boot.policy;
    if (boot.injected && boot.policy != POLICY_FAIL)
        inject_start(t);
    rc = exec_kernel(boot.init, boot.args, env);
    if (rc)
        cannot_start("the program could not be loaded", rc);
    if (boot.injected)
        inject_start(t);
}

/* --- the end --- */

static u8 exit_code(int status)
{
    return status & 0x7f ? 128 + (status & 0x7f) : (status >> 8) & 0xff;
}

/* What exit does for any other task. */
static void give_up_everything(void)
{
    struct task *t = current;
    space_leave(t);
    files_put(task_set_files(t, NULL));
    struct inode *cwd = task_set_inode(&t->cwd, NULL), *root = task_set_inode(&t->root, NULL);
    if (cwd)
        vfs_port.inode_put(cwd);
    if (root)
        vfs_port.inode_put(root);
}

/* Everything is given back, compared with what process 1 began with, written, marked clean. */
void machine_end(int status)
{
    u8 code = exit_code(status);
    processes_end();
    give_up_everything();
    baseline_check();
    int rc = vfs_port.unmount_all();
    if (rc)
        kprintf("ante: the disk could not be written at the end (error %d)\n", -rc);
    klog_quiet(false);
    kprintf("ante: %s exited with %u\n", boot.init, code);
    console_flush();
    arch_poweroff(code);
}
