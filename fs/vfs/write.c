// SPDX-License-Identifier: MIT
/*
 * write.c - writing cached files: scope `write`
 *
 * A write runs in windows of at most 64 blocks under the file's lock and the device's pass.  One window is
 *
 *      claim     every page of it, pinned; a page that keeps old bytes is read first (may end in EIO)
 *      copy      from the program, with faults disabled; a page that stays incomplete is left out again
 *      commit    blocks for exactly what was copied, size and times (fs allocate); the pages become dirty
 *
 * so the size never says more than what was copied.  Pages that know all blocks of the window need size and times only.
 * What the need found in the cache the body uses without looking again.  Disk space is asked for with the memory.  When a
 * window's blocks are not there it shrinks to one block; when that is not there either the write waits for
 * the reaper, and ENOSPC is the answer only if nothing is on its way.  Appending reads the end of the file
 * anew in each window.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/string.h"

#define WINDOW_BLOCKS 64

struct write_args {
    struct inode *ino;
    struct io *io;
    u64 *pos;
    bool append;
    u32 most; /* blocks that a window may have now */
    /* --- the window, set under the guard --- */
    u64 at;            /* where it begins: *pos may move meanwhile, it is shared */
    u64 bytes;         /* 0: at the limit of file sizes */
    u32 first, last;   /* pages */
    u32 block, blocks; /* file blocks */
    bool looked;       /* the need has found those pages that are cached: */
    struct page **page;
    /* --- the body's --- */
    u64 locked;   /* bit i: page i of the window is new, and locked */
    u64 seen;     /* bit i: page i is one that the need has found: the range pin keeps it */
    bool stopped; /* the copy came up short, here: */
    struct io stopped_at;
};

/* --- the window --- */

static void set_window(struct write_args *a)
{
    u32 size = a->ino->map.block_size;
    u64 at = a->at = a->append ? a->ino->size : *a->pos,
        limit = MIN(current->limits[RLIMIT_FSIZE].cur, FILE_SIZE_MAX);
    a->looked = false;
    a->bytes = at < limit ? MIN(a->io->left, limit - at) : 0;
    if (!a->bytes)
        return;
    u64 block = at / size, end = (at + a->bytes - 1) / size + 1;
    u32 space = MAX(a->ino->ops->space(a->ino), 1u);
    u32 blocks = MIN(end - block, (u64)a->most);
    blocks = MIN(blocks, space);
    a->bytes = MIN(a->bytes, (block + blocks) * size - at);
    a->block = block;
    a->blocks = blocks;
    a->first = at >> PAGE_SHIFT;
    a->last = (at + a->bytes - 1) >> PAGE_SHIFT;
}

/* The page keeps bytes of the file that this window does not overwrite. */
AMA_STATE AMA_HELD(guard) static bool keeps_old(const struct write_args *a, u32 index)
{
    u64 start = (u64)index << PAGE_SHIFT, at = a->at;
    u64 end = MIN(start + PAGE_SIZE, a->ino->size);
    return start < end && (at > start || at + a->bytes < end);
}

/* A write by somebody else than root takes the set-user-ID and set-group-ID bits away. */
AMA_STATE AMA_HELD(load) static bool strips(const struct inode *i)
{
    bool sgid = (i->mode & S_ISGID) && (i->mode & S_IXGRP);
    return current->cred.fsuid && (sgid || (i->mode & S_ISUID));
}

static struct attr stripped(const struct inode *i)
{
    u32 bits = i->mode & S_IXGRP ? S_ISUID | S_ISGID : S_ISUID;
    return (struct attr){.mask = ATTR_MODE, .mode = i->mode & ~bits};
}

/* --- scope `write`: guard, pin, need --- */

static int write_guard(void *p)
{
    struct write_args *a = p;
    mutex_lock(&a->ino->lock);
    set_window(a);
    int rc = a->bytes ? writable_fs(a->ino) : -EFBIG;
    if (rc)
        mutex_unlock(&a->ino->lock);
    else
        alloc_enter(a->ino->fs);
    return rc;
}

static void write_pin(void *p)
{
    struct write_args *a = p;
    pin_range(&a->ino->map, a->first, a->last);
}

/* All blocks of the window have their place on the disk, as its pages know. */
static bool mapped(const struct write_args *a)
{
    u32 parts = page_parts(a->ino);
    for (u32 i = 0; i < a->blocks; i++) {
        u32 number = a->block + i;
        if (!a->page[number / parts - a->first]->block[number % parts])
            return false;
    }
    return true;
}

