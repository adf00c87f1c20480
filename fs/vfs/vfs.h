// SPDX-License-Identifier: MIT
/*
 * vfs.h - what the files of fs/vfs share with each other
 *
 * In reading order: inodes.c (inodes in memory), names.c (hints from names to numbers), access.c (who may),
 * walk.c (paths), mounts.c, then the acting scopes: open.c, create.c, remove.c, rename.c, attributes.c for
 * names and inodes, pages.c, read.c, write.c, truncate.c and directory.c for contents, fault.c for mapped
 * pages, port.c for the table of it all.
 */
#pragma once
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/ports/block.h"
#include "kernel/ports/vfs.h"
#include "kernel/task.h"
#include "mm/pin.h"
#include "mm/slab.h"

extern struct kmem_cache inode_cache, dentry_cache;
extern const struct file_ops regular_ops, directory_ops, path_only_ops;

/* --- inodes.c: inodes in memory, by file system and number --- */
void inodes_start(void);
/* The inode with a reference, or NULL when it is not in memory.  Sleeps while another task reads it. */
struct inode *inode_find(struct fs *fs, u64 ino);
/* The inode with a reference; reads it when it is not in memory.  0, -EIO, -EUCLEAN, -ENOENT.  Need:
 * an inode, and what the file system needs to read it. */
MUST_CHECK int inode_obtain(struct fs *fs, u64 ino, struct inode **out) NEEDS_RESERVATION;
struct inode *inode_ref(struct inode *i);
void inode_put(struct inode *i);
/* Recycles unused inodes when the cache is nearly at its cap; for guards, before the need is known. */
void inodes_room(void);
u32 inodes_shrink(u32 want_frames);
/* Evicts the unused inodes of a file system; those in use then stand in fs->busy. */
void inodes_drop(struct fs *fs);
/* The file system is gone.  -EIO when files of it could not be written and nobody was told, else 0. */
int inodes_forget(const struct fs *fs);
int inode_write_get(struct inode *i);   /* 0, or -ETXTBSY while it is executed */
void inode_write_put(struct inode *i);
int inode_deny_write(struct inode *i);  /* 0, or -ETXTBSY while it is open for writing */
void inode_allow_write(struct inode *i);

/* --- names.c: hints (directory, name) -> inode number, 0: there is none.  Call with the directory's lock
 * held. --- */
void names_start(void);
bool name_find(struct inode *dir, struct name nm, u64 *ino);
void name_add(struct inode *dir, struct name nm, u64 ino) NEEDS_RESERVATION;
/* The name changed: corrects the hint if there is one. */
void name_update(struct inode *dir, struct name nm, u64 ino);
void name_forget(struct inode *dir, struct name nm);
void names_room(void);
u32 names_shrink(u32 want_frames);
void names_drop(struct fs *fs);

/* --- access.c --- */
int permission(struct inode *i, u32 want);
/* May current take the name of victim out of dir?  0, -EACCES, -EPERM, -EROFS. */
int may_delete(struct inode *dir, struct inode *victim);
int may_create(struct inode *dir);
bool owns(const struct inode *i);       /* its owner or root */
static inline int writable_fs(const struct inode *i) { return i->fs->read_only ? -EROFS : 0; }

/* --- walk.c --- */
int walk_user(int dirfd, user_ptr path, u32 flags, struct path *out);
int walk_kernel(const char *path, u32 flags, struct path *out);
void path_put(struct path *p);
/* The inode that `name` has in dir, with a reference, or -ENOENT ...: one scope.  *version: dir->version
 * then. */
int walk_step(struct inode *dir, struct name nm, struct inode **out, u64 *version);
/* The directory above dir, across mounts, never above the task's root. */
int walk_up(struct inode *dir, struct inode **out);
long link_read(struct inode *i, char *dst, size_t size);
long path_of(struct inode *dir, char *buf, size_t size);

