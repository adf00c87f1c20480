// SPDX-License-Identifier: MIT
/*
 * calls_sys.c - limits, usage, the machine's name and end, and calls of the C library's start-up
 */
#include "kernel/boot.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/ports/block.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "mm/cache.h"
#include "mm/reserve_core.h"
#include "mm/space.h"

/* --- limits and usage --- */

static long swap_limit(u32 which, const struct rlimit *set, struct rlimit *old)
{
    struct rlimit *l = &current->limits[which];
    *old = *l;
    if (!set)
        return 0;
    if (set->cur > set->max)
        return -EINVAL;
    if (set->max > l->max && current->cred.euid)
        return -EPERM;
    if (which == RLIMIT_NOFILE && set->max > FD_MAX)
        return -EPERM;
    *l = *set;
    return 0;
}

long sys_prlimit64(i32 pid, u32 which, user_ptr set, user_ptr old)
{
    struct rlimit s, before;
    if (which >= RLIM_COUNT)
        return -EINVAL;
    if (pid && pid != current->pid)
        return -ESRCH;
    if (set.addr && copy_from_user(&s, set, sizeof(s)))
        return -EFAULT;
    long rc = swap_limit(which, set.addr ? &s : NULL, &before);
    return !rc && old.addr && copy_to_user(old, &before, sizeof(before)) ? -EFAULT : rc;
}

long sys_getrlimit(u32 which, user_ptr old)
{
    return which >= RLIM_COUNT ? -EINVAL : copy_to_user(old, &current->limits[which], sizeof(struct rlimit)) ? -EFAULT : 0;
}

long sys_setrlimit(u32 which, user_ptr set)
{
    return sys_prlimit64(0, which, set, (user_ptr){0});
}

int copy_usage(user_ptr to, u64 user, u64 system)
{
    u64 u[18] = {user / TICK_HZ, user % TICK_HZ * (1000000 / TICK_HZ), system / TICK_HZ, system % TICK_HZ * (1000000 / TICK_HZ)};
    return copy_to_user(to, u, sizeof(u));
}

long sys_getrusage(int who, user_ptr to)
{
    const struct task *t = current;
    if (who == 0 || who == 1)
        return copy_usage(to, t->user_ticks, t->system_ticks);
    return who == -1 ? copy_usage(to, t->children_user, t->children_system) : -EINVAL;
}

/* --- what machine this is --- */

static char host_name[65] = "ante";

long sys_uname(user_ptr to)
{
    char u[6][65];
    static const char *const fixed[6] = {"Ante", host_name, "1.0", "Ante: no call runs out of memory halfway", "x86_64", "(none)"};
    memset(u, 0, sizeof(u));
    for (u32 i = 0; i < 6; i++)
        strlcpy(u[i], fixed[i], sizeof(u[i]));
    return copy_to_user(to, u, sizeof(u)) ? -EFAULT : 0;
}

long sys_sethostname(user_ptr name, u64 len)
{
    char text[65];
    if (current->cred.euid)
        return -EPERM;
    if (len >= sizeof(text))
        return -EINVAL;
    if (copy_from_user(text, name, len))
        return -EFAULT;
    text[len] = 0;
    strlcpy(host_name, text, sizeof(host_name));
    return 0;
}

struct sysinfo {
    i64 uptime;
    u64 loads[3], total, free, shared, buffers, swap_total, swap_free;
    u16 procs, pad;
    u32 pad2;
    u64 high_total, high_free;
    u32 unit;
    u32 pad3;
};

/* Metadata; file pages are what /proc/meminfo calls cached. */
static u64 device_pages(void)
{
    u64 n = 0;
    for (u32 i = 0; i < ARRAY_SIZE(block_devices); i++)
        n += block_devices[i] ? block_devices[i]->mapping.count : 0;
    return n;
}

long sys_sysinfo(user_ptr to)
{
    struct sysinfo s = {
        .uptime = clock_ns() / 1000000000,
        .total = memory_limits.total * PAGE_SIZE,
        .free = frames_free() * PAGE_SIZE,
        .buffers = device_pages() * PAGE_SIZE,
        .procs = task_count(),
        .unit = 1,
    };
    return copy_to_user(to, &s, 112) ? -EFAULT : 0;
}

/* --- log --- */

/* Types 3 and 4 read the newest text; it is copied piece by piece from the ring. */
static long read_log(user_ptr to, int size)
{
    char *buf = current->paths->path[0];
    size_t n = klog_read(buf, MIN((size_t)size, sizeof(current->paths->path) + 0ul));
    return copy_to_user(to, buf, n) ? -EFAULT : (long)n;
}

