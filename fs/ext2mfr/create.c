// SPDX-License-Identifier: MIT
/*
 * create.c - a new file of any type
 *
 * Files come into the group of their directory, directories of the root are spread over the disk by their
 * name, deeper ones stay near their parent: so what is used together lies together, and the choice is the
 * same for the need and the body.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define S_IFMT 0170000
#define S_IFDIR 0040000
#define S_IFLNK 0120000

struct creation {                    /* between load and commit */
    struct inode *dir;
    struct name name;
    const struct new_inode *what;
    struct table dir_table, table;
    struct room room;
    struct finder inodes, blocks;
    u32 ino;
    u32 content;                     /* block of a new directory or of a slow symlink; 0: none */
};

AMA_STATE AMA_HELD(task) static bool makes_dir(const struct new_inode *what)
{
    return (what->mode & S_IFMT) == S_IFDIR;
}

static bool makes_slow_link(const struct new_inode *what)
{
    return (what->mode & S_IFMT) == S_IFLNK && what->target.len >= EXT2_FAST_LINK;
}

AMA_STATE AMA_HELD(task) static bool makes_block(const struct new_inode *what)
{
    return makes_dir(what) || makes_slow_link(what);
}

static u32 inode_group(struct inode *dir, struct name name, const struct new_inode *what)
{
    const struct volume *v = volume_of(dir);
    u32 hash = 2166136261u;
    if (!makes_dir(what) || dir->ino != EXT2_ROOT_INO)
        return group_of_inode(v, dir->ino);
    for (u32 k = 0; k < name.len; k++)
        hash = (hash ^ (u8)name.text[k]) * 16777619u;
    return hash % v->groups;
}

AMA_STATE AMA_HELD(load) static u32 block_goal(struct inode *dir, struct name name, const struct new_inode *what)
{
    if (makes_block(what))
        return group_first(volume_of(dir), inode_group(dir, name, what));
    return growth_goal(dir, dir_blocks(dir));
}

AMA_STATE AMA_HELD(fixed) static u32 first_inode(struct inode *dir, struct name name, const struct new_inode *what)
{
    return inode_group(dir, name, what) * volume_of(dir)->inodes_per_group + 1;
}

/* The table block of the inode that will be chosen is cached; it stays.  0: that inode is not known. */
AMA_STATE AMA_HELD(pins) static bool new_table_kept(const struct volume *v, u32 ino)
{
    return ino && block_keep(v->dev, table_block(v, ino), v->block_size);
}

/* --- load --- */

