// SPDX-License-Identifier: MIT
/*
 * poll.c - waiting for several files at once: poll, select and their relatives
 *
 * The first look at the files leaves a waiter on every queue that could change what they answer; then the
 * task looks again each time one of them is woken.  A file has at most two queues.  Waiters for few files
 * lie on the stack; for more, a scope takes chunks of them, SMALL objects that stay while the task sleeps
 * (holding no reservation).
 *
 * A task's descriptors are changed by the task alone, so the files stay open while it sleeps here.
 */
#include "kernel/poll.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/poll.h"
#include "kernel/file.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/lib/wait.h"
#include "kernel/process.h"
#include "kernel/syscall.h"
#include "mm/slab.h"

#define FEW           8  /* waiters on the stack */
#define CHUNK         42 /* waiters in one object of about 2 KiB */
#define QUEUES_A_FILE 2

struct poll_chunk {
    struct poll_chunk *next;
    struct waiter waiter[CHUNK];
};

struct poll_table {
    u32 used;                   /* waiters on queues */
    struct poll_chunk *chunks;  /* all */
    struct poll_chunk *filling; /* the one that poll_add uses next */
    struct waiter few[FEW];
};

static struct kmem_cache chunk_cache = KMEM_CACHE("poll waiters", struct poll_chunk, CACHE_SMALL, ENOMEM);

enum { CHUNKS_LEAST = 64, CHUNKS_MOST = 1024 };

/* A chunk for every 64 frames; one poll of all descriptors always fits. */
void poll_init(void)
{
    _Static_assert(CHUNKS_LEAST * CHUNK >= FD_MAX * QUEUES_A_FILE, "one poll may name every descriptor");
    kmem_cache_register(&chunk_cache, MAX(CHUNKS_LEAST, MIN(CHUNKS_MOST, frames_free() / 64)));
}

/* --- the table: scope `poll` --- */

struct table_args {
    u32 chunks;
    struct poll_chunk *first;
};

static long table_body(void *p) NEEDS_RESERVATION;
static long table_body(void *p)
{
    struct table_args *a = p;
    u32 count = a->chunks;
    for (u32 i = 0; i < count; i++) {
        struct poll_chunk *c = kmem_cache_alloc(&chunk_cache);
        c->next = a->first;
        a->first = c;
    }
    return 0;
}

DERIVE(poll);
SCOPE(poll, .need = need_poll, .body = table_body);

static long table_open(struct poll_table *pt, u32 files)
{
    u32 waiters = files * QUEUES_A_FILE;
    struct table_args a = {.chunks = waiters > FEW ? (waiters - FEW + CHUNK - 1) / CHUNK : 0};
    long rc = a.chunks ? gate_call(&scope_poll, &a) : 0;
    pt->used = 0;
    pt->chunks = pt->filling = a.first;
    return rc;
}

static struct waiter *waiter_next(struct poll_table *pt)
{
    u32 i = pt->used++;
    if (i < FEW)
        return &pt->few[i];
    ASSERT(pt->filling, "a file has at most %u queues to poll", QUEUES_A_FILE);
    struct waiter *w = &pt->filling->waiter[(i - FEW) % CHUNK];
    if ((i - FEW) % CHUNK == CHUNK - 1)
        pt->filling = pt->filling->next;
    return w;
}

void poll_add(struct poll_table *pt, struct wait_queue *q)
{
    if (pt)
        wait_prepare(waiter_next(pt), q);
}

static void table_close(struct poll_table *pt)
{
    u32 some = MIN(pt->used, FEW), left = pt->used - some;
    struct poll_chunk *c = pt->chunks;
    for (u32 i = 0; i < some; i++)
        wait_finish(&pt->few[i]);
    while (c) {
        struct poll_chunk *next = c->next;
        u32 here = MIN(left, CHUNK);
        for (u32 i = 0; i < here; i++)
            wait_finish(&c->waiter[i]);
        left -= here;
        kmem_cache_free(&chunk_cache, c);
        c = next;
    }
}

/* --- the loop --- */

/* A call's way of looking at its files. */
struct looker {
    const struct look_ops *ops;
};
struct look_ops {
    /* Files ready, or -errno; queues the caller on all of them when pt is not NULL. */
    long (*look)(struct looker *l, struct poll_table *pt);
};

static long look_until(struct looker *l, struct poll_table *pt, u64 deadline)
{
    long ready = l->ops->look(l, deadline ? pt : NULL);
    while (!ready && deadline) {
        int rc = wait_sleep_any(SLEEP_SIGNALS, deadline);
        ready = l->ops->look(l, NULL);
        if (rc && !ready)
            return rc == -ETIMEDOUT ? 0 : -EINTR;
    }
    return ready;
}

