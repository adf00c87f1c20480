// SPDX-License-Identifier: MIT
/*
 * find.c - free blocks and inodes are found, taken and released
 *
 * A search begins at a goal: at the goal itself when it is free, else at the next eight free blocks of its
 * group, else at the next free one.  From there it goes up bit by bit, group by group, around the disk to
 * where it began, so it hands out each bit once although nothing is marked yet: an operation first chooses
 * all that it needs (load) and marks it afterwards (commit).
 *
 *      start group: [....^------->] next: [------->] ... last: [------->] start group again: [--->^....]
 */
#include "fs/ext2mfr/ext2.h"

static u32 bits_of_group(const struct volume *v, enum bitmap_kind kind, u32 g)
{
    return kind == BLOCKS ? group_blocks(v, g) : v->inodes_per_group;
}

static u32 free_in_group(const struct volume *v, enum bitmap_kind kind, u32 g)
{
    const struct ext2_group *d = group_of(v, g);
    return kind == BLOCKS ? d->bg_free_blocks_count : d->bg_free_inodes_count;
}

static u32 number_of(const struct volume *v, enum bitmap_kind kind, u32 g, u32 bit)
{
    return kind == BLOCKS ? group_first(v, g) + bit : g * v->inodes_per_group + bit + 1;
}

static u32 group_of_number(const struct volume *v, enum bitmap_kind kind, u32 nr, u32 *bit)
{
    u32 g = kind == BLOCKS ? group_of_block(v, nr) : group_of_inode(v, nr);
    *bit = nr - number_of(v, kind, g, 0);
    return g;
}

static bool goal_valid(const struct volume *v, u32 goal)
{
    return goal >= v->super->s_first_data_block && goal < v->super->s_blocks_count;
}

u32 home_group(const struct volume *v, enum bitmap_kind kind, u32 goal)
{
    if (kind == INODES)
        return group_of_inode(v, goal);
    return goal_valid(v, goal) ? group_of_block(v, goal) : 0;
}

static void begin(struct finder *f, struct volume *v, enum bitmap_kind kind, u32 goal)
{
    *f = (struct finder){.start_group = home_group(v, kind, goal)};
    if (kind == INODES || goal_valid(v, goal))
        f->start_bit = goal - number_of(v, kind, f->start_group, 0);
}

/* Where the search begins, by the start group's bitmap. */
static u32 start_bit(struct finder *f)
{
    u32 end = bits_of_group(f->map.v, f->map.kind, f->start_group), bit = f->start_bit;
    if (bit < end && !bit_test(&f->map, bit))
        return bit;
    if (f->map.kind == INODES)
        return bit;
    u32 run = bit_find(&f->map, bit, end, true);
    if (run == end)
        run = bit_find(&f->map, 0, end, true);
    if (run == end)
        return bit;
    while (run && !bit_test(&f->map, run - 1))
        run--; /* to the beginning of that gap */
    return run;
}

/* Only while volume.alloc is held, or it would not stay true.  What the need finds out the body is told again. */
u32 finder_first(struct volume *v, enum bitmap_kind kind, u32 goal, u32 count)
{
    struct finder f;
    struct foreseen *known = &v->foreseen[kind];
    u32 found = 0, first = 0;
    if (!mutex_held(&v->alloc))
        return 0;
    if (known->by == current && known->goal == goal && known->count >= count && !current->pins.look)
        return known->first;
    begin(&f, v, kind, goal);
    if (free_in_group(v, kind, f.start_group) < count || !bitmap_look(&f.map, v, kind, f.start_group))
        return 0;
    u32 end = bits_of_group(v, kind, f.start_group), bit = start_bit(&f);
    while (found < count && (bit = bit_find(&f.map, bit, end, false)) < end) {
        if (!found++)
            first = number_of(v, kind, f.start_group, bit);
        bit++;
    }
    first = pin_block(&f.map.b) && found == count ? first : 0;
    if (first)
        *known = (struct foreseen){current, goal, count, first};
    return first;
}

/* A single one is found in a group that is searched from its first bit on, when the group's descriptor says that it has one. */
bool finder_stays(struct volume *v, enum bitmap_kind kind, u32 goal, u32 count)
{
    struct finder f;
    begin(&f, v, kind, goal);
    bool one = count == 1 && !f.start_bit && mutex_held(&v->alloc) && free_in_group(v, kind, f.start_group);
    return one || finder_first(v, kind, goal, count);
}

u32 scratch_frames(const struct volume *v, bool stays)
{
    if (stays)
        return 0;
    return memory_recycle_off ? unrecycled(v->groups) : 1;
}

static void take_scratch(struct finder *f, struct volume *v, enum bitmap_kind kind, u32 goal, u32 count) NEEDS_RESERVATION
{
    AMA_TAKES(AMA_FRAMES, scratch_frames(v, finder_stays(v, kind, goal, count)));
    AMA_USES(&io_cache, !finder_stays(v, kind, goal, count));
    u32 first = finder_first(v, kind, goal, count);
    f->foreseen = first;
    if (!finder_stays(v, kind, goal, count))
        f->map.scratch = frame_take();
    if (first)
        f->start_bit = first - number_of(v, kind, f->start_group, 0);
}

int finder_init(struct finder *f, struct volume *v, enum bitmap_kind kind, u32 goal, u32 count)
{
    AMA_ONLY_IF(count);
    begin(f, v, kind, goal);
    int rc = bitmap_init(&f->map, v, kind, home_group(v, kind, goal));
    if (!rc)
        take_scratch(f, v, kind, goal, count);
    return rc;
}

void finder_done(struct finder *f)
{
    bitmap_done(&f->map);
    if (f->map.scratch)
        frame_put(f->map.scratch);
    f->map.scratch = NULL;
}

