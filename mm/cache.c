// SPDX-License-Identifier: MIT
/*
 * cache.c - the page cache: every cached page of files and devices, found by (mapping, index)
 *
 * One hash table, one lock.  A page stands on one of three lists by its link: `clean` (least recently used first), `dirty` (in the
 * order they became dirty), or none while it is being written.
 *
 *          page_add                page_dirty                flusher
 *     (none) ----> clean, busy ----------------> dirty ----------------> WRITING --> clean
 *                    |  ^ page_unlock
 *                    +--> evicted: clean, no pin, no reference, in no pinned range
 *
 * A waiter at the entry marks pinned victims LEAVING: peeks count them as missing, new pins do not take hold of them, and the
 * last unpin evicts them, so that a stream of warm reads cannot keep memory from a waiter.
 */
#include "mm/cache.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "mm/cache_core.h"
#include "mm/pin.h"
#include "mm/queue.h"
#include "mm/reserve_core.h"

struct cache_state cache = {
    .lock = SPINLOCK_INIT(RANK_MAPPING, "page cache"),
    .clean = LIST_INIT(cache.clean),
    .shared = LIST_INIT(cache.shared),
    .dirty_list = LIST_INIT(cache.dirty_list),
    .io_done = WAIT_INIT(cache.io_done, "page"),
};

/* --- the hash --- */

static void insert(struct mapping *m, u32 index, struct page *p)
{
    struct page **b = cache_bucket(m, index);
    p->flags = PG_CACHED | PG_BUSY | PG_USED;
    p->refs = 0;
    p->mapping = m;
    p->index = index;
    p->pins = 1;
    p->failures = p->valid_parts = p->dirty_parts = p->part_phases = 0;
    memset(p->block, 0, sizeof(p->block));
    p->hash_next = *b;
    *b = p;
    list_push_back(&m->pages, &p->in_mapping);
    list_push_back(m->dev ? &cache.clean : &cache.shared, &p->link);
    m->count++;
    cache.count += m->dev != NULL;
}

/* Takes a page out of the cache; its frame is the caller's.  Call with the lock held. */
static void evict(struct page *p)
{
    struct page **at = cache_bucket(p->mapping, p->index);
    while (*at != p)
        at = &(*at)->hash_next;
    *at = p->hash_next;
    p->mapping->count--;
    cache.count -= p->mapping->dev != NULL;
    if (page_is(p, PG_DIRTY)) {
        p->mapping->dirty--;
        cache.dirty--;
    }
    list_remove(&p->in_mapping);
    list_remove(&p->link);
    p->mapping = NULL;
    p->flags = 0;
}

static void free_evicted(struct page *p)
{
    frame_raw_give(p);
    credit_give(1);
}

void cache_init(void)
{
    u64 want = memory_limits.total / 2;
    unsigned order = 0;
    while ((PAGE_SIZE << order) / sizeof(struct page *) < want && order < ORDER_MAX)
        order++;
    ASSERT(credit_take(1ul << order), "no memory for the page cache's table");
    struct page *p = frame_raw_take_block(order);
    cache.buckets = page_data(p);
    cache.mask = (PAGE_SIZE << order) / sizeof(struct page *) - 1;
    memset(cache.buckets, 0, PAGE_SIZE << order);
}

/* --- mappings --- */

void mapping_init(struct mapping *m, struct block_device *dev, struct inode *host, u32 block_size)
{
    *m = (struct mapping){.dev = dev, .host = host, .block_size = block_size};
    list_init(&m->pages);
    list_init(&m->regions);
}

static bool evictable(const struct page *p)
{
    return !(p->flags & (PG_DIRTY | PG_BUSY | PG_WRITING)) && !p->pins && !p->refs && !pinned_by_scope(p);
}

/* Call with the lock held. */
static bool leaves(struct page *p)
{
    if (!page_is(p, PG_LEAVING) || !evictable(p))
        return false;
    cache.leaving--;
    evict(p);
    frame_raw_give(p);
    return true;
}

