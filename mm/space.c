// SPDX-License-Identifier: MIT
/*
 * space.c - regions of an address space and what they promise (see space.h)
 *
 * Page-table frames are counted from the regions' addresses: each 2 MiB, 1 GiB and 512 GiB stretch that a region touches can
 * come to need one table.  Neighbouring regions share tables, so the count walks them in order and counts a stretch once.
 */
#include "mm/space.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"
#include "kernel/task.h"
#include "mm/cache_core.h"
#include "mm/reserve_core.h"

struct kmem_cache region_cache = KMEM_CACHE("region", struct region, CACHE_LARGE, ENOMEM);
struct kmem_cache space_cache = KMEM_CACHE("space", struct space, CACHE_LARGE, ENOMEM);

void space_init_caches(void)
{
    kmem_cache_register(&region_cache, 0);
    kmem_cache_register(&space_cache, 0);
    kmem_cache_register(&shared_cache, 0);
}

struct space *space_new(void)
{
    struct space *s = kmem_cache_alloc(&space_cache);
    struct page *root = frame_take_zeroed();
    mutex_init(&s->lock, RANK_SPACE, "address space");
    mutex_init(&s->tables, RANK_PAGETABLE, "page tables");
    list_init(&s->regions);
    arch_root_init(page_data(root));
    s->root = page_phys(root);
    s->refs = s->users = 1;
    return s;
}

void space_get(struct space *s)
{
    __atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
}

