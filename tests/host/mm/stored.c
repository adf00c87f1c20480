// SPDX-License-Identifier: MIT
/*
 * stored.c - tasks store versions in blocks and in a file's pages, and find them again
 *
 * Every 4 bytes of block n in version v read n << 16 | v.  Even seeds use blocks of 1 KiB, four to a page; the file's pages lie
 * behind the blocks on the disk.
 */
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "mm/cache_core.h"
#include "mm/pin.h"
#include "tests/host/lib/machine.h"

#define BLOCKS 400u
#define FILE_PAGES 120u
#define SHARED_PAGES 100u
#define TASKS 4

void story_cache(void *seed);

static u32 size;               /* of a block */
static u32 version[BLOCKS];    /* what a read must find */
static bool forgotten[BLOCKS]; /* freed: to be overwritten before it is read */
static u32 frees[BLOCKS];      /* how often */
static u32 left_behind[BLOCKS]; /* what the disk had when it was freed, and must have until it is overwritten */
static u32 file_version[FILE_PAGES], file_pages; /* the file has so many pages; version 0: never stored */
static struct mapping file;
static struct mutex files;     /* serialises the bodies among themselves; flusher and reclaim go their own ways */
static bool errors;            /* the disk fails: contents are not compared */

struct act {
    u32 number;
    enum { READ, PEEK, STORE, FRESH, FORGET, FILE_STORE, FILE_READ } what;
};

static int act_guard(void *p UNUSED)
{
    mutex_lock(&files);
    rw_read_lock(&machine.disk.pass);
    return 0;
}

static void act_unguard(void *p UNUSED)
{
    rw_read_unlock(&machine.disk.pass);
    mutex_unlock(&files);
}

static u64 file_sector(u32 index)
{
    return (u64)BLOCKS * size / 512 + index * 8ul;
}

/* --- blocks --- */

static void compare(const u32 *data, u32 bytes, u32 expected)
{
    for (u32 i = 0; i < bytes / 4; i++)
        ASSERT(errors || data[i] == expected, "%x is read where %x was stored", data[i], expected);
}

static void store(u32 *data, u32 bytes, u32 value)
{
    for (u32 i = 0; i < bytes / 4; i++)
        data[i] = value;
}

static u32 stamp(u32 number)
{
    return version[number] ? number << 16 | version[number] : 0;
}

static u32 on_disk(u32 number)
{
    return *(u32 *)(machine.sectors + (u64)number * size);
}

static void store_block(struct block *b)
{
    version[b->number]++;
    forgotten[b->number] = false;
    store(b->data, size, stamp(b->number));
    block_dirty(b, machine_random(PHASE_UNLINK + 1));
}

static void block_act(const struct act *a, struct page *priv) NEEDS_RESERVATION
{
    struct block b = {0};
    struct block_device *dev = &machine.disk;
    if (a->what == FORGET) {
        block_forget(dev, a->number, size);
        forgotten[a->number] = true;
        frees[a->number]++;
        left_behind[a->number] = on_disk(a->number);
        return;
    }
    if (a->what == FRESH || forgotten[a->number]) {
        block_fresh(&b, dev, a->number, size);
        compare(b.data, size, 0);
        store_block(&b);
    } else {
        int rc = a->what == PEEK ? block_peek(&b, dev, a->number, size, priv) : block_read(&b, dev, a->number, size);
        ASSERT(!rc || (errors && rc == -EIO), "a block is read: %d", rc);
        if (rc)
            return;
        compare(b.data, size, stamp(a->number));
        if (machine_chance(30))
            machine_yield();
        if (a->what == STORE)
            store_block(&b);
    }
    block_put(&b);
}

/* --- the file --- */

static void file_act(const struct act *a) NEEDS_RESERVATION
{
    if (a->number >= file_pages && a->what == FILE_READ)
        return;
    struct page *p = page_add(&file, a->number);
    if (!page_is(p, PG_VALID) && pages_read(&machine.disk, file_sector(a->number), &p, 1)) {
        ASSERT(errors, "a page cannot be read");
    } else if (a->what == FILE_READ) {
        compare(page_data(p), PAGE_SIZE, file_version[a->number]);
    } else {
        page_wait_written(p);
        file_pages = MAX(file_pages, a->number + 1);
        store(page_data(p), PAGE_SIZE, ++file_version[a->number]);
        for (u32 i = 0; i < PAGE_SIZE / size; i++)
            p->block[i] = file_sector(a->number) * 512 / size + i;
        page_dirty(p, PHASE_DATA);
    }
    page_unlock(p);
    page_unpin(p);
}

static void cut_file(u32 pages)
{
    mutex_lock(&files);
    u32 old = file_pages;
    mapping_truncate(&file, pages);
    file_pages = MIN(file_pages, pages);
    list_each(p, &file.pages, struct page, in_mapping)
        ASSERT(p->index < pages, "page %u is cached after a cut to %u", p->index, pages);
    for (u32 i = pages; i < old; i++) /* what lies there on the disk is as old as the last flush */
        file_version[i] = *(u32 *)(machine.sectors + file_sector(i) * 512);
    mutex_unlock(&files);
}

/* --- calls --- */

static void act_pin(void *p)
{
    struct act *a = p;
    if (a->what >= FILE_STORE)
        pin_range(&file, a->number, a->number);
    else
        pin_range(&machine.disk.mapping, (u64)a->number * size >> PAGE_SHIFT, (u64)a->number * size >> PAGE_SHIFT);
}

