// SPDX-License-Identifier: MIT
/*
 * inode.c - the inode table: from disk to memory and back
 *
 * An inode in memory is a copy of its slot in a cached table block; every operation that changes it puts it
 * back before it ends, so an inode is never dirty by itself.  Whatever the slot has beyond the fields known
 * here (256-byte inodes) stays as it is.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/string.h"

#define S_IFMT 0170000

/* --- the slot --- */

int table_load(struct table *t, struct volume *v, u32 ino)
{
    int rc = block_read(&t->b, v->dev, table_block(v, ino), v->block_size);
    if (rc) {
        complain(v, "inode %u: block %u of the inode table cannot be read", ino, table_block(v, ino));
        return rc;
    }
    t->raw = (struct ext2_inode *)((char *)t->b.data + table_offset(v, ino));
    return 0;
}

void table_dirty(struct table *t)
{
    block_dirty(&t->b, PHASE_POINTERS);
}

void table_put(struct table *t)
{
    block_put(&t->b);
}

/* --- times: 32 bits of seconds, and in large inodes 2 more bits and nanoseconds --- */

static bool has_extra(const struct volume *v, const struct ext2_inode *raw, size_t end)
{
    return v->inode_size > EXT2_OLD_INODE_SIZE && EXT2_OLD_INODE_SIZE + raw->i_extra_isize >= end &&
           EXT2_OLD_INODE_SIZE + raw->i_extra_isize <= v->inode_size;
}
#define HAS_EXTRA(v, raw, field) \
    has_extra(v, raw, offsetof(struct ext2_inode, field) + sizeof((raw)->field))

static struct timespec time_from(u32 seconds, u32 extra)
{
    i64 sec = (i32)seconds + ((i64)(extra & 3) << 32);
    u32 nsec = extra >> 2;
    return (struct timespec){sec, nsec < 1000000000 ? nsec : 0};
}

static u32 extra_of(struct timespec t)
{
    u32 epoch = (u64)(t.sec - (i32)t.sec) >> 32 & 3;
    return (u32)t.nsec << 2 | epoch;
}

static void times_read(const struct volume *v, const struct ext2_inode *raw, struct inode *i)
{
    i->atime = time_from(raw->i_atime, HAS_EXTRA(v, raw, i_atime_extra) ? raw->i_atime_extra : 0);
    i->mtime = time_from(raw->i_mtime, HAS_EXTRA(v, raw, i_mtime_extra) ? raw->i_mtime_extra : 0);
    i->ctime = time_from(raw->i_ctime, HAS_EXTRA(v, raw, i_ctime_extra) ? raw->i_ctime_extra : 0);
}

static void time_store(struct timespec *t, u32 *seconds, u32 *extra)
{
    *seconds = t->sec;
    if (extra)
        *extra = extra_of(*t);
    else
        t->nsec = 0; /* what cannot be kept is not shown either */
}

static void times_store(const struct volume *v, struct ext2_inode *raw, struct inode *i)
{
    time_store(&i->atime, &raw->i_atime, HAS_EXTRA(v, raw, i_atime_extra) ? &raw->i_atime_extra : NULL);
    time_store(&i->mtime, &raw->i_mtime, HAS_EXTRA(v, raw, i_mtime_extra) ? &raw->i_mtime_extra : NULL);
    time_store(&i->ctime, &raw->i_ctime, HAS_EXTRA(v, raw, i_ctime_extra) ? &raw->i_ctime_extra : NULL);
}

void raw_stamp(const struct volume *v, struct ext2_inode *raw, struct timespec now)
{
    raw->i_atime = raw->i_mtime = raw->i_ctime = now.sec;
    if (v->inode_size <= EXT2_OLD_INODE_SIZE)
        return;
    raw->i_extra_isize = 32; /* as mke2fs does; inode sizes are powers of two */
    raw->i_atime_extra = raw->i_mtime_extra = raw->i_ctime_extra = raw->i_crtime_extra = extra_of(now);
    raw->i_crtime = now.sec;
}

/* --- memory to disk --- */

/* The first file of 2 GiB says so in the superblock. */
static void note_large(struct volume *v, u64 size)
{
    if (size < 1u << 31 || !v->revision1 || (v->super->s_feature_ro_compat & EXT2_RO_LARGE_FILE))
        return;
    v->super->s_feature_ro_compat |= EXT2_RO_LARGE_FILE;
    super_dirty(v);
}

void inode_store(struct inode *i, struct table *t)
{
    struct volume *v = volume_of(i);
    struct ext2_inode *raw = t->raw;
    raw->i_mode = i->mode;
    raw->i_uid = i->uid;
    raw->i_uid_high = i->uid >> 16;
    raw->i_gid = i->gid;
    raw->i_gid_high = i->gid >> 16;
    raw->i_links_count = i->nlink;
    raw->i_flags = data_of(i)->flags;
    raw->i_size = i->size;
    if (is_reg(i)) {
        raw->i_size_high = i->size >> 32;
        note_large(v, i->size);
    }
    times_store(v, raw, i);
    table_dirty(t);
}

void inode_store_blocks(struct inode *i, struct table *t)
{
    memcpy(t->raw->i_block, data_of(i)->block, sizeof(t->raw->i_block));
    t->raw->i_blocks = i->sectors;
    table_dirty(t);
}

/* --- disk to memory --- */

u64 size_max(const struct volume *v)
{
    u64 p = 1ul << v->pointer_bits;
    u64 most = (EXT2_DIRECT + p + p * p + p * p * p) << v->block_bits;
    most = MIN(most, 1ul << (32 + v->block_bits - 1)); /* block numbers of a file have 32 bits in the port */
    return v->revision1 ? most : MIN(most, (1ul << 31) - 1);
}