/* Turns to the next group that has something left; false: all have been searched. */
static bool next_group(struct finder *f)
{
    const struct volume *v = f->map.v;
    for (; f->visit <= v->groups; f->visit++) {
        u32 g = (f->start_group + f->visit) % v->groups;
        f->bit = 0;
        f->end = f->visit == v->groups ? f->start_bit : bits_of_group(v, f->map.kind, g);
        f->left = f->visit == v->groups ? f->start_left : free_in_group(v, f->map.kind, g);
        if (f->left && f->end)
            return true;
    }
    return false;
}

/* Opens the group under the cursor.  0, -EIO; -ENOSPC: there is none. */
static int open_group(struct finder *f) NEEDS_RESERVATION
{
    struct volume *v = f->map.v;
    if (!next_group(f))
        return -ENOSPC;
    int rc = bitmap_open(&f->map, (f->start_group + f->visit) % v->groups);
    if (rc)
        return rc;
    if (f->visit == 0)
        f->bit = f->start_bit = f->foreseen ? f->start_bit : start_bit(f);
    return 0;
}

static int exhausted(struct finder *f)
{
    struct volume *v = f->map.v;
    const char *what = f->map.kind == BLOCKS ? "blocks" : "inodes";
    u32 said = f->map.kind == BLOCKS ? v->super->s_free_blocks_count : v->super->s_free_inodes_count;
    if (f->chosen >= said)
        return -ENOSPC;
    return damaged(v, "the descriptors say that %u %s are free, but the bitmaps have less", said, what);
}

/* A bit that says "free" must not belong to the file system itself. */
static int chosen(struct finder *f, u32 g, u32 *nr)
{
    struct volume *v = f->map.v;
    *nr = number_of(v, f->map.kind, g, f->bit);
    f->bit++;
    f->left--;
    f->chosen++;
    if (f->map.kind == BLOCKS && !block_is_data(v, *nr))
        return damaged(v, "group %u: its bitmap says that block %u is free, which holds metadata", g, *nr);
    if (f->map.kind == INODES && *nr < v->first_ino)
        return damaged(v, "group %u: its bitmap says that inode %u is free, which is reserved", g, *nr);
    return 0;
}

int finder_next(struct finder *f, u32 *nr)
{
    for (;;) {
        int rc = f->map.open ? 0 : open_group(f);
        if (rc)
            return rc == -ENOSPC ? exhausted(f) : rc;
        u32 bit = f->left ? bit_find(&f->map, f->bit, f->end, false) : f->end;
        if (bit < f->end) {
            f->bit = bit;
            return chosen(f, f->map.group, nr);
        }
        if (f->visit == 0)
            f->start_left = f->left;
        bitmap_close(&f->map);
        f->visit++;
    }
}

/* --- marking --- */

static void count_blocks(struct volume *v, u32 g, i32 change)
{
    group_of(v, g)->bg_free_blocks_count += change;
    v->super->s_free_blocks_count += change;
    group_dirty(v, g);
    super_dirty(v);
}

static void count_inodes(struct volume *v, u32 g, i32 change)
{
    group_of(v, g)->bg_free_inodes_count += change;
    v->super->s_free_inodes_count += change;
    group_dirty(v, g);
    super_dirty(v);
}

/* The bitmap was readable a moment ago; if it is not now, the block stays free there, which e2fsck
 * corrects.  Returns its group. */
static u32 mark(struct finder *f, u32 nr) NEEDS_RESERVATION
{
    struct volume *v = f->map.v;
    u32 bit, g = group_of_number(v, f->map.kind, nr, &bit);
    if (bitmap_open(&f->map, g))
        modified(v, damaged(v, "group %u: its bitmap could not be changed", g));
    else
        bit_set(&f->map, bit, true);
    return g;
}

void finder_take_block(struct finder *f, struct volume *v, u32 nr)
{
    u32 g = mark(f, nr);
    space_take(v, 1);
    count_blocks(v, g, -1);
}

void finder_take_inode(struct finder *f, struct volume *v, u32 nr)
{
    u32 g = mark(f, nr);
    resource_take(&v->inodes, 1);
    count_inodes(v, g, -1);
}

/* --- releasing; call with the bitmap of their group as home --- */

/* Clears one bit; false when it was clear already. */
static bool release_bit(struct volume *v, struct bitmap *m, u32 bit, const char *what, u32 nr)
{
    if (bit_test(m, bit)) {
        bit_set(m, bit, false);
        return true;
    }
    modified(v, damaged(v, "group %u: %s %u is freed but was free already", m->group, what, nr));
    return false;
}

int blocks_release(struct volume *v, u32 start, u32 count, struct bitmap *m)
{
    u32 bit, g = group_of_number(v, BLOCKS, start, &bit), freed = 0;
    int rc = bitmap_open(m, g);
    if (rc)
        return rc;
    for (u32 k = 0; k < count; k++)
        freed += release_bit(v, m, bit + k, "block", start + k);
    count_blocks(v, g, freed);
    resource_add(&v->blocks, freed);
    resource_add(&v->user_blocks, freed);
    return 0;
}

int inode_release(struct volume *v, u32 ino, bool directory, struct bitmap *m)
{
    u32 bit, g = group_of_number(v, INODES, ino, &bit);
    int rc = bitmap_open(m, g);
    if (rc)
        return rc;
    if (!release_bit(v, m, bit, "inode", ino))
        return 0;
    if (directory && group_of(v, g)->bg_used_dirs_count)
        group_of(v, g)->bg_used_dirs_count--;
    count_inodes(v, g, 1);
    resource_add(&v->inodes, 1);
    return 0;
}
