// SPDX-License-Identifier: MIT
/*
 * tree.c - which files there are, and their numbers
 *
 * Two tables: the machine's files, and those that every task has.  A file's inode number says all about it,
 * so an inode needs neither memory of its own nor a disk, and has the same number whenever it is looked up:
 *
 *      pid * 64 + number of the node in its table         the machine's: pid 0
 *      FD_BASE + pid * 1024 + descriptor                  /proc/PID/fd/N
 *
 * Locks: the directory's, by vfs; the tables are constant, tasks are looked at through tasks.c.
 */
#include "fs/proc/proc.h"
#include "kernel/abi/dirent.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/time.h"

#define FD_BASE ((u64)1 << 32)
#define DIR(n, in)           {.name = (n), .parent = (in), .mode = S_IFDIR | 0555}
#define LINK(n, in)          {.name = (n), .parent = (in), .mode = S_IFLNK | 0777}
#define TEXT(n, in, f)       {.name = (n), .parent = (in), .mode = S_IFREG | 0444, .text = (f)}
#define MEMORY(n, in, f)     {.name = (n), .parent = (in), .mode = S_IFREG | 0444, .text = (f), .memory = 1}
#define SETTING(n, in, f, w) {.name = (n), .parent = (in), .mode = S_IFREG | 0644, .text = (f), .set = (w)}
#define NUMBERS 1000000 /* above all numbers of tasks and descriptors */

enum { MACHINE_SYS = 17, MACHINE_VM, MACHINE_AMA, TASK_AMA = 16 };

static const struct node machine_nodes[NODES] = {
    [NODE_TOP] = DIR("", NODE_TOP),
    [2] = TEXT("cmdline", NODE_TOP, text_boot_words),
    [3] = TEXT("cpuinfo", NODE_TOP, text_cpuinfo),
    [4] = TEXT("filesystems", NODE_TOP, text_filesystems),
    [5] = TEXT("loadavg", NODE_TOP, text_loadavg),
    [6] = TEXT("meminfo", NODE_TOP, text_meminfo),
    [7] = TEXT("mounts", NODE_TOP, text_mounts),
    [8] = TEXT("stat", NODE_TOP, text_machine_stat),
    [9] = TEXT("uptime", NODE_TOP, text_uptime),
    [10] = TEXT("version", NODE_TOP, text_version),
    [MACHINE_SELF] = LINK("self", NODE_TOP),
    [MACHINE_SYS] = DIR("sys", NODE_TOP),
    [MACHINE_VM] = DIR("vm", MACHINE_SYS),
    [MACHINE_AMA] = DIR("ama", NODE_TOP),
    [20] = SETTING("drop_caches", MACHINE_VM, text_drop_caches, set_drop_caches),
    [21] = TEXT("calls", MACHINE_AMA, text_calls),
    [22] = TEXT("totals", MACHINE_AMA, text_totals),
    [23] = TEXT("caches", MACHINE_AMA, text_caches),
    [24] = SETTING("inject", MACHINE_AMA, text_injection, set_injection),
    [25] = TEXT("unknown", MACHINE_AMA, text_unknown),
    [26] = TEXT("table", MACHINE_AMA, text_table),
    [27] = TEXT("limits", MACHINE_AMA, text_limits),
    [28] = TEXT("balance", MACHINE_AMA, text_balance),
};

static const struct node task_nodes[NODES] = {
    [NODE_TOP] = DIR("", NODE_TOP),
    [2] = MEMORY("stat", NODE_TOP, text_stat),
    [3] = MEMORY("statm", NODE_TOP, text_statm),
    [4] = MEMORY("status", NODE_TOP, text_status),
    [5] = MEMORY("cmdline", NODE_TOP, text_cmdline),
    [6] = TEXT("comm", NODE_TOP, text_comm),
    [7] = MEMORY("maps", NODE_TOP, text_maps),
    [TASK_EXE] = LINK("exe", NODE_TOP),
    [TASK_CWD] = LINK("cwd", NODE_TOP),
    [TASK_ROOT] = LINK("root", NODE_TOP),
    [TASK_FD] = {.name = "fd", .parent = NODE_TOP, .mode = S_IFDIR | 0500},
    [12] = TEXT("mounts", NODE_TOP, text_mounts),
    [TASK_AMA] = DIR("ama", NODE_TOP),
    [17] = SETTING("policy", TASK_AMA, text_policy, set_policy),
    [18] = SETTING("inject", TASK_AMA, text_injected, set_injected),
};

static const struct node descriptor_node = LINK("", TASK_FD);

struct place place_of(u64 ino)
{
    if (ino >= FD_BASE)
        return (struct place){(ino - FD_BASE) / FD_MAX, TASK_FD, (ino - FD_BASE) % FD_MAX};
    return (struct place){ino / NODES, ino % NODES, -1};
}

