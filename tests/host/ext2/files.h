// SPDX-License-Identifier: MIT
/*
 * files.h - files by path over ext2-mfr, as little as the tests need of fs/vfs
 *
 * Every function is one or more calls through the gate.  Results are 0 or more, or -errno.
 */
#pragma once
#include "kernel/ports/inode.h"

int files_mount(void);             /* disk becomes the root */
int files_unmount(void);           /* as fs/vfs does: sync, unmount, flush */
void files_lost(void);             /* after a power cut: forget everything */
extern struct fs *files_fs;

struct inode *file_open(const char *path, int *error); /* a reference, or NULL */
void file_close(struct inode *i);
int file_create(const char *path, u32 mode, u32 rdev);
int file_symlink(const char *target, const char *path);
int file_link(const char *from, const char *to);
int file_unlink(const char *path);
int file_rename(const char *from, const char *to);
int file_truncate(struct inode *i, u64 size);
int file_chmod(const char *path, u32 mode);
long file_write(struct inode *i, u64 at, const void *from, size_t n);
long file_read(struct inode *i, u64 at, void *to, size_t n);
long file_readlink(const char *path, char *to, size_t size);
/* Calls each(name, arg) for every entry but "." and ".."; the number of them. */
long file_list(const char *path, void (*each)(const char *name, void *arg), void *arg);
/* Reads files, links and directories wherever they lead, at most so many names of the root; errors are passed over. */
void files_visit(u32 names);
