// SPDX-License-Identifier: MIT
/*
 * calls_file.c - moving bytes through descriptors: read, write and their relatives, lseek, sendfile, advice
 *
 * Decode here is: find the file, check its mode, the range of memory and the sizes.  Then the file's own
 * operation acts, in scopes that only it knows.  Vectors are copied into the task's path buffers, which are
 * idle in these calls.
 */
#include "arch/arch.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/uio.h"
#include "kernel/file.h"
#include "kernel/lib/errno.h"
#include "kernel/syscall.h"
#include "kernel/task.h"

#define MOVE_MOST 0x7ffff000ul /* bytes that one call moves at most, as on Linux */
#define BATCH     (sizeof(((struct path_buffers *)0)->path) / sizeof(struct io_vec)) /* what the path buffers hold */

enum mode { FOR_READ, FOR_WRITE };

/* The file behind fd with a reference, if it is open for that; else NULL: -EBADF. */
static struct file *file_for(int fd, enum mode mode)
{
    struct file *f = fd_get(fd);
    if (!f)
        return NULL;
    u32 access = f->flags & O_ACCMODE;
    if ((f->flags & O_PATH) || access == (mode == FOR_READ ? O_WRONLY : O_RDONLY)) {
        file_put(f);
        return NULL;
    }
    return f;
}

static bool seekable(const struct file *f)
{
    return f->ops->seek != file_no_seek;
}

static long move(struct file *f, struct io *io, u64 *pos, enum mode mode)
{
    if (!io->left)
        return 0;
    if (mode == FOR_READ)
        return f->ops->read(f, io, pos);
    long done = f->ops->write(f, io, pos);
    if (done > 0 && (f->flags & O_DSYNC)) {
        long rc = f->ops->fsync(f, !(f->flags & (O_SYNC & ~O_DSYNC)));
        done = rc < 0 ? rc : done;
    }
    return done;
}

static bool in_user_space(const struct io_vec *v)
{
    return v->base.addr <= USER_END && v->len <= USER_END - v->base.addr;
}

/* Adds up the vectors, cutting them to MOVE_MOST.  Bytes or -EFAULT. */
static long vectors_check(struct io_vec *v, u32 count)
{
    u64 total = 0;
    for (u32 i = 0; i < count; i++) {
        if (!in_user_space(&v[i]))
            return -EFAULT;
        v[i].len = MIN(v[i].len, MOVE_MOST - total);
        total += v[i].len;
    }
    return total;
}

static long move_batch(struct file *f, struct io_vec *v, u32 count, u64 *pos, enum mode mode)
{
    long total = vectors_check(v, count);
    if (total < 0)
        return total;
    struct io io = {.vec = v, .count = count, .left = total};
    return move(f, &io, pos, mode);
}

static long move_one(int fd, user_ptr buf, u64 n, enum mode mode)
{
    struct file *f = file_for(fd, mode);
    if (!f)
        return -EBADF;
    struct io_vec v = {buf, n};
    long rc = move_batch(f, &v, 1, &f->pos, mode);
    file_put(f);
    return rc;
}

static long move_one_at(int fd, user_ptr buf, u64 n, u64 pos, enum mode mode)
{
    if ((i64)pos < 0)
        return -EINVAL;
    struct file *f = file_for(fd, mode);
    if (!f)
        return -EBADF;
    struct io_vec v = {buf, n};
    long rc = seekable(f) ? move_batch(f, &v, 1, &pos, mode) : -ESPIPE;
    file_put(f);
    return rc;
}

static bool some_negative(const struct io_vec *v, u32 count)
{
    u64 all = 0;
    for (u32 i = 0; i < count; i++)
        all |= v[i].len;
    return all >> 63;
}

static u64 vectors_total(const struct io_vec *v, u32 count)
{
    u64 total = 0;
    for (u32 i = 0; i < count; i++)
        total += v[i].len;
    return total;
}

/* Batch by batch; a short one ends the call. */
static long move_vectors(struct file *f, user_ptr vec, u64 count, u64 *pos, enum mode mode)
{
    struct io_vec *v = (struct io_vec *)current->paths;
    long done = 0;
    if (count > IOV_MAX)
        return -EINVAL;
    while (count) {
        u32 some = MIN(count, BATCH);
        long rc = copy_from_user(v, vec, some * sizeof(*v));
        if (!rc && some_negative(v, some))
            rc = -EINVAL;
        if (!rc)
            rc = move_batch(f, v, some, pos, mode);
        if (rc < 0)
            return done ? done : rc;
        done += rc;
        if ((u64)rc < vectors_total(v, some))
            break;
        vec.addr += some * sizeof(*v);
        count -= some;
    }
    return done;
}

static long vectors_call(int fd, user_ptr vec, u64 count, enum mode mode)
{
    struct file *f = file_for(fd, mode);
    if (!f)
        return -EBADF;
    long rc = move_vectors(f, vec, count, &f->pos, mode);
    file_put(f);
    return rc;
}

static long vectors_call_at(int fd, user_ptr vec, u64 count, u64 pos, enum mode mode)
{
    if ((i64)pos < 0)
        return -EINVAL;
    struct file *f = file_for(fd, mode);
    if (!f)
        return -EBADF;
    long rc = seekable(f) ? move_vectors(f, vec, count, &pos, mode) : -ESPIPE;
    file_put(f);
    return rc;
}

