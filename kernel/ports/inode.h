// SPDX-License-Identifier: MIT
/*
 * inode.h - the port of file systems
 *
 * A file system hands out inodes and implements `struct inode_ops`: each operation stands beside its need, which has the same
 * parameters and is derived by the build (OPERATION and DERIVE_OP, kernel/lib/ama.h).  Operations run inside
 * a scope, on the caller's thread and from the caller's reservation: a file system owns no memory that a caller has not paid for.
 * fs/vfs keeps the inode and name caches and reads and writes cached files; it calls these through the inline wrappers at the
 * end, which carry the token.
 *
 * Every modifying operation first loads all blocks that it will change (may return -EIO and has changed nothing), then modifies
 * in memory and cannot fail; before it returns it has put the inode into its cached table block (so inodes are never dirty).
 * The caller holds dev->pass shared around modifying operations, and the inode locks named here.
 *
 * -EPASS from link, unlink or rename: the blocks that gain and lose names here would have to be written one before the other
 * in a circle; nothing has changed: call flush_device() outside scopes, then try again.
 */
#pragma once
#include "kernel/lib/lock.h"
#include "kernel/lib/token.h"
#include "mm/cache.h"
#include "mm/reserve.h"

struct inode;
struct fs;
struct file;
struct file_ops;

#define NAME_LEN_MAX 255
#define PATH_LEN_MAX 4096 /* with the NUL */

struct timespec {
    i64 sec;
    i64 nsec;
};

struct name {
    const char *text; /* not terminated */
    u32 len;
};

struct inode {
    /* --- fixed once found --- */
    struct fs *fs;
    u64 ino;
    const struct inode_ops *ops;
    /* --- guarded by the inode cache's lock (fs/vfs) --- */
    struct list hash, unused; /* unused: on the list of unreferenced inodes, oldest first */
    u32 refs;
    bool ready;               /* read from disk; others wait for it */
    /* --- guarded by lock (written); single words may be read without --- */
    struct mutex lock;        /* RANK_DIR for directories, RANK_INODE else */
    struct rwlock map_lock;   /* RANK_MAP: faults and readers of the block map shared, truncate exclusive */
    u32 mode, uid, gid, nlink;
    u32 rdev;                 /* Linux encoding */
    u64 size;
    u64 sectors;              /* of 512 bytes, for st_blocks */
    struct timespec atime, mtime, ctime;
    struct mapping map;       /* its cached pages */
    void *pipe;               /* FIFO: struct pipe of its open ends */
    struct inode *mounted;    /* a directory on which something is mounted: the root there */
    struct list locks;        /* flock and fcntl locks (kernel/filelock.c) */
    u32 writers_denied;       /* executed: > 0; open for writing: ETXTBSY */
    u32 writers;              /* open for writing; both guarded by the inode cache's lock */
    u64 version;              /* directory: grows with every change of its names, guarded by lock */
    /* --- the file system's own --- */
    u64 fs_data[13];
};

struct attr {                 /* for setattr: which fields change */
    u32 mask;                 /* ATTR_* */
    u32 mode, uid, gid;
    struct timespec atime, mtime, ctime;
};
enum { ATTR_MODE = 1, ATTR_UID = 2, ATTR_GID = 4, ATTR_ATIME = 8, ATTR_MTIME = 16, ATTR_CTIME = 32 };

struct new_inode {            /* what create makes */
    u32 mode, uid, gid, rdev;
    struct name target;       /* symlinks */
};

/* readdir's receiver: false when the entry does not fit (then the position stays before it). */
struct dir_sink {
    bool (*entry)(struct dir_sink *s, struct name name, u64 ino, u8 type, u64 next_pos);
};

struct rename_args {
    struct inode *from_dir, *to_dir;
    struct name from, to;
    struct inode *moved, *victim; /* victim: NULL when the new name is free */
};

