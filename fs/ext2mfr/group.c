// SPDX-License-Identifier: MIT
/*
 * group.c - block groups: where bitmaps, tables and files lie
 *
 *      | superblock | descriptors | room for more | block bitmap | inode bitmap | inode table | data ... |
 *      '--- in some groups only (sparse_super) ---'   in every group, in any order
 *
 * The places come from the descriptors, which are checked once at mount: each lies inside its own group and
 * they do not overlap. After that a block number that a file claims can be judged by arithmetic alone.
 */
#include "fs/ext2mfr/ext2.h"

void group_dirty(struct volume *v, u32 g)
{
    u32 per = v->block_size / sizeof(struct ext2_group);
    block_dirty(&v->desc[g / per], PHASE_DATA);
}

u32 group_blocks(const struct volume *v, u32 g)
{
    u32 left = v->super->s_blocks_count - group_first(v, g);
    return MIN(left, v->blocks_per_group);
}

static bool power_of(u32 n, u32 base)
{
    while (n % base == 0)
        n /= base;
    return n == 1;
}

static bool group_has_super(const struct volume *v, u32 g)
{
    return !v->sparse_super || g <= 1 || power_of(g, 3) || power_of(g, 5) || power_of(g, 7);
}

static u32 group_head(const struct volume *v, u32 g)
{
    return group_has_super(v, g) ? v->head_blocks : 0;
}

u32 group_metadata(const struct volume *v, u32 g)
{
    return group_head(v, g) + 2 + v->table_blocks;
}

bool block_is_data(const struct volume *v, u32 nr)
{
    if (nr < v->super->s_first_data_block || nr >= v->super->s_blocks_count)
        return false;
    u32 g = group_of_block(v, nr);
    const struct ext2_group *d = group_of(v, g);
    if (unlikely(nr - group_first(v, g) < v->head_blocks) && group_has_super(v, g))
        return false;
    return nr - d->bg_inode_table >= v->table_blocks && nr != d->bg_block_bitmap && nr != d->bg_inode_bitmap;
}

/* --- checking the descriptors --- */

static bool inside(const struct volume *v, u32 g, u32 nr, u32 count)
{
    u32 first = group_first(v, g) + group_head(v, g), end = group_first(v, g) + group_blocks(v, g);
    return nr >= first && nr < end && count <= end - nr;
}

static int group_check(struct volume *v, u32 g)
{
    const struct ext2_group *d = group_of(v, g);
    u32 table = d->bg_inode_table, bits = d->bg_block_bitmap, inodes = d->bg_inode_bitmap,
        count = v->table_blocks;
    if (!inside(v, g, bits, 1))
        return damaged(v, "group %u: its block bitmap is at block %u", g, bits);
    if (!inside(v, g, inodes, 1))
        return damaged(v, "group %u: its inode bitmap is at block %u", g, inodes);
    if (!inside(v, g, table, count))
        return damaged(v, "group %u: its inode table is at block %u", g, table);
    if (bits == inodes || bits - table < count || inodes - table < count)
        return damaged(v, "group %u: bitmaps and inode table overlap", g);
    if (d->bg_free_blocks_count > group_blocks(v, g))
        return damaged(v, "group %u: %u blocks are said to be free", g, d->bg_free_blocks_count);
    if (d->bg_free_inodes_count > v->inodes_per_group)
        return damaged(v, "group %u: %u inodes are said to be free", g, d->bg_free_inodes_count);
    return 0;
}

int groups_check(struct volume *v)
{
    int rc = 0;
    if (group_head(v, 0) > group_blocks(v, 0))
        return damaged(v, "superblock: %u blocks reserved for descriptors", v->super->s_reserved_gdt_blocks);
    for (u32 g = 0; g < v->groups && !rc; g++)
        rc = group_check(v, g);
    return rc;
}
