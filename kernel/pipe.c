// SPDX-License-Identifier: MIT
/*
 * pipe.c - pipes and FIFOs
 *
 * A pipe is a ring of two frames between files.  Frames and pipe are SMALL objects made by pipe(2) or by the
 * first open of a FIFO, so reading and writing need nothing and run outside the gate: {lock; move what there
 * is; unlock; sleep holding nothing}.
 *
 *     write ---> | free | head ..... fill | free | ---> read          fill <= PIPE_SIZE = two frames
 *
 * Why two: poll says "ready" when PIPE_BUF bytes fit, so that such a write does not wait; with one frame
 * that would be an empty pipe only.
 *
 * A write of at most PIPE_BUF bytes is one piece: it waits until all of it fits, and bytes that were copied
 * before the user's page turned out to be missing are not published.
 *
 * Locks: pipe.lock (RANK_PIPE) around every change; sleepers look at single words without it.  For FIFOs
 * inode.lock guards which pipe the inode has.
 */
#include "kernel/pipe.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/ioctl.h"
#include "kernel/abi/poll.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/wait.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

struct pipe {
    struct mutex lock;
    /* --- guarded by lock; sleepers and poll read single words without it --- */
    char *ring[PIPE_FRAMES];        /* a frame each */
    u32 head, fill;                 /* first byte in use, bytes in use */
    u32 readers, writers;           /* open files that read, that write */
    u32 reader_opens, writer_opens; /* how many there ever were: what the open of a FIFO waits for */
    u32 ends; /* open files, atomic: who counts it to 0 touches the pipe last and frees it */
    struct wait_queue readable, writable; /* woken when bytes, or room or an end, came or went */
};

static struct kmem_cache pipe_cache = KMEM_CACHE("pipe", struct pipe, CACHE_SMALL, ENFILE);
static struct kmem_cache ring_cache = KMEM_CACHE_SIZED("pipe frame", PAGE_SIZE, CACHE_SMALL, ENFILE);

enum { PIPES_LEAST = 32, PIPES_MOST = 1024 };

/* A pipe for every 64 frames. */
void pipe_init(void)
{
    u64 most = MAX(PIPES_LEAST, MIN(PIPES_MOST, frames_free() / 64));
    kmem_cache_register(&pipe_cache, most);
    kmem_cache_register(&ring_cache, most * PIPE_FRAMES);
}

static bool reads(const struct file *f)
{
    return (f->flags & O_ACCMODE) != O_WRONLY;
}

static bool writes(const struct file *f)
{
    return (f->flags & O_ACCMODE) != O_RDONLY;
}

/* --- making and ending --- */

static struct pipe *pipe_new(void) NEEDS_RESERVATION
{
    struct pipe *p = kmem_cache_alloc(&pipe_cache);
    for (u32 i = 0; i < PIPE_FRAMES; i++)
        p->ring[i] = kmem_cache_alloc(&ring_cache);
    mutex_init(&p->lock, RANK_PIPE, "pipe");
    wait_init(&p->readable, "pipe read");
    wait_init(&p->writable, "pipe write");
    return p;
}

static void pipe_free(struct pipe *p)
{
    for (u32 i = 0; i < PIPE_FRAMES; i++)
        kmem_cache_free(&ring_cache, p->ring[i]);
    kmem_cache_free(&pipe_cache, p);
}

/* Returns how often the other end had been opened before. */
static u32 join(struct pipe *p, struct file *f)
{
    __atomic_add_fetch(&p->ends, 1, __ATOMIC_RELAXED);
    mutex_lock(&p->lock);
    f->data = p;
    u32 seen = reads(f) ? p->writer_opens : p->reader_opens;
    p->readers += reads(f);
    p->reader_opens += reads(f);
    p->writers += writes(f);
    p->writer_opens += writes(f);
    mutex_unlock(&p->lock);
    wake_all(&p->readable);
    wake_all(&p->writable);
    return seen;
}

