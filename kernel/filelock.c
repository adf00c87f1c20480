// SPDX-License-Identifier: MIT
/*
 * filelock.c - locks of whole files (flock) and of byte ranges (fcntl)
 *
 * Both kinds hang on the inode and are advisory.  A flock belongs to an open file, a range lock to a process
 * (its descriptor table); they do not see each other.  Setting a lock may cut the owner's own older ones in
 * two, so it needs two objects at most: taken first, the unused given back.  A lock that has to wait is a
 * loop of {scope `filelock` tries; sleep outside}.
 *
 * Range locks are sorted by nothing; an inode rarely has more than a few.  EDEADLK is answered for a cycle
 * of two.
 *
 * Locks: `guard` (spin) for all lists; `changes` counts releases, so that a sleeper misses none.
 */
#include "kernel/filelock.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/uio.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/wait.h"
#include "kernel/task.h"
#include "mm/slab.h"

struct file_lock {
    struct list link;  /* struct inode.locks */
    const void *owner; /* struct file (flock) or struct files (range) */
    bool range;
    bool exclusive;
    u64 first, last; /* bytes, both included */
    i32 pid;
};

/* Who sleeps for whom: to see cycles of two.  On the sleeper's stack. */
struct lock_wait {
    struct list link;
    const void *owner, *holder;
};

static struct kmem_cache lock_cache = KMEM_CACHE("file lock", struct file_lock, CACHE_SMALL, ENOLCK);
static struct spinlock guard = SPINLOCK_INIT(RANK_INODES, "file locks");
static struct list waits = LIST_INIT(waits);
static struct wait_queue released = WAIT_INIT(released, "file lock");
static u32 changes; /* grows with every release */

enum { LOCKS_LEAST = 128, LOCKS_MOST = 4096 };

/* A lock for every 16 frames. */
void filelock_init(void)
{
    kmem_cache_register(&lock_cache, MAX(LOCKS_LEAST, MIN(LOCKS_MOST, frames_free() / 16)));
}

/* --- the list of an inode; guard held --- */