struct inode_ops {
    /* --- directories: dir->lock held --- */
    /* *ino = the inode number that `name` has; -ENOENT, -EIO. */
    int (*lookup)(struct inode *dir, struct name name, u64 *ino);
    void (*lookup_need)(struct inode *dir, struct name name, u64 *ino, struct need *n);
    /* Makes a file of any type; *ino is its number (the caller then gets it from the cache: its table block is cached and stays
     * pinned by the scope).  The name is known not to exist. */
    int (*create)(struct inode *dir, struct name name, const struct new_inode *what, u64 *ino);
    void (*create_need)(struct inode *dir, struct name name, const struct new_inode *what, u64 *ino, struct need *n);
    int (*link)(struct inode *dir, struct name name, struct inode *target);      /* target->lock held */
    void (*link_need)(struct inode *dir, struct name name, struct inode *target, struct need *n);
    /* Removes a name; the last one of an inode puts it on the orphan list (reaped after the last close).  For directories too:
     * -ENOTEMPTY.  victim->lock held. */
    int (*unlink)(struct inode *dir, struct name name, struct inode *victim);
    void (*unlink_need)(struct inode *dir, struct name name, struct inode *victim, struct need *n);
    int (*rename)(const struct rename_args *r); /* all locks held; types, emptiness of victim and ancestry: victim's emptiness is
                                                   checked here (-ENOTEMPTY), the rest by the caller */
    void (*rename_need)(const struct rename_args *r, struct need *n);
    /* Entries from *pos on until the sink is full or the directory ends; updates *pos.  0 or -EIO. */
    int (*readdir)(struct inode *dir, u64 *pos, struct dir_sink *sink);
    void (*readdir_need)(struct inode *dir, u64 *pos, struct dir_sink *sink, struct need *n);
    /* --- symlinks --- */
    int (*readlink)(struct inode *ino, char *dst, size_t size); /* length, not terminated; -EIO */
    void (*readlink_need)(struct inode *ino, char *dst, size_t size, struct need *n);
    /* --- any: ino->lock held --- */
    int (*setattr)(struct inode *ino, const struct attr *a);
    void (*setattr_need)(struct inode *ino, const struct attr *a, struct need *n);
    /* Sets the size; cut blocks are freed by the reaper (orphan list), beyond-the-end parts of the last page are zeroed by the
     * caller.  ino->lock and map_lock (exclusive) held, pages beyond dropped already. */
    int (*truncate)(struct inode *ino, u64 size);
    void (*truncate_need)(struct inode *ino, u64 size, struct need *n);
    /* --- data of regular files --- */
    /* block[i] = disk block of file block first + i, 0 for a hole.  Loads indirect blocks.  0, -EIO, -EUCLEAN. */
    int (*map)(struct inode *ino, u32 first, u32 count, u32 *block);
    void (*map_need)(struct inode *ino, u32 first, u32 count, u32 *block, struct need *n);
    /* Like map, but holes get blocks (at most 256 at a time); sets the size to max(size, end) and mtime/ctime.  Under RANK_FSALLOC
     * inside.  Modifies only after all is loaded. */
    int (*allocate)(struct inode *ino, u32 first, u32 count, u64 end, u32 *block);
    void (*allocate_need)(struct inode *ino, u32 first, u32 count, u64 end, u32 *block, struct need *n);
    /* Disk blocks that a window may still take: shrinks windows to the space there is. */
    u32 (*space)(struct inode *ino);
    /* Outside scopes, no lock held: returns when no cut of this file is under way.  While one is, allocate beyond the end and
     * truncate answer -ESTALE and have changed nothing: call this, then try again.  NULL: cuts are immediate. */
    void (*settle)(struct inode *ino);
    /* --- the inode cache --- */
    /* Fills inode i, whose fs and number are set (under the creator's scope).  0, -EIO, -EUCLEAN, -ENOENT (not in use). */
    int (*read_inode)(struct fs *fs, u64 ino, struct inode *i);
    void (*read_inode_need)(struct fs *fs, u64 ino, struct inode *i, struct need *n);
    /* The inode leaves memory (the last reference of an orphan, or an unused one is recycled); needs nothing.  An orphan is
     * handed to the reaper. */
    void (*release)(struct inode *ino);
    /* Outside scopes, no lock held: the inode that a symlink leads to by itself, whatever its text, with a reference, or NULL:
     * follow the text.  NULL slot: always the text. */
    struct inode *(*target)(struct inode *link);
    /* How an open file of this inode behaves; NULL: regular files and directories as vfs does them. */
    const struct file_ops *(*file_ops)(struct inode *ino);
};

struct fs_stat {
    u64 type, block_size, blocks, free, available, files, files_free, name_max;
};

