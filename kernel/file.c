// SPDX-License-Identifier: MIT
/*
 * file.c - open files and descriptor tables (see file.h)
 *
 *     struct files                      leaf of 32
 *     +---------------+               +-----------+
 *     | leaf[0] ------+--> first ---> | file      |----> struct file, shared by dup and fork
 *     | leaf[1] ------+-------------> | file      |
 *     | ...           |               | cloexec   |
 *     +---------------+               +-----------+
 *
 * The first leaf lies in the table itself: a program that opens few files costs no more than its fork.
 * Files and further leaves are SMALL: they have machine-wide maxima, above which the entry answers ENFILE.
 *
 * Locks: files.lock (RANK_FILES) for changes by the owner and for looks by others; the owner reads without
 * it.
 */
#include "kernel/file.h"
#include "kernel/abi/poll.h"
#include "kernel/filelock.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/ports/vfs.h"
#include "kernel/task.h"
#include "mm/frame.h"
#include "mm/slab.h"

struct fd_leaf {
    struct file *file[FD_LEAF];
    u32 used;    /* bit i: file[i] is open */
    u32 cloexec; /* bit i: it is closed by exec */
};
_Static_assert(FD_LEAF == 32, "one bit a descriptor in u32 masks");

struct files {
    struct spinlock lock;
    /* --- guarded by lock; changed by the owner only --- */
    struct fd_leaf *leaf[FD_LEAVES];
    struct fd_leaf first;
};

struct kmem_cache file_cache = KMEM_CACHE("file", struct file, CACHE_SMALL, ENFILE);
struct kmem_cache leaf_cache = KMEM_CACHE("descriptors", struct fd_leaf, CACHE_SMALL, ENFILE);
struct kmem_cache files_cache = KMEM_CACHE("files", struct files, CACHE_LARGE, ENOMEM);

enum { FILES_LEAST = 256, FILES_MOST = 8192, LEAVES_LEAST = 32, LEAVES_MOST = 1024 };

/* Maxima grow with the machine: a file for every 8 frames, a leaf for every 64. */
void files_init(void)
{
    u64 frames = frames_free();
    kmem_cache_register(&file_cache, MAX(FILES_LEAST, MIN(FILES_MOST, frames / 8)));
    kmem_cache_register(&leaf_cache, MAX(LEAVES_LEAST, MIN(LEAVES_MOST, frames / 64)));
    kmem_cache_register(&files_cache, 0);
}

/* --- open files --- */

struct file *file_new(const struct file_ops *ops, struct inode *inode, u32 flags)
{
    struct file *f = kmem_cache_alloc(&file_cache);
    f->ops = ops;
    f->inode = inode;
    f->refs = 1;
    f->flags = flags;
    mutex_init(&f->pos_lock, RANK_TERMINAL, "file position");
    return f;
}

void file_get(struct file *f)
{
    __atomic_add_fetch(&f->refs, 1, __ATOMIC_RELAXED);
}

void file_put(struct file *f)
{
    if (__atomic_sub_fetch(&f->refs, 1, __ATOMIC_ACQ_REL))
        return;
    filelock_file_closed(f);
    f->ops->close(f);
    if (f->inode)
        vfs_port.inode_put(f->inode);
    kmem_cache_free(&file_cache, f);
}

/* --- the table --- */

static struct file **slot(struct files *t, u32 fd)
{
    struct fd_leaf *leaf = fd < FD_MAX ? t->leaf[fd / FD_LEAF] : NULL;
    return leaf ? &leaf->file[fd % FD_LEAF] : NULL;
}

struct file *fd_get(int fd)
{
    struct file **s = slot(current->files, fd);
    if (!s || !*s)
        return NULL;
    file_get(*s);
    return *s;
}

struct file *files_get(struct files *t, u32 fd)
{
    spin_lock(&t->lock);
    struct file **s = slot(t, fd), *f = s ? *s : NULL;
    if (f)
        file_get(f);
    spin_unlock(&t->lock);
    return f;
}

static void put_at(struct files *t, struct file *f, int fd, bool cloexec)
{
    struct fd_leaf *leaf = t->leaf[fd / FD_LEAF];
    u32 bit = 1u << fd % FD_LEAF;
    leaf->file[fd % FD_LEAF] = f;
    leaf->used = f ? leaf->used | bit : leaf->used & ~bit;
    leaf->cloexec = cloexec ? leaf->cloexec | bit : leaf->cloexec & ~bit;
}

/* Lowest free number >= from, whether its leaf exists or not; FD_MAX when there is none. */
static int lowest_free(struct files *t, int from)
{
    for (int fd = from; fd < FD_MAX; fd = ROUND_UP(fd + 1, FD_LEAF)) {
        const struct fd_leaf *leaf = t->leaf[fd / FD_LEAF];
        u32 unused = leaf ? ~leaf->used >> fd % FD_LEAF : 1;
        if (unused)
            return fd + __builtin_ctz(unused);
    }
    return FD_MAX;
}

int fd_limit(void)
{
    return MIN((u64)FD_MAX, current->limits[RLIMIT_NOFILE].cur);
}

int fd_check(int from, int count)
{
    int fd = from;
    for (int i = 0; i < count; i++)
        fd = lowest_free(current->files, fd) + 1;
    return fd > fd_limit() ? -EMFILE : 0;
}

bool fd_leaf_missing(int fd)
{
    return !current->files->leaf[fd / FD_LEAF];
}