static bool overlap(const struct file_lock *a, const struct file_lock *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* A lock of somebody else that does not go with `want`, or NULL. */
static struct file_lock *conflict(struct inode *i, const struct file_lock *want)
{
    list_each(l, &i->locks, struct file_lock, link) if (l->range == want->range && l->owner != want->owner &&
                                                        overlap(l, want) &&
                                                        (l->exclusive || want->exclusive)) return l;
    return NULL;
}

static void enter(struct inode *i, struct file_lock *l, const struct file_lock *like)
{
    *l = *like;
    list_push_back(&i->locks, &l->link);
}

/* Takes the bytes of `out` from its owner's locks; *spare is used when one is cut in two; `dead`: those that ended. */
static void cut(struct inode *i, const struct file_lock *out, struct file_lock **spare, struct list *dead)
{
    list_each_safe(l, &i->locks, struct file_lock, link)
    {
        if (l->range != out->range || l->owner != out->owner || !overlap(l, out))
            continue;
        bool before = l->first<out->first, after = l->last> out->last;
        if (before && after) {
            enter(i, *spare, l);
            (*spare)->first = out->last + 1;
            *spare = NULL;
        }
        if (before) {
            l->last = out->first - 1;
        } else if (after) {
            l->first = out->last + 1;
        } else {
            list_remove(&l->link);
            list_push_back(dead, &l->link);
        }
    }
}

static bool touches(const struct file_lock *before, const struct file_lock *after)
{
    return before->last < after->first && before->last + 1 == after->first;
}

/* Joins `l` with the owner's neighbours of the same kind, so that a file locked byte by byte has one lock. */
static void merge(struct inode *i, struct file_lock *l, struct list *dead)
{
    list_each_safe(o, &i->locks, struct file_lock, link)
    {
        bool same = o != l && o->range == l->range && o->owner == l->owner && o->exclusive == l->exclusive;
        if (!same || (!touches(o, l) && !touches(l, o)))
            continue;
        l->first = MIN(l->first, o->first);
        l->last = MAX(l->last, o->last);
        list_remove(&o->link);
        list_push_back(dead, &o->link);
    }
}

static void free_all(struct list *dead)
{
    struct list *l;
    while ((l = list_pop_front(dead)))
        kmem_cache_free(&lock_cache, list_entry(l, struct file_lock, link));
}

static void announce(void)
{
    __atomic_add_fetch(&changes, 1, __ATOMIC_RELEASE);
    wake_all(&released);
}

/* --- scope `filelock` --- */

struct lock_args {
    struct inode *inode;
    struct file_lock want;
    bool unlock;
    const void *holder; /* who is in the way, after -EAGAIN */
};

/* A range lock that is refused has changed nothing; a flock gives up its old kind first, or two sharers who want
 * more would wait for each other (flock(2)). */
static long apply(struct lock_args *a, struct file_lock *l, struct file_lock **spare, struct list *dead)
{
    if (!a->want.range)
        cut(a->inode, &a->want, spare, dead);
    struct file_lock *other = l ? conflict(a->inode, &a->want) : NULL;
    if (other) {
        a->holder = other->owner;
        return -EAGAIN;
    }
    cut(a->inode, &a->want, spare, dead);
    if (l) {
        enter(a->inode, l, &a->want);
        merge(a->inode, l, dead);
    }
    return 0;
}

static long lock_body(void *p) NEEDS_RESERVATION;
static long lock_body(void *p)
{
    struct lock_args *a = p;
    struct list dead = LIST_INIT(dead);
    struct file_lock *spare = kmem_cache_alloc(&lock_cache);
    struct file_lock *l = a->unlock ? NULL : kmem_cache_alloc(&lock_cache);
    struct file_lock *unused = spare;
    spin_lock(&guard);
    long rc = apply(a, l, &unused, &dead);
    spin_unlock(&guard);
    if (unused)
        kmem_cache_free(&lock_cache, unused);
    if (rc && l)
        kmem_cache_free(&lock_cache, l);
    if (!rc || !list_empty(&dead)) /* a shared lock that was exclusive lets others in as well */
        announce();
    free_all(&dead);
    return rc;
}

DERIVE(filelock);
SCOPE(filelock, .need = need_filelock, .body = lock_body);

/* --- waiting --- */

static bool would_deadlock(const struct lock_args *a)
{
    list_each(w, &waits, struct lock_wait,
              link) if (w->owner == a->holder && w->holder == a->want.owner) return true;
    return false;
}

/* Sleeps until a lock somewhere was released after `seen`. */
static int wait_release(struct lock_args *a, u32 seen)
{
    struct lock_wait w = {.owner = a->want.owner, .holder = a->holder};
    spin_lock(&guard);
    bool cycle = a->want.range && would_deadlock(a);
    if (!cycle)
        list_push_back(&waits, &w.link);
    spin_unlock(&guard);
    if (cycle)
        return -EDEADLK;
    int rc = wait_event(&released, __atomic_load_n(&changes, __ATOMIC_ACQUIRE) != seen, SLEEP_SIGNALS);
    spin_lock(&guard);
    list_remove(&w.link);
    spin_unlock(&guard);
    return rc ? -ERESTART : 0;
}

static long set_lock(struct lock_args *a, bool wait)
{
    for (;;) {
        u32 seen = __atomic_load_n(&changes, __ATOMIC_ACQUIRE);
        long rc = gate_call(&scope_filelock, a);
        if (rc != -EAGAIN || !wait)
            return rc;
        rc = wait_release(a, seen);
        if (rc)
            return rc;
    }
}

long filelock_flock(struct file *f, u32 op)
{
    u32 kind = op & ~LOCK_NB;
    if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
        return -EINVAL;
    if (!f->inode)
        return -EBADF;
    struct lock_args a = {.inode = f->inode,
                          .want = {.owner = f, .exclusive = kind == LOCK_EX, .last = ~0ul},
                          .unlock = kind == LOCK_UN};
    return set_lock(&a, !(op & LOCK_NB));
}

/* --- fcntl --- */

struct flock { /* Linux x86_64 */
    int16_t type, whence;
    u32 pad;
    i64 start, length;
    i32 pid;
    u32 pad2;
};
_Static_assert(sizeof(struct flock) == 32, "struct flock of fcntl(2)");

/* The bytes that fl means.  0, -EINVAL or -EOVERFLOW. */
static int range_of(struct file *f, const struct flock *fl, struct file_lock *l)
{
    i64 base = fl->whence == SEEK_CUR ? (i64)f->pos : fl->whence == SEEK_END ? (i64)f->inode->size : 0;
    i64 start, end;
    if (fl->whence < SEEK_SET || fl->whence > SEEK_END)
        return -EINVAL;
    if (__builtin_add_overflow(base, fl->start, &start))
        return -EOVERFLOW;
    if (__builtin_add_overflow(start, fl->length, &end))
        return -EOVERFLOW;
    if (start < 0 || end < 0)
        return -EINVAL;
    l->first = MIN(start, end);
    l->last = fl->length ? (u64)MAX(start, end) - 1 : ~0ul;
    return 0;
}

static bool mode_allows(const struct file *f, int16_t type)
{
    u32 access = f->flags & O_ACCMODE;
    return type == F_UNLCK || access == O_RDWR || access == (type == F_RDLCK ? O_RDONLY : O_WRONLY);
}

static void find_lock(struct inode *i, const struct file_lock *want, struct flock *fl)
{
    spin_lock(&guard);
    struct file_lock *l = conflict(i, want);
    fl->type = F_UNLCK;
    if (l) {
        fl->type = l->exclusive ? F_WRLCK : F_RDLCK;
        fl->whence = SEEK_SET;
        fl->start = l->first;
        fl->length = l->last == ~0ul ? 0 : l->last - l->first + 1;
        fl->pid = l->pid;
    }
    spin_unlock(&guard);
}

long filelock_fcntl(struct file *f, u32 cmd, user_ptr arg)
{
    struct flock fl;
    if (copy_from_user(&fl, arg, sizeof(fl)))
        return -EFAULT;
    if (!f->inode || fl.type < F_RDLCK || fl.type > F_UNLCK || (cmd == F_GETLK && fl.type == F_UNLCK))
        return -EINVAL;
    struct lock_args a = {.inode = f->inode, .unlock = fl.type == F_UNLCK};
    a.want = (struct file_lock){
        .owner = current->files, .range = true, .exclusive = fl.type == F_WRLCK, .pid = current->pid};
    int rc = range_of(f, &fl, &a.want);
    if (rc)
        return rc;
    if (cmd == F_GETLK) {
        find_lock(f->inode, &a.want, &fl);
        return copy_to_user(arg, &fl, sizeof(fl));
    }
    return mode_allows(f, fl.type) ? set_lock(&a, cmd == F_SETLKW) : -EBADF;
}

/* --- closing --- */

static void release_all(struct inode *i, const void *owner)
{
    struct list dead = LIST_INIT(dead);
    if (!i || list_empty(&i->locks))
        return;
    spin_lock(&guard);
    list_each_safe(l, &i->locks, struct file_lock, link)
    {
        if (l->owner == owner) {
            list_remove(&l->link);
            list_push_back(&dead, &l->link);
        }
    }
    spin_unlock(&guard);
    bool any = !list_empty(&dead);
    free_all(&dead);
    if (any)
        announce();
}

void filelock_file_closed(struct file *f)
{
    release_all(f->inode, f);
}

void filelock_descriptor_closed(struct file *f, struct files *owner)
{
    release_all(f->inode, owner);
}
