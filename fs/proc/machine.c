// SPDX-License-Identifier: MIT
/*
 * machine.c - texts about the machine: time, load, mounts, what it is
 *
 * Times are in Linux's hundredths of a second.  Every tick is counted once: for a living task, or for the
 * living ancestor that has waited for it.
 */
#include "fs/proc/proc.h"
#include "kernel/ports/block.h"
#include "kernel/ports/vfs.h"
#include "kernel/process.h"
#include "kernel/sched.h"

#define NS_PER_HZ (1000000000ul / USER_HZ)

void text_uptime(struct text *t, const struct view *v UNUSED)
{
    u64 up = clock_ns() / NS_PER_HZ, idle = sched_idle_ns() / NS_PER_HZ;
    text_put(t, "%lu.%02lu %lu.%02lu\n", up / USER_HZ, up % USER_HZ, idle / USER_HZ, idle % USER_HZ);
}

/* The task that was made last, of those that exist; the process tree is locked. */
static i32 newest_pid(void)
{
    return list_empty(&all_tasks) ? 0 : list_entry(all_tasks.prev, struct task, all)->pid;
}

/* The kernel keeps no averages: all three are the tasks that want to run now. */
void text_loadavg(struct text *t, const struct view *v UNUSED)
{
    u64 load = sched_load_tasks();
    text_put(t, "%lu.00 %lu.00 %lu.00 %lu/%lu %d\n", load, load, load, load, task_count(), newest_pid());
}

void text_machine_stat(struct text *t, const struct view *v UNUSED)
{
    u64 user = 0, system = 0, blocked = 0, idle = sched_idle_ns() / NS_PER_HZ;
    list_each(o, &all_tasks, struct task, all) {
        user += o->user_ticks + o->children_user;
        system += o->system_ticks + o->children_system;
        blocked += !o->kernel && o->state == TASK_SLEEPING && o->sleep_mode == SLEEP_DEEP && !o->stop_signal;
    }
    text_put(t, "cpu  %lu 0 %lu %lu 0 0 0 0 0 0\n", user_hz(user), user_hz(system), idle);
    text_put(t, "cpu0 %lu 0 %lu %lu 0 0 0 0 0 0\n", user_hz(user), user_hz(system), idle);
    text_put(t, "btime %lu\nprocesses %d\n", clock_boot_wall(), newest_pid());
    text_put(t, "procs_running %lu\nprocs_blocked %lu\n", sched_load_tasks(), blocked);
}

void text_mounts(struct text *t, const struct view *v UNUSED)
{
    const struct fs *fs;
    for (u32 i = 0; (fs = vfs_port.mount_nth(i)); i++) {
        const struct fs_ops *ops = fs->ops;
        if (!ops) /* it goes just now */
            continue;
        text_put(t, "%s%s ", fs->dev ? "/dev/" : "", fs->dev ? fs->dev->name : ops->name);
        text_word(t, fs->where);
        text_put(t, " %s %s 0 0\n", ops->name, fs->read_only ? "ro" : "rw");
    }
}

/* Was its type mounted before the n-th mount? */
static bool seen_before(const struct fs *fs, u32 n)
{
    for (u32 i = 0; i < n; i++) {
        const struct fs *earlier = vfs_port.mount_nth(i);
        if (earlier && earlier->ops == fs->ops)
            return true;
    }
    return false;
}

/* Those in use: every file system of the image is mounted at start-up, or can be by its name once it was. */
void text_filesystems(struct text *t, const struct view *v UNUSED)
{
    const struct fs *fs;
    for (u32 i = 0; (fs = vfs_port.mount_nth(i)); i++)
        if (fs->ops && !seen_before(fs, i))
            text_put(t, "%s\t%s\n", fs->dev ? "" : "nodev", fs->ops->name);
}

void text_version(struct text *t, const struct view *v UNUSED)
{
    text_put(t, "Ante version 1.0 (x86_64)\n");
}

void text_boot_words(struct text *t, const struct view *v UNUSED)
{
    text_put(t, "%s\n", boot_info.words);
}

void text_cpuinfo(struct text *t, const struct view *v UNUSED)
{
    for (u32 i = 0; i < CPU_MAX; i++)
        if (cpus[i].self)
            text_put(t, "processor\t: %u\nmodel name\t: x86_64\nphysical id\t: 0\ncore id\t\t: %u\n\n", i, i);
}