long sys_syslog(int type, user_ptr to, int size)
{
    if (current->cred.euid && type != 3 && type != 10)
        return -EPERM;
    switch (type) {
    case 2:
    case 3:
    case 4:
        return size < 0 || !to.addr ? -EINVAL : read_log(to, size);
    case 9:
        return 0;
    case 10:
        return sizeof(current->paths->path);
    default:
        return type >= 0 && type <= 8 ? 0 : -EINVAL;
    }
}

/* --- the end --- */

long sys_reboot(u32 magic1, u32 magic2, u32 command, user_ptr arg UNUSED)
{
    bool known = magic2 == 672274793 || magic2 == 85072278 || magic2 == 369367448 || magic2 == 537993216;
    if (current->cred.euid)
        return -EPERM;
    if (magic1 != 0xfee1dead || !known)
        return -EINVAL;
    switch (command) {
    case 0x4321fedc: /* power off */
    case 0xcdef0123: /* halt */
        machine_end(0);
    case 0x01234567: /* restart */
        processes_end();
        if (vfs_port.unmount_all())
            kprintf("ante: the disk could not be written at the end\n");
        console_flush();
        arch_reboot();
    case 0x00000000: /* Ctrl-Alt-Del does nothing here, so turning it off or on has its effect */
    case 0x89abcdef:
        return 0;
    default:
        return -EINVAL;
    }
}

/* --- start-up of C libraries --- */

long sys_arch_prctl(int code, u64 addr)
{
    enum { ARCH_SET_GS = 0x1001, ARCH_SET_FS, ARCH_GET_FS, ARCH_GET_GS };
    struct arch_task *a = &current->arch;
    if ((code == ARCH_SET_FS || code == ARCH_SET_GS) && !arch_user_address(addr))
        return -EPERM;
    switch (code) {
    case ARCH_SET_FS:
        a->fs_base = addr;
        arch_user_bases_load(a);
        return 0;
    case ARCH_SET_GS:
        a->gs_base = addr;
        arch_user_bases_load(a);
        return 0;
    case ARCH_GET_FS:
        return copy_to_user((user_ptr){addr}, &a->fs_base, sizeof(u64)) ? -EFAULT : 0;
    case ARCH_GET_GS:
        return copy_to_user((user_ptr){addr}, &a->gs_base, sizeof(u64)) ? -EFAULT : 0;
    default:
        return -EINVAL;
    }
}

long sys_set_tid_address(user_ptr at)
{
    current->clear_tid = at.addr;
    return current->pid;
}

/* One thread a process: a list of robust futexes can have no other reader.  See docs/limits.md. */
long sys_set_robust_list(user_ptr head UNUSED, u64 len)
{
    return len == 24 ? 0 : -EINVAL;
}

long sys_prctl(int option, u64 a, u64 b UNUSED, u64 c UNUSED, u64 d UNUSED)
{
    enum { PR_SET_NAME = 15, PR_GET_NAME = 16, PR_GET_DUMPABLE = 3 };
    struct task *t = current;
    char name[16] = {0};
    switch (option) {
    case PR_SET_NAME:
        if (string_from_user(name, (user_ptr){a}, sizeof(name)) == -EFAULT)
            return -EFAULT;
        name[15] = 0;
        memcpy(t->name, name, sizeof(name));
        return 0;
    case PR_GET_NAME:
        return copy_to_user((user_ptr){a}, t->name, sizeof(t->name)) ? -EFAULT : 0;
    case PR_GET_DUMPABLE:
        return 0;
    default:
        return -EINVAL;
    }
}

long sys_getrandom(user_ptr to, u64 n, u32 flags)
{
    if (flags & ~7u)
        return -EINVAL;
    for (u64 done = 0; done < n;) {
        u64 r = arch_random(), k = MIN(n - done, sizeof(r));
        if (copy_to_user((user_ptr){to.addr + done}, &r, k))
            return done ? (long)done : -EFAULT;
        done += k;
        if (signal_pending(current) && done >= 256)
            return done;
    }
    return n;
}

long sys_sched_yield(void)
{
    sched_yield_now();
    return 0;
}

long sys_sched_getaffinity(i32 pid, u64 size, user_ptr mask)
{
    u64 one = 1;
    if (pid && pid != current->pid)
        return -ESRCH;
    if (size < sizeof(one) || size & 7)
        return -EINVAL;
    return copy_to_user(mask, &one, sizeof(one)) ? -EFAULT : (long)sizeof(one);
}

long sys_getcpu(user_ptr cpu, user_ptr node, user_ptr unused UNUSED)
{
    u32 zero = 0;
    if ((cpu.addr && copy_to_user(cpu, &zero, 4)) || (node.addr && copy_to_user(node, &zero, 4)))
        return -EFAULT;
    return 0;
}

/* One priority for all: the default may be asked for and set. */
long sys_getpriority(int which, i32 who UNUSED)
{
    return which < 0 || which > 2 ? -EINVAL : 20;
}