static u64 ino_of(i32 pid, u32 index)
{
    return (u64)pid * NODES + index;
}

static const struct node *table_of(i32 pid)
{
    return pid ? task_nodes : machine_nodes;
}

const struct node *node_of(struct place p)
{
    const struct node *n = p.fd >= 0 ? &descriptor_node : &table_of(p.pid)[p.index];
    return n->name ? n : NULL;
}

static u64 ino_above(struct place p)
{
    bool task_top = p.pid && p.index == NODE_TOP;
    return task_top ? PROC_ROOT_INO : ino_of(p.pid, node_of(p)->parent);
}

/* --- looking up --- */

static bool name_is(struct name nm, const char *s)
{
    return strlen(s) == nm.len && !memcmp(s, nm.text, nm.len);
}

/* A number in its only spelling, below 2^20; -1: it is none. */
static i32 number(struct name nm)
{
    i32 n = 0;
    if (!nm.len || nm.len > 6 || (nm.text[0] == '0' && nm.len > 1))
        return -1;
    for (u32 i = 0; i < nm.len; i++) {
        if (nm.text[i] < '0' || nm.text[i] > '9')
            return -1;
        n = n * 10 + (nm.text[i] - '0');
    }
    return n;
}

/* The inode number of the task or descriptor that a number names in a directory that has such, else 0. */
static u64 numbered(struct place dir, struct name nm)
{
    struct owner o;
    i32 n = number(nm);
    if (n > 0 && !dir.pid && dir.index == NODE_TOP)
        return task_owner(n, &o) ? ino_of(n, NODE_TOP) : 0;
    if (n >= 0 && dir.pid && dir.index == TASK_FD)
        return task_fd_next(dir.pid, n) == n ? FD_BASE + (u64)dir.pid * FD_MAX + n : 0;
    return 0;
}

static bool gone(struct place p)
{
    struct owner o;
    return p.pid && !task_owner(p.pid, &o);
}

/* --- the operations, with their needs --- */

OPERATION(int, proc_lookup, struct inode *dir, struct name name, u64 *ino);
OPERATION(int, proc_no_create, struct inode *dir, struct name name, const struct new_inode *what, u64 *ino);
OPERATION(int, proc_no_link, struct inode *dir, struct name name, struct inode *other);
OPERATION(int, proc_no_rename, const struct rename_args *r);
OPERATION(int, proc_readdir, struct inode *dir, u64 *pos, struct dir_sink *sink);
OPERATION(int, proc_no_setattr, struct inode *i, const struct attr *a);
OPERATION(int, proc_no_truncate, struct inode *i, u64 size);
OPERATION(int, proc_no_map, struct inode *i, u32 first, u32 count, u32 *block);
OPERATION(int, proc_no_allocate, struct inode *i, u32 first, u32 count, u64 end, u32 *block);
OPERATION(int, proc_read_inode, struct fs *fs, u64 ino, struct inode *i);

int proc_lookup(struct inode *dir, struct name nm, u64 *ino)
{
    struct place p = place_of(dir->ino);
    const struct node *table = table_of(p.pid);
    *ino = name_is(nm, "..") ? ino_above(p) : gone(p) ? 0 : numbered(p, nm);
    for (u32 i = NODE_TOP + 1; i < NODES && !*ino && !gone(p); i++)
        if (table[i].name && table[i].parent == p.index && name_is(nm, table[i].name))
            *ino = ino_of(p.pid, i);
    return *ino ? 0 : -ENOENT;
}


/* --- listing: positions 0 and 1 are the dots, then the nodes of the table, then numbers --- */

enum { POS_NODES = 2, POS_NUMBERS = POS_NODES + NODES };

static u8 type_of(u32 mode)
{
    return (mode & S_IFMT) == S_IFDIR ? DT_DIR : (mode & S_IFMT) == S_IFLNK ? DT_LNK : DT_REG;
}

static bool give(struct dir_sink *sink, const char *text, u64 ino, u64 pos)
{
    const struct node *n = node_of(place_of(ino));
    return sink->entry(sink, (struct name){text, strlen(text)}, ino, type_of(n->mode), pos + 1);
}

/* The entry at pos, if there is one; false: it does not fit. */
static bool give_fixed(u64 dir, u64 pos, struct dir_sink *sink)
{
    struct place p = place_of(dir);
    if (pos == 0)
        return give(sink, ".", dir, pos);
    if (pos == 1)
        return give(sink, "..", ino_above(p), pos);
    u32 i = pos - POS_NODES;
    const struct node *n = &table_of(p.pid)[i];
    bool here = n->name && n->parent == p.index && i != NODE_TOP;
    return !here || give(sink, n->name, ino_of(p.pid, i), pos);
}