/* Pages of the window that are missing; the others are remembered for the body. */
AMA_STATE AMA_HELD(range) static u32 window_missing(struct write_args *a)
{
    a->looked = true;
    return AMA_UPTO(cache_look(&a->ino->map, a->first, a->last, a->page), WINDOW_BLOCKS);
}

/* A page must be read first, since it is missing and keeps old bytes. */
AMA_STATE AMA_HELD(range) static bool loads(const struct write_args *a, u32 index, u32 missing)
{
    return missing && !a->page[index - a->first] && keeps_old(a, index);
}

/* Blocks of the window that need a look at the block map. */
AMA_STATE AMA_HELD(range) static u32 window_blocks(const struct write_args *a, u32 missing)
{
    return missing || !mapped(a) ? a->blocks : 0;
}

/* --- scope `write`: body --- */

/* A page that keeps old bytes, valid and pinned.  0, -EIO. */
static int claim_old(struct write_args *a, u32 index, struct page **out) NEEDS_RESERVATION
{
    AMA_ONLY_IF(loads(a, index, window_missing(a)));
    *out = page_find_valid(a->ino, index);
    return *out ? 0 : pages_fill(a->ino, index, index, out);
}

/* A page that the window fills, pinned: valid, or new and locked (*fresh). */
static void claim_new(struct write_args *a, u32 index, struct page **out, bool *fresh) NEEDS_RESERVATION
{
    struct page *p = *out = page_find_valid(a->ino, index);
    *fresh = false;
    if (p)
        return;
    *out = p = page_add(&a->ino->map, index);
    if (page_is(p, PG_VALID)) {
        page_unlock(p);
        return;
    }
    *fresh = true;
    memset(page_data(p), 0, PAGE_SIZE);
    memset(p->block, 0, sizeof(p->block));
}

static void release(struct write_args *a, u32 count)
{
    for (u32 i = 0; i < count; i++) {
        if (a->locked & 1ul << i)
            page_unlock(a->page[i]);
        if (!(a->seen & 1ul << i))
            page_unpin(a->page[i]);
    }
}

/* Those that the need has seen are there; without a need (ama=off) all are looked for. */
static bool is_seen(const struct write_args *a, u32 i)
{
    return a->looked && a->page[i];
}

/* Only the first and the last page can keep old bytes. */
static int claim_ends(struct write_args *a, struct page **first, struct page **last) NEEDS_RESERVATION
{
    int rc = 0;
    if (!is_seen(a, 0) && keeps_old(a, a->first))
        rc = claim_old(a, a->first, first);
    if (!rc && a->last != a->first && !is_seen(a, a->last - a->first) && keeps_old(a, a->last))
        rc = claim_old(a, a->last, last);
    if (rc && *first)
        page_unpin(*first);
    return rc;
}

static int claim_all(struct write_args *a) NEEDS_RESERVATION
{
    u32 count = a->last - a->first + 1;
    struct page *first = NULL, *last = NULL;
    AMA_AT_MOST(AMA_FRAMES, window_missing(a));
    a->locked = a->seen = 0;
    int rc = claim_ends(a, &first, &last);
    if (rc)
        return rc;
    for (u32 i = 0; i < count; i++) {
        struct page *end = i == 0 && first ? first : i == count - 1 ? last : NULL;
        bool fresh = false;
        if (end)
            a->page[i] = end;
        else if (is_seen(a, i))
            a->seen |= 1ul << i;
        else
            claim_new(a, a->first + i, &a->page[i], &fresh);
        a->locked |= (u64)fresh << i;
    }
    return 0;
}

/* Copies from the program; returns bytes.  A new page must be filled as far as the window goes, or it does
 * not count. */
static u64 copy_in(struct write_args *a)
{
    u64 done = 0;
    for (u32 i = 0; done < a->bytes && !a->stopped; i++) {
        u64 offset = (a->at + done) & PAGE_MASK, n = MIN(a->bytes - done, PAGE_SIZE - offset);
        struct io before = *a->io;
        page_wait_written(a->page[i]);
        u64 copied = io_from_user(a->io, (u8 *)page_data(a->page[i]) + offset, n);
        a->stopped = copied < n;
        a->stopped_at = *a->io;
        if (a->stopped && (a->locked & 1ul << i)) {
            *a->io = before;
            copied = 0;
        }
        done += copied;
    }
    return done;
}