/* Returns true when f was the last one: the pipe is the caller's to free. */
static bool part(struct pipe *p, struct file *f)
{
    mutex_lock(&p->lock);
    p->readers -= reads(f);
    p->writers -= writes(f);
    mutex_unlock(&p->lock);
    wake_all(&p->readable);
    wake_all(&p->writable);
    return !__atomic_sub_fetch(&p->ends, 1, __ATOMIC_ACQ_REL);
}

static void pipe_close(struct file *f)
{
    if (part(f->data, f))
        pipe_free(f->data);
}

/* --- moving bytes --- */

static u32 room(const struct pipe *p)
{
    return PIPE_SIZE - __atomic_load_n(&p->fill, __ATOMIC_ACQUIRE);
}

/* The byte at a place of the ring, and how many follow it in its frame. */
static char *place(const struct pipe *p, u32 at, u32 *run)
{
    *run = PAGE_SIZE - at % PAGE_SIZE;
    return p->ring[at / PAGE_SIZE] + at % PAGE_SIZE;
}

/* Takes bytes out; stops at a user page that is missing. */
static void take_bytes(struct pipe *p, struct io *io)
{
    while (p->fill && io->left) {
        u32 run;
        const char *from = place(p, p->head, &run);
        u32 n = MIN(MIN(p->fill, run), io->left), moved = io_to_user(io, from, n);
        p->head = (p->head + moved) % PIPE_SIZE;
        __atomic_store_n(&p->fill, p->fill - moved, __ATOMIC_RELEASE);
        if (moved < n)
            break;
    }
}

/* Copies up to `want` bytes behind those in use without publishing them; returns how many came. */
static u32 copy_behind(struct pipe *p, struct io *io, u32 want)
{
    u32 done = 0;
    while (done < want) {
        u32 run;
        char *to = place(p, (p->head + p->fill + done) % PIPE_SIZE, &run);
        u32 n = MIN(want - done, run), moved = io_from_user(io, to, n);
        done += moved;
        if (moved < n)
            break;
    }
    return done;
}

/* Sleeps until there is something to read or nobody to write it. */
static int wait_readable(struct file *f, struct pipe *p)
{
    if (f->flags & O_NONBLOCK)
        return -EAGAIN;
    int rc = wait_event(&p->readable, room(p) < PIPE_SIZE || !__atomic_load_n(&p->writers, __ATOMIC_ACQUIRE),
                        SLEEP_SIGNALS);
    return rc ? -ERESTART : 0;
}

/* What a round of reading or writing asks for next. */
enum round { ROUND_DONE, ROUND_FAULT /* fault the user's page in */, ROUND_WAIT, ROUND_BROKEN };

static enum round read_round(struct pipe *p, struct io *io)
{
    mutex_lock(&p->lock);
    u32 before = p->fill;
    take_bytes(p, io);
    enum round next = ROUND_DONE;
    if (p->fill && io->left)
        next = ROUND_FAULT;
    else if (!before && !io->done && p->writers)
        next = ROUND_WAIT;
    bool took = p->fill < before;
    mutex_unlock(&p->lock);
    if (took)
        wake_all(&p->writable);
    return next;
}

static long pipe_read(struct file *f, struct io *io, u64 *pos UNUSED)
{
    struct pipe *p = f->data;
    long rc = 0;
    while (!rc && io->left) {
        enum round next = read_round(p, io);
        if (next == ROUND_DONE)
            break;
        rc = next == ROUND_FAULT ? io_fault_in(io, true) : wait_readable(f, p);
    }
    return io->done ? (long)io->done : rc;
}

