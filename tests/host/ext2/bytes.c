// SPDX-License-Identifier: MIT
/*
 * bytes.c - reading and writing files in windows, for the tests of ext2-mfr
 */
#include "tests/host/ext2/files.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "tests/host/ext2/calls.h"
#include "tests/host/ext2/image.h"

#define WINDOW 256 /* blocks */

static bool is_fresh(const u64 *fresh, u32 k)
{
    return fresh[k / 64] >> (k % 64) & 1;
}

/* The window's bytes go straight to the image: file data has no order. */
static void put_data(struct call *c, u64 at, const u8 *from, size_t n)
{
    u32 size = files_fs->block_size;
    u8 whole[PAGE_SIZE];
    while (n) {
        u32 k = at / size - c->first, offset = at % size, bytes = MIN(n, size - offset);
        image_read((u64)c->block[k] * size, whole, size);
        if (is_fresh(c->fresh, k))
            memset(whole, 0, size);
        memcpy(whole + offset, from, bytes);
        image_write((u64)c->block[k] * size, whole, size);
        at += bytes;
        from += bytes;
        n -= bytes;
    }
}

/* Bytes that one window wrote, or -errno.  When the disk is nearly full the window shrinks to one block. */
static long write_window(struct inode *i, u64 at, const void *from, size_t n)
{
    u32 block[WINDOW], size = files_fs->block_size, first = at / size;
    u64 fresh[WINDOW / 64];
    u64 most = (u64)(first + WINDOW) * size - at;
    struct call c = {.what = ALLOCATE, .i = i, .first = first, .block = block, .fresh = fresh};
    n = MIN(n, most);
    for (;;) {
        c.size = at + n;
        c.count = (at + n - 1) / size - first + 1;
        long rc = call_run(&c);
        if (rc == -ENOSPC && c.count > 1) {
            u32 blocks = MIN(c.count / 2, MAX(i->ops->space(i), 1));
            n = (u64)(first + blocks) * size - at;
            continue;
        }
        if (!rc)
            put_data(&c, at, from, n);
        return rc ? rc : (long)n;
    }
}

long file_write(struct inode *i, u64 at, const void *from, size_t n)
{
    size_t done = 0;
    while (done < n) {
        long rc = write_window(i, at + done, (const char *)from + done, n - done);
        if (rc < 0)
            return done ? (long)done : rc;
        done += rc;
    }
    return done;
}

static long read_window(struct inode *i, u64 at, u8 *to, size_t n)
{
    u32 block[WINDOW], size = files_fs->block_size;
    u64 most = (at / size + WINDOW) * size - at;
    n = MIN(n, most);
    struct call c = {.what = MAP,
                     .i = i,
                     .first = at / size,
                     .count = (at + n - 1) / size - at / size + 1,
                     .block = block};
    long rc = call_run(&c);
    for (size_t done = 0; !rc && done < n;) {
        u32 k = (at + done) / size - c.first, offset = (at + done) % size,
            bytes = MIN(n - done, size - offset);
        if (block[k])
            image_read((u64)block[k] * size + offset, to + done, bytes);
        else
            memset(to + done, 0, bytes);
        done += bytes;
    }
    return rc ? rc : (long)n;
}

long file_read(struct inode *i, u64 at, void *to, size_t n)
{
    size_t done = 0;
    n = at >= i->size ? 0 : MIN(n, i->size - at);
    while (done < n) {
        long rc = read_window(i, at + done, (u8 *)to + done, n - done);
        if (rc < 0)
            return rc;
        done += rc;
    }
    return done;
}

/* The rest of the last block becomes zero, as fs/vfs sees to in the last page. */
static void zero_tail(struct inode *i, u64 size)
{
    static const u8 zeros[PAGE_SIZE];
    u32 tail = size % files_fs->block_size, block;
    struct call c = {.what = MAP, .i = i, .first = size / files_fs->block_size, .count = 1, .block = &block};
    if (size < i->size && tail && !call_run(&c) && block)
        image_write((u64)block * files_fs->block_size + tail, zeros, files_fs->block_size - tail);
}

int file_truncate(struct inode *i, u64 size)
{
    struct call c = {.what = TRUNCATE, .i = i, .size = size};
    zero_tail(i, size);
    return call_run(&c);
}
