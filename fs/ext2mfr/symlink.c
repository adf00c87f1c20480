// SPDX-License-Identifier: MIT
/*
 * symlink.c - where a symbolic link leads
 *
 * A short target lies in the inode, in place of the block pointers; a longer one has a block of its own.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/string.h"

AMA_STATE AMA_HELD(guard) static bool is_fast(struct inode *i)
{
    return data_of(i)->state & INODE_FAST_LINK;
}

DERIVE_OP(ext2_readlink);

int ext2_readlink(struct inode *i, char *dst, size_t size)
{
    struct volume *v = volume_of(i);
    size_t length = MIN(size, i->size);
    u32 nr = data_of(i)->block[0];
    struct block b;
    if (is_fast(i)) {
        memcpy(dst, data_of(i)->block, length);
        return length;
    }
    if (!block_is_data(v, nr))
        return damaged(v, "inode %lu: the symbolic link's target is at block %u", i->ino, nr);
    int rc = block_read(&b, v->dev, nr, v->block_size);
    if (rc)
        return rc;
    memcpy(dst, b.data, length);
    block_put(&b);
    return length;
}
