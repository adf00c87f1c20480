// SPDX-License-Identifier: MIT
/*
 * memory.c - /proc/meminfo
 *
 * Linux's words where Ante has the thing, and Ante's own: what was promised (L), and what stays outside of
 * promises. MemAvailable is what programs can still be promised.
 */
#include "fs/proc/proc.h"
#include "kernel/ports/block.h"
#include "mm/cache.h"
#include "mm/reserve_core.h"

static void line(struct text *t, const char *name, u64 frames)
{
    u32 len = 0;
    while (name[len])
        len++;
    text_put(t, "%s:", name);
    for (; len < 15; len++)
        text_bytes(t, " ", 1);
    text_put(t, "%8lu kB\n", frames * (PAGE_SIZE / 1024));
}

/* Cached pages of devices: metadata. */
static u64 buffers(void)
{
    u64 n = 0;
    for (u32 i = 0; i < BLOCK_DEVICES && block_devices[i]; i++)
        n += block_devices[i]->mapping.count;
    return n;
}

/* Frames in slabs; names: only those of inodes and names, which are given back on demand. */
static u64 slab_frames(bool names)
{
    u64 n = 0;
    for (const struct kmem_cache *c = kmem_caches; c; c = c->next)
        n += !names || c->kind == CACHE_NAME ? c->frames : 0;
    return n;
}

void text_meminfo(struct text *t, const struct view *v UNUSED)
{
    const struct memory_limits *m = &memory_limits;
    u64 devices = buffers(), all = cache_pages();
    line(t, "MemTotal", m->total);
    line(t, "MemFree", frames_free());
    line(t, "MemAvailable", large_room(is_root()));
    line(t, "Buffers", devices);
    line(t, "Cached", all > devices ? all - devices : 0);
    line(t, "SwapTotal", 0);
    line(t, "SwapFree", 0);
    line(t, "Dirty", cache_dirty_pages());
    line(t, "Slab", slab_frames(false));
    line(t, "SReclaimable", slab_frames(true));
    line(t, "SUnreclaim", slab_frames(false) - slab_frames(true));
    line(t, "Promised", large_total());
    line(t, "Floor", m->floor);
    line(t, "Small", m->small);
    line(t, "Names", m->names);
}
