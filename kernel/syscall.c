// SPDX-License-Identifier: MIT
/*
 * syscall.c - from the trap to the handler, by the table
 *
 * Linux's convention: number in rax, arguments in rdi rsi rdx r10 r8 r9, result in rax.  A number without a row answers ENOSYS and
 * is counted (/proc/ama/unknown).
 */
#include "kernel/syscall.h"
#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/syscall_table.h"
#include "kernel/task.h"
#include "mm/slab.h"

typedef long (*call_handler)(const u64 *r);

/* One adapter a call.  Every parameter (an integer or a user_ptr) travels in one register of the C calling convention, so a
 * handler of fewer or narrower parameters finds its own in the registers that six wide ones would use (AMD64 ABI 3.2.3). */
#define CALL(nr, name, nparams, params, scope, guard, need)                                                            \
    static long adapt_##name(const u64 *r)                                                                             \
    {                                                                                                                  \
        union {                                                                                                        \
            long (*typed) params;                                                                                      \
            long (*plain)(u64, u64, u64, u64, u64, u64);                                                               \
        } h = {.typed = sys_##name};                                                                                   \
        return h.plain(r[0], r[1], r[2], r[3], r[4], r[5]);                                                            \
    }
#include "kernel/calls.def"
#undef CALL

static const struct call {
    const char *name;
    call_handler handler;
    const char *scope, *guard;
    enum call_need need;
    u8 params;
} calls[CALLS_MAX] = {
#define CALL(nr, name, nparams, params, scope, guard, need) [nr] = {#name, adapt_##name, scope, guard, need, nparams},
#include "kernel/calls.def"
#undef CALL
};

static u64 call_count[CALLS_MAX];    /* entries, known or not */
static u64 unknown_beyond;           /* numbers above the table */

const char *call_name(u32 nr)
{
    return nr < CALLS_MAX && calls[nr].name ? calls[nr].name : NULL;
}

bool call_row(u32 nr, struct call_row *out)
{
    if (nr >= CALLS_MAX)
        return false;
    const struct call *c = &calls[nr];
    *out = (struct call_row){c->name, c->scope, c->guard, c->need, call_count[nr]};
    return c->name || call_count[nr];
}

static void trace(u32 nr, const u64 *args, long result, u64 need, u64 used)
{
    char line[256];
    const char *name = call_name(nr);
    int n = ksnprintf(line, sizeof(line), "%d %s(%lx, %lx, %lx, %lx, %lx, %lx) = %ld need %lu used %lu\n", current->pid,
                      name ? name : "?", args[0], args[1], args[2], args[3], args[4], args[5], result, need, used);
    trace_write(line, MIN((size_t)n, sizeof(line) - 1));
}

void syscall_dispatch(struct trap_frame *f)
{
    struct task *t = current;
    u64 nr = f->rax;
    u64 args[6] = {f->rdi, f->rsi, f->rdx, f->r10, f->r8, f->r9};
    if (unlikely(nr >= CALLS_MAX || !calls[nr].handler)) {
        __atomic_add_fetch(nr < CALLS_MAX ? &call_count[nr] : &unknown_beyond, 1, __ATOMIC_RELAXED);
        f->rax = -ENOSYS;
        return;
    }
    const struct call *c = &calls[nr];
    __atomic_add_fetch(&call_count[nr], 1, __ATOMIC_RELAXED);
    t->call = nr;
    for (u32 i = 0; i < 6; i++)
        t->call_args[i] = args[i];
    t->needs_nothing = c->need == NEED_NOTHING;
    t->call_needed = t->call_used = 0;
    long result = c->handler(args);
    f->rax = result;
    if (unlikely(boot.trace_calls))
        trace(nr, args, result, t->call_needed, t->call_used);
    t->call = 0xffff;
    t->needs_nothing = false;
}

void panic_context(void)
{
    struct task *t = this_cpu() ? current : NULL;
    if (!t)
        return;
    const struct reservation *r = &t->reservation;
    const char *name = call_name(t->call);
    kprintf("task %d (%s), call %s(%lx, %lx, %lx)\n", t->pid, t->name, name ? name : "none", t->call_args[0], t->call_args[1],
            t->call_args[2]);
    if (!r->scope)
        return;
    const struct need none = {0}, *n = r->granted ? r->granted : &none;
    kprintf("scope %s: granted %u frames + %u lasting + %u tried, charge %u; used %u frames, %u objects; left %u frames\n",
            r->scope->name, n->frames, n->now, r->tried_frames, n->charge, r->used_frames, r->used_objects, r->left.frames);
    for (u32 i = 0; i < r->left.objects; i++)
        kprintf("    %s: %u left\n", r->left.object[i].cache->name, r->left.object[i].count);
}
