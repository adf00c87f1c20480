// SPDX-License-Identifier: MIT
/*
 * calls_mem.c - promises of memory: mmap, munmap, mprotect, mremap, brk
 *
 * All of them act under the address space's lock.  Their need is the growth of the space's charge and at most three region objects;
 * frames come later, by faults, against the promise.  Removing a whole region needs nothing.
 */
#include "kernel/file.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/ports/block.h"
#include "kernel/ports/vfs.h"
#include "kernel/syscall.h"
#include "kernel/task.h"
#include "mm/space.h"

enum { MAP_SHARED = 1, MAP_PRIVATE = 2, MAP_SHARED_VALIDATE = 3, MAP_TYPE = 15, MAP_FIXED = 0x10, MAP_ANONYMOUS = 0x20, MAP_FIXED_NOREPLACE = 0x100000 };
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };

static void space_unguard(void *p UNUSED)
{
    mutex_unlock(&current->space->lock);
}

static int space_guard(void *p UNUSED)
{
    mutex_lock(&current->space->lock);
    return 0;
}

static u64 growth(const struct space *s, u64 charge)
{
    return charge > s->charge ? charge - s->charge : 0;
}

static bool over_limit(u64 more)
{
    u64 limit = current->limits[RLIMIT_AS].cur, pages = more;
    if (limit == RLIM_INFINITY)
        return false;
    list_each(r, &current->space->regions, struct region, link)
        pages += (r->end - r->start) >> PAGE_SHIFT;
    return pages > limit >> PAGE_SHIFT;
}

/* --- mmap --- */

struct mmap_args {
    struct region region;     /* start and end are chosen under the guard */
    u64 hint, pages;
    bool fixed, replace, anonymous_shared;
    u64 address;              /* the result */
};

static int mmap_guard(void *p)
{
    struct mmap_args *a = p;
    struct space *s = current->space;
    int rc = 0;
    mutex_lock(&s->lock);
    u64 at = a->fixed ? a->hint : region_gap(s, a->hint, a->pages);
    if (!at || s->count + 3 > REGIONS_MAX || over_limit(a->pages))
        rc = -ENOMEM;
    else if (a->fixed && !a->replace && !region_free(s, at, at + a->pages * PAGE_SIZE))
        rc = -EEXIST;
    a->region.start = at;
    a->region.end = at + a->pages * PAGE_SIZE;
    if (rc)
        mutex_unlock(&s->lock);
    return rc;
}

/* What stands in the way is cut out of the count; a shared anonymous region counts as charged before its object exists. */
AMA_STATE AMA_HELD(guard) static u64 mmap_growth(const struct mmap_args *a)
{
    struct space *s = current->space;
    struct region r = a->region;
    r.charged = a->anonymous_shared || region_is_charged(&r);
    if (a->anonymous_shared)
        r.flags = 0;
    return growth(s, space_charge_with(s, &r, r.start, r.end));
}

/* Cuts [start, end) out of the space. */
static void cut(struct space *s, u64 start, u64 end) NEEDS_RESERVATION
{
    AMA_AT_MOST(&region_cache, region_splits(s, start, end));
    if (region_splits(s, start, end))
        region_split(s, start);
    region_remove(s, start, end);
}

static long mmap_body(void *p) NEEDS_RESERVATION;
static long mmap_body(void *p)
{
    struct mmap_args *a = p;
    struct space *s = current->space;
    AMA_AT_MOST(AMA_CHARGE, mmap_growth(a));
    AMA_AT_MOST(&region_cache, 1 + region_splits(s, a->region.start, a->region.end));
    cut(s, a->region.start, a->region.end);
    if (a->anonymous_shared)
        a->region.shared = shared_new(a->pages);
    if (a->region.inode)
        vfs_port.inode_get(a->region.inode);
    region_add(s, &a->region);
    space_settle(s);
    a->address = a->region.start;
    return 0;
}

DERIVE(mmap);
SCOPE(mmap, .flags = SCOPE_LARGE, .guard = mmap_guard, .need = need_mmap, .body = mmap_body, .unguard = space_unguard);

static int mmap_file(struct mmap_args *a, struct file *f, int prot, bool shared)
{
    u32 access = f->flags & 3;
    if (access == 1 || (shared && prot & PROT_WRITE && access != 2))
        return -EACCES;
    a->region.inode = f->inode;
    a->region.may_write = access == 2;
    return f->ops->mmap(f, a->region.offset, a->pages, prot, shared);
}