void space_put(struct space *s)
{
    if (__atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
        return;
    tables_free(s);
    if (s->exe) {
        __atomic_sub_fetch(&s->exe->writers_denied, 1, __ATOMIC_RELAXED);
        vfs_port.inode_put(s->exe);
    }
    frame_put(phys_page(s->root));
    large_release(s->charge);
    kmem_cache_free(&space_cache, s);
}

/* --- finding --- */

struct region *region_next(struct space *s, u64 addr)
{
    list_each(r, &s->regions, struct region, link)
        if (r->end > addr)
            return r;
    return NULL;
}

struct region *region_find(struct space *s, u64 addr)
{
    struct region *r = region_next(s, addr);
    return r && r->start <= addr ? r : NULL;
}

bool region_free(struct space *s, u64 start, u64 end)
{
    struct region *r = region_next(s, start);
    return !r || r->start >= end;
}

#define MMAP_TOP 0x7f0000000000ul

/* Downwards from MMAP_TOP, the highest gap that fits. */
u64 region_gap(struct space *s, u64 hint, u64 pages)
{
    u64 bytes = pages * PAGE_SIZE;
    if (hint >= USER_START && hint + bytes > hint && hint + bytes <= USER_END && region_free(s, hint, hint + bytes))
        return hint;
    u64 top = MMAP_TOP;
    for (struct list *l = s->regions.prev; l != &s->regions; l = l->prev) {
        struct region *r = list_entry(l, struct region, link);
        if (r->end <= top && top - r->end >= bytes)
            return top - bytes;
        top = MIN(top, r->start);
    }
    return top >= USER_START + bytes ? top - bytes : 0;
}

struct mapping *region_mapping(const struct region *r)
{
    return r->shared ? r->shared : r->inode ? &r->inode->map : NULL;
}

/* --- what is promised --- */

bool region_is_charged(const struct region *r)
{
    if (r->flags & REGION_SHARED)
        return r->shared != NULL;
    return r->charged || (r->prot & PROT_WRITE);
}

/* Counts tables for stretches not counted yet; `seen` holds the last stretch of each level. */
struct table_count {
    u64 frames;
    u64 seen[3]; /* end of the last counted 2 MiB, 1 GiB, 512 GiB stretch */
};

static void count_tables(struct table_count *c, u64 start, u64 end)
{
    for (int level = 0; level < 3; level++) {
        u64 span = 1ul << (21 + 9 * level);
        u64 first = MAX(start & ~(span - 1), c->seen[level]);
        u64 last = ROUND_UP(end, span);
        if (last > first) {
            c->frames += (last - first) / span;
            c->seen[level] = last;
        }
    }
}

static void count_region(struct table_count *c, const struct region *r, u64 start, u64 end)
{
    if (end <= start)
        return;
    count_tables(c, start, end);
    if (region_is_charged(r))
        c->frames += (end - start) >> PAGE_SHIFT;
}

u64 space_charge_with(struct space *s, const struct region *extra, u64 cut_start, u64 cut_end)
{
    struct table_count c = {0};
    bool counted = !extra;
    list_each(r, &s->regions, struct region, link) {
        if (!counted && extra->start < r->start) {
            count_region(&c, extra, extra->start, extra->end);
            counted = true;
        }
        count_region(&c, r, r->start, MAX(r->start, MIN(r->end, cut_start)));
        count_region(&c, r, MIN(r->end, MAX(r->start, cut_end)), r->end);
    }
    if (!counted)
        count_region(&c, extra, extra->start, extra->end);
    return c.frames;
}

u64 regions_charge(const struct region *r, u32 count)
{
    struct table_count c = {0};
    for (u32 i = 0; i < count; i++)
        count_region(&c, &r[i], r[i].start, r[i].end);
    return c.frames;
}

void space_settle(struct space *s)
{
    u64 now = space_charge_with(s, NULL, 0, 0);
    if (now < s->charge)
        large_release(s->charge - now);
    else if (now > s->charge)
        charge_take(now - s->charge);
    s->charge = now;
}

u64 task_charge(const struct task *t)
{
    return TASK_CHARGE + (t->space ? t->space->charge / MAX(1u, t->space->users) : 0);
}

/* --- changing --- */

static void link_region(struct space *s, struct region *r)
{
    struct list *at = s->regions.prev;
    while (at != &s->regions && list_entry(at, struct region, link)->start > r->start)
        at = at->prev;
    list_insert_after(at, &r->link);
    s->count++;
    struct mapping *m = region_mapping(r);
    list_init(&r->in_mapping);
    if (!m)
        return;
    spin_lock(&cache.lock);
    list_push_back(&m->regions, &r->in_mapping);
    spin_unlock(&cache.lock);
}

struct region *region_add(struct space *s, const struct region *from)
{
    struct region *r = kmem_cache_alloc(&region_cache);
    *r = *from;
    r->space = s;
    r->charged = region_is_charged(from);
    link_region(s, r);
    return r;
}

static void region_free_object(struct space *s, struct region *r)
{
    list_remove(&r->link);
    s->count--;
    spin_lock(&cache.lock);
    list_remove(&r->in_mapping);
    spin_unlock(&cache.lock);
    if (r->shared)
        shared_put(r->shared);
    if (r->inode)
        vfs_port.inode_put(r->inode);
    kmem_cache_free(&region_cache, r);
}

bool region_spans(struct space *s, u64 addr)
{
    struct region *r = region_find(s, addr);
    return r && r->start < addr;
}

void region_split(struct space *s, u64 addr)
{
    struct region *r = region_find(s, addr);
    AMA_AT_MOST(&region_cache, region_spans(s, addr));
    if (!r || r->start == addr)
        return;
    struct region upper = *r;
    upper.start = addr;
    upper.offset += (addr - r->start) >> PAGE_SHIFT;
    if (upper.inode)
        vfs_port.inode_get(upper.inode);
    if (upper.shared)
        shared_get(upper.shared);
    spin_lock(&cache.lock); /* rmap reads bounds under it */
    r->end = addr;
    spin_unlock(&cache.lock);
    region_add(s, &upper);
}

bool region_splits(struct space *s, u64 start, u64 end)
{
    struct region *r = region_find(s, start);
    return r && r->start < start && end < r->end;
}

/* Cuts [start, end) off one region that begins or ends inside it. */
static void region_trim(struct region *r, u64 start, u64 end)
{
    spin_lock(&cache.lock);
    if (r->start < start) {
        r->end = start;
    } else {
        r->offset += (end - r->start) >> PAGE_SHIFT;
        r->start = end;
    }
    spin_unlock(&cache.lock);
}

void region_remove(struct space *s, u64 start, u64 end)
{
    region_drop_pages(s, start, end);
    list_each_safe(r, &s->regions, struct region, link) {
        if (r->end <= start || r->start >= end)
            continue;
        if (r->start >= start && r->end <= end)
            region_free_object(s, r);
        else
            region_trim(r, start, end);
    }
}
