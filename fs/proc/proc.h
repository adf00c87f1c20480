// SPDX-License-Identifier: MIT
/*
 * proc.h - what the files of fs/proc share with each other
 *
 * In reading order: tree.c (which files there are), tasks.c (other tasks, safely), text.c (writing a text
 * from an offset on), read.c (reading one: scope `proc_read`), settings.c (the files that are written),
 * links.c (symlinks), then the texts: machine.c, memory.c, ama.c, process.c, maps.c; port.c is the table of
 * it all.
 */
#pragma once
#include "kernel/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/format.h"
#include "kernel/task.h"

struct space;

/* --- text.c: a text is made anew for each read; only what lies in the reader's room is kept --- */
struct text {
    struct sink sink;
    char *dst;
    u64 skip;      /* characters still to be dropped */
    u64 room, len; /* bytes of dst; bytes in it */
};
void text_begin(struct text *t, char *dst, u64 room, u64 offset);
void text_put(struct text *t, const char *fmt, ...) PRINTF(2, 3);
void text_bytes(struct text *t, const char *s, u64 n);
/* As one word: blanks, tabs, newlines and backslashes in octal, as in /proc/mounts. */
void text_word(struct text *t, const char *s);
static inline bool text_full(const struct text *t)
{
    return t->len == t->room;
}

/* --- tree.c: the files --- */

/* What a text is about.  The process tree is locked; the space's lock is held. */
struct view {
    struct task *task;   /* NULL: the machine */
    struct space *space; /* NULL: a kernel thread, a task that has ended, or not asked for */
};

struct node {
    const char *name; /* NULL: no such number */
    u32 parent;       /* number of the directory that it is in */
    u32 mode;
    void (*text)(struct text *t, const struct view *v);
    /* A setting: what was written, without the newline at its end; 0 or -errno.  `t` is NULL for the
     * machine's settings, else it exists and the process tree is locked. */
    int (*set)(struct task *t, const char *word);
    bool memory; /* the text looks at the space */
};

/* Inode numbers: 64 for the machine and 64 for each task, of which the lower ones are used; descriptors lie
 * above. */
enum { NODES = 64, NODE_TOP = 1 };
enum { TASK_EXE = 8, TASK_CWD, TASK_ROOT, TASK_FD, MACHINE_SELF = 16 };

/* What an inode number means. */
struct place {
    i32 pid;   /* 0: the machine */
    u32 index; /* of the node; of a descriptor: TASK_FD */
    i32 fd;    /* -1: no descriptor */
};
struct place place_of(u64 ino);
const struct node *node_of(struct place p); /* NULL: there is none */

extern const struct inode_ops proc_inode_ops;
#define PROC_ROOT_INO ((u64)NODE_TOP)

/* --- tasks.c --- */
struct owner {
    u32 uid, gid;
};
bool task_owner(i32 pid, struct owner *out); /* false: there is no such task */
i32 task_next(i32 from);                     /* the lowest number >= from of a task, 0: none */
i32 task_fd_next(i32 pid, i32 from);         /* the lowest open descriptor >= from, -1: none */
/* With a reference, or NULL. */
struct space *task_space(const struct task *t); /* call with t found under the process tree's lock */
struct file *task_file(i32 pid, i32 fd);
struct inode *task_inode(i32 pid, u32 index);          /* TASK_EXE, TASK_CWD, TASK_ROOT */
size_t task_exe_path(i32 pid, char *dst, size_t size); /* its length; 0: it has none */

/* --- read.c, settings.c, links.c --- */
extern const struct file_ops text_ops, setting_ops;
OPERATION(int, proc_readlink, struct inode *i, char *dst, size_t size);
struct inode *proc_target(struct inode *link);
/* Sets *v to the inode's task (NULL: the machine); 0 or -ESRCH.  Call with the process tree locked. */
int view_find(const struct inode *i, struct view *v);
long text_seek(struct file *f, i64 offset, int whence);
int set_policy(struct task *t, const char *word);
int set_injected(struct task *t, const char *word);
int set_injection(struct task *t, const char *word);
int set_drop_caches(struct task *t, const char *word);

/* --- the texts --- */
#define USER_HZ 100 /* Linux's unit of time in /proc */
static inline u64 user_hz(u64 ticks)
{
    return ticks * USER_HZ / TICK_HZ;
}

void text_meminfo(struct text *t, const struct view *v);
void text_drop_caches(struct text *t, const struct view *v);
void text_uptime(struct text *t, const struct view *v);
void text_loadavg(struct text *t, const struct view *v);
void text_machine_stat(struct text *t, const struct view *v);
void text_mounts(struct text *t, const struct view *v);
void text_version(struct text *t, const struct view *v);
void text_boot_words(struct text *t, const struct view *v);
void text_filesystems(struct text *t, const struct view *v);
void text_cpuinfo(struct text *t, const struct view *v);

void text_calls(struct text *t, const struct view *v);
void text_totals(struct text *t, const struct view *v);
void text_caches(struct text *t, const struct view *v);
void text_injection(struct text *t, const struct view *v);
void text_unknown(struct text *t, const struct view *v);
void text_table(struct text *t, const struct view *v);
void text_limits(struct text *t, const struct view *v);
void text_balance(struct text *t, const struct view *v);

void text_stat(struct text *t, const struct view *v);
void text_statm(struct text *t, const struct view *v);
void text_status(struct text *t, const struct view *v);
void text_comm(struct text *t, const struct view *v);
void text_policy(struct text *t, const struct view *v);
void text_injected(struct text *t, const struct view *v);
void text_cmdline(struct text *t, const struct view *v);
void text_maps(struct text *t, const struct view *v);
u64 space_pages(const struct space *s, int prot); /* of its regions that have all bits of prot */
