// SPDX-License-Identifier: MIT
/*
 * ama.c - what calls reserve and use: /proc/ama
 *
 * Tables begin with a line that names their columns.  Numbers that grow while they are read stand in columns
 * of fixed width.
 */
#include "fs/proc/proc.h"
#include "kernel/gate.h"
#include "kernel/process.h"
#include "kernel/syscall_table.h"
#include "mm/queue.h"
#include "mm/reserve_core.h"

/* The n-th scope that was entered for the first time, of `count`: new ones come at the list's head. */
static const struct scope_stats *scope_nth(u32 n, u32 count)
{
    const struct scope_stats *s = all_scopes;
    for (u32 i = count - 1; i > n && s; i--)
        s = s->next;
    return s;
}

static u32 scope_count(void)
{
    u32 n = 0;
    for (const struct scope_stats *s = all_scopes; s; s = s->next)
        n++;
    return n;
}

static void scope_line(struct text *t, const struct scope_stats *s)
{
    text_put(t, "%-20s %10lu %8lu %8lu ", s->scope->name, s->entries, s->refused, s->waits);
    text_put(t, "%11lu %11lu %5lu ", s->reserved_frames, s->used_frames, s->high_frames);
    text_put(t, "%11lu %11lu %5lu ", s->reserved_objects, s->used_objects, s->high_objects);
    text_put(t, "%15lu %15lu\n", s->reserved_bytes, s->used_bytes);
}

void text_calls(struct text *t, const struct view *v UNUSED)
{
    u32 count = scope_count();
    text_put(t, "scope entries refused waits res_frames used_frames hw_frames ");
    text_put(t, "res_objects used_objects hw_objects res_bytes used_bytes\n");
    for (u32 i = 0; i < count && !text_full(t); i++)
        scope_line(t, scope_nth(i, count));
}

void text_totals(struct text *t, const struct view *v UNUSED)
{
    struct scope_stats sum = {0};
    for (const struct scope_stats *s = all_scopes; s; s = s->next) {
        sum.entries += s->entries;
        sum.points += s->points;
        sum.refused += s->refused;
        sum.waits += s->waits;
        sum.reserved_frames += s->reserved_frames;
        sum.used_frames += s->used_frames;
        sum.reserved_objects += s->reserved_objects;
        sum.used_objects += s->used_objects;
        sum.reserved_bytes += s->reserved_bytes;
        sum.used_bytes += s->used_bytes;
    }
    text_put(t, "entries %lu\npoints %lu\nrefusals %lu\nwaits %lu\n", sum.entries, sum.points, sum.refused,
             sum.waits);
    text_put(t, "res_frames %lu\nused_frames %lu\n", sum.reserved_frames, sum.used_frames);
    text_put(t, "res_objects %lu\nused_objects %lu\n", sum.reserved_objects, sum.used_objects);
    text_put(t, "res_bytes %lu\nused_bytes %lu\n", sum.reserved_bytes, sum.used_bytes);
    text_put(t, "peak_unused_bytes %lu\nlongest_wait_ns %lu\n", gate_peak_unused(), queue_longest_wait_ns());
}

/* A name as one word of a table. */
static void column(struct text *t, const char *name, u32 width)
{
    u32 len = 0;
    for (; name[len]; len++)
        text_bytes(t, name[len] == ' ' ? "_" : &name[len], 1);
    for (; len < width; len++)
        text_bytes(t, " ", 1);
}

void text_caches(struct text *t, const struct view *v UNUSED)
{
    text_put(t, "cache size live free frames aside credits max high\n");
    for (const struct kmem_cache *c = kmem_caches; c; c = c->next) {
        column(t, c->name, 16);
        text_put(t, " %5u %7u %7u %6u %6u %7u %7u %7u\n", c->size, c->live, c->free, c->frames, c->aside,
                 cache_credits(c), c->max, c->high);
    }
}

void text_unknown(struct text *t, const struct view *v UNUSED)
{
    struct call_row row;
    for (u32 nr = 0; nr < CALLS_MAX; nr++)
        if (call_row(nr, &row) && !row.name)
            text_put(t, "%3u %lu\n", nr, row.entries);
}

void text_table(struct text *t, const struct view *v UNUSED)
{
    static const char *const needs[] = {
        [NEED_NOTHING] = "nothing",
        [NEED_BY_SCOPE] = "by scope",
        [NEED_BY_FILE] = "by file",
        [NEED_BY_PATH] = "by path",
    };
    struct call_row row;
    text_put(t, "number\tname\tscope\tguard\tneed\n");
    for (u32 nr = 0; nr < CALLS_MAX && !text_full(t); nr++)
        if (call_row(nr, &row) && row.name)
            text_put(t, "%u\t%s\t%s\t%s\t%s\n", nr, row.name, row.scope, row.guard, needs[row.need]);
}

/* In frames. */
void text_limits(struct text *t, const struct view *v UNUSED)
{
    const struct memory_limits *m = &memory_limits;
    text_put(t, "total %lu\nfloor %lu\nsmall %lu\nnames %lu\n", m->total, m->floor, m->small, m->names);
    text_put(t, "promised %lu\nroom %lu\nroom_root %lu\n", large_total(), large_room(false),
             large_room(true));
    text_put(t, "avail %ld\nfree %lu\nceiling %u\n", credits_avail(), frames_free(), CEILING);
}

/* What the end of a boot compares, as it is while this frame of text is made. */
void text_balance(struct text *t, const struct view *v UNUSED)
{
    struct books b;
    books_look(&b);
    text_put(t, "frames %lu\nframe_credits %ld\npromises %lu\n", b.frames, b.frame_credits, b.promises);
    text_put(t, "tasks %lu\nslots %lu\npins %lu\n", b.tasks, b.slots, b.pins);
    text_put(t, "held %d\n", __atomic_load_n(&reservations_held, __ATOMIC_RELAXED));
}