/* Devices that hand out zeros (/dev/zero) have no inode pages: their mapping is anonymous (file operations say so by 1). */
static long mmap_with(struct mmap_args *a, int fd, int prot, bool shared)
{
    struct file *f = fd_get(fd);
    if (!f)
        return -EBADF;
    long rc = mmap_file(a, f, prot, shared);
    if (rc == 1) {
        a->region.inode = NULL;
        a->anonymous_shared = shared;
        rc = 0;
    }
    if (!rc)
        rc = gate_call(&scope_mmap, a);
    file_put(f);
    return rc ? rc : (long)a->address;
}

long sys_mmap(u64 addr, u64 len, int prot, int flags, int fd, u64 offset)
{
    int type = flags & MAP_TYPE;
    bool shared = type == MAP_SHARED || type == MAP_SHARED_VALIDATE, fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
    if ((!shared && type != MAP_PRIVATE) || !len || offset & PAGE_MASK || prot & ~7)
        return -EINVAL;
    if (len > USER_END || (fixed && addr & PAGE_MASK))
        return len > USER_END ? -ENOMEM : -EINVAL;
    u64 pages = PAGES(len);
    if (fixed && (addr > USER_END - pages * PAGE_SIZE || addr < USER_START))
        return addr < USER_START ? -EPERM : -ENOMEM;
    if (offset >> PAGE_SHIFT > 0xffffffffu - pages)
        return -EOVERFLOW;
    struct mmap_args a = {.hint = addr & ~PAGE_MASK, .pages = pages, .fixed = fixed, .replace = flags & MAP_FIXED};
    a.region = (struct region){.prot = prot, .flags = shared ? REGION_SHARED : 0, .offset = offset >> PAGE_SHIFT};
    if (!(flags & MAP_ANONYMOUS))
        return mmap_with(&a, fd, prot, shared);
    a.region.offset = 0;
    a.anonymous_shared = shared;
    long rc = gate_call(&scope_mmap, &a);
    return rc ? rc : (long)a.address;
}

/* --- munmap, mprotect --- */

struct range_args {
    u64 start, end;
    int prot;
};

static long munmap_body(void *p) NEEDS_RESERVATION;
static long munmap_body(void *p)
{
    struct range_args *a = p;
    AMA_AT_MOST(AMA_CHARGE, 0);
    cut(current->space, a->start, a->end);
    space_settle(current->space);
    return 0;
}

DERIVE(munmap);
SCOPE(munmap, .guard = space_guard, .need = need_munmap, .body = munmap_body, .unguard = space_unguard);

static int check_range(u64 addr, u64 len, struct range_args *a)
{
    if (addr & PAGE_MASK || len > USER_END || addr > USER_END - ROUND_UP(len, PAGE_SIZE))
        return -EINVAL;
    a->start = addr;
    a->end = addr + ROUND_UP(len, PAGE_SIZE);
    return 0;
}

long sys_munmap(u64 addr, u64 len)
{
    struct range_args a;
    int rc = check_range(addr, len, &a);
    if (rc || !len)
        return -EINVAL;
    return gate_call(&scope_munmap, &a);
}

/* The whole range must be mapped, and a shared file mapping may only be made writable when the file was. */
static int mprotect_guard(void *p)
{
    struct range_args *a = p;
    struct space *s = current->space;
    int rc = 0;
    u64 at = a->start;
    mutex_lock(&s->lock);
    for (struct region *r = region_find(s, at); !rc && at < a->end; r = region_find(s, at)) {
        if (!r)
            rc = -ENOMEM;
        else if (a->prot & PROT_WRITE && r->flags & REGION_SHARED && r->inode && !r->may_write)
            rc = -EACCES;
        else
            at = r->end;
    }
    if (s->count + 2 > REGIONS_MAX)
        rc = -ENOMEM;
    if (rc)
        mutex_unlock(&s->lock);
    return rc;
}

/* Private pages of the range that would become charged. */
AMA_STATE AMA_HELD(guard) static u64 mprotect_growth(const struct range_args *a)
{
    struct space *s = current->space;
    u64 pages = 0;
    list_each(r, &s->regions, struct region, link) {
        u64 from = MAX(r->start, a->start), to = MIN(r->end, a->end);
        if (from < to && a->prot & PROT_WRITE && !(r->flags & REGION_SHARED) && !region_is_charged(r))
            pages += (to - from) >> PAGE_SHIFT;
    }
    return pages;
}

