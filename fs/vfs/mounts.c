// SPDX-License-Identifier: MIT
/*
 * mounts.c - which file systems are where in the tree
 *
 * A mount is a struct fs in a fixed table: it holds a reference on its root inode and on the directory that
 * it covers, and that directory points to the root, where a walk crosses.  A file system without a disk is
 * its own source.
 *
 *      covered directory --mounted--> root inode of fs --fs->covered--> covered directory
 *
 * Locks: tree_lock (RANK_RENAME) guards the table; a walk reads only `mounted` and `covered`, which change
 * while nobody uses what they lead to.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/mount.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"

#define MOUNTS_MAX 16
#define TYPES_MAX  8

struct mutex tree_lock;
static struct fs table[MOUNTS_MAX];            /* ops NULL: free */
static struct list mounts = LIST_INIT(mounts); /* in the order they were mounted: the root first */
static struct {
    const struct fs_ops *ops;
    bool on_disk;
} types[TYPES_MAX]; /* file systems that were mounted */

void mounts_start(void)
{
    mutex_init(&tree_lock, RANK_RENAME, "tree");
}

struct inode *root_of_all(void)
{
    struct fs *fs = list_first(&mounts, struct fs, mounted);
    return fs ? fs->root : NULL;
}

const struct fs *mount_nth(u32 n)
{
    list_each(fs, &mounts, struct fs, mounted) if (n-- == 0) return fs;
    return NULL;
}

const struct fs_ops *fs_find(const char *name, bool *on_disk)
{
    for (u32 i = 0; i < TYPES_MAX && types[i].ops; i++) {
        *on_disk = types[i].on_disk;
        if (!strcmp(types[i].ops->name, name))
            return types[i].ops;
    }
    return NULL;
}

static void type_remember(const struct fs_ops *ops, bool on_disk)
{
    for (u32 i = 0; i < TYPES_MAX; i++) {
        if (!types[i].ops) {
            types[i].on_disk = on_disk;
            types[i].ops = ops;
        }
        if (types[i].ops == ops)
            return;
    }
}

/* --- scope `mount` --- */

struct mount_args {
    const struct fs_ops *ops;
    struct block_device *dev;
    u32 flags;
    struct inode *covered; /* NULL: the root of all */
    const char *where;
    struct fs *fs; /* the slot, chosen under the guard */
};

/* A free slot, or -EBUSY when the device is mounted already. */
static int slot_find(struct mount_args *a)
{
    a->fs = NULL;
    for (u32 i = 0; i < MOUNTS_MAX; i++) {
        if (!table[i].ops)
            a->fs = &table[i];
        else if (a->dev && table[i].dev == a->dev)
            return -EBUSY;
    }
    return a->fs ? 0 : -ENOSPC;
}

static int mount_guard(void *p)
{
    struct mount_args *a = p;
    mutex_lock(&tree_lock);
    int rc = a->covered && (a->covered->mounted || !a->covered->nlink) ? -ESTALE : slot_find(a);
    if (rc) {
        mutex_unlock(&tree_lock);
        return rc;
    }
    *a->fs = (struct fs){.ops = a->ops, .dev = a->dev, .flags = a->flags};
    pass_enter(a->fs);
    return 0;
}

static long mount_body(void *p) NEEDS_RESERVATION
{
    struct mount_args *a = p;
    struct fs *fs = a->fs;
    struct fs_stat st;
    AMA_COVERS(false, inode_read(fs, 0, NULL)); /* mount has pinned the root's table block */
    fs->read_only = a->flags & MS_RDONLY;
    int rc = a->ops->mount(fs, a->dev, a->flags);
    if (rc)
        return rc;
    a->ops->stat(fs, &st);
    fs->block_size = st.block_size;
    rc = inode_obtain(fs, fs->root_ino, &fs->root);
    if (!rc && !is_dir(fs->root)) {
        inode_put(fs->root);
        inodes_drop(fs);
        rc = -EUCLEAN;
    }
    if (rc) {
        fs->root = NULL;
        kprintf("%s: its root directory cannot be read\n", a->ops->name);
        return rc;
    }
    strlcpy(fs->where, a->where, sizeof(fs->where));
    list_push_back(&mounts, &fs->mounted);
    if (a->covered) {
        fs->covered = inode_ref(a->covered);
        __atomic_store_n(&a->covered->mounted, fs->root, __ATOMIC_RELEASE);
    }
    return 0;
}

static void mount_unguard(void *p)
{
    struct mount_args *a = p;
    pass_leave(a->fs);
    if (!a->fs->root)
        a->fs->ops = NULL;
    mutex_unlock(&tree_lock);
}

DERIVE(mount);
SCOPE(mount, .guard = mount_guard, .need = need_mount, .body = mount_body, .unguard = mount_unguard);

