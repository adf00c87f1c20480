// SPDX-License-Identifier: MIT
/*
 * read.c - reading the texts: scope `proc_read`
 *
 * A read runs in windows of one frame: the text is made into it from the file's position on, and copied to
 * the program with faults disabled.  The need is that frame.  The process tree is locked all the while, so
 * the task that the text is about stays; its address space, when the text looks at it, is held and locked
 * too.
 *
 * A file's position counts characters of the text as it is now.  Texts that change between the pieces of a
 * reader have columns of fixed width where there are many lines, so that the pieces fit together.
 *
 * Locks: process tree, then the space.
 */
#include "fs/proc/proc.h"
#include "kernel/abi/fcntl.h"
#include "mm/space.h"

struct read_args {
    const struct inode *ino;
    const struct node *node;
    struct io *io;
    u64 *pos;
    struct view view; /* set under the guard */
    bool stopped;     /* the copy came up short */
    bool more;        /* the window was filled: the text may go on */
};

int view_find(const struct inode *i, struct view *v)
{
    struct place p = place_of(i->ino);
    *v = (struct view){.task = p.pid ? task_find(p.pid) : NULL};
    return p.pid && !v->task ? -ESRCH : 0;
}

static int read_guard(void *p)
{
    struct read_args *a = p;
    mutex_lock(&process_tree);
    int rc = view_find(a->ino, &a->view);
    if (rc) {
        mutex_unlock(&process_tree);
        return rc;
    }
    if (a->node->memory)
        a->view.space = task_space(a->view.task);
    if (a->view.space)
        mutex_lock(&a->view.space->lock);
    return 0;
}

static long read_body(void *p) NEEDS_RESERVATION;
static long read_body(void *p)
{
    struct read_args *a = p;
    struct page *frame = frame_take();
    struct text t;
    text_begin(&t, page_data(frame), MIN(a->io->left, PAGE_SIZE), *a->pos);
    a->node->text(&t, &a->view);
    u64 copied = io_to_user(a->io, t.dst, t.len);
    frame_put(frame);
    *a->pos += copied;
    a->stopped = copied < t.len;
    a->more = text_full(&t);
    return copied;
}

static bool read_next(void *p, long result UNUSED)
{
    struct read_args *a = p;
    return a->more && !a->stopped && a->io->left && !signal_fatal(current);
}

static void read_unguard(void *p)
{
    struct read_args *a = p;
    if (a->view.space)
        mutex_unlock(&a->view.space->lock);
    mutex_unlock(&process_tree);
    if (a->view.space)
        space_put(a->view.space);
}

DERIVE(proc_read);
SCOPE(proc_read, .guard = read_guard, .need = need_proc_read, .body = read_body, .next = read_next,
      .unguard = read_unguard);

static long text_read(struct file *f, struct io *io, u64 *pos)
{
    struct read_args a = {.ino = f->inode, .node = node_of(place_of(f->inode->ino)), .io = io, .pos = pos};
    u64 start = *pos;
    long rc;
    do {
        a.stopped = false;
        rc = io->left ? gate_call(&scope_proc_read, &a) : 0;
        if (rc >= 0 && a.stopped)
            rc = io_fault_in(io, true);
    } while (rc >= 0 && a.stopped);
    return *pos > start ? (long)(*pos - start) : rc;
}

/* A text has no size that is known before it is made. */
long text_seek(struct file *f, i64 offset, int whence)
{
    i64 to;
    if (whence != SEEK_SET && whence != SEEK_CUR)
        return -EINVAL;
    if (__builtin_add_overflow(whence == SEEK_CUR ? (i64)f->pos : 0, offset, &to) || to < 0)
        return -EINVAL;
    f->pos = to;
    return to;
}

const struct file_ops text_ops = {
    .name = "proc text",
    .read = text_read,
    .write = file_no_write,
    .ioctl = file_no_ioctl,
    .poll = file_always_ready,
    .seek = text_seek,
    .fsync = file_no_fsync,
    .readdir = file_no_readdir,
    .mmap = file_no_mmap,
    .close = file_no_close,
};