static void act_need(void *p, struct need *n)
{
    struct act *a = p;
    need_frames(n, 1);
    need_object(n, &io_cache, 1);
    need_frames(n, a->what == PEEK);
}

static long act_body(void *p) NEEDS_RESERVATION;
static long act_body(void *p)
{
    struct act *a = p;
    if (a->what >= FILE_STORE) {
        file_act(a);
        return 0;
    }
    struct page *priv = a->what == PEEK ? frame_take() : NULL;
    block_act(a, priv);
    if (priv)
        frame_put(priv);
    return 0;
}

extern const struct scope scope_act;
SCOPE(act, .flags = SCOPE_RETRY, .guard = act_guard, .pin = act_pin, .need = act_need, .body = act_body, .unguard = act_unguard);

/* Whatever was stored before a flush is on the disk after it, or something newer; unless the block was freed meanwhile. */
static void flush(void)
{
    u32 before[BLOCKS], freed[BLOCKS];
    for (u32 i = 0; i < BLOCKS; i++) {
        before[i] = forgotten[i] ? 0 : version[i];
        freed[i] = frees[i];
    }
    int rc = flush_device(&machine.disk);
    ASSERT(!rc || errors, "a flush answers %d", rc);
    for (u32 i = 0; i < BLOCKS && !errors; i++) {
        u32 there = on_disk(i) & 0xffff;
        ASSERT(!forgotten[i] || on_disk(i) == left_behind[i], "block %u was written after it was freed", i);
        ASSERT(frees[i] != freed[i] || there >= before[i], "block %u is version %u on disk after a flush of %u", i, there, before[i]);
    }
}

static void cache_main(void *arg UNUSED)
{
    for (u32 step = 0; step < 300; step++) {
        u32 x = machine_random(100);
        struct act a = {.what = machine_random(FILE_READ + 1)};
        a.number = machine_random(a.what >= FILE_STORE ? FILE_PAGES : BLOCKS);
        if (x < 80)
            gate_call(&scope_act, &a);
        else if (x < 90)
            reclaim_hard(machine_random(100));
        else if (x < 92)
            mapping_drop_clean(&machine.disk.mapping);
        else if (x < 94)
            cut_file(machine_random(FILE_PAGES + 1));
        else if (x < 96)
            flush();
        else
            machine_yield();
    }
}

/* --- beside shared memory --- */

static struct mapping shared; /* of no device */

static void share_need(void *p UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static long share_body(void *p) NEEDS_RESERVATION;
static long share_body(void *p)
{
    struct page *page = page_add(&shared, *(u32 *)p);
    page_set(page, PG_VALID);
    page->refs = 1; /* as a program's mapping holds it */
    page_unlock(page);
    page_unpin(page);
    return 0;
}

extern const struct scope scope_share;
SCOPE(share, .flags = SCOPE_RETRY, .need = share_need, .body = share_body);

/* However much shared memory there is, one look for victims finds all pages that are clean, also those just used. */
static void evict_beside_shared(void)
{
    mapping_init(&shared, NULL, NULL, PAGE_SIZE);
    for (u32 i = 0; i < SHARED_PAGES; i++)
        gate_call(&scope_share, &i);
    for (u32 i = 0; i < file_pages; i++)
        gate_call(&scope_act, &(struct act){i, FILE_READ});
    flush();
    cache_evict(~0ul >> 1, false);
    ASSERT(errors || !cache.count, "%lu clean pages are not found beside %u of shared memory", cache.count, SHARED_PAGES);
    list_each(p, &shared.pages, struct page, in_mapping)
        p->refs = 0;
    mapping_truncate(&shared, 0);
}

static void end_main(void *arg UNUSED)
{
    flush();
    for (u32 i = 0; i < BLOCKS && !errors; i++)
        if (!forgotten[i])
            compare((u32 *)(machine.sectors + (u64)i * size), size, stamp(i));
    for (u32 i = 0; i < file_pages && !errors; i++)
        compare((u32 *)(machine.sectors + file_sector(i) * 512), PAGE_SIZE, file_version[i]);
    evict_beside_shared();
    cut_file(0);
    mapping_drop_clean(&machine.disk.mapping);
}

static void check_sums(void)
{
    ASSERT(cache.count == (u64)file.count + machine.disk.mapping.count, "the cache has lost count of its pages");
    ASSERT(cache.dirty <= cache.count && cache.leaving <= cache.count, "%lu pages, %lu dirty, %lu leaving", cache.count,
           cache.dirty, cache.leaving);
}

void story_cache(void *arg)
{
    u64 seed = *(u64 *)arg;
    static struct inode *const any = (struct inode *)&file; /* a file's mapping has a host */
    machine_start(300 + seed % 7 * 20, seed, 0);
    size = seed % 2 ? 4096 : 1024;
    errors = seed % 5 == 4;
    machine.bad_sectors = errors ? 30 : 0;
    machine.preempt = seed % 3 ? 5 : 0;
    machine.check = check_sums;
    mutex_init(&files, RANK_INODE, "files");
    mapping_init(&file, &machine.disk, any, size);
    u64 free = frames_free();
    for (u32 i = 0; i < TASKS; i++)
        machine_task(cache_main, NULL)->task.policy = POLICY_RETRY;
    machine_run();
    machine_task(end_main, NULL);
    machine_run();
    ASSERT(errors || (!cache.count && frames_free() == free), "%lu pages stay, %lu frames of %lu came back", cache.count,
           frames_free(), free);
    ASSERT(!cache.leaving || errors, "%lu pages count as leaving", cache.leaving);
    ASSERT(frames_free() == (u64)credits_avail(), "credits are lost");
}