static u64 leave_range(const struct range_pin *r)
{
    u64 evicted = 0;
    for (u32 i = r->first; cache.leaving && i <= r->last; i++) {
        struct page *p = cache_lookup(r->mapping, i);
        evicted += p && leaves(p);
    }
    return evicted;
}

void cache_leave(struct scope_pins *s)
{
    u64 evicted = 0;
    u32 ranges = s->ranges, blocks = s->blocks;
    spin_lock(&cache.lock);
    s->ranges = s->blocks = 0;
    for (u32 i = 0; i < ranges; i++)
        evicted += leave_range(&s->range[i]);
    for (u32 i = 0; i < blocks; i++)
        evicted += leaves(s->block[i]);
    spin_unlock(&cache.lock);
    credit_give(evicted);
}

/* --- peeks --- */

static u32 look(struct mapping *m, u32 first, u32 last, struct page **page)
{
    u32 missing = 0;
    bool locked = look_lock();
    for (u32 i = first; i <= last; i++) {
        struct page *p = cache_lookup(m, i);
        if (!p || (p->flags & (PG_VALID | PG_LEAVING)) != PG_VALID) {
            p = NULL;
            missing++;
        } else if (page && !page_is(p, PG_USED)) {
            page_set(p, PG_USED);
        }
        if (page)
            page[i - first] = p;
    }
    look_unlock(locked);
    return missing;
}

u32 cache_missing(struct mapping *m, u32 first, u32 last)
{
    return unlikely(memory_peek_off) ? last - first + 1 : look(m, first, last, NULL);
}

u32 cache_look(struct mapping *m, u32 first, u32 last, struct page **page)
{
    if (likely(!memory_peek_off))
        return look(m, first, last, page);
    for (u32 i = first; i <= last; i++)
        page[i - first] = NULL;
    return last - first + 1;
}

/* --- pages --- */

struct page *page_find(struct mapping *m, u32 index)
{
    spin_lock(&cache.lock);
    struct page *p = cache_lookup(m, index);
    if (p) {
        p->pins++;
        page_set(p, PG_USED);
    }
    spin_unlock(&cache.lock);
    return p;
}

struct page *page_add(struct mapping *m, u32 index)
{
    struct page *fresh = frame_take();
    spin_lock(&cache.lock);
    struct page *p = cache_lookup(m, index);
    if (p)
        p->pins++;
    else
        insert(m, index, fresh);
    spin_unlock(&cache.lock);
    if (!p)
        return fresh;
    frame_put(fresh);
    page_lock(p);
    return p;
}

void page_pin(struct page *p)
{
    spin_lock(&cache.lock);
    p->pins++;
    spin_unlock(&cache.lock);
}

void page_unpin(struct page *p)
{
    bool gone = false;
    spin_lock(&cache.lock);
    ASSERT(p->pins, "page %u unpinned too often", p->index);
    p->pins--;
    if (unlikely(page_is(p, PG_LEAVING)) && evictable(p)) {
        cache.leaving--;
        evict(p);
        gone = true;
    }
    spin_unlock(&cache.lock);
    if (gone)
        free_evicted(p);
}

static bool try_lock(struct page *p)
{
    return !(__atomic_fetch_or(&p->flags, PG_BUSY, __ATOMIC_ACQ_REL) & PG_BUSY);
}

void page_lock(struct page *p)
{
    if (likely(try_lock(p)))
        return;
    wait_event(&cache.io_done, try_lock(p), SLEEP_DEEP);
}

void page_unlock(struct page *p)
{
    page_clear(p, PG_BUSY);
    wake_all(&cache.io_done);
}

void page_wait(struct page *p)
{
    if (page_is(p, PG_BUSY))
        wait_event(&cache.io_done, !page_is(p, PG_BUSY), SLEEP_DEEP);
}

void page_wait_written(struct page *p)
{
    if (page_is(p, PG_WRITING))
        wait_event(&cache.io_done, !page_is(p, PG_WRITING), SLEEP_DEEP);
}

