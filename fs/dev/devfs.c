// SPDX-License-Identifier: MIT
/*
 * devfs.c - the file system on /dev, and which device a number means
 *
 * Its nodes are a table: fixed devices and links, then a node for each disk and partition.  Inode number i +
 * 2 is node i, 1 is the directory.  Mode, owner and times that were changed stay in the table, since its
 * inodes leave memory when unused. Nothing is made or removed here.
 */
#include "fs/dev/dev.h"
#include "kernel/abi/dirent.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/ports/dev.h"
#include "kernel/ports/tty.h"
#include "kernel/task.h"
#include "kernel/time.h"

enum { ROOT_INO = 1, FIRST_NODE_INO = 2, DISK_GROUP = 6, DEV_NUMBER = 5, DEVFS_MAGIC = 0x1373 };

struct node {
    char name[8];
    u32 mode, rdev;
    const char *target;  /* links */
    /* --- guarded by the lock of its inode --- */
    struct attr changed; /* mask: which fields no longer are as above */
};

static const struct node fixed[] = {
    {.name = "console", .mode = S_IFCHR | 0620, .rdev = DEV_CONSOLE},
    {.name = "tty", .mode = S_IFCHR | 0666, .rdev = DEV_TTY},
    {.name = "tty0", .mode = S_IFCHR | 0620, .rdev = DEV_TTY0},
    {.name = "ttyS0", .mode = S_IFCHR | 0620, .rdev = DEV_TTYS0},
    {.name = "null", .mode = S_IFCHR | 0666, .rdev = DEV_NULL},
    {.name = "zero", .mode = S_IFCHR | 0666, .rdev = DEV_ZERO},
    {.name = "full", .mode = S_IFCHR | 0666, .rdev = DEV_FULL},
    {.name = "random", .mode = S_IFCHR | 0666, .rdev = DEV_RANDOM},
    {.name = "urandom", .mode = S_IFCHR | 0666, .rdev = DEV_URANDOM},
    {.name = "kmsg", .mode = S_IFCHR | 0644, .rdev = DEV_KMSG},
    {.name = "fd", .mode = S_IFLNK | 0777, .target = "/proc/self/fd"},
    {.name = "stdin", .mode = S_IFLNK | 0777, .target = "/proc/self/fd/0"},
    {.name = "stdout", .mode = S_IFLNK | 0777, .target = "/proc/self/fd/1"},
    {.name = "stderr", .mode = S_IFLNK | 0777, .target = "/proc/self/fd/2"},
};

#define NODES (ARRAY_SIZE(fixed) + BLOCK_DEVICES)
static struct node nodes[NODES];
static u32 node_count;
static struct attr root_changed;
static struct timespec started; /* the nodes' times until they are changed */

/* --- which device a number means --- */

static const struct file_ops *character_ops(u32 rdev)
{
    switch (rdev) {
    case DEV_NULL:
        return &null_ops;
    case DEV_ZERO:
        return &zero_ops;
    case DEV_FULL:
        return &full_ops;
    case DEV_RANDOM:
    case DEV_URANDOM:
        return &random_ops;
    case DEV_KMSG:
        return &kmsg_ops;
    case DEV_TTY: /* the caller's controlling terminal */
        return current->tty ? tty_port.file_ops : NULL;
    case DEV_TTY0:
    case DEV_TTYS0:
    case DEV_CONSOLE:
        return tty_port.file_ops;
    default:
        return NULL;
    }
}

static const struct file_ops *find_ops(u32 rdev, bool block)
{
    if (!block)
        return character_ops(rdev);
    return block_device_by_number(rdev) ? &disk_ops : NULL;
}

/* --- inodes --- */

static bool is_block(u32 mode)
{
    return (mode & S_IFMT) == S_IFBLK;
}

static const struct file_ops *dev_file_ops(struct inode *i)
{
    return is_special(i) ? find_ops(i->rdev, is_block(i->mode)) : NULL;
}

static struct node *node_of(u64 ino)
{
    return ino >= FIRST_NODE_INO && ino - FIRST_NODE_INO < node_count ? &nodes[ino - FIRST_NODE_INO] : NULL;
}

/* --- the operations, with their needs --- */