long sys_read(int fd, user_ptr buf, u64 n)
{
    return move_one(fd, buf, n, FOR_READ);
}

long sys_write(int fd, user_ptr buf, u64 n)
{
    return move_one(fd, buf, n, FOR_WRITE);
}

long sys_pread64(int fd, user_ptr buf, u64 n, u64 pos)
{
    return move_one_at(fd, buf, n, pos, FOR_READ);
}

long sys_pwrite64(int fd, user_ptr buf, u64 n, u64 pos)
{
    return move_one_at(fd, buf, n, pos, FOR_WRITE);
}

long sys_readv(int fd, user_ptr vec, u64 count)
{
    return vectors_call(fd, vec, count, FOR_READ);
}

long sys_writev(int fd, user_ptr vec, u64 count)
{
    return vectors_call(fd, vec, count, FOR_WRITE);
}

long sys_preadv(int fd, user_ptr vec, u64 count, u64 pos, u64 unused UNUSED)
{
    return vectors_call_at(fd, vec, count, pos, FOR_READ);
}

long sys_pwritev(int fd, user_ptr vec, u64 count, u64 pos, u64 unused UNUSED)
{
    return vectors_call_at(fd, vec, count, pos, FOR_WRITE);
}

/* Position -1 stands for the file's own; there are no flags yet. */
long sys_preadv2(int fd, user_ptr vec, u64 count, u64 pos, u64 unused UNUSED, u32 flags)
{
    if (flags)
        return -EOPNOTSUPP;
    return ~pos ? vectors_call_at(fd, vec, count, pos, FOR_READ) : vectors_call(fd, vec, count, FOR_READ);
}

long sys_pwritev2(int fd, user_ptr vec, u64 count, u64 pos, u64 unused UNUSED, u32 flags)
{
    if (flags)
        return -EOPNOTSUPP;
    return ~pos ? vectors_call_at(fd, vec, count, pos, FOR_WRITE) : vectors_call(fd, vec, count, FOR_WRITE);
}

long sys_lseek(int fd, i64 offset, int whence)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = f->flags & O_PATH ? -EBADF : f->ops->seek(f, offset, whence);
    file_put(f);
    return rc;
}

/* --- sendfile: through the path buffers, so that it needs no more than a read and a write --- */

static long move_kernel(struct file *f, u64 at, u64 n, u64 *pos, enum mode mode)
{
    struct io_vec v = {{at}, n};
    struct io io = {.vec = &v, .count = 1, .left = n, .kernel = true};
    return move(f, &io, pos, mode);
}

/* Writes what was read; bytes written, or -errno when there are none. */
static long send_all(struct file *out, u64 n)
{
    u64 at = (u64)current->paths, done = 0;
    while (done < n) {
        long rc = move_kernel(out, at + done, n - done, &out->pos, FOR_WRITE);
        if (rc <= 0)
            return done ? (long)done : rc;
        done += rc;
    }
    return done;
}

static long send(struct file *out, struct file *in, u64 *pos, u64 count)
{
    u64 done = 0;
    while (done < count) {
        u64 want = MIN(count - done, sizeof(current->paths->path));
        long got = move_kernel(in, (u64)current->paths, want, pos, FOR_READ);
        long rc = got > 0 ? send_all(out, got) : got;
        if (rc < 0)
            *pos -= got > 0 ? got : 0;
        if (rc <= 0)
            return done ? (long)done : rc;
        done += rc;
        *pos -= got - rc;
        if (rc < got || signal_pending(current))
            break;
    }
    return done;
}

long sys_sendfile(int out_fd, int in_fd, user_ptr offset, u64 count)
{
    u64 at = 0;
    if (offset.addr && copy_from_user(&at, offset, sizeof(at)))
        return -EFAULT;
    if ((i64)at < 0)
        return -EINVAL;
    struct file *in = file_for(in_fd, FOR_READ), *out = file_for(out_fd, FOR_WRITE);
    long rc = -EBADF;
    if (in && out && (!seekable(in) || (out->flags & O_APPEND)))
        rc = -EINVAL;
    else if (in && out)
        rc = send(out, in, offset.addr ? &at : &in->pos, MIN(count, MOVE_MOST));
    if (in)
        file_put(in);
    if (out)
        file_put(out);
    if (rc >= 0 && offset.addr && copy_to_user(offset, &at, sizeof(at)))
        return -EFAULT;
    return rc;
}

/* --- advice: checked, and then not followed (docs/limits.md) --- */

static long advise(int fd, bool regular_only)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = 0;
    if (f->flags & O_PATH)
        rc = -EBADF;
    else if (!seekable(f) || (regular_only && !is_reg(f->inode)))
        rc = regular_only ? -EINVAL : -ESPIPE;
    file_put(f);
    return rc;
}

long sys_fadvise64(int fd, i64 offset UNUSED, i64 length, int advice)
{
    if (advice < 0 || advice > POSIX_FADV_MOST || length < 0)
        return -EINVAL;
    return advise(fd, false);
}

long sys_readahead(int fd, i64 offset UNUSED, u64 count UNUSED)
{
    return advise(fd, true);
}