/* Writes what there is room for; a write in one piece waits for room for all of it. */
static enum round write_round(struct pipe *p, struct io *io, bool one_piece)
{
    mutex_lock(&p->lock);
    u32 want = MIN(io->left, room(p)), came = 0;
    enum round next = ROUND_DONE;
    if (!p->readers)
        next = ROUND_BROKEN;
    else if (one_piece ? want < io->left : !want)
        next = ROUND_WAIT;
    else if ((came = copy_behind(p, io, want)) < want)
        next = ROUND_FAULT;
    if (next == ROUND_FAULT && one_piece)
        came = 0;
    __atomic_store_n(&p->fill, p->fill + came, __ATOMIC_RELEASE);
    mutex_unlock(&p->lock);
    if (came)
        wake_all(&p->readable);
    return next;
}

/* Sleeps until `wanted` bytes fit or nobody is there to read them. */
static int wait_writable(struct file *f, struct pipe *p, u32 wanted)
{
    if (f->flags & O_NONBLOCK)
        return -EAGAIN;
    int rc = wait_event(&p->writable, room(p) >= wanted || !__atomic_load_n(&p->readers, __ATOMIC_ACQUIRE),
                        SLEEP_SIGNALS);
    return rc ? -ERESTART : 0;
}

static long pipe_write(struct file *f, struct io *io, u64 *pos UNUSED)
{
    struct pipe *p = f->data;
    bool one_piece = io->left <= PIPE_BUF;
    long rc = 0;
    while (!rc && io->left) {
        struct io before = *io;
        enum round next = write_round(p, io, one_piece);
        if (next == ROUND_WAIT)
            rc = wait_writable(f, p, one_piece ? io->left : 1);
        else if (next == ROUND_FAULT)
            rc = io_fault_in(io, false);
        else if (next == ROUND_BROKEN)
            rc = -EPIPE;
        if (next == ROUND_FAULT && one_piece)
            *io = before;
    }
    if (rc == -EPIPE)
        signal_send(current, SIGPIPE);
    return io->done ? (long)io->done : rc;
}

/* --- looking --- */

static u32 pipe_poll(struct file *f, struct poll_table *pt)
{
    struct pipe *p = f->data;
    u32 ready = 0;
    if (reads(f)) {
        poll_add(pt, &p->readable);
        ready |= room(p) < PIPE_SIZE ? POLLIN | POLLRDNORM : 0;
        ready |= !p->writers && p->writer_opens ? POLLHUP : 0;
    }
    if (writes(f)) {
        poll_add(pt, &p->writable);
        ready |= room(p) >= PIPE_BUF ? POLLOUT | POLLWRNORM : 0;
        ready |= !p->readers ? POLLERR : 0;
    }
    return ready;
}

static long pipe_ioctl(struct file *f, u32 cmd, u64 arg)
{
    struct pipe *p = f->data;
    int bytes = PIPE_SIZE - room(p);
    if (cmd != FIONREAD)
        return -ENOTTY;
    return copy_to_user((user_ptr){arg}, &bytes, sizeof(bytes));
}

static const struct file_ops pipe_ops = {
    .name = "pipe",
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
    .seek = file_no_seek,
    .fsync = file_no_fsync,
    .readdir = file_no_readdir,
    .mmap = file_no_mmap,
    .close = pipe_close,
};

bool file_is_pipe(const struct file *f)
{
    return f->ops == &pipe_ops || f->ops == &fifo_file_ops;
}

/* --- pipe(2): scope `pipe` --- */

struct pipe_args {
    u32 flags;
    i32 fd[2];
};

static int open_end(struct pipe *p, u32 access, u32 flags) NEEDS_RESERVATION
{
    struct file *f = file_new(&pipe_ops, NULL, access | (flags & O_NONBLOCK));
    join(p, f);
    return fd_install(f, 0, flags & O_CLOEXEC);
}

static long pipe_body(void *args) NEEDS_RESERVATION;
static long pipe_body(void *args)
{
    struct pipe_args *a = args;
    AMA_AT_MOST(&leaf_cache, fd_leaves_missing(0, 2));
    struct pipe *p = pipe_new();
    a->fd[0] = open_end(p, O_RDONLY, a->flags);
    a->fd[1] = open_end(p, O_WRONLY, a->flags);
    return 0;
}