OPERATION(int, dev_lookup, struct inode *dir, struct name name, u64 *ino);
OPERATION(int, dev_no_create, struct inode *dir, struct name name, const struct new_inode *what, u64 *ino);
OPERATION(int, dev_no_link, struct inode *dir, struct name name, struct inode *other);
OPERATION(int, dev_no_rename, const struct rename_args *r);
OPERATION(int, dev_readdir, struct inode *dir, u64 *pos, struct dir_sink *sink);
OPERATION(int, dev_readlink, struct inode *i, char *dst, size_t size);
OPERATION(int, dev_setattr, struct inode *i, const struct attr *a);
OPERATION(int, dev_no_truncate, struct inode *i, u64 size);
OPERATION(int, dev_no_map, struct inode *i, u32 first, u32 count, u32 *block);
OPERATION(int, dev_no_allocate, struct inode *i, u32 first, u32 count, u64 end, u32 *block);
OPERATION(int, dev_read_inode, struct fs *fs, u64 ino, struct inode *i);
OPERATION(int, dev_mount, struct fs *fs, struct block_device *dev, u32 flags);
OPERATION(int, dev_unmount, struct fs *fs);
OPERATION(int, dev_start, const char *self);

static void attr_apply(struct inode *i, const struct attr *a)
{
    if (a->mask & ATTR_MODE)
        i->mode = (i->mode & S_IFMT) | (a->mode & ~S_IFMT);
    if (a->mask & ATTR_UID)
        i->uid = a->uid;
    if (a->mask & ATTR_GID)
        i->gid = a->gid;
    if (a->mask & ATTR_ATIME)
        i->atime = a->atime;
    if (a->mask & ATTR_MTIME)
        i->mtime = a->mtime;
    if (a->mask & ATTR_CTIME)
        i->ctime = a->ctime;
}

int dev_read_inode(struct fs *fs UNUSED, u64 ino UNUSED, struct inode *i)
{
    const struct node *n = node_of(i->ino);
    if (!n && i->ino != ROOT_INO)
        return -ENOENT;
    i->mode = n ? n->mode : S_IFDIR | 0755;
    i->nlink = n ? 1 : 2;
    i->rdev = n ? n->rdev : 0;
    i->gid = is_block(i->mode) ? DISK_GROUP : 0;
    i->atime = i->mtime = i->ctime = started;
    i->size = n && n->target ? strlen(n->target) : 0;
    attr_apply(i, n ? &n->changed : &root_changed);
    return 0;
}

/* Keeps in `to` what `a` changes. */
static void attr_keep(struct attr *to, const struct attr *a)
{
    struct attr old = *to;
    *to = *a;
    to->mask = old.mask | a->mask;
    to->mode = a->mask & ATTR_MODE ? a->mode : old.mode;
    to->uid = a->mask & ATTR_UID ? a->uid : old.uid;
    to->gid = a->mask & ATTR_GID ? a->gid : old.gid;
    to->atime = a->mask & ATTR_ATIME ? a->atime : old.atime;
    to->mtime = a->mask & ATTR_MTIME ? a->mtime : old.mtime;
    to->ctime = a->mask & ATTR_CTIME ? a->ctime : old.ctime;
}

int dev_setattr(struct inode *i, const struct attr *a)
{
    struct node *n = node_of(i->ino);
    attr_keep(n ? &n->changed : &root_changed, a);
    attr_apply(i, a);
    return 0;
}

int dev_readlink(struct inode *i, char *dst, size_t size)
{
    const struct node *n = node_of(i->ino);
    u32 length = MIN(strlen(n->target), size);
    memcpy(dst, n->target, length);
    return length;
}

/* --- the directory --- */

int dev_lookup(struct inode *dir UNUSED, struct name name, u64 *ino)
{
    for (u32 i = 0; i < node_count; i++) {
        if (strlen(nodes[i].name) == name.len && !memcmp(nodes[i].name, name.text, name.len)) {
            *ino = FIRST_NODE_INO + i;
            return 0;
        }
    }
    return -ENOENT;
}

static u8 entry_type(u32 mode)
{
    return (mode & S_IFMT) == S_IFLNK ? DT_LNK : is_block(mode) ? DT_BLK : DT_CHR;
}

/* Positions 0 and 1 are "." and "..", 2 + i is node i. */
static bool emit(struct dir_sink *sink, u64 pos)
{
    if (pos < 2)
        return sink->entry(sink, (struct name){"..", pos + 1}, ROOT_INO, DT_DIR, pos + 1);
    const struct node *n = &nodes[pos - 2];
    return sink->entry(sink, (struct name){n->name, strlen(n->name)}, FIRST_NODE_INO + pos - 2,
                       entry_type(n->mode), pos + 1);
}