/* The blocks of the first n bytes, entered in their pages. */
static int take_blocks(struct write_args *a, u64 n) NEEDS_RESERVATION
{
    u32 size = a->ino->map.block_size, parts = page_parts(a->ino);
    u32 count = mapped(a) ? 0 : (a->at + n - 1) / size - a->block + 1;
    u32 block[WINDOW_BLOCKS];
    int rc = inode_allocate(a->ino, a->block, AMA_AS(count, window_blocks(a, window_missing(a))), a->at + n, block);
    if (rc)
        return rc;
    for (u32 i = 0; i < count; i++) {
        u32 number = a->block + i;
        a->page[number / parts - a->first]->block[number % parts] = block[i];
    }
    return 0;
}

static void make_dirty(struct write_args *a, u64 n)
{
    u32 count = ((a->at + n - 1) >> PAGE_SHIFT) - a->first + 1;
    for (u32 i = 0; i < count; i++) {
        page_set(a->page[i], PG_VALID);
        page_dirty(a->page[i], PHASE_DATA);
    }
}

/* The file system could not load what it needs: what was copied over clean pages is forgotten. */
static void forget_copied(struct page **page, u32 count)
{
    for (u32 i = 0; i < count; i++)
        if (!page_is(page[i], PG_DIRTY | PG_WRITING) && !page[i]->refs)
            page_clear(page[i], PG_VALID);
}

static int strip(struct write_args *a) NEEDS_RESERVATION
{
    struct attr attr = stripped(a->ino);
    return strips(a->ino) ? inode_setattr(a->ino, &attr) : 0;
}

static long write_body(void *p) NEEDS_RESERVATION
{
    struct write_args *a = p;
    u32 count = a->last - a->first + 1;
    struct io before = *a->io;
    int rc = claim_all(a);
    if (rc)
        return rc;
    rc = strip(a);
    u64 n = rc ? 0 : copy_in(a);
    if (n)
        rc = take_blocks(a, n);
    if (rc) {
        forget_copied(a->page, count);
        *a->io = before;
    } else if (n) {
        make_dirty(a, n);
        *a->pos = a->at + n;
    }
    release(a, count);
    return rc ? rc : (long)n;
}

static bool write_next(void *p, long result)
{
    struct write_args *a = p;
    struct block_device *dev = a->ino->fs->dev;
    if (result <= 0 || a->stopped || !a->io->left || signal_fatal(current))
        return false;
    if (dev && dev->pass.writers_waiting)
        return false;
    set_window(a);
    return a->bytes;
}

static void write_unguard(void *p)
{
    struct write_args *a = p;
    alloc_leave(a->ino->fs);
    mutex_unlock(&a->ino->lock);
}

DERIVE(write);
SCOPE(write, .guard = write_guard, .pin = write_pin, .need = need_write, .body = write_body,
      .next = write_next, .unguard = write_unguard);

/* --- the call --- */

/* A window was refused with rc: can something be done about it?  0: try again. */
static int recover(struct write_args *a, int rc)
{
    struct fs *fs = a->ino->fs;
    if (rc == -ESTALE) {
        inode_settle(a->ino);
        return 0;
    }
    if (rc != -ENOSPC)
        return rc;
    if (a->most > 1) {
        a->most = 1;
        return 0;
    }
    return fs->ops->wait_space && fs->ops->wait_space(fs) ? 0 : rc;
}

/* One scope with its windows, then the fault that stopped it.  0: go on. */
static int write_some(struct write_args *a)
{
    a->stopped = false;
    long rc = gate_call(&scope_write, a);
    if (rc < 0)
        return recover(a, rc);
    a->most = WINDOW_BLOCKS;
    if (a->stopped)
        return io_fault_in(&a->stopped_at, false);
    return signal_fatal(current) ? -EINTR : 0;
}

long file_write(struct file *f, struct io *io, u64 *pos)
{
    struct page *page[IO_PAGES];
    struct write_args a = {.ino = f->inode, .io = io, .pos = pos, .append = f->flags & O_APPEND, .most = WINDOW_BLOCKS, .page = page};
    u64 before = io->left;
    int rc = 0;
    while (io->left && !rc)
        rc = write_some(&a);
    long done = before - io->left;
    if (rc == -EFBIG && !done)
        signal_send(current, SIGXFSZ);
    return done ? done : rc;
}
