// SPDX-License-Identifier: MIT
/*
 * room.c - room for one more name
 *
 * For each directory in memory two facts are kept, so that the need of a create is exact and its search is
 * usually none:
 *
 *      block room_block has a gap of room_len bytes;   all gaps elsewhere are smaller than room_bound bytes
 *
 * A lookup that finds nothing has seen all gaps and sets both; creating and removing names keeps them true.
 * So for a name that takes L bytes there are three cases: L <= room_len (it goes there), L >= room_bound (the
 * directory grows), else search.
 *
 * Locks: the directory's lock; volume.alloc when it grows.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/string.h"

enum room_case { ROOM_HERE, ROOM_EXTEND, ROOM_SEARCH };

AMA_STATE AMA_HELD(guard) static enum room_case room_case(struct inode *dir, u32 bytes)
{
    const struct inode_data *d = data_of(dir);
    if (bytes <= d->room_len && d->room_block < dir_blocks(dir))
        return ROOM_HERE;
    return bytes >= d->room_bound ? ROOM_EXTEND : ROOM_SEARCH;
}

void room_forget(struct inode *dir)
{
    struct inode_data *d = data_of(dir);
    d->room_len = 0;
    d->room_bound = volume_of(dir)->block_size + 1;
    d->found_offset[0] = d->found_offset[1] = FOUND_NONE;
}

void gaps_add(struct gaps *g, u32 index, u32 gap)
{
    if (gap > g->best) {
        g->second = g->best;
        g->best = gap;
        g->best_block = index;
    } else {
        g->second = MAX(g->second, gap);
    }
}

void room_learn(struct inode *dir, const struct gaps *g)
{
    struct inode_data *d = data_of(dir);
    d->room_block = g->best_block;
    d->room_len = g->best;
    d->room_bound = g->second + 1;
}

static void keep_below(struct inode_data *d, u32 gap)
{
    d->room_bound = MAX(d->room_bound, gap + 1);
}

void room_note(struct inode *dir, u32 index, u32 gap)
{
    struct inode_data *d = data_of(dir);
    if (index == d->room_block) {
        d->room_len = MAX(d->room_len, gap);
    } else if (gap > d->room_len) {
        keep_below(d, d->room_len);
        d->room_block = index;
        d->room_len = gap;
    } else {
        keep_below(d, gap);
    }
}

/* The widest gap of a block whose entries are sound. */
static u32 widest_gap(const struct volume *v, const struct block *b)
{
    u32 widest = 0;
    const struct ext2_entry *e;
    for (u32 offset = 0; offset < v->block_size; offset += e->rec_len) {
        e = (const struct ext2_entry *)((const char *)b->data + offset);
        u32 gap = entry_gap(e);
        widest = MAX(widest, gap);
    }
    return widest;
}

/* --- for needs --- */

static enum room_case case_of(struct inode *dir, struct name name)
{
    return room_case(dir, EXT2_ENTRY_SIZE(name.len));
}

bool room_may_extend(struct inode *dir, struct name name)
{
    return case_of(dir, name) != ROOM_HERE;
}

bool room_must_search(struct inode *dir, struct name name)
{
    return case_of(dir, name) == ROOM_SEARCH;
}

u64 room_look(struct inode *dir, struct name name)
{
    return room_may_extend(dir, name) ? growth_look(dir, dir_blocks(dir), 1) : 0;
}

u32 room_here_frames(struct inode *dir, struct name name)
{
    struct volume *v = volume_of(dir);
    u32 index = data_of(dir)->room_block;
    struct tree t;
    int leaf;
    if (case_of(dir, name) != ROOM_HERE)
        return room_must_search(dir, name) ? 1 + EXT2_LEVELS : 0;
    tree_peek(&t, dir, index, 1);
    u32 *pointer = tree_pointer(&t, index, &leaf);
    bool kept = pointer && block_is_data(v, *pointer) && block_keep(v->dev, *pointer, v->block_size);
    return AMA_UPTO(tree_unknown(&t), EXT2_LEVELS) + !kept;
}

/* --- load --- */

/* The block may have been away from memory since it was seen. */
static int check_gap(struct room *r)
{
    u32 gap;
    if (entry_find(r->dir, r->index, &r->b, (struct name){"", 0}, &gap) == -EUCLEAN)
        return -EUCLEAN;
    if (gap >= EXT2_ENTRY_SIZE(r->name.len))
        return 0;
    return damaged(volume_of(r->dir), "inode %lu: directory block %u has changed by itself", r->dir->ino,
                   r->index);
}

static int load_here(struct room *r) NEEDS_RESERVATION
{
    AMA_READS(room_here_frames(r->dir, r->name));
    struct inode *dir = r->dir;
    struct volume *v = volume_of(dir);
    u32 nr;
    r->index = data_of(dir)->room_block;
    int rc = ext2_map(dir, r->index, 1, &nr);
    if (rc)
        return rc;
    if (!nr)
        return damaged(v, "inode %lu: directory block %u is a hole", dir->ino, r->index);
    rc = block_read(&r->b, v->dev, nr, v->block_size);
    return rc ? rc : check_gap(r);
}