int dev_readdir(struct inode *dir UNUSED, u64 *pos, struct dir_sink *sink)
{
    while (*pos < 2 + node_count && emit(sink, *pos))
        ++*pos;
    return 0;
}

/* --- what this file system does not do; everything needs nothing --- */

int dev_no_create(struct inode *d UNUSED, struct name nm UNUSED, const struct new_inode *w UNUSED,
                     u64 *ino UNUSED)
{
    return -EPERM;
}

int dev_no_link(struct inode *d UNUSED, struct name nm UNUSED, struct inode *i UNUSED)
{
    return -EPERM;
}

int dev_no_rename(const struct rename_args *r UNUSED)
{
    return -EPERM;
}

int dev_no_truncate(struct inode *i UNUSED, u64 size UNUSED)
{
    return -EINVAL;
}

int dev_no_map(struct inode *i UNUSED, u32 first UNUSED, u32 count UNUSED, u32 *block UNUSED)
{
    return -EIO;
}

int dev_no_allocate(struct inode *i UNUSED, u32 first UNUSED, u32 count UNUSED, u64 end UNUSED, u32 *block UNUSED)
{
    return -EIO;
}

static u32 dev_no_space(struct inode *i UNUSED)
{
    return 0;
}

static void dev_no_release(struct inode *i UNUSED) {}

static const struct inode_ops inode_operations = {
    .lookup = dev_lookup, .lookup_need = need_dev_lookup,
    .create = dev_no_create, .create_need = need_dev_no_create,
    .link = dev_no_link, .link_need = need_dev_no_link,
    .unlink = dev_no_link, .unlink_need = need_dev_no_link,
    .rename = dev_no_rename, .rename_need = need_dev_no_rename,
    .readdir = dev_readdir, .readdir_need = need_dev_readdir,
    .readlink = dev_readlink, .readlink_need = need_dev_readlink,
    .setattr = dev_setattr, .setattr_need = need_dev_setattr,
    .truncate = dev_no_truncate, .truncate_need = need_dev_no_truncate,
    .map = dev_no_map, .map_need = need_dev_no_map,
    .allocate = dev_no_allocate, .allocate_need = need_dev_no_allocate,
    .read_inode = dev_read_inode, .read_inode_need = need_dev_read_inode,
    .space = dev_no_space, .release = dev_no_release, .file_ops = dev_file_ops,
};

/* --- mounting --- */

int dev_mount(struct fs *fs, struct block_device *dev UNUSED, u32 flags UNUSED)
{
    fs->inode_ops = &inode_operations;
    fs->root_ino = ROOT_INO;
    fs->dev_number = DEV_NUMBER;
    return 0;
}

int dev_unmount(struct fs *fs UNUSED)
{
    return 0;
}

static int dev_sync(struct fs *fs UNUSED)
{
    return 0;
}


static void dev_stat(struct fs *fs UNUSED, struct fs_stat *out)
{
    *out = (struct fs_stat){.type = DEVFS_MAGIC, .block_size = PAGE_SIZE, .name_max = NAME_LEN_MAX};
}

static const struct fs_ops fs_operations = {
    .name = "devfs",
    .mount = dev_mount, .mount_need = need_dev_mount,
    .unmount = dev_unmount, .unmount_need = need_dev_unmount,
    .sync = dev_sync,
    .stat = dev_stat,
};

/* --- the service: started after the disks are known --- */

int dev_start(const char *self UNUSED)
{
    disk_init();
    started.sec = wall_ns() / 1000000000;
    memcpy(nodes, fixed, sizeof(fixed));
    node_count = ARRAY_SIZE(fixed);
    for (u32 i = 0; i < BLOCK_DEVICES && block_devices[i]; i++) {
        struct node *n = &nodes[node_count++];
        strlcpy(n->name, block_devices[i]->name, sizeof(n->name));
        n->mode = S_IFBLK | 0660;
        n->rdev = block_devices[i]->dev;
    }
    return 0;
}

const struct dev_port dev_port = {
    .service = {.name = "dev", .start = dev_start, .start_need = need_dev_start},
    .fs = &fs_operations,
    .file_ops = find_ops,
};
