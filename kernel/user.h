// SPDX-License-Identifier: MIT
/*
 * user.h - moving bytes between user memory and the kernel
 *
 * Inside a scope a copy runs with faults disabled and may come up short: the window ends, the page is faulted in outside as a
 * call of its own (user_fault_in), and the window is tried again.  Outside scopes the copies fault pages in by themselves.
 */
#pragma once
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"

/* Inside or outside a scope; return bytes moved, possibly fewer than n. */
size_t copy_from_user_some(void *dst, user_ptr src, size_t n);
size_t copy_to_user_some(user_ptr dst, const void *src, size_t n);

/* Outside a scope only (decode and results): all or -EFAULT.  May wait at the entry of a fault. */
int copy_from_user(void *dst, user_ptr src, size_t n) OUTSIDE_RESERVATION MUST_CHECK;
int copy_to_user(user_ptr dst, const void *src, size_t n) OUTSIDE_RESERVATION MUST_CHECK;
int clear_user(user_ptr dst, size_t n) OUTSIDE_RESERVATION MUST_CHECK;
/* Length without the NUL, -EFAULT, or -ENAMETOOLONG when it does not end within size. */
long string_from_user(char *dst, user_ptr src, size_t size) OUTSIDE_RESERVATION MUST_CHECK;
/* Makes the page at p present (for writing); 0 or -EFAULT.  A call of its own. */
int user_fault_in(user_ptr p, bool write) OUTSIDE_RESERVATION MUST_CHECK;

struct io;
/* Moves up to n bytes between a kernel buffer and the io's current place, advancing it; faults disabled; bytes moved. */
size_t io_to_user(struct io *io, const void *src, size_t n);
size_t io_from_user(struct io *io, void *dst, size_t n);
size_t io_zero_user(struct io *io, size_t n);
/* Faults in the page at the io's current place; 0 or -EFAULT.  Outside scopes. */
int io_fault_in(struct io *io, bool to_user) OUTSIDE_RESERVATION MUST_CHECK;