static long mprotect_body(void *p) NEEDS_RESERVATION;
static long mprotect_body(void *p)
{
    struct range_args *a = p;
    struct space *s = current->space;
    AMA_AT_MOST(AMA_CHARGE, mprotect_growth(a));
    region_split(s, a->start);
    region_split(s, a->end);
    list_each(r, &s->regions, struct region, link) {
        if (r->start < a->start || r->end > a->end)
            continue;
        r->prot = a->prot;
        r->charged = region_is_charged(r);
    }
    mutex_lock(&s->tables);
    tables_protect(s, a->start, a->end, a->prot);
    mutex_unlock(&s->tables);
    space_settle(s);
    return 0;
}

DERIVE(mprotect);
SCOPE(mprotect, .flags = SCOPE_LARGE, .guard = mprotect_guard, .need = need_mprotect, .body = mprotect_body, .unguard = space_unguard);

long sys_mprotect(u64 addr, u64 len, int prot)
{
    struct range_args a = {.prot = prot};
    if (addr & PAGE_MASK || prot & ~7)
        return -EINVAL;
    if (!len)
        return 0;
    if (check_range(addr, len, &a))
        return -ENOMEM;
    return gate_call(&scope_mprotect, &a);
}

/* --- brk --- */

struct brk_args {
    u64 wanted, result;
};

static struct region *heap(struct space *s)
{
    struct region *r = s->brk > s->brk_start ? region_find(s, s->brk_start) : NULL;
    return r && r->flags & REGION_HEAP ? r : NULL;
}

static struct region heap_growth(struct space *s, u64 wanted)
{
    u64 from = ROUND_UP(s->brk, PAGE_SIZE);
    return (struct region){.start = from, .end = MAX(from, ROUND_UP(wanted, PAGE_SIZE)), .prot = PROT_READ | PROT_WRITE, .flags = REGION_HEAP};
}

static int brk_guard(void *p)
{
    struct brk_args *a = p;
    struct space *s = current->space;
    mutex_lock(&s->lock);
    a->result = s->brk;
    struct region more = heap_growth(s, a->wanted);
    bool bad = a->wanted < s->brk_start || a->wanted >= USER_END || a->wanted - s->brk_start > current->limits[RLIMIT_DATA].cur;
    if (!bad && more.end > more.start)
        bad = !region_free(s, more.start, more.end) || s->count + 2 > REGIONS_MAX || over_limit((more.end - more.start) >> PAGE_SHIFT);
    if (bad)
        mutex_unlock(&s->lock);
    return bad ? -ENOMEM : 0;
}

AMA_STATE AMA_HELD(guard) static u64 brk_growth(const struct brk_args *a)
{
    struct space *s = current->space;
    struct region more = heap_growth(s, a->wanted);
    return more.end > more.start ? growth(s, space_charge_with(s, &more, 0, 0)) : 0;
}

/* The first growth makes the heap's region. */
AMA_STATE AMA_HELD(guard) static bool brk_begins(const struct brk_args *a)
{
    struct space *s = current->space;
    struct region more = heap_growth(s, a->wanted);
    return more.end > more.start && !heap(s);
}

static long brk_body(void *p) NEEDS_RESERVATION;
static long brk_body(void *p)
{
    struct brk_args *a = p;
    struct space *s = current->space;
    struct region more = heap_growth(s, a->wanted), *r = heap(s);
    AMA_AT_MOST(AMA_CHARGE, brk_growth(a));
    AMA_AT_MOST(&region_cache, brk_begins(a));
    if (more.end > more.start && r && r->end == more.start)
        r->end = more.end;
    else if (more.end > more.start)
        region_add(s, &more);
    else if (ROUND_UP(a->wanted, PAGE_SIZE) < more.start)
        region_remove(s, ROUND_UP(a->wanted, PAGE_SIZE), more.start);
    s->brk = a->result = a->wanted;
    space_settle(s);
    return 0;
}

DERIVE(brk);
SCOPE(brk, .flags = SCOPE_LARGE, .guard = brk_guard, .need = need_brk, .body = brk_body, .unguard = space_unguard);

