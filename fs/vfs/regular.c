// SPDX-License-Identifier: MIT
/*
 * regular.c - file operations of regular files, and of O_PATH descriptors
 *
 * Reading and writing stand in read.c and write.c.  fsync is a pass of the flusher over the whole device and
 * needs nothing; a write error of this file that nobody was told about is reported by it, once.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/fcntl.h"

#define PROT_WRITE 2 /* mmap(2) */

static long regular_seek(struct file *f, i64 offset, int whence)
{
    i64 size = f->inode->size, from = 0, to;
    if (whence == SEEK_DATA || whence == SEEK_HOLE) {
        if (offset < 0 || offset >= size)
            return -ENXIO;
        to = whence == SEEK_DATA ? offset : size; /* all of a file is data, as far as one is told */
    } else {
        if (whence < SEEK_SET || whence > SEEK_END)
            return -EINVAL;
        if (whence != SEEK_SET)
            from = whence == SEEK_CUR ? (i64)f->pos : size;
        if (__builtin_add_overflow(from, offset, &to) || to < 0)
            return -EINVAL;
    }
    f->pos = to;
    return to;
}

static long regular_fsync(struct file *f, bool data_only UNUSED)
{
    struct mapping *m = &f->inode->map;
    int rc = m->dev ? flush_device(m->dev) : 0;
    int error = __atomic_exchange_n(&m->error, 0, __ATOMIC_ACQ_REL);
    return error ? error : rc;
}

static int regular_mmap(struct file *f, u64 pgoff, u64 pages, int prot, bool shared)
{
    u32 mode = f->flags & O_ACCMODE;
    u64 end;
    if (mode == O_WRONLY || (shared && (prot & PROT_WRITE) && mode != O_RDWR))
        return -EACCES;
    if (__builtin_add_overflow(pgoff, pages, &end) || end > FILE_SIZE_MAX >> PAGE_SHIFT)
        return -EOVERFLOW;
    return f->inode->map.dev ? 0 : -ENODEV;
}

static void regular_close(struct file *f)
{
    if ((f->flags & O_ACCMODE) != O_RDONLY)
        inode_write_put(f->inode);
}

const struct file_ops regular_ops = {
    .name = "file",
    .read = file_read,
    .write = file_write,
    .ioctl = file_no_ioctl,
    .poll = file_always_ready,
    .seek = regular_seek,
    .fsync = regular_fsync,
    .readdir = file_no_readdir,
    .mmap = regular_mmap,
    .close = regular_close,
};

/* --- O_PATH --- */

static long no_io(struct file *f UNUSED, struct io *io UNUSED, u64 *pos UNUSED)
{
    return -EBADF;
}
static long no_ioctl(struct file *f UNUSED, u32 cmd UNUSED, u64 arg UNUSED)
{
    return -EBADF;
}
static long no_seek(struct file *f UNUSED, i64 offset UNUSED, int whence UNUSED)
{
    return -EBADF;
}
static long no_fsync(struct file *f UNUSED, bool data_only UNUSED)
{
    return -EBADF;
}
static int no_readdir(struct file *f UNUSED, struct dir_sink *s UNUSED, u64 *pos UNUSED)
{
    return -EBADF;
}
static int no_mmap(struct file *f UNUSED, u64 pgoff UNUSED, u64 pages UNUSED, int prot UNUSED,
                   bool shared UNUSED)
{
    return -EBADF;
}

const struct file_ops path_only_ops = {
    .name = "path",
    .read = no_io,
    .write = no_io,
    .ioctl = no_ioctl,
    .poll = file_always_ready,
    .seek = no_seek,
    .fsync = no_fsync,
    .readdir = no_readdir,
    .mmap = no_mmap,
    .close = file_no_close,
};