/* The lowest number >= from in a directory of numbers; -1: there is none. */
static i32 next_number(struct place p, i32 from)
{
    if (!p.pid && p.index == NODE_TOP) {
        i32 pid = task_next(from);
        return pid ? pid : -1;
    }
    return p.pid && p.index == TASK_FD ? task_fd_next(p.pid, from) : -1;
}

static bool give_number(struct place p, i32 n, struct dir_sink *sink)
{
    char text[12];
    u64 ino = p.pid ? FD_BASE + (u64)p.pid * FD_MAX + n : ino_of(n, NODE_TOP);
    ksnprintf(text, sizeof(text), "%d", n);
    return give(sink, text, ino, POS_NUMBERS + (u64)n);
}

int proc_readdir(struct inode *dir, u64 *pos, struct dir_sink *sink)
{
    struct place p = place_of(dir->ino);
    i32 n;
    if (gone(p))
        return -ENOENT;
    for (; *pos < POS_NUMBERS; ++*pos)
        if (!give_fixed(dir->ino, *pos, sink))
            return 0;
    while (*pos < POS_NUMBERS + NUMBERS && (n = next_number(p, *pos - POS_NUMBERS)) >= 0) {
        if (!give_number(p, n, sink))
            return 0;
        *pos = POS_NUMBERS + (u64)n + 1;
    }
    return 0;
}


/* --- inodes --- */

int proc_read_inode(struct fs *fs UNUSED, u64 ino UNUSED, struct inode *i)
{
    struct place p = place_of(i->ino);
    const struct node *n = node_of(p);
    struct owner o = {0, 0};
    u64 now = wall_ns();
    if (!n || (p.pid && !task_owner(p.pid, &o)))
        return -ENOENT;
    i->mode = n->mode;
    i->uid = o.uid;
    i->gid = o.gid;
    i->nlink = is_dir(i) ? 2 : 1;
    i->atime = i->mtime = i->ctime = (struct timespec){now / 1000000000, now % 1000000000};
    return 0;
}

static void proc_release(struct inode *i UNUSED) {}

static const struct file_ops *proc_file_ops(struct inode *i)
{
    if (!is_reg(i))
        return NULL;
    return node_of(place_of(i->ino))->set ? &setting_ops : &text_ops;
}

/* --- what cannot be done here: the tree is the kernel's --- */

int proc_no_create(struct inode *dir UNUSED, struct name nm UNUSED, const struct new_inode *what UNUSED,
                     u64 *ino UNUSED)
{
    return -ENOENT; /* Linux's answer */
}


int proc_no_link(struct inode *dir UNUSED, struct name nm UNUSED, struct inode *other UNUSED)
{
    return -EPERM;
}
int proc_no_rename(const struct rename_args *r UNUSED)
{
    return -EPERM;
}
int proc_no_setattr(struct inode *i UNUSED, const struct attr *a UNUSED)
{
    return -EPERM;
}
int proc_no_truncate(struct inode *i UNUSED, u64 size UNUSED)
{
    return -EPERM;
}
int proc_no_map(struct inode *i UNUSED, u32 first UNUSED, u32 count UNUSED, u32 *block UNUSED)
{
    return -EIO;
}
static u32 proc_no_space(struct inode *i UNUSED)
{
    return 0;
}

int proc_no_allocate(struct inode *i UNUSED, u32 first UNUSED, u32 count UNUSED, u64 end UNUSED, u32 *block UNUSED)
{
    return -EIO;
}

const struct inode_ops proc_inode_ops = {
    .lookup = proc_lookup, .lookup_need = need_proc_lookup,
    .create = proc_no_create, .create_need = need_proc_no_create,
    .link = proc_no_link, .link_need = need_proc_no_link,
    .unlink = proc_no_link, .unlink_need = need_proc_no_link,
    .rename = proc_no_rename, .rename_need = need_proc_no_rename,
    .readdir = proc_readdir, .readdir_need = need_proc_readdir,
    .readlink = proc_readlink, .readlink_need = need_proc_readlink,
    .setattr = proc_no_setattr, .setattr_need = need_proc_no_setattr,
    .truncate = proc_no_truncate, .truncate_need = need_proc_no_truncate,
    .map = proc_no_map, .map_need = need_proc_no_map,
    .allocate = proc_no_allocate, .allocate_need = need_proc_no_allocate,
    .read_inode = proc_read_inode, .read_inode_need = need_proc_read_inode,
    .space = proc_no_space, .release = proc_release, .file_ops = proc_file_ops, .target = proc_target,
};
