// SPDX-License-Identifier: MIT
/*
 * super.c - an ext2 file system as a whole: what it offers, mounting, unmounting, and what happens when it is
 * damaged
 *
 * Incompatible features that are not known are refused by name; unknown read-only compatible ones make the
 * mount read-only. Damage is told with its place.  Met while reading it is that caller's error; met while
 * modifying it also turns the file system read-only and marks it for e2fsck.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/time.h"
#include "mm/slab.h"

#define MESSAGES_MAX 200 /* a badly damaged disk must not flood the console */
#define GROUP_LEAST 64   /* blocks in a group */

/* --- telling --- */

static void tell(struct volume *v, const char *fmt, va_list ap)
{
    if (v->messages > MESSAGES_MAX)
        return;
    kprintf("ext2: %s: ", v->dev->name);
    if (v->messages++ == MESSAGES_MAX)
        kprintf("more messages are not shown");
    else
        kvprintf(fmt, ap);
    kprintf("\n");
}

void complain(struct volume *v, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(v, fmt, ap);
    va_end(ap);
}

int damaged(struct volume *v, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    tell(v, fmt, ap);
    va_end(ap);
    return -EUCLEAN;
}

int modified(struct volume *v, int rc)
{
    if (rc == -EUCLEAN && !v->fs->read_only) {
        complain(v, "read-only from now on, because damage was met while changing it; run e2fsck");
        v->fs->read_only = true;
        v->super->s_state |= EXT2_ERROR_FS;
        super_dirty(v);
    }
    return rc;
}

void super_dirty(struct volume *v)
{
    block_dirty(&v->super_block, PHASE_DATA);
}

