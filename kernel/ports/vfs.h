// SPDX-License-Identifier: MIT
/*
 * vfs.h - the port of names: paths, the inode cache, mounts, cached files
 *
 * All of it is called outside scopes (decode), except where a function says otherwise: the operations run
 * their own scopes. A walk tells what a path names; an operation then acts on what was found.  Between the
 * two another task may have changed the directory: the operation notices under the directory's lock (struct
 * path.version), changes nothing and answers -ESTALE, and the caller walks again.  Implemented by fs/vfs.
 */
#pragma once
#include "kernel/file.h"
#include "kernel/ports/inode.h"
#include "kernel/ports/service.h"
#include "mm/reserve.h"

enum last_kind { LAST_NAME, LAST_ROOT, LAST_DOT, LAST_DOTDOT };

/* What a walk found.  References: dir and inode (either may be NULL) belong to the caller: path_put(). */
struct path {
    struct inode *dir;     /* the directory of the last component; NULL unless kind is LAST_NAME */
    struct inode *inode;   /* what the last component names, or NULL */
    struct name last;      /* the last component, inside the path buffer; empty for "/", "." and ".." */
    enum last_kind kind;
    bool must_be_dir;      /* trailing slash */
    u64 version;           /* dir->version when the name was looked up */
};
enum walk_flags {
    WALK_FOLLOW = 1,       /* a symlink as last component is followed */
    WALK_PARENT = 2,       /* the last component need not exist (create) */
    WALK_BUFFER1 = 4,      /* use the task's second path buffer (rename, link, symlink) */
    WALK_EMPTY = 8,        /* an empty path names what dirfd is (AT_EMPTY_PATH) */
};

/* What open() is asked for; mode: permission bits of a new file, the umask applied. */
struct open_how {
    u32 flags, mode;
};

struct vfs_port {
    /* --- paths --- */
    /* Copies the path in and walks it, one component per scope, from dirfd (AT_FDCWD or a descriptor).
     * 0, -ENOENT, -ENOTDIR, -ELOOP, -EACCES, -ENAMETOOLONG, -EFAULT, -EBADF, -EIO, -ENOMEM ... */
    int (*walk)(int dirfd, user_ptr path, u32 flags, struct path *out);
    /* The same for a path in kernel memory (exec's interpreter, boot, mounts). */
    int (*walk_kernel)(const char *path, u32 flags, struct path *out);
    void (*path_put)(struct path *p);
    struct inode *(*inode_get)(struct inode *i);
    void (*inode_put)(struct inode *i);         /* needs nothing */
    int (*permission)(struct inode *i, u32 want); /* 4 read, 2 write, 1 execute or search; 0, -EACCES, -EROFS */
    /* Absolute path of a directory into buf (size bytes): length with NUL, or -errno. */
    long (*path_of)(struct inode *dir, char *buf, size_t size);

    /* --- acting on a path; -ESTALE: walk again --- */
    /* Creates (O_CREAT and nothing there), truncates (O_TRUNC) and opens; the new descriptor or -errno.  The
     * path stays the caller's. */
    int (*open)(struct path *p, const struct open_how *how);
    /* A directory, special file, FIFO, socket name, symlink (what->target) or empty file.  what->mode has the
     * type; owner and group are filled in here. */
    int (*create)(struct path *p, struct new_inode *what);
    int (*unlink)(struct path *p, bool directory);
    int (*link)(struct inode *target, struct path *p);
    int (*rename)(struct path *from, struct path *to, bool replace);

    /* --- acting on an inode --- */
    int (*setattr)(struct inode *i, struct attr *a); /* checks the rights of current; adds ATTR_CTIME */
    int (*truncate)(struct inode *i, u64 size);  /* writability was checked */
    long (*readlink)(struct inode *i, char *dst, size_t size); /* length, not terminated */
    int (*deny_write)(struct inode *i);         /* exec: 0, or -ETXTBSY while it is open for writing */
    void (*allow_write)(struct inode *i);
    /* Reads file data from kernel code (exec: headers).  Bytes read or -errno. */
    long (*read_kernel)(struct inode *i, void *dst, size_t n, u64 pos);

    /* --- mounts --- */
    /* Mounts the root file system at start-up; 0 or -errno with a message printed. */
    int (*mount_root)(struct block_device *dev, const struct fs_ops *fs, bool read_only);
    int (*mount_at)(const char *where, const struct fs_ops *fs, struct block_device *dev, u32 flags);
    int (*mount)(struct path *at, const char *where, const struct fs_ops *fs, struct block_device *dev,
                 u32 flags);
    int (*umount)(struct path *at);
    /* A type that was mounted before, or NULL; *on_disk: it needs a device. */
    const struct fs_ops *(*fs_find)(const char *name, bool *on_disk);
    /* The n-th mount (0: root), or NULL: for /proc/mounts. */
    const struct fs *(*mount_nth)(u32 n);
    int (*sync_fs)(struct fs *fs);              /* 0 or the first error */
    int (*sync_all)(void);
    int (*unmount_all)(void);                   /* at power-off: flush, mark clean */

    /* --- memory: called at the entry, without a scope --- */
    /* Evicts unused inodes and names until about want_frames slab frames are free; returns how many became
     * free. */
    u32 (*shrink_names)(u32 want_frames);

    /* --- file pages for page faults: called inside the fault's scope, map_lock shared held by its guard ---
     * */
    /* The page at index of the file, valid and pinned; -EIO, -EFAULT beyond the end (SIGBUS), -ENOSPC.
     * write: a store to a shared mapping: its block is allocated first. */
    int (*fault_page)(struct inode *i, u32 index, bool write, struct page **out);
    void (*fault_page_need)(struct inode *i, u32 index, bool write, struct page **out, struct need *n);
    /* After a store through a shared mapping: marks the page dirty (it has its blocks). */
    void (*fault_dirty)(struct inode *i, struct page *p);

    struct service service;                     /* its start */
};
extern const struct vfs_port vfs_port;
