// SPDX-License-Identifier: MIT
/*
 * map.c - where the blocks of a file are
 *
 * Reading the tree loads its indirect blocks into the cache, so that the need of a write that follows is
 * exact.
 */
#include "fs/ext2mfr/ext2.h"

int pointer_check(struct inode *i, u32 index, u32 nr)
{
    struct volume *v = volume_of(i);
    if (!nr || block_is_data(v, nr))
        return 0;
    return damaged(v, "inode %lu: its block %u is said to be block %u, which is not in the data area", i->ino,
                   index, nr);
}

static int fill(struct tree *t, u32 first, u32 count, u32 *block)
{
    for (u32 k = 0; k < count; k++) {
        int leaf;
        u32 *pointer = tree_pointer(t, first + k, &leaf);
        block[k] = pointer ? *pointer : 0;
        int rc = pointer_check(t->ino, first + k, block[k]);
        if (rc)
            return rc;
    }
    return 0;
}

DERIVE_OP(ext2_map);

int ext2_map(struct inode *i, u32 first, u32 count, u32 *block)
{
    struct tree t;
    int rc = tree_load(&t, i, first, count);
    if (rc)
        return rc;
    rc = fill(&t, first, count, block);
    tree_put(&t);
    return rc;
}
