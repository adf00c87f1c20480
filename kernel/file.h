// SPDX-License-Identifier: MIT
/*
 * file.h - open files and descriptor tables
 *
 * A struct file is one open; descriptors and forked tasks share it by reference.  What a read or write does is the file's
 * `file_ops`, each operation beside its need: regular files and directories (fs/vfs), pipes (kernel/pipe.c), the terminal and
 * the devices.  Operations are called by decode, outside any scope: they run their own scopes through gate_call(), because only
 * they know their guard and windows.
 */
#pragma once
#include "kernel/lib/lock.h"
#include "kernel/lib/token.h"
#include "kernel/ports/inode.h"
#include "kernel/user.h"

struct poll_table;

struct file {
    const struct file_ops *ops;
    struct inode *inode;       /* a reference; NULL for anonymous pipes */
    void *data;                /* the operations' own: struct pipe */
    u32 refs;                  /* atomic */
    u32 flags;                 /* O_ACCMODE | O_APPEND | O_NONBLOCK ... */
    struct mutex pos_lock;     /* guards pos across read, write, lseek, getdents (RANK_TERMINAL: outermost of the file locks) */
    u64 pos;
};

/* A region of user memory that an operation reads or fills: one buffer, or several (readv, writev). */
struct io_vec {
    user_ptr base;
    u64 len;
};
struct io {
    const struct io_vec *vec;
    u32 count;
    u32 at;                    /* current vector */
    u64 offset;                /* in it */
    u64 left;                  /* bytes altogether */
    u64 done;
    bool kernel;               /* the vectors lie in kernel memory (sendfile) */
};

struct file_ops {
    const char *name;
    /* Bytes moved (0 at the end), or -errno.  *pos is advanced.  Without limit sleeps inside, between scopes. */
    long (*read)(struct file *f, struct io *io, u64 *pos);
    long (*write)(struct file *f, struct io *io, u64 *pos);
    long (*ioctl)(struct file *f, u32 cmd, u64 arg);
    /* Events ready now, of `events`; when pt is not NULL also queues the caller on what changes them (poll_add). */
    u32 (*poll)(struct file *f, struct poll_table *pt);
    long (*seek)(struct file *f, i64 offset, int whence);   /* new position or -errno; holds pos_lock */
    long (*fsync)(struct file *f, bool data_only);
    int (*readdir)(struct file *f, struct dir_sink *s, u64 *pos);   /* outside scopes; -ENOTDIR by default */
    /* Checks and prepares a mapping of length bytes at page offset; 0, -ENODEV, -EACCES. */
    int (*mmap)(struct file *f, u64 pgoff, u64 pages, int prot, bool shared);
    void (*close)(struct file *f);                          /* last reference; needs nothing, cannot fail */
};
/* Defaults for slots: -EINVAL, -ENOTTY, always ready, -ESPIPE, -EINVAL, -ENOTDIR, -ENODEV, nothing. */
long file_no_read(struct file *f, struct io *io, u64 *pos);
long file_no_write(struct file *f, struct io *io, u64 *pos);
long file_no_ioctl(struct file *f, u32 cmd, u64 arg);
u32 file_always_ready(struct file *f, struct poll_table *pt);
long file_no_seek(struct file *f, i64 offset, int whence);
long file_no_fsync(struct file *f, bool data_only);
int file_no_readdir(struct file *f, struct dir_sink *s, u64 *pos);
int file_no_mmap(struct file *f, u64 pgoff, u64 pages, int prot, bool shared);
void file_no_close(struct file *f);

extern struct kmem_cache file_cache;
void poll_add(struct poll_table *pt, struct wait_queue *q); /* by poll operations: wake the caller when q is woken */

/* An open file with one reference; need: need_object(&file_cache, 1).  Takes over the inode reference. */
struct file *file_new(const struct file_ops *ops, struct inode *inode, u32 flags) NEEDS_RESERVATION;
void file_get(struct file *f);
void file_put(struct file *f); /* the last reference closes it; needs nothing */

/* The file owns f->inode's reference; `close` of its operations does not put it. */

/* Descriptor table of a task: two levels.  The first leaf is part of the table and paid for at fork, the others come from a SMALL
 * cache.  A table belongs to one task and only that task changes it. */
#define FD_LEAF 32
#define FD_LEAVES 32
#define FD_MAX (FD_LEAF * FD_LEAVES)
struct files;
struct file *fd_get(int fd);                 /* current's, with a reference; NULL: -EBADF */
/* The file behind another task's descriptor, for /proc; NULL when there is none.  t stays: process-tree lock held. */
struct file *files_get(struct files *t, u32 fd);
extern struct kmem_cache files_cache, leaf_cache;
/* Leaves of current's table that the next `count` descriptors from `from` on would make; is the one of `fd` missing? */
AMA_STATE AMA_HELD(task) u32 fd_leaves_missing(int from, int count);
AMA_STATE AMA_HELD(task) bool fd_leaf_missing(int fd);
/* Takes a leaf when it is missing.  Returns the lowest free number >= from, < limit,
 * or -EMFILE (checked by fd_check in decode, so it cannot happen under the table's guard). */
int fd_install(struct file *f, int from, bool cloexec) NEEDS_RESERVATION;
/* At exactly this number; *old is what was there (the caller puts it) or NULL. */
void fd_install_at(struct file *f, int fd, bool cloexec, struct file **old) NEEDS_RESERVATION;
int fd_check(int from, int count);           /* 0 or -EMFILE */
int fd_limit(void);                          /* RLIMIT_NOFILE, at most FD_MAX */
struct file *fd_take(int fd);                /* takes it out of the table; NULL: -EBADF.  The reference goes to the caller */
bool fd_flags(int fd, bool *cloexec);        /* reads the close-on-exec mark; false: -EBADF */
void fd_set_flags(int fd, bool cloexec);

struct files *files_new(void) NEEDS_RESERVATION;
struct files *files_copy(struct files *from) NEEDS_RESERVATION; /* all of from's descriptors; from is current's */
AMA_STATE AMA_HELD(task) u32 files_leaves(const struct files *t); /* that files_copy makes */
void files_exec(struct files *t);            /* closes what is marked close-on-exec */
void files_put(struct files *t);             /* at exit: closes all; needs nothing */
void files_init(void);                       /* at start-up: makes the caches known, with their maxima */
