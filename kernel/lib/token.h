// SPDX-License-Identifier: MIT
/*
 * token.h - "you hold a reservation", as something the compiler can check
 *
 * Clang's thread-safety analysis follows capabilities through a function.  `reservation` is one that exists only at
 * compile time: the gate acquires it around a body, every allocator requires it, so a function that allocates must
 * say so in its own signature, up to a body that the gate runs.  Memory taken outside a call does not compile.
 * The analysis does not follow function pointers: ports are therefore called through inline wrappers that carry
 * NEEDS_RESERVATION themselves.
 */
#pragma once

#if defined(__clang__)
#define TOKEN_ATTR(x) __attribute__((x))
#else
#define TOKEN_ATTR(x)
#endif

struct TOKEN_ATTR(capability("reservation")) token {
    char none;
};
extern struct token reservation; /* never read or written; its address is never taken at run time */

#define NEEDS_RESERVATION TOKEN_ATTR(requires_capability(reservation))
#define OUTSIDE_RESERVATION TOKEN_ATTR(locks_excluded(reservation)) /* call with none: it may enter the gate or sleep without limit */
#define TAKES_RESERVATION TOKEN_ATTR(acquire_capability(reservation)) TOKEN_ATTR(no_thread_safety_analysis)
#define ENDS_RESERVATION TOKEN_ATTR(release_capability(reservation)) TOKEN_ATTR(no_thread_safety_analysis)