struct timespec time_now(void)
{
    u64 ns = wall_ns();
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

/* --- what it offers --- */

struct feature {
    u32 bit;
    const char *name;
};
static const struct feature incompatible[] = {
    {0x1, "compression"}, {0x4, "needs_recovery"}, {0x8, "journal_dev"}, {0x10, "meta_bg"}, {0x40, "extent"},
    {0x80, "64bit"}, {0x100, "mmp"}, {0x200, "flex_bg"}, {0x400, "ea_inode"}, {0x1000, "dirdata"},
    {0x2000, "metadata_csum_seed"}, {0x4000, "large_dir"}, {0x8000, "inline_data"}, {0x10000, "encrypt"},
    {0x20000, "casefold"}};
static const struct feature read_only_compatible[] = {
    {0x4, "btree_dir"},         {0x8, "huge_file"},    {0x10, "uninit_bg"}, {0x20, "dir_nlink"},
    {0x40, "extra_isize"},      {0x80, "snapshot"},    {0x100, "quota"},    {0x200, "bigalloc"},
    {0x400, "metadata_csum"},   {0x1000, "read-only"}, {0x2000, "project"}, {0x8000, "verity"},
    {0x10000, "orphan_present"}};

static void name_features(struct volume *v, u32 bits, const struct feature *table, size_t count,
                          const char *what)
{
    for (u32 i = 0; i < 32; i++) {
        u32 bit = 1u << i;
        const char *name = "unknown";
        for (size_t k = 0; k < count; k++)
            if (table[k].bit == bit)
                name = table[k].name;
        if (bits & bit)
            complain(v, "feature %s (0x%x) is not supported: %s", name, bit, what);
    }
}

static int check_features(struct volume *v)
{
    const struct ext2_super *s = v->super;
    if (s->s_rev_level > 1) {
        complain(v, "revision %u is not supported", s->s_rev_level);
        return -EINVAL;
    }
    v->revision1 = s->s_rev_level == 1;
    if (!v->revision1)
        return 0;
    u32 bad = s->s_feature_incompat & ~EXT2_INCOMPAT_FILETYPE;
    u32 careful = s->s_feature_ro_compat & ~(EXT2_RO_SPARSE_SUPER | EXT2_RO_LARGE_FILE);
    v->file_types = s->s_feature_incompat & EXT2_INCOMPAT_FILETYPE;
    v->sparse_super = s->s_feature_ro_compat & EXT2_RO_SPARSE_SUPER;
    name_features(v, bad, incompatible, ARRAY_SIZE(incompatible), "not mounted");
    if (!v->fs->read_only && !bad)
        name_features(v, careful, read_only_compatible, ARRAY_SIZE(read_only_compatible),
                      "mounted read-only");
    if (careful)
        v->fs->read_only = true;
    return bad ? -EINVAL : 0;
}

/* --- mounting --- */

static int bad_super(struct volume *v, const char *what, u64 value)
{
    return damaged(v, "superblock: %s is %lu", what, value);
}

static int check_inodes(struct volume *v)
{
    const struct ext2_super *s = v->super;
    v->inode_size = v->revision1 ? s->s_inode_size : EXT2_OLD_INODE_SIZE;
    v->first_ino = v->revision1 ? s->s_first_ino : EXT2_OLD_FIRST_INO;
    v->inodes_per_group = s->s_inodes_per_group;
    if (v->inode_size < 128 || v->inode_size > v->block_size || (v->inode_size & (v->inode_size - 1)))
        return bad_super(v, "the inode size", v->inode_size);
    if (!v->inodes_per_group || v->inodes_per_group > v->block_size * 8)
        return bad_super(v, "the number of inodes per group", v->inodes_per_group);
    if (s->s_inodes_count != (u64)v->inodes_per_group * v->groups)
        return bad_super(v, "the number of inodes", s->s_inodes_count);
    if (v->first_ino < EXT2_OLD_FIRST_INO || v->first_ino > s->s_inodes_count)
        return bad_super(v, "the first ordinary inode", v->first_ino);
    v->table_blocks = blocks_of(v, (u64)v->inodes_per_group * v->inode_size);
    return 0;
}

static int check_geometry(struct volume *v)
{
    const struct ext2_super *s = v->super;
    if (s->s_log_block_size > 2)
        return bad_super(v, "the logarithm of the block size", s->s_log_block_size);
    v->block_bits = 10 + s->s_log_block_size;
    v->block_size = 1u << v->block_bits;
    v->pointer_bits = v->block_bits - 2;
    v->blocks_per_group = s->s_blocks_per_group;
    if (s->s_first_data_block != (v->block_size == 1024))
        return bad_super(v, "the first data block", s->s_first_data_block);
    if (v->blocks_per_group < GROUP_LEAST || v->blocks_per_group > v->block_size * 8)
        return bad_super(v, "the number of blocks per group", v->blocks_per_group);
    if (s->s_blocks_count <= s->s_first_data_block)
        return bad_super(v, "the number of blocks", s->s_blocks_count);
    if ((u64)s->s_blocks_count << v->block_bits > v->dev->sectors * 512)
        return damaged(
            v, "superblock: the file system has %u blocks of %u bytes, but the device only %lu sectors",
            s->s_blocks_count, v->block_size, v->dev->sectors);
    v->groups = (s->s_blocks_count - s->s_first_data_block - 1) / v->blocks_per_group + 1;
    v->desc_blocks = blocks_of(v, (u64)v->groups * sizeof(struct ext2_group));
    if (v->desc_blocks > DESC_MAX) {
        complain(v, "%u block groups are too many", v->groups);
        return -EINVAL;
    }
    bool reserved = v->revision1 && (s->s_feature_compat & EXT2_COMPAT_RESIZE_INODE);
    v->head_blocks = 1 + v->desc_blocks + (reserved ? s->s_reserved_gdt_blocks : 0);
    return check_inodes(v);
}

static int load_super(struct volume *v) NEEDS_RESERVATION
{
    int rc = block_read(&v->super_block, v->dev, EXT2_SUPER_OFFSET / EXT2_SUPER_SIZE, EXT2_SUPER_SIZE);
    if (rc) {
        complain(v, "the superblock cannot be read");
        return rc;
    }
    v->super = v->super_block.data;
    if (v->super->s_magic != EXT2_MAGIC) {
        complain(v, "no ext2 file system (the superblock's mark is 0x%x)", v->super->s_magic);
        return -EINVAL;
    }
    rc = check_features(v);
    return rc ? rc : check_geometry(v);
}

/* The most blocks that descriptors can have on a disk of that size: those of the smallest groups of the smallest blocks. */
AMA_STATE AMA_HELD(fixed) static u32 desc_most(struct block_device *dev)
{
    u64 groups = dev->sectors * 512 / (GROUP_LEAST * 1024) + 1;
    return MIN((u64)DESC_MAX, (groups * sizeof(struct ext2_group) + 1023) / 1024);
}

static int load_descriptors(struct volume *v, struct block_device *dev) NEEDS_RESERVATION
{
    u32 count = v->desc_blocks, most = desc_most(dev);
    for (u32 i = 0; i < most && i < count; i++) {
        u32 nr = v->super->s_first_data_block + 1 + i;
        int rc = block_read(&v->desc[i], dev, nr, v->block_size);
        if (rc) {
            complain(v, "block %u with group descriptors cannot be read", nr);
            return rc;
        }
    }
    return groups_check(v);
}

/* The free counts of the descriptors are what searches go by; those of the superblock follow them. */
static void set_credits(struct volume *v)
{
    u32 blocks = 0, inodes = 0;
    for (u32 g = 0; g < v->groups; g++) {
        blocks += group_of(v, g)->bg_free_blocks_count;
        inodes += group_of(v, g)->bg_free_inodes_count;
    }
    u32 kept = MIN(v->super->s_r_blocks_count, v->super->s_blocks_count);
    resource_init(&v->blocks, "disk blocks", -ENOSPC, blocks);
    resource_init(&v->user_blocks, "disk blocks for users", -ENOSPC, (i64)blocks - kept);
    resource_init(&v->inodes, "inodes", -ENOSPC, inodes);
    if (v->fs->read_only)
        return;
    v->super->s_free_blocks_count = blocks;
    v->super->s_free_inodes_count = inodes;
}

static void mark_in_use(struct volume *v)
{
    v->was_valid = (v->super->s_state & (EXT2_VALID_FS | EXT2_ERROR_FS)) == EXT2_VALID_FS;
    if (!v->was_valid)
        complain(v, "was not unmounted cleanly or has errors; e2fsck is advised");
    if (v->fs->read_only)
        return;
    v->super->s_state &= ~EXT2_VALID_FS;
    v->super->s_mnt_count++;
    v->super->s_mtime = v->super->s_wtime = time_now().sec;
    super_dirty(v);
}

void volume_free(struct volume *v)
{
    if (v->desc)
        for (u32 i = 0; i < v->desc_blocks; i++)
            block_put(&v->desc[i]);
    block_put(&v->super_block);
    kfree(v->desc);
    kfree(v->pending);
    kfree(v);
}

static void meta_failed(struct block_device *dev)
{
    struct volume *v = ((struct fs *)dev->fs)->data;
    if (!v->fs->read_only)
        complain(v, "read-only from now on, because metadata could not be written");
    v->fs->read_only = true;
}

static const struct inode_ops inode_operations;

static void attach(struct fs *fs, struct volume *v)
{
    fs->data = v;
    fs->inode_ops = &inode_operations;
    fs->root_ino = EXT2_ROOT_INO;
    fs->dev_number = v->dev->dev;
    v->dev->fs = fs;
    v->dev->pass_done = ext2_pass_done;
    v->dev->meta_failed = meta_failed;
    v->cutting = v->super->s_last_orphan && !fs->read_only;
    reaper_add(v);
}

static struct volume *volume_new(struct fs *fs, struct block_device *dev) NEEDS_RESERVATION
{
    struct volume *v = kmalloc(sizeof(*v));
    memset(v, 0, sizeof(*v));
    v->fs = fs;
    v->dev = dev;
    v->desc = kmalloc(DESC_MAX * sizeof(*v->desc));
    memset(v->desc, 0, DESC_MAX * sizeof(*v->desc));
    v->pending = kmalloc(sizeof(*v->pending));
    memset(v->pending, 0, sizeof(*v->pending));
    mutex_init(&v->alloc, RANK_FSALLOC, "ext2 allocation");
    for (u32 k = 0; k < IN_MEMORY_BUCKETS; k++)
        list_init(&v->in_memory[k]);
    list_init(&v->reaped);
    return v;
}

OPERATION(int, ext2_mount, struct fs *fs, struct block_device *dev, u32 flags);

int ext2_mount(struct fs *fs, struct block_device *dev, u32 flags UNUSED)
{
    struct volume *v = volume_new(fs, dev);
    fs->read_only |= dev->read_only;
    int rc = load_super(v);
    if (!rc)
        rc = load_descriptors(v, dev);
    if (!rc)
        rc = root_check(v);
    if (rc) {
        volume_free(v);
        return rc;
    }
    set_credits(v);
    mark_in_use(v);
    attach(fs, v);
    return 0;
}

/* --- unmounting --- */

/* Nobody uses the volume any more: what is free on it must be free to be reserved. */
static void check_credits(const struct volume *v)
{
    const struct ext2_super *s = v->super;
    i64 kept = MIN(s->s_r_blocks_count, s->s_blocks_count);
    if (v->fs->read_only || (s->s_state & EXT2_ERROR_FS))
        return;
    ASSERT(v->blocks.avail == s->s_free_blocks_count, "of %u free blocks %ld can be reserved", s->s_free_blocks_count, v->blocks.avail);
    ASSERT(v->user_blocks.avail == v->blocks.avail - kept, "of %ld blocks users can reserve %ld", v->blocks.avail, v->user_blocks.avail);
    ASSERT(v->inodes.avail == s->s_free_inodes_count, "of %u free inodes %ld can be reserved", s->s_free_inodes_count, v->inodes.avail);
}

OPERATION(int, ext2_unmount, struct fs *fs);

int ext2_unmount(struct fs *fs)
{
    struct volume *v = fs->data;
    check_credits(v);
    mutex_lock(&v->alloc);
    v->closed = true;
    for (u32 k = 0; k < IN_MEMORY_BUCKETS; k++) /* at power-off they may outlive the volume */
        while (list_pop_front(&v->in_memory[k]))
            ;
    mutex_unlock(&v->alloc);
    if (!fs->read_only) {
        v->super->s_wtime = time_now().sec;
        if (v->was_valid && !(v->super->s_state & EXT2_ERROR_FS))
            v->super->s_state |= EXT2_VALID_FS;
        super_dirty(v);
    }
    v->dev->fs = NULL;
    v->dev->pass_done = NULL;
    v->dev->meta_failed = NULL;
    reaper_remove(v);
    return 0;
}

/* --- figures --- */

static u32 overhead(const struct volume *v)
{
    u32 blocks = v->super->s_first_data_block;
    for (u32 g = 0; g < v->groups; g++)
        blocks += group_metadata(v, g);
    return blocks;
}

static void ext2_stat(struct fs *fs, struct fs_stat *out)
{
    const struct volume *v = fs->data;
    const struct ext2_super *s = v->super;
    u64 kept = s->s_r_blocks_count, free = s->s_free_blocks_count;
    *out = (struct fs_stat){.type = EXT2_MAGIC,
                            .block_size = v->block_size,
                            .blocks = s->s_blocks_count - overhead(v),
                            .free = free,
                            .available = free > kept ? free - kept : 0,
                            .files = s->s_inodes_count,
                            .files_free = s->s_free_inodes_count,
                            .name_max = NAME_LEN_MAX};
}

/* --- the port --- */

static const struct file_ops *ext2_file_ops(struct inode *i UNUSED)
{
    return NULL;
}

static const struct inode_ops inode_operations = {
    .lookup = ext2_lookup, .lookup_need = need_ext2_lookup,
    .create = ext2_create, .create_need = need_ext2_create,
    .link = ext2_link, .link_need = need_ext2_link,
    .unlink = ext2_unlink, .unlink_need = need_ext2_unlink,
    .rename = ext2_rename, .rename_need = need_ext2_rename,
    .readdir = ext2_readdir, .readdir_need = need_ext2_readdir,
    .readlink = ext2_readlink, .readlink_need = need_ext2_readlink,
    .setattr = ext2_setattr, .setattr_need = need_ext2_setattr,
    .truncate = ext2_truncate, .truncate_need = need_ext2_truncate,
    .map = ext2_map, .map_need = need_ext2_map,
    .allocate = ext2_allocate, .allocate_need = need_ext2_allocate,
    .space = ext2_space, .settle = ext2_settle,
    .read_inode = ext2_read_inode, .read_inode_need = need_ext2_read_inode,
    .release = ext2_release, .file_ops = ext2_file_ops,
};

static void ext2_hold_space(struct fs *fs)
{
    struct volume *v = fs->data;
    mutex_lock(&v->alloc);
}

static void ext2_let_space(struct fs *fs)
{
    struct volume *v = fs->data;
    mutex_unlock(&v->alloc);
}

const struct fs_ops ext2_fs_ops = {
    .name = "ext2",
    .mount = ext2_mount, .mount_need = need_ext2_mount,
    .unmount = ext2_unmount, .unmount_need = need_ext2_unmount,
    .sync = ext2_sync, .stat = ext2_stat, .wait_space = ext2_wait_space,
    .hold_space = ext2_hold_space, .let_space = ext2_let_space,
};