DERIVE(pipe);
SCOPE(pipe, .need = need_pipe, .body = pipe_body);

long sys_pipe2(user_ptr fds, u32 flags)
{
    struct pipe_args a = {.flags = flags};
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    long rc = fd_check(0, 2);
    if (!rc)
        rc = gate_call(&scope_pipe, &a);
    if (rc || !copy_to_user(fds, a.fd, sizeof(a.fd)))
        return rc;
    file_put(fd_take(a.fd[0]));
    file_put(fd_take(a.fd[1]));
    return -EFAULT;
}

long sys_pipe(user_ptr fds)
{
    return sys_pipe2(fds, 0);
}

/* --- FIFOs: scope `fifo_open` --- */

struct fifo_args {
    struct file *file;
    u32 seen;   /* opens of the other end before this one */
    bool first; /* there is no pipe yet */
};

static bool has_readers(const struct inode *i)
{
    const struct pipe *p = i->pipe;
    return p && p->readers;
}

static int fifo_guard(void *args)
{
    struct fifo_args *a = args;
    struct file *f = a->file;
    mutex_lock(&f->inode->lock);
    a->first = !f->inode->pipe;
    if (reads(f) || !(f->flags & O_NONBLOCK) || has_readers(f->inode))
        return 0;
    mutex_unlock(&f->inode->lock);
    return -ENXIO;
}

static long fifo_body(void *args) NEEDS_RESERVATION;
static long fifo_body(void *args)
{
    struct fifo_args *a = args;
    struct inode *i = a->file->inode;
    if (a->first)
        i->pipe = pipe_new();
    a->seen = join(i->pipe, a->file);
    return 0;
}

static void fifo_unguard(void *args)
{
    struct fifo_args *a = args;
    mutex_unlock(&a->file->inode->lock);
}

DERIVE(fifo_open);
SCOPE(fifo_open, .guard = fifo_guard, .need = need_fifo_open, .body = fifo_body, .unguard = fifo_unguard);

/* A reader waits for a writer and vice versa: for one that is there, or that came and left meanwhile. */
static int wait_for_other_end(const struct fifo_args *a)
{
    struct file *f = a->file;
    struct pipe *p = f->data;
    if ((f->flags & O_NONBLOCK) || (reads(f) && writes(f)))
        return 0;
    const u32 *there = reads(f) ? &p->writers : &p->readers;
    const u32 *opens = reads(f) ? &p->writer_opens : &p->reader_opens;
    struct wait_queue *q = reads(f) ? &p->readable : &p->writable;
    int rc = wait_event(
        q, __atomic_load_n(there, __ATOMIC_ACQUIRE) || __atomic_load_n(opens, __ATOMIC_ACQUIRE) != a->seen,
        SLEEP_SIGNALS);
    return rc ? -ERESTART : 0;
}

long fifo_open(struct file *f)
{
    struct fifo_args a = {.file = f};
    long rc = gate_call(&scope_fifo_open, &a);
    return rc ? rc : wait_for_other_end(&a);
}

static void fifo_close(struct file *f)
{
    if (!f->data) /* its open was refused */
        return;
    mutex_lock(&f->inode->lock);
    if (part(f->data, f)) {
        pipe_free(f->data);
        f->inode->pipe = NULL;
    }
    mutex_unlock(&f->inode->lock);
}

const struct file_ops fifo_file_ops = {
    .name = "fifo",
    .read = pipe_read,
    .write = pipe_write,
    .ioctl = pipe_ioctl,
    .poll = pipe_poll,
    .seek = file_no_seek,
    .fsync = file_no_fsync,
    .readdir = file_no_readdir,
    .mmap = file_no_mmap,
    .close = fifo_close,
};