struct fs_ops {
    const char *name;                    /* "ext2" */
    /* Start-up or mount scope: reads the superblock of dev (NULL for dev-less ones), fills fs.  0 or -errno with a message printed. */
    int (*mount)(struct fs *fs, struct block_device *dev, u32 flags);
    void (*mount_need)(struct fs *fs, struct block_device *dev, u32 flags, struct need *n);
    /* Everything is flushed and no inode is in use.  Marks the file system clean, gives back what mount took. */
    int (*unmount)(struct fs *fs);
    void (*unmount_need)(struct fs *fs, struct need *n);
    int (*sync)(struct fs *fs);          /* outside scopes: flusher pass, superblock; needs nothing */
    void (*stat)(struct fs *fs, struct fs_stat *out);
    /* Outside scopes, after -ENOSPC: waits until the reaper has freed something and answers true (try again), or false when
     * nothing was on its way.  NULL: freed space is there at once. */
    bool (*wait_space)(struct fs *fs);
    /* Holds still what is free on the disk, so that the need can count on it (guards of scopes that allocate; RANK_FSALLOC, taken last).
     * NULL: nothing is allocated there. */
    void (*hold_space)(struct fs *fs);
    void (*let_space)(struct fs *fs);
};

struct fs {
    const struct fs_ops *ops;
    const struct inode_ops *inode_ops;
    struct block_device *dev;
    struct inode *root, *covered;        /* its root; the directory that it covers (NULL: the root of all) */
    u64 root_ino;
    u32 dev_number;                      /* st_dev */
    u32 block_size;                      /* of file data; vfs asks stat() for it at mount */
    u32 flags;                           /* MS_RDONLY */
    bool read_only;                      /* mounted so, or turned so by an error */
    void *data;                          /* the file system's own, from its mount scope */
    struct list mounted;                 /* list of mounts */
    char where[64];                      /* for /proc/mounts */
    u32 busy;                            /* inodes in use */
};

AMA_STATE AMA_HELD(fixed) static inline bool is_dir(const struct inode *i) { return (i->mode & 0170000) == 0040000; }
static inline bool is_reg(const struct inode *i) { return (i->mode & 0170000) == 0100000; }
static inline bool is_link(const struct inode *i) { return (i->mode & 0170000) == 0120000; }
static inline bool is_fifo(const struct inode *i) { return (i->mode & 0170000) == 0010000; }
static inline bool is_special(const struct inode *i) { return (i->mode & 0170000) == 0020000 || (i->mode & 0170000) == 0060000; }

/* Before a scope's need may lean on the free space that it peeks at. */
static inline void space_hold(struct fs *fs)
{
    if (fs->ops->hold_space)
        fs->ops->hold_space(fs);
}
static inline void space_let(struct fs *fs)
{
    if (fs->ops->let_space)
        fs->ops->let_space(fs);
}

/* Calls through the port, with the token.  (One wrapper per operation.) */
static inline int inode_lookup(struct inode *d, struct name nm, u64 *ino) NEEDS_RESERVATION { return d->ops->lookup(d, nm, ino); }
static inline int inode_create(struct inode *d, struct name nm, const struct new_inode *w, u64 *ino) NEEDS_RESERVATION { return d->ops->create(d, nm, w, ino); }
static inline int inode_link(struct inode *d, struct name nm, struct inode *t) NEEDS_RESERVATION { return d->ops->link(d, nm, t); }
static inline int inode_unlink(struct inode *d, struct name nm, struct inode *v) NEEDS_RESERVATION { return d->ops->unlink(d, nm, v); }
static inline int inode_rename(const struct rename_args *r) NEEDS_RESERVATION { return r->from_dir->ops->rename(r); }
static inline int inode_readdir(struct inode *d, u64 *pos, struct dir_sink *s) NEEDS_RESERVATION { return d->ops->readdir(d, pos, s); }
static inline int inode_readlink(struct inode *i, char *dst, size_t size) NEEDS_RESERVATION { return i->ops->readlink(i, dst, size); }
static inline int inode_setattr(struct inode *i, const struct attr *a) NEEDS_RESERVATION { return i->ops->setattr(i, a); }
static inline int inode_truncate(struct inode *i, u64 size) NEEDS_RESERVATION { return i->ops->truncate(i, size); }
static inline int inode_map(struct inode *i, u32 first, u32 count, u32 *b) NEEDS_RESERVATION { return i->ops->map(i, first, count, b); }
static inline int inode_allocate(struct inode *i, u32 first, u32 count, u64 end, u32 *b) NEEDS_RESERVATION { return i->ops->allocate(i, first, count, end, b); }
static inline int inode_read(struct fs *fs, u64 ino, struct inode *i) NEEDS_RESERVATION { return fs->inode_ops->read_inode(fs, ino, i); }
/* Waits until no cut of the file is under way.  Outside scopes, no lock held. */
static inline void inode_settle(struct inode *i)
{
    if (i->ops->settle)
        i->ops->settle(i);
}