static int check(const struct creation *c)
{
    const struct volume *v = volume_of(c->dir);
    if (c->dir->fs->read_only)
        return -EROFS;
    if (c->name.len > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    if (makes_dir(c->what) && c->dir->nlink >= EXT2_LINKS_MAX)
        return -EMLINK;
    if (makes_slow_link(c->what) && c->what->target.len >= v->block_size)
        return -ENAMETOOLONG;
    return 0;
}

static int load_new_table(struct creation *c) NEEDS_RESERVATION
{
    AMA_ONLY_IF(!new_table_kept(volume_of(c->dir), finder_first(volume_of(c->dir), INODES, first_inode(c->dir, c->name, c->what), 1)));
    return table_load(&c->table, volume_of(c->dir), c->ino);
}

/* A damaged bitmap may offer the number of an inode that is in use: it would get a second owner, of another type perhaps.  What
 * was never used or is deleted need not be looked for in memory. */
static bool in_use(struct volume *v, u32 ino, const struct ext2_inode *raw)
{
    bool alive = raw->i_mode && (raw->i_links_count || raw->i_dtime <= v->super->s_inodes_count);
    return alive && inode_in_memory(v, ino);
}

static int choose_inode(struct creation *c) NEEDS_RESERVATION
{
    int rc = finder_init(&c->inodes, volume_of(c->dir), INODES, first_inode(c->dir, c->name, c->what), 1);
    if (!rc)
        rc = finder_next(&c->inodes, &c->ino);
    if (!rc)
        rc = load_new_table(c);
    if (!rc && in_use(volume_of(c->dir), c->ino, c->table.raw))
        rc = damaged(volume_of(c->dir), "the bitmap says that inode %u is free, which is in use", c->ino);
    return rc;
}

static int choose_blocks(struct creation *c) NEEDS_RESERVATION
{
    u32 count = makes_block(c->what) + (c->room.extend ? growth_wanted(&c->room.growth) : 0);
    if (!count)
        return 0;
    int rc = finder_init(&c->blocks, volume_of(c->dir), BLOCKS, block_goal(c->dir, c->name, c->what),
                         AMA_AS(count, makes_block(c->what) + look_blocks(room_look(c->dir, c->name))));
    if (!rc && makes_block(c->what))
        rc = finder_next(&c->blocks, &c->content);
    if (!rc && c->room.extend)
        rc = growth_choose(&c->room.growth, &c->blocks);
    return rc;
}

static int load(struct creation *c) NEEDS_RESERVATION
{
    int rc = table_load(&c->dir_table, volume_of(c->dir), c->dir->ino);
    if (!rc)
        rc = room_load(&c->room);
    if (!rc)
        rc = choose_inode(c);
    return rc ? rc : choose_blocks(c);
}

/* --- commit --- */

static void fill_directory(struct creation *c, struct block *b)
{
    const struct volume *v = volume_of(c->dir);
    u8 type = entry_type(v, S_IFDIR);
    struct ext2_entry *self = b->data, *up = (struct ext2_entry *)((char *)b->data + EXT2_ENTRY_SIZE(1));
    *self = (struct ext2_entry){c->ino, EXT2_ENTRY_SIZE(1), 1, type};
    memcpy(self->name, ".", 1);
    *up = (struct ext2_entry){c->dir->ino, v->block_size - EXT2_ENTRY_SIZE(1), 2, type};
    memcpy(up->name, "..", 2);
}

static void fill_content(struct creation *c) NEEDS_RESERVATION
{
    struct volume *v = volume_of(c->dir);
    struct block b;
    finder_take_block(&c->blocks, v, c->content);
    block_fresh(&b, v->dev, c->content, v->block_size);
    if (makes_dir(c->what))
        fill_directory(c, &b);
    else
        memcpy(b.data, c->what->target.text, c->what->target.len);
    block_dirty(&b, PHASE_DATA);
    block_put(&b);
    c->table.raw->i_block[0] = c->content;
    c->table.raw->i_blocks = v->block_size / 512;
}

static void fill_device(struct ext2_inode *raw, u32 rdev)
{
    bool old = !(rdev & ~0xffffu); /* major and minor of 8 bits each have their old place */
    raw->i_block[old ? 0 : 1] = rdev;
}

static void fill_inode(struct creation *c) NEEDS_RESERVATION
{
    struct volume *v = volume_of(c->dir);
    const struct new_inode *what = c->what;
    struct ext2_inode *raw = c->table.raw;
    memset(raw, 0, v->inode_size);
    raw->i_mode = what->mode;
    raw->i_uid = what->uid;
    raw->i_uid_high = what->uid >> 16;
    raw->i_gid = what->gid;
    raw->i_gid_high = what->gid >> 16;
    raw->i_links_count = makes_dir(what) ? 2 : 1;
    raw->i_generation = time_now().nsec;
    raw_stamp(v, raw, time_now());
    fill_device(raw, what->rdev);
    if (makes_block(what))
        fill_content(c);
    else
        memcpy(raw->i_block, what->target.text, what->target.len);
    raw->i_size = makes_dir(what) ? v->block_size : what->target.len;
    table_dirty(&c->table);
}

static void commit(struct creation *c) NEEDS_RESERVATION
{
    struct volume *v = volume_of(c->dir);
    finder_take_inode(&c->inodes, v, c->ino);
    fill_inode(c);
    if (makes_dir(c->what)) {
        c->dir->nlink++;
        group_of(v, group_of_inode(v, c->ino))->bg_used_dirs_count++;
    }
    room_commit(&c->room, c->ino, c->what->mode, &c->blocks, &c->dir_table);
}

/* --- the operation --- */

DERIVE_OP(ext2_create);

int ext2_create(struct inode *dir, struct name name, const struct new_inode *what, u64 *ino)
{
    struct volume *v = volume_of(dir);
    struct creation c = {.dir = dir, .name = name, .what = what, .room = ROOM_FOR(dir, name)};
    int rc = check(&c);
    if (rc)
        return rc;
    bool taken = volume_enter(v);
    rc = load(&c);
    if (!rc)
        commit(&c);
    finder_done(&c.inodes);
    finder_done(&c.blocks);
    volume_leave(v, taken);
    room_put(&c.room);
    table_put(&c.dir_table);
    *ino = c.ino;
    bool kept = !rc && pin_block(&c.table.b); /* the caller reads the inode next */
    ASSERT(rc || kept, "a create pins too many blocks");
    if (rc)
        table_put(&c.table);
    return modified(v, rc);
}
