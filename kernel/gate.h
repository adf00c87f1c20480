// SPDX-License-Identifier: MIT
/*
 * gate.h - the entry: the one place where memory can be refused
 *
 * A call decodes its arguments (changing nothing) and then acts through a `scope`: gate_call() takes the guard, pins what the
 * need counts, asks for the whole need, and either runs the body, which cannot fail for memory, or answers an error having
 * changed nothing.  Scopes never nest.  A decode may run several scopes one after the other (a path is walked one component
 * per scope).
 *
 *     guard -> pin -> need -> granted? --yes--> body -> next window? -> unguard -> give back
 *                 ^              | no
 *                 |              +--> unguard, give back, wait by policy for the larger of all needs seen
 *                 +---- the grant comes with the wake-up ----+
 *
 * Duties of the functions of a scope (args is the scope's own structure, made by decode):
 *   guard    takes sleeping locks by rank and checks that what decode found still holds.  0, or -ESTALE (decode again: the
 *            gate returns -ESTALE to the caller), or another negative errno that ends the call.  On error it has undone all.
 *   pin      at most 4 range pins and 16 page pins: pin_range(), pin_block(); the gate unpins.
 *   need     pure: writes the need from args and AMA_STATE peeks.  May shrink the window in args (disk space).
 *   body     first loads (may end in -EIO, has changed nothing), then modifies (cannot fail).  May sleep for disk and inner
 *            locks.  User memory is copied with copy_to_user/copy_from_user (kernel/user.h) and may come up short.
 *   next     NULL, or: another window?  Then pin, need and body run again under the same guard when the grant succeeds at once.
 *   unguard  releases the locks; also drops references when the scope took them.
 */
#pragma once
#include "kernel/lib/token.h"
#include "kernel/lib/types.h"
#include "mm/cache.h"
#include "mm/reserve.h"

enum scope_flags {
    SCOPE_RETRY = 1,    /* always waits, whatever the policy: faults, kernel threads */
    SCOPE_NO_INJECT = 2, /* the injector passes it by: faults, kernel threads */
    SCOPE_LARGE = 4,    /* may make promises (growth of L): its need is asked for with ama=off too */
};

struct scope_stats { /* changed with relaxed atomics */
    u64 entries, points, refused, waits;
    u64 reserved_frames, used_frames, high_frames;
    u64 reserved_objects, used_objects, high_objects;
    u64 reserved_bytes, used_bytes;
    bool listed;
    const struct scope *scope;
    struct scope_stats *next;
};

struct scope {
    const char *name;
    u32 flags;
    int (*guard)(void *args);
    void (*pin)(void *args);
    void (*need)(void *args, struct need *n);
    long (*body)(void *args);
    bool (*next)(void *args, long result);
    void (*unguard)(void *args);
    struct scope_stats *stats;
};

/* Defaults, so that no slot is NULL. */
int guard_none(void *args);
void pin_none(void *args);
bool next_none(void *args, long result);
void unguard_none(void *args);

/* Defines `scope_NAME`.  Slots that are not given keep their defaults:
 *     SCOPE(read, .guard = read_guard, .need = need_read, .body = read_body, .unguard = read_unguard);                        */
#define SCOPE(id, ...)                                                                                                 \
    static struct scope_stats stats_##id;                                                                              \
    _Pragma("clang diagnostic push") _Pragma("clang diagnostic ignored \"-Winitializer-overrides\"")                   \
    const struct scope scope_##id = {.name = #id, .stats = &stats_##id, .guard = guard_none, .pin = pin_none,          \
                                     .next = next_none, .unguard = unguard_none, __VA_ARGS__};                          \
    _Pragma("clang diagnostic pop")

/* Declares need_NAME(), which the build derives from the body (tools/amalyzer). */
#if defined(AMA_ANALYZE)
#define DERIVE(id) void need_##id(void *args, struct need *n)
#else
#define DERIVE(id) static void need_##id(void *args, struct need *n)
#endif

/* Runs the scope.  Returns the last body's result (bodies of windows add up in args), the guard's error, or at the entry:
 * -ENOMEM, -ENOSPC, -ENFILE, -EINTR (a signal ended the wait).  Sleeps by policy.  Call with no reservation, no lock, no pin. */
long gate_call(const struct scope *s, void *args) OUTSIDE_RESERVATION;

extern struct scope_stats *all_scopes; /* those entered so far, for /proc/ama/calls */
u64 gate_peak_unused(void);            /* bytes: most that was reserved and not used at one time */

/* Policies, per task and inherited. */
enum ama_policy { POLICY_FAIL, POLICY_RETRY, POLICY_BACKOFF };