bool has_blocks(const struct volume *v, const struct ext2_inode *raw)
{
    u32 attributes = raw->i_file_acl ? v->block_size / 512 : 0;
    switch (raw->i_mode & S_IFMT) {
    case 0100000:
    case 0040000:
        return true;
    case 0120000:
        return raw->i_blocks > attributes;
    default:
        return false;
    }
}

static int check_type(struct volume *v, u32 ino, const struct ext2_inode *raw, u64 size)
{
    switch (raw->i_mode & S_IFMT) {
    case 0100000:
        return size <= size_max(v) ? 0 : damaged(v, "inode %u: its size is %lu", ino, size);
    case 0040000:
        if (size && !(size & (v->block_size - 1)) && size >> v->block_bits <= v->super->s_blocks_count)
            return 0;
        return damaged(v, "inode %u: a directory with a size of %lu", ino, size);
    case 0120000:
        if (size && size < (has_blocks(v, raw) ? MIN(v->block_size, PATH_LEN_MAX) : EXT2_FAST_LINK))
            return 0;
        return damaged(v, "inode %u: a symbolic link with a size of %lu", ino, size);
    case 0010000:
    case 0020000:
    case 0060000:
    case 0140000:
        return 0;
    default:
        return damaged(v, "inode %u: its mode is 0%o", ino, raw->i_mode);
    }
}

int root_check(struct volume *v)
{
    struct table t;
    int rc = table_load(&t, v, EXT2_ROOT_INO);
    if (rc)
        return rc;
    bool directory = (t.raw->i_mode & S_IFMT) == 0040000 && t.raw->i_links_count;
    rc = directory ? check_type(v, EXT2_ROOT_INO, t.raw, t.raw->i_size)
                   : damaged(v, "inode %u: the root is no directory", EXT2_ROOT_INO);
    pin_page(t.b.page); /* the mount reads this inode next */
    table_put(&t);
    return rc;
}

static void copy_in(struct inode *i, const struct ext2_inode *raw, u64 size)
{
    struct volume *v = volume_of(i);
    struct inode_data *d = data_of(i);
    i->mode = raw->i_mode;
    i->uid = raw->i_uid | (u32)raw->i_uid_high << 16;
    i->gid = raw->i_gid | (u32)raw->i_gid_high << 16;
    i->nlink = raw->i_links_count;
    i->size = size;
    i->sectors = raw->i_blocks;
    i->rdev = 0;
    times_read(v, raw, i);
    memset(d, 0, sizeof(*d));
    memcpy(d->block, raw->i_block, sizeof(d->block));
    d->flags = raw->i_flags;
    if (is_special(i))
        i->rdev = raw->i_block[0] ? raw->i_block[0] : raw->i_block[1];
    if (is_link(i) && !has_blocks(v, raw))
        d->state |= INODE_FAST_LINK;
    if (is_reg(i) && v->cutting)
        d->state |=
            INODE_CUTTING; /* perhaps it is one of them; the reaper clears this when it has none left */
    if (is_dir(i))
        room_forget(i);
}

/* Call with volume.alloc held: the reaper keeps pointers of inodes in memory in step with the disk. */
static int enter(struct inode *i, const struct ext2_inode *raw)
{
    struct volume *v = volume_of(i);
    u64 size = raw->i_size;
    if (!raw->i_links_count || !raw->i_mode)
        return -ENOENT;
    if ((raw->i_mode & S_IFMT) == 0100000)
        size |= (u64)raw->i_size_high << 32;
    int rc = check_type(v, i->ino, raw, size);
    if (rc)
        return rc;
    copy_in(i, raw, size);
    list_push_front(in_memory_bucket(v, i->ino), &data_of(i)->link);
    return 0;
}

AMA_STATE AMA_HELD(fixed) static bool number_sound(const struct volume *v, u64 ino)
{
    return ino == EXT2_ROOT_INO || (ino >= v->first_ino && ino <= v->super->s_inodes_count);
}

DERIVE_OP(ext2_read_inode);

int ext2_read_inode(struct fs *fs, u64 ino, struct inode *i)
{
    struct volume *v = volume_at(fs);
    struct table t;
    if (!number_sound(v, ino))
        return damaged(v, "a directory names inode %lu, which is no file's", ino);
    int rc = table_load(&t, v, ino);
    if (rc)
        return rc;
    bool taken = volume_enter(v);
    rc = enter(i, t.raw);
    volume_leave(v, taken);
    table_put(&t);
    return rc;
}

/* --- attributes --- */

static void apply(struct inode *i, const struct attr *a)
{
    if (a->mask & ATTR_MODE)
        i->mode = (i->mode & S_IFMT) | (a->mode & ~S_IFMT);
    if (a->mask & ATTR_UID)
        i->uid = a->uid;
    if (a->mask & ATTR_GID)
        i->gid = a->gid;
    if (a->mask & ATTR_ATIME)
        i->atime = a->atime;
    if (a->mask & ATTR_MTIME)
        i->mtime = a->mtime;
    i->ctime = a->mask & ATTR_CTIME ? a->ctime : time_now();
}

DERIVE_OP(ext2_setattr);

int ext2_setattr(struct inode *i, const struct attr *a)
{
    struct volume *v = volume_of(i);
    struct table t;
    if (i->fs->read_only)
        return -EROFS;
    int rc = table_load(&t, v, i->ino);
    if (rc)
        return rc;
    apply(i, a);
    inode_store(i, &t);
    table_put(&t);
    return 0;
}
