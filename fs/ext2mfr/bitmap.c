// SPDX-License-Identifier: MIT
/*
 * bitmap.c - one bitmap at a time, whatever memory there is
 *
 * The need pays for one bitmap in the cache, that of the home group, which an operation is expected to use,
 * and it stays pinned. All others are recycled: cached when there is a credit to spare, else read into the
 * scratch frame and, when changed there, written at once.  Writing a bitmap early is always safe: a bit too
 * many costs a block, never data.
 *
 * Locks: volume.alloc is held from bitmap_init to bitmap_done.
 */
#include "fs/ext2mfr/ext2.h"
#include "mm/slab.h"

u32 bitmap_number(const struct volume *v, enum bitmap_kind kind, u32 g)
{
    const struct ext2_group *d = group_of(v, g);
    return kind == BLOCKS ? d->bg_block_bitmap : d->bg_inode_bitmap;
}

bool bitmap_look(struct bitmap *m, struct volume *v, enum bitmap_kind kind, u32 group)
{
    *m = (struct bitmap){.v = v, .kind = kind, .home = group, .group = group, .open = true};
    return block_find(&m->b, v->dev, bitmap_number(v, kind, group), v->block_size);
}

int bitmap_init(struct bitmap *m, struct volume *v, enum bitmap_kind kind, u32 home)
{
    *m = (struct bitmap){.v = v, .kind = kind, .home = home};
    int rc = block_read(&m->home_block, v->dev, bitmap_number(v, kind, home), v->block_size);
    if (rc)
        complain(v, "group %u: its bitmap at block %u cannot be read", home, bitmap_number(v, kind, home));
    return rc;
}

/* The requests for bitmaps of other groups are paid with the scratch frame. */
int bitmap_open(struct bitmap *m, u32 group)
{
    AMA_AT_MOST(&io_cache, 0);
    struct volume *v = m->v;
    if (m->open && m->group == group)
        return 0;
    bitmap_close(m);
    if (group == m->home) {
        m->b = m->home_block;
    } else {
        u32 nr = bitmap_number(v, m->kind, group);
        if (!m->scratch)
            return damaged(v, "group %u: the descriptor says that some are free, but the bitmap at block %u has none", m->home,
                           bitmap_number(v, m->kind, m->home));
        int rc = block_peek(&m->b, v->dev, nr, v->block_size, m->scratch);
        if (rc) {
            complain(v, "group %u: its bitmap at block %u cannot be read", group, nr);
            return rc;
        }
    }
    m->group = group;
    m->open = true;
    return 0;
}

/* The scratch frame has the block at its place in a page, as the cache would. */
static void write_now(struct bitmap *m) NEEDS_RESERVATION
{
    AMA_AT_MOST(&io_cache, 0);
    struct volume *v = m->v;
    struct io_request *r = kmem_cache_alloc(&io_cache);
    io_init(r, IO_WRITE, (u64)m->b.number * (v->block_size / 512));
    io_add(r, m->b.page, (u64)m->b.number * v->block_size & PAGE_MASK, v->block_size);
    int rc = block_io(v->dev, r);
    kmem_cache_free(&io_cache, r);
    if (rc)
        modified(v, damaged(v, "group %u: its bitmap at block %u cannot be written", m->group, m->b.number));
}

void bitmap_close(struct bitmap *m)
{
    if (!m->open)
        return;
    bool private = m->b.page == m->scratch;
    if (m->changed && private)
        write_now(m);
    else if (m->changed)
        block_dirty(&m->b, PHASE_DATA);
    if (m->group != m->home && !private)
        block_put(&m->b);
    m->open = m->changed = false;
}

void bitmap_done(struct bitmap *m)
{
    bitmap_close(m);
    block_put(&m->home_block);
}

/* --- bits --- */

bool bit_test(const struct bitmap *m, u32 bit)
{
    return ((const u8 *)m->b.data)[bit / 8] & (1u << (bit % 8));
}

void bit_set(struct bitmap *m, u32 bit, bool on)
{
    u8 *byte = (u8 *)m->b.data + bit / 8;
    *byte = on ? *byte | 1u << (bit % 8) : *byte & ~(1u << (bit % 8));
    m->changed = true;
    m->v->foreseen[m->kind].by = NULL;
    for (u32 run8 = 0; !on && run8 < 2; run8++) {
        struct searched *s = &m->v->searched[m->kind][run8];
        u32 begin = run8 ? bit & ~7u : bit;
        if (s->group == m->group && s->from <= begin && begin < s->to)
            s->to = begin;
    }
}

/* The first free bit, a word at a time. */
static u32 find_free(const u64 *words, u32 from, u32 end)
{
    for (u32 bit = from; bit < end; bit = (bit / 64 + 1) * 64) {
        u64 unused = ~words[bit / 64] >> (bit % 64);
        if (unused)
            return MIN(bit + __builtin_ctzl(unused), end);
    }
    return end;
}

/* The first byte of eight free bits. */
static u32 find_free_byte(const struct bitmap *m, u32 from, u32 end)
{
    const u8 *bytes = m->b.data;
    const u64 *words = m->b.data;
    for (u32 bit = ROUND_UP(from, 8); bit + 8 <= end;) {
        if (!bytes[bit / 8])
            return bit;
        bit += bit % 64 == 0 && words[bit / 64] == ~0ul ? 64 : 8;
    }
    return end;
}

/* A need searches what the body searches again, and the next call begins where this one did: what was seen to be taken is not
 * looked at twice. */
u32 bit_find(const struct bitmap *m, u32 from, u32 end, bool run8)
{
    struct searched *s = &m->v->searched[m->kind][run8];
    bool same = s->group == m->group && s->from <= from && from <= s->to;
    u32 start = same ? MIN(s->to, end) : from;
    u32 found = run8 ? find_free_byte(m, start, end) : find_free(m->b.data, start, end);
    if (!same)
        *s = (struct searched){m->group, from, found};
    s->to = MAX(s->to, found);
    return found;
}
