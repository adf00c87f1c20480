// SPDX-License-Identifier: MIT
/*
 * host.h - a machine for fs/vfs on the host: a gate that counts, and a file system in memory
 *
 * The gate keeps the credits of the running scope; whoever takes an object or a frame beyond them fails the
 * test (I3), and a lock that is still held after a call does too.  The n-th need that is not zero can be
 * refused.
 */
#pragma once
#include "fs/vfs/vfs.h"

/* The C library's, whose headers would bring a struct timespec of their own. */
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void free(void *p);
void abort(void) NORETURN;

extern u32 needs_asked; /* scopes so far whose need was not zero */
extern u32 refuse_at;   /* the n-th of them from now on answers -ENOMEM; 0: none */
extern u32 gate_calls;
extern u64 objects_alive; /* of all caches and kmalloc */

void machine_start(void);
void machine_user(u32 uid, u32 gid); /* whom the calls run as */
/* A frame from the scope's reservation, and back: what a file system's search loop does. */
void host_frame_take(void);
void host_frame_give(void);

void host_resource_take(struct resource *r);

/* --- pagecache.c: pages in an array, a disk in another --- */
extern u32 disk_reads;             /* requests */
extern u64 disk_bad;               /* a sector that cannot be read; 0: none */
extern u32 frames_spare;           /* what frame_try() may hand out */
void pagecache_write_back(void);   /* every dirty page goes to its blocks */
void pins_forget(struct scope_pins *s); /* at the end of a window */
void pagecache_evict(void);        /* clean pages that are in no pinned range go */
u32 pagecache_pages(void);
/* A program's buffer: its bytes from `absent` on fault until io_fault_in() moves that on by a page. */
extern u64 user_absent;

/* --- memfs.c --- */
extern u32 memfs_block_size;
extern struct resource memfs_space;
extern const struct fs_ops memfs_ops, other_ops;
extern struct block_device disk, other_disk; /* makes vfs keep inodes and hints */
void memfs_reset(void);
void memfs_damage_parent(u64 ino, u64 parent); /* on the first volume: a directory's ".." leads elsewhere */
u32 memfs_nodes(void);   /* nodes in use */
u32 memfs_lookups(void); /* lookups that reached the file system */
/* Called before a directory operation acts: lets a test change something in between. */
extern void (*memfs_race)(void);