static long wait_for(struct looker *l, u32 files, u64 deadline)
{
    struct poll_table pt;
    long rc = table_open(&pt, deadline ? files : 0);
    if (rc)
        return rc;
    rc = look_until(l, &pt, deadline);
    table_close(&pt);
    return rc;
}

/* --- time and signal masks --- */

enum { NS = 1000000000 };

/* The moment `sec` and `nsec` from now: 0 for at once, NO_DEADLINE when it is too far away to matter. */
static u64 deadline_in(u64 sec, u64 nsec)
{
    if (!sec && !nsec)
        return 0;
    return sec > (1ul << 33) ? NO_DEADLINE : clock_ns() + sec * NS + nsec;
}

/* A timeval (unit 1000) or timespec (unit 1) from user space; none: for ever. */
static int deadline_from(user_ptr at, u32 unit, u64 *deadline)
{
    i64 t[2];
    *deadline = NO_DEADLINE;
    if (!at.addr)
        return 0;
    if (copy_from_user(t, at, sizeof(t)))
        return -EFAULT;
    if (t[0] < 0 || t[1] < 0 || t[1] >= (i64)(NS / unit))
        return -EINVAL;
    *deadline = deadline_in(t[0], t[1] * unit);
    return 0;
}

/* As Linux does, the time that is left goes back; a bad address is the caller's loss. */
static void report_left(user_ptr at, u32 unit, u64 deadline)
{
    u64 now = clock_ns(), left = deadline > now && deadline ? deadline - now : 0;
    i64 t[2] = {left / NS, left % NS / unit};
    if (at.addr && deadline != NO_DEADLINE && copy_to_user(at, t, sizeof(t)))
        return;
}

static int mask_set(user_ptr mask, u64 size)
{
    sigset s;
    struct task *t = current;
    if (!mask.addr)
        return 0;
    if (size != sizeof(s))
        return -EINVAL;
    if (copy_from_user(&s, mask, sizeof(s)))
        return -EFAULT;
    t->saved_mask = t->blocked;
    t->restore_mask = true; /* on the way to user mode, after a handler's frame has kept it */
    t->blocked = s & ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
    return 0;
}

static void mask_restore(long result)
{
    struct task *t = current;
    if (!t->restore_mask || result == -EINTR)
        return;
    t->restore_mask = false;
    t->blocked = t->saved_mask;
}

/* --- poll, ppoll --- */

struct pollfd { /* poll(2) */
    i32 fd;
    u16 events, revents;
};

struct poll_looker {
    struct looker l;
    user_ptr fds;
    u32 count;
};

static u32 file_events(int fd, u32 events, struct poll_table *pt)
{
    if (fd < 0)
        return 0;
    struct file *f = fd_get(fd);
    if (!f)
        return POLLNVAL;
    u32 ready = f->flags & O_PATH ? POLLNVAL : f->ops->poll(f, pt) & (events | POLLERR | POLLHUP);
    file_put(f);
    return ready;
}

static long poll_look(struct looker *l, struct poll_table *pt)
{
    struct poll_looker *a = (struct poll_looker *)l;
    long ready = 0;
    for (u32 i = 0; i < a->count; i++) {
        user_ptr at = {a->fds.addr + i * sizeof(struct pollfd)};
        struct pollfd p;
        if (copy_from_user(&p, at, sizeof(p)))
            return -EFAULT;
        p.revents = file_events(p.fd, p.events, pt);
        ready += p.revents != 0;
        at.addr += offsetof(struct pollfd, revents);
        if (copy_to_user(at, &p.revents, sizeof(p.revents)))
            return -EFAULT;
    }
    return ready;
}

static const struct look_ops poll_ops = {.look = poll_look};

static long poll_files(user_ptr fds, u32 count, u64 deadline)
{
    struct poll_looker a = {{&poll_ops}, fds, count};
    return count > (u32)fd_limit() ? -EINVAL : wait_for(&a.l, count, deadline);
}

long sys_poll(user_ptr fds, u32 count, i32 timeout_ms)
{
    u64 ms = timeout_ms;
    return poll_files(fds, count, timeout_ms < 0 ? NO_DEADLINE : deadline_in(ms / 1000, ms % 1000 * 1000000));
}