u32 fd_leaves_missing(int from, int count)
{
    int fd = from, counted = -1;
    u32 missing = 0;
    for (int i = 0; i < count; i++, fd++) {
        fd = lowest_free(current->files, fd);
        missing += fd < FD_MAX && fd / FD_LEAF != counted && fd_leaf_missing(fd);
        counted = fd / FD_LEAF;
    }
    return AMA_UPTO(missing, count);
}

static void leaf_ensure(struct files *t, int fd) NEEDS_RESERVATION
{
    if (!t->leaf[fd / FD_LEAF])
        t->leaf[fd / FD_LEAF] = kmem_cache_alloc(&leaf_cache);
}

void fd_install_at(struct file *f, int fd, bool cloexec, struct file **old)
{
    struct files *t = current->files;
    AMA_AT_MOST(&leaf_cache, fd_leaf_missing(fd));
    leaf_ensure(t, fd);
    spin_lock(&t->lock);
    *old = *slot(t, fd);
    put_at(t, f, fd, cloexec);
    spin_unlock(&t->lock);
}

int fd_install(struct file *f, int from, bool cloexec)
{
    struct file *none;
    AMA_AT_MOST(&leaf_cache, fd_leaves_missing(from, 1));
    int fd = lowest_free(current->files, from);
    if (fd >= fd_limit())
        return -EMFILE;
    fd_install_at(f, fd, cloexec, &none);
    return fd;
}

struct file *fd_take(int fd)
{
    struct files *t = current->files;
    struct file **s = slot(t, fd), *f = s ? *s : NULL;
    if (!f)
        return NULL;
    spin_lock(&t->lock);
    put_at(t, NULL, fd, false);
    spin_unlock(&t->lock);
    return f;
}

bool fd_flags(int fd, bool *cloexec)
{
    struct file **s = slot(current->files, fd);
    if (!s || !*s)
        return false;
    *cloexec = current->files->leaf[fd / FD_LEAF]->cloexec >> fd % FD_LEAF & 1;
    return true;
}

void fd_set_flags(int fd, bool cloexec)
{
    struct files *t = current->files;
    struct file **s = slot(t, fd);
    spin_lock(&t->lock);
    if (s && *s)
        put_at(t, *s, fd, cloexec);
    spin_unlock(&t->lock);
}

/* --- tables of tasks --- */

struct files *files_new(void)
{
    struct files *t = kmem_cache_alloc(&files_cache);
    spin_init(&t->lock, RANK_FILES, "descriptors");
    t->leaf[0] = &t->first;
    return t;
}

/* Leaves beyond the first. */
u32 files_leaves(const struct files *t)
{
    u32 n = 0;
    for (u32 i = 1; i < FD_LEAVES; i++)
        n += t->leaf[i] != NULL;
    return n;
}

static void leaf_copy(struct fd_leaf *to, const struct fd_leaf *from)
{
    *to = *from;
    for (u32 i = 0; i < FD_LEAF; i++)
        if (to->file[i])
            file_get(to->file[i]);
}

struct files *files_copy(struct files *from)
{
    struct files *to = files_new();
    AMA_AT_MOST(&leaf_cache, files_leaves(from));
    for (u32 i = 0; i < FD_LEAVES; i++) {
        if (!from->leaf[i])
            continue;
        leaf_ensure(to, i * FD_LEAF);
        leaf_copy(to->leaf[i], from->leaf[i]);
    }
    return to;
}

/* Closes descriptors of a leaf: all, or only those that exec closes. */
static void leaf_close(struct files *t, u32 leaf, bool all)
{
    for (u32 i = 0; t->leaf[leaf] && i < FD_LEAF; i++) {
        struct file *f = t->leaf[leaf]->file[i];
        if (!f || (!all && !(t->leaf[leaf]->cloexec >> i & 1)))
            continue;
        spin_lock(&t->lock);
        put_at(t, NULL, leaf * FD_LEAF + i, false);
        spin_unlock(&t->lock);
        filelock_descriptor_closed(f, t);
        file_put(f);
    }
}

void files_exec(struct files *t)
{
    for (u32 i = 0; i < FD_LEAVES; i++)
        leaf_close(t, i, false);
}

void files_put(struct files *t)
{
    for (u32 i = 0; i < FD_LEAVES; i++)
        leaf_close(t, i, true);
    for (u32 i = 1; i < FD_LEAVES; i++)
        if (t->leaf[i])
            kmem_cache_free(&leaf_cache, t->leaf[i]);
    kmem_cache_free(&files_cache, t);
}

/* --- operations that a file does not have --- */

long file_no_read(struct file *f UNUSED, struct io *io UNUSED, u64 *pos UNUSED)
{
    return -EINVAL;
}

long file_no_write(struct file *f UNUSED, struct io *io UNUSED, u64 *pos UNUSED)
{
    return -EINVAL;
}

long file_no_ioctl(struct file *f UNUSED, u32 cmd UNUSED, u64 arg UNUSED)
{
    return -ENOTTY;
}

u32 file_always_ready(struct file *f UNUSED, struct poll_table *pt UNUSED)
{
    return POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM;
}

long file_no_seek(struct file *f UNUSED, i64 offset UNUSED, int whence UNUSED)
{
    return -ESPIPE;
}

long file_no_fsync(struct file *f UNUSED, bool data_only UNUSED)
{
    return -EINVAL;
}

int file_no_readdir(struct file *f UNUSED, struct dir_sink *s UNUSED, u64 *pos UNUSED)
{
    return -ENOTDIR;
}

int file_no_mmap(struct file *f UNUSED, u64 pgoff UNUSED, u64 pages UNUSED, int prot UNUSED,
                 bool shared UNUSED)
{
    return -ENODEV;
}

void file_no_close(struct file *f UNUSED) {}
