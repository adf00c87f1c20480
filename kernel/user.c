// SPDX-License-Identifier: MIT
/*
 * user.c - moving bytes between user memory and the kernel (see user.h)
 *
 * The machine's copies stop at the first byte that faults.  Inside a scope that is the end of the window; outside, the page is
 * faulted in by a call of its own and the copy goes on.
 */
#include "kernel/user.h"
#include "arch/arch.h"
#include "kernel/fault.h"
#include "kernel/file.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"

static bool in_user_space(user_ptr p, size_t n)
{
    return p.addr < USER_END && n <= USER_END - p.addr;
}

size_t copy_from_user_some(void *dst, user_ptr src, size_t n)
{
    return in_user_space(src, n) ? n - arch_copy_from_user(dst, src, n) : 0;
}

size_t copy_to_user_some(user_ptr dst, const void *src, size_t n)
{
    return in_user_space(dst, n) ? n - arch_copy_to_user(dst, src, n) : 0;
}

int user_fault_in(user_ptr p, bool write)
{
    int rc = fault_in(p.addr, write ? FAULT_WRITE : FAULT_READ);
    return rc ? -EFAULT : 0;
}

int copy_from_user(void *dst, user_ptr src, size_t n)
{
    if (!in_user_space(src, n))
        return -EFAULT;
    while (n) {
        size_t moved = n - arch_copy_from_user(dst, src, n);
        dst = (char *)dst + moved;
        src.addr += moved;
        n -= moved;
        if (n && user_fault_in(src, false))
            return -EFAULT;
    }
    return 0;
}

int copy_to_user(user_ptr dst, const void *src, size_t n)
{
    if (!in_user_space(dst, n))
        return -EFAULT;
    while (n) {
        size_t moved = n - arch_copy_to_user(dst, src, n);
        src = (const char *)src + moved;
        dst.addr += moved;
        n -= moved;
        if (n && user_fault_in(dst, true))
            return -EFAULT;
    }
    return 0;
}

int clear_user(user_ptr dst, size_t n)
{
    if (!in_user_space(dst, n))
        return -EFAULT;
    while (n) {
        size_t moved = n - arch_clear_user(dst, n);
        dst.addr += moved;
        n -= moved;
        if (n && user_fault_in(dst, true))
            return -EFAULT;
    }
    return 0;
}

/* Page by page, so that a string that ends before a missing page needs only its own pages. */
long string_from_user(char *dst, user_ptr src, size_t size)
{
    size_t at = 0;
    while (at < size) {
        size_t room = PAGE_SIZE - (src.addr & PAGE_MASK);
        room = room < size - at ? room : size - at;
        if (!in_user_space(src, room))
            return -EFAULT;
        size_t moved = room - arch_copy_from_user(dst + at, src, room);
        for (size_t i = 0; i < moved; i++)
            if (!dst[at + i])
                return at + i;
        at += moved;
        src.addr += moved;
        if (moved < room && user_fault_in(src, false))
            return -EFAULT;
    }
    return -ENAMETOOLONG;
}

/* --- vectors --- */

static void io_advance(struct io *io, size_t n)
{
    io->offset += n;
    io->left -= n;
    io->done += n;
    while (io->at < io->count && io->offset == io->vec[io->at].len) {
        io->at++;
        io->offset = 0;
    }
}

static user_ptr io_here(const struct io *io)
{
    return (user_ptr){io->vec[io->at].base.addr + io->offset};
}

enum move { MOVE_TO, MOVE_FROM, MOVE_ZERO };

static size_t move_in_kernel(void *at, char *buf, size_t n, enum move how)
{
    if (how == MOVE_FROM)
        memcpy(buf, at, n);
    else if (how == MOVE_TO)
        memcpy(at, buf, n);
    else
        memset(at, 0, n);
    return n;
}

static size_t move_some(const struct io *io, char *buf, size_t n, enum move how)
{
    user_ptr at = io_here(io);
    if (io->kernel)
        return move_in_kernel((void *)at.addr, buf, n, how);
    if (!in_user_space(at, n))
        return 0;
    if (how == MOVE_FROM)
        return n - arch_copy_from_user(buf, at, n);
    return n - (how == MOVE_TO ? arch_copy_to_user(at, buf, n) : arch_clear_user(at, n));
}

static size_t io_move(struct io *io, char *buf, size_t n, enum move how)
{
    size_t done = 0;
    while (done < n && io->left) {
        u64 room = io->vec[io->at].len - io->offset;
        size_t want = n - done < room ? n - done : room;
        size_t moved = want ? move_some(io, buf ? buf + done : NULL, want, how) : 0;
        io_advance(io, moved);
        done += moved;
        if (moved < want)
            break;
    }
    return done;
}

size_t io_to_user(struct io *io, const void *src, size_t n)
{
    return io_move(io, (char *)src, n, MOVE_TO);
}

size_t io_from_user(struct io *io, void *dst, size_t n)
{
    return io_move(io, dst, n, MOVE_FROM);
}

size_t io_zero_user(struct io *io, size_t n)
{
    return io_move(io, NULL, n, MOVE_ZERO);
}

int io_fault_in(struct io *io, bool to_user)
{
    while (io->at < io->count && io->vec[io->at].len == io->offset) {
        io->at++;
        io->offset = 0;
    }
    return io->at < io->count ? user_fault_in(io_here(io), to_user) : -EFAULT;
}
