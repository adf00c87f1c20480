// SPDX-License-Identifier: MIT
/*
 * read.c - reading cached files: scope `read`
 *
 * A read runs in windows of at most 64 pages under the file's lock.  The window's range is pinned, then what
 * is missing is counted; a warm read needs nothing.  When a window must go to the disk and the file is being
 * read from front to back, pages behind the window are read along as far as frames can be had without
 * waiting.
 *
 *      |<- window ->|<- ahead: frame_try() ->|
 *      first     last                      ahead
 *
 * Programs' buffers are filled with faults disabled.  A copy that comes up short ends the scope; the page is
 * faulted in outside and the read goes on, so a read into a mapping of the same file cannot wait for itself.
 */
#include "fs/vfs/vfs.h"
#include "kernel/lib/string.h"

struct read_args {
    struct inode *ino;
    struct io *io; /* a program's buffers, or NULL: */
    u8 *dst;       /* the kernel's, `room` bytes */
    u64 room;
    u64 *pos;
    /* --- the window, set under the guard --- */
    u64 at;    /* where it begins: *pos may move meanwhile, it is shared */
    u64 bytes; /* 0: at the end */
    u32 first, last, ahead;
    bool looked;                 /* the need has found those pages of the window that are cached: */
    struct page **page;
    /* --- the body's --- */
    bool stopped; /* the copy came up short */
    int error;
};

static u64 left(const struct read_args *a)
{
    return a->io ? a->io->left : a->room;
}

static bool sequential(const struct read_args *a)
{
    return !a->first || !cache_missing(&a->ino->map, a->first - 1, a->first - 1);
}

static void set_window(struct read_args *a)
{
    u64 at = a->at = *a->pos, size = a->ino->size;
    a->looked = false;
    a->bytes = at < size ? MIN(left(a), size - at) : 0;
    if (!a->bytes)
        return;
    u64 most = IO_PAGES * PAGE_SIZE - (at & PAGE_MASK);
    a->bytes = MIN(a->bytes, most);
    a->first = at >> PAGE_SHIFT;
    a->last = (at + a->bytes - 1) >> PAGE_SHIFT;
    a->ahead = sequential(a) ? MIN((size - 1) >> PAGE_SHIFT, a->first + IO_PAGES - 1) : a->last;
}

/* --- scope `read` --- */

static int read_guard(void *p)
{
    struct read_args *a = p;
    mutex_lock(&a->ino->lock);
    set_window(a);
    return 0;
}

static void read_pin(void *p)
{
    struct read_args *a = p;
    if (a->bytes)
        pin_range(&a->ino->map, a->first, a->last);
}

/* window=off, to see what windows save: the whole length is asked for, as far as there is memory for one call. */
static u32 counted_up_to(const struct read_args *a)
{
    u64 end = MIN(a->at + left(a), a->ino->size);
    return MIN((end - 1) >> PAGE_SHIFT, a->first + frames_total() / 32);
}

/* Reading along ends before a page that is cached, and so does the block map that it needs; the window remembers where. */
AMA_STATE AMA_HELD(task) static u32 ahead_missing(struct read_args *a)
{
    u32 end = a->last;
    while (end < a->ahead && cache_missing(&a->ino->map, end + 1, end + 1))
        end++;
    return a->ahead = end;
}

/* Pages of the window that are missing; the others are remembered for the body. */
AMA_STATE AMA_HELD(range) static u32 window_missing(struct read_args *a)
{
    if (!a->bytes)
        return 0;
    u32 missing = AMA_UPTO(cache_look(&a->ino->map, a->first, a->last, a->page), IO_PAGES);
    a->looked = true;
    return unlikely(memory_window_off) ? cache_missing(&a->ino->map, a->first, counted_up_to(a)) : missing;
}

/* The last page to read along with those of the window. */
static u32 read_up_to(struct read_args *a) NEEDS_RESERVATION
{
    u32 end = a->last, most = a->ahead;
    while (end < most && cache_missing(&a->ino->map, end + 1, end + 1) && frame_try())
        end++;
    return end;
}

/* The page of the window that the range pin keeps since the need has seen it. */
static struct page *seen_page(const struct read_args *a, u32 index)
{
    return a->looked ? a->page[index - a->first] : NULL;
}

/* Another page of the window, valid and pinned; NULL with a->error when it cannot be read. */
static struct page *window_page(struct read_args *a, u32 index) NEEDS_RESERVATION
{
    struct page *p = page_find_valid(a->ino, index);
    if (!p && !a->error)
        a->error = pages_fill(a->ino, index, read_up_to(a), &p);
    return p;
}

static u64 give(struct read_args *a, const void *src, u64 n)
{
    if (a->io)
        return io_to_user(a->io, src, n);
    memcpy(a->dst, src, n);
    a->dst += n;
    a->room -= n;
    return n;
}

static long read_body(void *p) NEEDS_RESERVATION
{
    struct read_args *a = p;
    u64 done = 0;
    AMA_READS(window_missing(a));
    AMA_COVERS(window_missing(a), inode_map(a->ino, a->first * page_parts(a->ino),
                                            (AMA_AS(a->ahead, ahead_missing(a)) - a->first + 1) * page_parts(a->ino), NULL));
    while (done < a->bytes && !a->stopped) {
        u64 at = a->at + done, offset = at & PAGE_MASK;
        u64 n = MIN(a->bytes - done, PAGE_SIZE - offset);
        u32 index = at >> PAGE_SHIFT;
        struct page *seen = seen_page(a, index), *page = seen ? seen : window_page(a, index);
        if (!page)
            break;
        u64 copied = give(a, (u8 *)page_data(page) + offset, n);
        if (!seen)
            page_unpin(page);
        a->stopped = copied < n;
        done += copied;
    }
    *a->pos = a->at + done;
    return done ? (long)done : a->error;
}

static bool read_next(void *p, long result)
{
    struct read_args *a = p;
    if (result <= 0 || a->stopped || a->error || !left(a) || signal_fatal(current))
        return false;
    set_window(a);
    return a->bytes;
}

static void read_unguard(void *p)
{
    struct read_args *a = p;
    mutex_unlock(&a->ino->lock);
}

DERIVE(read);
SCOPE(read, .guard = read_guard, .pin = read_pin, .need = need_read, .body = read_body, .next = read_next,
      .unguard = read_unguard);

long file_read(struct file *f, struct io *io, u64 *pos)
{
    struct page *page[IO_PAGES];
    struct read_args a = {.ino = f->inode, .io = io, .pos = pos, .page = page};
    u64 before = io->left;
    long rc;
    do {
        a.stopped = false;
        rc = io->left ? gate_call(&scope_read, &a) : 0;
        if (rc >= 0 && a.stopped)
            rc = io_fault_in(io, true);
    } while (rc >= 0 && a.stopped && !a.error);
    return before > io->left ? (long)(before - io->left) : rc;
}

long read_kernel(struct inode *i, void *dst, size_t n, u64 pos)
{
    u64 start = pos;
    struct page *page[IO_PAGES];
    struct read_args a = {.ino = i, .dst = dst, .room = n, .pos = &pos, .page = page};
    long rc = n ? gate_call(&scope_read, &a) : 0;
    return pos > start ? (long)(pos - start) : rc;
}