/* As on Linux the answer is the break as it is now; the C library makes ENOMEM of one that did not move. */
long sys_brk(u64 addr)
{
    struct brk_args a = {.wanted = addr};
    long rc = gate_call(&scope_brk, &a);
    return rc == -ERESTART ? rc : (long)a.result;
}

/* --- mremap --- */

struct mremap_args {
    u64 from, old_pages, new_pages;
    bool may_move;
    struct region *region;
    u64 to;                   /* where it goes; from: it stays */
};

static bool can_grow(struct space *s, const struct region *r, const struct mremap_args *a)
{
    u64 end = a->from + a->new_pages * PAGE_SIZE;
    return r->end == a->from + a->old_pages * PAGE_SIZE && end <= USER_END && region_free(s, r->end, end);
}

static int mremap_guard(void *p)
{
    struct mremap_args *a = p;
    struct space *s = current->space;
    int rc = 0;
    mutex_lock(&s->lock);
    struct region *r = a->region = region_find(s, a->from);
    if (!r || r->end < a->from + a->old_pages * PAGE_SIZE)
        rc = -EFAULT;
    else if (a->new_pages > a->old_pages && over_limit(a->new_pages - a->old_pages))
        rc = -ENOMEM;
    a->to = a->from;
    if (!rc && a->new_pages > a->old_pages && !can_grow(s, r, a)) {
        a->to = a->may_move ? region_gap(s, 0, a->new_pages) : 0;
        rc = a->to && s->count + 3 <= REGIONS_MAX ? 0 : -ENOMEM;
    }
    if (rc)
        mutex_unlock(&s->lock);
    return rc;
}

static struct region moved_region(const struct mremap_args *a)
{
    struct region r = *a->region;
    r.offset += (a->from - r.start) >> PAGE_SHIFT;
    r.start = a->to;
    r.end = a->to + a->new_pages * PAGE_SIZE;
    return r;
}

/* Regions that are moved grow, too: those that need not grow stay where they are. */
AMA_STATE AMA_HELD(guard) static u64 mremap_growth(const struct mremap_args *a)
{
    struct space *s = current->space;
    struct region r = moved_region(a);
    u64 end = a->from + a->old_pages * PAGE_SIZE;
    if (a->to != a->from)
        return growth(s, space_charge_with(s, &r, a->from, end));
    r.start = end;
    return a->new_pages > a->old_pages ? growth(s, space_charge_with(s, &r, 0, 0)) : 0;
}

static void move(struct mremap_args *a) NEEDS_RESERVATION
{
    struct space *s = current->space;
    struct region r = moved_region(a);
    if (r.inode)
        vfs_port.inode_get(r.inode);
    if (r.shared)
        shared_get(r.shared);
    region_add(s, &r);
    mutex_lock(&s->tables);
    tables_move(s, a->from, a->to, a->old_pages);
    mutex_unlock(&s->tables);
    cut(s, a->from, a->from + a->old_pages * PAGE_SIZE);
}

static long mremap_body(void *p) NEEDS_RESERVATION;
static long mremap_body(void *p)
{
    struct mremap_args *a = p;
    struct space *s = current->space;
    AMA_AT_MOST(AMA_CHARGE, mremap_growth(a));
    if (a->to != a->from)
        move(a);
    else if (a->new_pages > a->old_pages)
        a->region->end = a->from + a->new_pages * PAGE_SIZE;
    else if (a->new_pages < a->old_pages)
        cut(s, a->from + a->new_pages * PAGE_SIZE, a->from + a->old_pages * PAGE_SIZE);
    space_settle(s);
    return 0;
}

DERIVE(mremap);
SCOPE(mremap, .flags = SCOPE_LARGE, .guard = mremap_guard, .need = need_mremap, .body = mremap_body, .unguard = space_unguard);

long sys_mremap(u64 addr, u64 old_len, u64 new_len, int flags, u64 new_addr UNUSED)
{
    if (addr & PAGE_MASK || flags & ~MREMAP_MAYMOVE || !new_len || !old_len || addr >= USER_END || old_len > USER_END - addr)
        return -EINVAL;
    if (new_len > USER_END)
        return -ENOMEM;
    struct mremap_args a = {.from = addr, .old_pages = PAGES(old_len), .new_pages = PAGES(new_len), .may_move = flags & MREMAP_MAYMOVE};
    long rc = gate_call(&scope_mremap, &a);
    return rc ? rc : (long)a.to;
}