static int load_extension(struct room *r) NEEDS_RESERVATION
{
    AMA_READS(look_uncached(room_look(r->dir, r->name)));
    r->extend = true;
    r->index = dir_blocks(r->dir);
    r->growth.first = r->index;
    r->growth.count = 1;
    r->growth.block = &r->new_block;
    int rc = growth_load(&r->growth);
    if (!rc && r->new_block)
        rc = damaged(volume_of(r->dir), "inode %lu: the directory has block %u beyond its end", r->dir->ino,
                     r->new_block);
    return rc;
}

/* Sees all blocks; afterwards the two facts are exact. */
static int see_all(struct inode *dir) NEEDS_RESERVATION
{
    AMA_PASSES(scan_frames(dir));
    struct scan s;
    struct gaps gaps = {0};
    u32 count = dir_blocks(dir);
    int rc = 0;
    scan_init(&s, dir);
    for (u32 k = 0; k < count && !rc; k++) {
        struct block b;
        u32 nr, gap;
        rc = scan_block(&s, k, &b, &nr);
        if (!rc && entry_find(dir, k, &b, (struct name){"", 0}, &gap) == -EUCLEAN)
            rc = -EUCLEAN;
        if (!rc)
            gaps_add(&gaps, k, gap);
        block_put(&b);
    }
    scan_done(&s);
    if (!rc)
        room_learn(dir, &gaps);
    return rc;
}

static int search_gaps(struct room *r) NEEDS_RESERVATION
{
    AMA_ONLY_IF(room_must_search(r->dir, r->name));
    return room_case(r->dir, EXT2_ENTRY_SIZE(r->name.len)) == ROOM_SEARCH ? see_all(r->dir) : 0;
}

int room_load(struct room *r)
{
    int rc = search_gaps(r);
    if (rc)
        return rc;
    return room_case(r->dir, EXT2_ENTRY_SIZE(r->name.len)) == ROOM_HERE ? load_here(r) : load_extension(r);
}

/* Behind the directory's last block. */
u32 room_goal(struct inode *dir)
{
    return growth_goal(dir, dir_blocks(dir));
}

int room_choose(struct room *r, struct finder *f)
{
    struct inode *dir = r->dir;
    int rc = finder_init(f, volume_of(dir), BLOCKS, room_goal(dir),
                         AMA_AS(growth_wanted(&r->growth), look_blocks(room_look(r->dir, r->name))));
    return rc ? rc : growth_choose(&r->growth, f);
}

/* --- commit --- */

static void fill_entry(struct room *r, struct ext2_entry *e, u32 ino, u32 mode)
{
    e->inode = ino;
    e->name_len = r->name.len;
    e->file_type = entry_type(volume_of(r->dir), mode);
    memcpy(e->name, r->name.text, r->name.len);
}

/* The first entry of the block with a gap that is wide enough; its gap becomes an entry of its own. */
static struct ext2_entry *split(struct room *r)
{
    u32 bytes = EXT2_ENTRY_SIZE(r->name.len);
    struct ext2_entry *e = r->b.data;
    while (entry_gap(e) < bytes)
        e = (struct ext2_entry *)((char *)e + e->rec_len);
    if (!e->inode)
        return e;
    u32 used = EXT2_ENTRY_SIZE(e->name_len);
    struct ext2_entry *gap = (struct ext2_entry *)((char *)e + used);
    gap->rec_len = e->rec_len - used;
    e->rec_len = used;
    return gap;
}

static struct ext2_entry *new_block(struct room *r, struct finder *f, struct table *t) NEEDS_RESERVATION
{
    struct volume *v = volume_of(r->dir);
    AMA_AT_MOST(AMA_FRAMES, look_nodes(room_look(r->dir, r->name)) - look_uncached(room_look(r->dir, r->name)) + room_may_extend(r->dir, r->name));
    AMA_AT_MOST(&volume_of(r->growth.ino)->blocks, look_blocks(room_look(r->dir, r->name)));
    AMA_AT_MOST(&volume_of(r->growth.ino)->user_blocks, not_kept(v, look_blocks(room_look(r->dir, r->name))));
    struct inode_data *d = data_of(r->dir);
    growth_commit(&r->growth, f, t);
    block_fresh(&r->b, v->dev, r->new_block, v->block_size);
    r->dir->size += v->block_size;
    keep_below(d, d->room_len);
    d->room_block = r->index;
    struct ext2_entry *e = r->b.data;
    e->rec_len = v->block_size;
    return e;
}

void room_commit(struct room *r, u32 ino, u32 mode, struct finder *f, struct table *t)
{
    struct ext2_entry *e = r->extend ? new_block(r, f, t) : split(r);
    fill_entry(r, e, ino, mode);
    block_dirty(&r->b, PHASE_DATA);
    data_of(r->dir)->room_len = widest_gap(volume_of(r->dir), &r->b);
    data_of(r->dir)->found_block[0] = r->index;
    dir_changed(r->dir, t);
}

void room_put(struct room *r)
{
    block_put(&r->b);
    growth_put(&r->growth);
}

/* Its hash tree, if it had one, is not true any more: readers go by the flag. */
void dir_changed(struct inode *dir, struct table *t)
{
    struct inode_data *d = data_of(dir);
    d->flags &= ~EXT2_FL_INDEX;
    d->found_offset[0] = d->found_offset[1] = FOUND_NONE;
    dir->mtime = dir->ctime = time_now();
    inode_store(dir, t);
}