long sys_ppoll(user_ptr fds, u32 count, user_ptr timeout, user_ptr mask, u64 mask_size)
{
    u64 deadline;
    long rc = deadline_from(timeout, 1, &deadline);
    if (!rc)
        rc = mask_set(mask, mask_size);
    if (rc)
        return rc;
    rc = poll_files(fds, count, deadline);
    mask_restore(rc);
    report_left(timeout, 1, deadline);
    return rc;
}

/* --- select, pselect6 --- */

enum { IN, OUT, EXCEPT, SETS };
static const u32 set_events[SETS] = {
    POLLIN | POLLRDNORM | POLLRDBAND | POLLHUP | POLLERR,
    POLLOUT | POLLWRNORM | POLLWRBAND | POLLERR,
    POLLPRI,
};
#define SET_WORDS (FD_MAX / 64)

/* In the task's path buffers, which are idle here. */
struct sets {
    u64 wanted[SETS][SET_WORDS], ready[SETS][SET_WORDS];
};
_Static_assert(sizeof(struct sets) <= sizeof(((struct path_buffers *)0)->path), "the sets fit the path buffers");

struct select_looker {
    struct looker l;
    struct sets *s;
    u32 count;
};

static bool in_set(const u64 *set, u32 fd)
{
    return set[fd / 64] >> fd % 64 & 1;
}

/* Bits that one descriptor sets, or -EBADF. */
static long select_one(struct sets *s, u32 fd, struct poll_table *pt)
{
    long bits = 0;
    if (!in_set(s->wanted[IN], fd) && !in_set(s->wanted[OUT], fd) && !in_set(s->wanted[EXCEPT], fd))
        return 0;
    u32 events = file_events(fd, ~0u, pt);
    if (events & POLLNVAL)
        return -EBADF;
    for (u32 i = 0; i < SETS; i++) {
        if (!in_set(s->wanted[i], fd) || !(events & set_events[i]))
            continue;
        s->ready[i][fd / 64] |= 1ul << fd % 64;
        bits++;
    }
    return bits;
}

static long select_look(struct looker *l, struct poll_table *pt)
{
    struct select_looker *a = (struct select_looker *)l;
    long ready = 0;
    memset(a->s->ready, 0, sizeof(a->s->ready));
    for (u32 fd = 0; fd < a->count; fd++) {
        long bits = select_one(a->s, fd, pt);
        if (bits < 0)
            return bits;
        ready += bits;
    }
    return ready;
}

static const struct look_ops select_ops = {.look = select_look};

static int sets_in(struct sets *s, const user_ptr user[SETS], u32 count)
{
    u32 bytes = (count + 63) / 64 * 8;
    memset(s, 0, sizeof(*s));
    for (u32 i = 0; i < SETS; i++)
        if (user[i].addr && copy_from_user(s->wanted[i], user[i], bytes))
            return -EFAULT;
    return 0;
}

static int sets_out(const struct sets *s, const user_ptr user[SETS], u32 count)
{
    u32 bytes = (count + 63) / 64 * 8;
    for (u32 i = 0; i < SETS; i++)
        if (user[i].addr && copy_to_user(user[i], s->ready[i], bytes))
            return -EFAULT;
    return 0;
}

static long select_files(int count, const user_ptr user[SETS], u64 deadline)
{
    if (count < 0)
        return -EINVAL;
    struct select_looker a = {{&select_ops}, (struct sets *)current->paths, MIN((u32)count, FD_MAX)};
    long rc = sets_in(a.s, user, a.count);
    if (!rc)
        rc = wait_for(&a.l, a.count, deadline);
    if (rc >= 0 && sets_out(a.s, user, a.count))
        return -EFAULT;
    return rc;
}

long sys_select(int count, user_ptr in, user_ptr out, user_ptr except, user_ptr timeout)
{
    const user_ptr user[SETS] = {in, out, except};
    u64 deadline;
    long rc = deadline_from(timeout, 1000, &deadline);
    if (rc)
        return rc;
    rc = select_files(count, user, deadline);
    report_left(timeout, 1000, deadline);
    return rc;
}

long sys_pselect6(int count, user_ptr in, user_ptr out, user_ptr except, user_ptr timeout, user_ptr mask)
{
    const user_ptr user[SETS] = {in, out, except};
    u64 deadline, pack[2] = {0, 0}; /* address and size of the mask */
    long rc = deadline_from(timeout, 1, &deadline);
    if (!rc && mask.addr)
        rc = copy_from_user(pack, mask, sizeof(pack));
    if (!rc)
        rc = mask_set((user_ptr){pack[0]}, pack[1]);
    if (rc)
        return rc;
    rc = select_files(count, user, deadline);
    mask_restore(rc);
    report_left(timeout, 1, deadline);
    return rc;
}
