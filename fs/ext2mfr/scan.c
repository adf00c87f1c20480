// SPDX-License-Identifier: MIT
/*
 * scan.c - a directory, block by block, in one private frame
 *
 * A directory is a file of blocks, each filled exactly by a chain of entries:
 *
 *      | inode rec_len len type "a" ..| inode rec_len ... | inode rec_len ...... gap ......|
 *
 * An entry's rec_len may be longer than its name needs; the rest is a gap where another entry fits.  Every
 * entry is checked when it is looked at, since a disk can hold anything.  A hash tree, if there is one, is
 * invisible to this linear reading.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/string.h"

#define SMALL_DIR 8 /* a directory of so few blocks is pinned when it is cached: its search needs nothing */

u32 dir_blocks(const struct inode *dir)
{
    return dir->size >> volume_of(dir)->block_bits;
}

void scan_init(struct scan *s, struct inode *dir)
{
    *s = (struct scan){.dir = dir};
}

void scan_done(struct scan *s)
{
    block_put(&s->leaf_block);
    scratch_drop(&s->leaf);
    scratch_drop(&s->data);
}

/* Walks down to the indirect block that points to block `index` and keeps it. */
static int find_leaf(struct scan *s, u32 index, const u32 at[4], int depth) NEEDS_RESERVATION
{
    struct volume *v = volume_of(s->dir);
    u32 nr = data_of(s->dir)->block[at[0]];
    s->leaf_count = 0;
    for (int k = 1; k <= depth; k++) {
        block_put(&s->leaf_block);
        if (!block_is_data(v, nr))
            return damaged(v, "inode %lu: indirect block %u is not in the data area", s->dir->ino, nr);
        int rc = scratch_peek(&s->leaf, v, nr, &s->leaf_block);
        if (rc) {
            complain(v, "inode %lu: indirect block %u cannot be read", s->dir->ino, nr);
            return rc;
        }
        nr = ((const u32 *)s->leaf_block.data)[at[k]];
    }
    s->leaf_first = index - at[depth];
    s->leaf_count = 1u << v->pointer_bits;
    return 0;
}

static int find_number(struct scan *s, u32 index, u32 *nr) NEEDS_RESERVATION
{
    u32 at[4];
    int depth = tree_path(volume_of(s->dir), index, at);
    if (depth < 0)
        return damaged(volume_of(s->dir), "inode %lu: directory block %u is out of reach", s->dir->ino,
                       index);
    if (depth == 0) {
        *nr = data_of(s->dir)->block[index];
        return 0;
    }
    if (index < s->leaf_first || index - s->leaf_first >= s->leaf_count) {
        int rc = find_leaf(s, index, at, depth);
        if (rc)
            return rc;
    }
    *nr = ((const u32 *)s->leaf_block.data)[index - s->leaf_first];
    return 0;
}

int scan_block(struct scan *s, u32 index, struct block *b, u32 *nr)
{
    struct volume *v = volume_of(s->dir);
    b->page = NULL;
    int rc = find_number(s, index, nr);
    if (rc)
        return rc;
    if (!block_is_data(v, *nr))
        return damaged(v, "inode %lu: directory block %u is said to be block %u", s->dir->ino, index, *nr);
    rc = scratch_peek(&s->data, v, *nr, b);
    if (rc)
        complain(v, "inode %lu: directory block %u (block %u) cannot be read", s->dir->ino, index, *nr);
    return rc;
}

u32 scan_frames(struct inode *dir)
{
    u32 count = dir_blocks(dir), cached = 0;
    for (u32 k = 0; k < count && k < SMALL_DIR; k++) {
        u32 nr = data_of(dir)->block[k];
        cached += nr && block_keep(volume_of(dir)->dev, nr, volume_of(dir)->block_size);
    }
    if (cached == count)
        return 0;
    return memory_recycle_off ? unrecycled(count) : count > EXT2_DIRECT ? 2 : 1;
}

u32 dir_cached_number(struct inode *dir, u32 index, bool pin)
{
    struct volume *v = volume_of(dir);
    u32 at[4];
    int depth = tree_path(v, index, at);
    u32 nr = depth < 0 ? 0 : data_of(dir)->block[at[0]];
    for (int k = 1; k <= depth; k++) {
        struct block b;
        if (!block_is_data(v, nr) || !block_find(&b, v->dev, nr, v->block_size))
            return 0;
        nr = ((const u32 *)b.data)[at[k]];
        if (pin && !pin_block(&b))
            return 0;
        block_put(&b);
    }
    return nr && block_is_data(v, nr) ? nr : 0;
}

/* --- entries --- */

static bool entry_sound(const struct volume *v, const struct ext2_entry *e, u32 offset)
{
    if (e->rec_len < EXT2_ENTRY_HEAD || e->rec_len % 4 || offset + e->rec_len > v->block_size)
        return false;
    return !e->inode || (e->name_len && e->rec_len >= EXT2_ENTRY_SIZE(e->name_len) &&
                         e->inode <= v->super->s_inodes_count);
}

struct ext2_entry *entry_at(struct inode *dir, u32 index, const struct block *b, u32 offset)
{
    struct volume *v = volume_of(dir);
    struct ext2_entry *e = (struct ext2_entry *)((char *)b->data + offset);
    if (likely(entry_sound(v, e, offset)))
        return e;
    damaged(v, "inode %lu: directory block %u (block %u): the entry at offset %u is damaged", dir->ino, index,
            b->number, offset);
    return NULL;
}

/* Names of equal length that are no empty ones: neighbours differ at the end more often than at the
 * beginning. */
static inline bool same_name(const struct ext2_entry *e, struct name name)
{
    return e->name[name.len - 1] == name.text[name.len - 1] && !memcmp(e->name, name.text, name.len);
}

bool entry_is(struct inode *dir, u32 index, const struct block *b, u32 offset, struct name name)
{
    const struct ext2_entry *e = entry_at(dir, index, b, offset);
    return e && e->name_len == name.len && e->inode && same_name(e, name);
}

int entry_find(struct inode *dir, u32 index, const struct block *b, struct name name, u32 *gap)
{
    u32 size = volume_of(dir)->block_size;
    *gap = 0;
    for (u32 offset = 0; offset < size;) {
        struct ext2_entry *e = entry_at(dir, index, b, offset);
        if (!e)
            return -EUCLEAN;
        if (e->name_len == name.len && e->inode && same_name(e, name))
            return offset;
        u32 wide = entry_gap(e);
        *gap = MAX(*gap, wide);
        offset += e->rec_len;
    }
    return -ENOENT;
}