/* --- mounts.c --- */
extern struct mutex tree_lock;          /* RANK_RENAME: mounts, and directories that move */
void mounts_start(void);
struct inode *root_of_all(void);        /* no reference; NULL before mount_root */
int mount_root(struct block_device *dev, const struct fs_ops *ops, bool read_only);
int mount_at(const char *where, const struct fs_ops *ops, struct block_device *dev, u32 flags);
int mount_path(struct path *at, const char *where, const struct fs_ops *ops, struct block_device *dev,
               u32 flags);
int umount_path(struct path *at);
const struct fs_ops *fs_find(const char *name, bool *on_disk);
const struct fs *mount_nth(u32 n);
int sync_fs(struct fs *fs);
int sync_all(void);
int unmount_all(void);

/* --- act.c: what the acting scopes share --- */
#define LINK_MAX 32000                  /* ext2's: names of one inode */
#define DOT_DOT ((struct name){"..", 2})
/* Guards' words: has the directory changed since the walk?  -ESTALE, or -ENOENT when it was removed. */
int path_check(const struct path *p);
/* Locks and unlocks up to four inodes in lock order: directories, then others, each by number.  NULLs and
 * inodes that stand twice are skipped; v is put in that order. */
void inodes_lock(struct inode **v, u32 count);
void inodes_unlock(struct inode **v, u32 count);
void pass_enter(struct fs *fs);         /* dev->pass shared, if there is a device */
void pass_leave(struct fs *fs);
void alloc_enter(struct fs *fs);        /* the same for a scope that allocates: free space is held still for its need */
void alloc_leave(struct fs *fs);
/* gate_call() for scopes that change a file system: waits for the reaper before it answers -ENOSPC, and for a
 * pass of the flusher where the order on disk asks for one. */
long call_acting(const struct scope *s, void *args, struct fs *fs);
struct timespec time_now(void);

/* --- acting on names --- */
int open_path(struct path *p, const struct open_how *how);
int create_path(struct path *p, struct new_inode *what);
/* Owner, group and inherited mode bits of what is made in dir. */
void new_owner(const struct inode *dir, struct new_inode *what);
/* The name now belongs to inode number ino (0: to none); call in the body that changed it. */
void name_changed(struct inode *dir, struct name nm, u64 ino);
int link_path(struct inode *target, struct path *p);
int unlink_path(struct path *p, bool directory);
int rename_path(struct path *from, struct path *to, bool replace);
int set_attributes(struct inode *i, struct attr *a);

/* --- contents --- */
#define FILE_SIZE_MAX (((u64)1 << 44) - 64 * PAGE_SIZE) /* page numbers have 32 bits */
#define SIGXFSZ       25                                /* a file would grow beyond RLIMIT_FSIZE */
AMA_STATE AMA_HELD(fixed) static inline u32 page_parts(const struct inode *i) { return AMA_UPTO(PAGE_SIZE / i->map.block_size, PAGE_PARTS); }
struct page *page_find_valid(struct inode *i, u32 index); /* pinned, or NULL */
/* Makes pages first..last (at most IO_PAGES) valid, contiguous blocks in one request.  *out: page `first`, pinned, or
 * NULL when it could not be read.  0, -EIO or -EUCLEAN: then pages that could not be read are not valid.  Need: a frame
 * for each missing page, and when there is one the block map's need and a request on top, which is held while the map
 * is read. */
MUST_CHECK int pages_fill(struct inode *i, u32 first, u32 last, struct page **out) NEEDS_RESERVATION;
long file_read(struct file *f, struct io *io, u64 *pos);
long read_kernel(struct inode *i, void *dst, size_t n, u64 pos);
long file_write(struct file *f, struct io *io, u64 *pos);
int truncate_inode(struct inode *i, u64 size);
/* The parts of the truncate scope that open(O_TRUNC) shares. */
void truncate_lock(struct inode *i);
void truncate_unlock(struct inode *i);
int truncate_to_nothing(struct inode *i) NEEDS_RESERVATION;
OPERATION(int, fault_page, struct inode *i, u32 index, bool write, struct page **out);
void fault_dirty(struct inode *i, struct page *p);