int mount_path(struct path *at, const char *where, const struct fs_ops *ops, struct block_device *dev,
               u32 flags)
{
    if (!is_dir(at->inode))
        return -ENOTDIR;
    struct mount_args a = {.ops = ops, .dev = dev, .flags = flags, .covered = at->inode, .where = where};
    int rc = gate_call(&scope_mount, &a);
    if (!rc)
        type_remember(ops, dev);
    return rc;
}

int mount_root(struct block_device *dev, const struct fs_ops *ops, bool read_only)
{
    struct mount_args a = {.ops = ops, .dev = dev, .flags = read_only ? MS_RDONLY : 0, .where = "/"};
    int rc = gate_call(&scope_mount, &a);
    if (rc)
        kprintf("%s: cannot be mounted as the root file system (error %d)\n", dev ? dev->name : ops->name,
                -rc);
    else
        type_remember(ops, dev);
    return rc;
}

int mount_at(const char *where, const struct fs_ops *ops, struct block_device *dev, u32 flags)
{
    struct path p;
    int rc = walk_kernel(where, WALK_FOLLOW, &p);
    if (!rc) {
        rc = mount_path(&p, where, ops, dev, flags);
        path_put(&p);
    }
    if (rc)
        kprintf("%s: cannot be mounted at %s (error %d)\n", dev ? dev->name : ops->name, where, -rc);
    return rc;
}

/* --- scope `umount` --- */

struct umount_args {
    struct fs *fs;
    bool force; /* power-off: whatever is in use */
    bool ran;   /* the mount is gone */
};

/* Somebody uses more of it than the mount itself does. */
static bool in_use(const struct fs *fs)
{
    return fs->busy > 1 || fs->root->refs > 1;
}

static int umount_guard(void *p)
{
    struct umount_args *a = p;
    mutex_lock(&tree_lock);
    if (!a->force && in_use(a->fs)) {
        mutex_unlock(&tree_lock);
        return -EBUSY;
    }
    pass_enter(a->fs);
    return 0;
}

/* Takes the mount out of the tree; its root is the last inode of it in memory. */
static void detach(struct fs *fs)
{
    if (fs->covered) {
        __atomic_store_n(&fs->covered->mounted, NULL, __ATOMIC_RELEASE);
        inode_put(fs->covered);
    }
    inode_put(fs->root);
    inodes_drop(fs);
    names_drop(fs);
}

static long umount_body(void *p) NEEDS_RESERVATION
{
    struct umount_args *a = p;
    a->ran = true;
    if (!in_use(a->fs))
        detach(a->fs);
    return a->fs->ops->unmount(a->fs);
}

static void umount_unguard(void *p)
{
    struct umount_args *a = p;
    pass_leave(a->fs);
    mutex_unlock(&tree_lock);
}

DERIVE(umount);
SCOPE(umount, .guard = umount_guard, .need = need_umount, .body = umount_body, .unguard = umount_unguard);

/* Writes back what is left and lets go of the device: from then on it can be mounted anew or written raw. */
static int device_leave(struct block_device *dev)
{
    int flushed = flush_device(dev);
    dev->mapping.error = 0; /* reported; the next mount begins anew */
    mapping_drop_clean(&dev->mapping);
    dev->fs = NULL;
    return flushed;
}

static int umount(struct fs *fs, bool force)
{
    struct block_device *dev = fs->dev;
    struct umount_args a = {.fs = fs, .force = force};
    int synced = sync_fs(fs);
    inodes_drop(fs);
    int rc = gate_call(&scope_umount, &a);
    if (!a.ran)
        return rc;
    list_remove(&fs->mounted);
    fs->root = NULL;
    int flushed = dev ? device_leave(dev) : 0;
    int lost = inodes_forget(fs);
    fs->ops = NULL; /* the slot is free */
    return rc ? rc : synced ? synced : flushed ? flushed : lost;
}

int umount_path(struct path *at)
{
    struct fs *fs = at->inode->fs;
    bool is_mount = at->inode == fs->root;
    path_put(at);
    if (!is_mount)
        return -EINVAL;
    return fs->covered ? umount(fs, false) : -EBUSY;
}

/* --- syncing --- */

int sync_fs(struct fs *fs)
{
    return fs->dev ? fs->ops->sync(fs) : 0;
}

int sync_all(void)
{
    int worst = 0;
    for (u32 i = 0; i < MOUNTS_MAX; i++) {
        int rc = table[i].root ? sync_fs(&table[i]) : 0;
        worst = worst ? worst : rc;
    }
    return worst;
}

int unmount_all(void)
{
    int worst = 0;
    while (!list_empty(&mounts)) {
        struct fs *last = list_entry(mounts.prev, struct fs, mounted);
        int rc = umount(last, true);
        worst = worst ? worst : rc;
        if (list_linked(&last->mounted))
            break;
    }
    return worst;
}