void page_dirty(struct page *p, enum write_phase phase)
{
    spin_lock(&cache.lock);
    if (!page_is(p, PG_DIRTY)) {
        page_set(p, PG_DIRTY);
        p->phase = phase;
        p->mapping->dirty++;
        cache.dirty++;
        if (!page_is(p, PG_WRITING)) {
            list_remove(&p->link);
            list_push_back(&cache.dirty_list, &p->link);
        }
    }
    p->phase = MAX(p->phase, phase);
    spin_unlock(&cache.lock);
}

/* The next page of the mapping at or behind `first`, pinned, or NULL. */
static struct page *next_page(struct mapping *m, u32 first)
{
    struct page *found = NULL;
    spin_lock(&cache.lock);
    list_each(p, &m->pages, struct page, in_mapping) {
        if (p->index >= first) {
            found = p;
            p->pins++;
            break;
        }
    }
    spin_unlock(&cache.lock);
    return found;
}

void mapping_truncate(struct mapping *m, u32 first)
{
    struct page *p;
    while ((p = next_page(m, first))) {
        page_lock(p);
        page_wait_written(p);
        wait_event(&cache.io_done, p->pins == 1, SLEEP_DEEP); /* a waiter at the entry may just be unmapping it */
        cache_unmap_page(m, p->index, p);
        spin_lock(&cache.lock);
        if (page_is(p, PG_LEAVING))
            cache.leaving--;
        evict(p);
        spin_unlock(&cache.lock);
        wake_all(&cache.io_done);
        if (p->refs == 0)
            free_evicted(p);
    }
}

static u64 drop_clean_of(struct mapping *m)
{
    u64 dropped = 0;
    spin_lock(&cache.lock);
    list_each_safe(p, &m->pages, struct page, in_mapping) {
        if (!evictable(p))
            continue;
        if (page_is(p, PG_LEAVING))
            cache.leaving--;
        evict(p);
        frame_raw_give(p);
        dropped++;
    }
    spin_unlock(&cache.lock);
    return dropped;
}

void mapping_drop_clean(struct mapping *m)
{
    credit_give(drop_clean_of(m));
}

u64 cache_dirty_pages(void)
{
    return __atomic_load_n(&cache.dirty, __ATOMIC_RELAXED);
}

u64 cache_pages(void)
{
    return __atomic_load_n(&cache.count, __ATOMIC_RELAXED);
}

/* --- eviction, for mm/reclaim.c --- */

u64 cache_evict(u64 frames, bool mark)
{
    u64 evicted = 0, look = 2 * cache.count;
    spin_lock(&cache.lock);
    while (evicted < frames && look-- && !list_empty(&cache.clean)) {
        struct page *p = list_entry(cache.clean.next, struct page, link);
        bool leaving = page_is(p, PG_LEAVING);
        if (evictable(p) && (leaving || !page_is(p, PG_USED))) {
            cache.leaving -= leaving;
            evict(p);
            frame_raw_give(p);
            evicted++;
            continue;
        }
        if (mark && !page_is(p, PG_USED | PG_LEAVING | PG_BUSY) && !p->refs) {
            page_set(p, PG_LEAVING);
            cache.leaving++;
        }
        page_clear(p, PG_USED);
        list_remove(&p->link);
        list_push_back(&cache.clean, &p->link);
    }
    spin_unlock(&cache.lock);
    credit_give(evicted);
    return evicted;
}

struct page *cache_mapped_victim(void)
{
    u64 look = cache.count;
    struct page *found = NULL;
    spin_lock(&cache.lock);
    while (!found && look-- && !list_empty(&cache.clean)) {
        struct page *p = list_entry(cache.clean.next, struct page, link);
        list_remove(&p->link);
        list_push_back(&cache.clean, &p->link);
        if (p->mapping->dev && p->refs && !p->pins && !(p->flags & (PG_BUSY | PG_USED | PG_WRITING)) && !pinned_by_scope(p)) {
            p->pins++;
            found = p;
        }
        page_clear(p, PG_USED);
    }
    spin_unlock(&cache.lock);
    return found;
}
