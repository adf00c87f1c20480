// SPDX-License-Identifier: MIT
/*
 * names.c - another name for a file, and a name less
 *
 * Order on disk.  Within a pass of the flusher new names go out first and lost names last, so a file that
 * gets its new name before the old one goes is never without one after a power cut.  That works as long as no
 * directory block is on both sides.  Two rules see to it; when one is broken, a pass must come first (-EPASS):
 *
 *      a block that has lost names since the last pass cannot gain one of an old file: it is written last
 *      a block that has gained such a name cannot lose another: it would be written last, with the gained one
 *
 * Both names in one block need no order: it is written at once, with the gained names.  When a name is taken over from another
 * file there, that block has gained a name like any other: the victim's inode loses its link afterwards.
 *
 * Locks: volume.alloc for whole operations; the blocks gained are forgotten by the pass, which holds off all
 *         bodies.
 */
#include "fs/ext2mfr/ext2.h"

bool gain_needs_pass(const struct block *gains)
{
    return block_awaits(gains, PHASE_UNLINK);
}

bool loss_needs_pass(const struct volume *v, const struct block *loses)
{
    bool found = v->gained_count == GAINED_MAX; /* more were not remembered */
    for (u32 k = 0; k < v->gained_count; k++)
        found |= v->gained[k] == loses->number;
    return found;
}

void gain_remember(struct volume *v, const struct block *b)
{
    for (u32 k = 0; k < v->gained_count; k++)
        if (v->gained[k] == b->number)
            return;
    if (v->gained_count < GAINED_MAX)
        v->gained[v->gained_count++] = b->number;
}

/* --- link --- */

struct linking {
    struct room room;
    struct finder blocks;
    struct table dir_table, table;
};

static int link_load(struct linking *l, struct inode *dir, struct inode *target) NEEDS_RESERVATION
{
    struct volume *v = volume_of(dir);
    int rc = table_load(&l->dir_table, v, dir->ino);
    if (!rc)
        rc = table_load(&l->table, v, target->ino);
    if (!rc)
        rc = room_load(&l->room);
    if (!rc && l->room.extend)
        rc = room_choose(&l->room, &l->blocks);
    else if (!rc && gain_needs_pass(&l->room.b))
        rc = -EPASS;
    return rc;
}

static void link_commit(struct linking *l, struct inode *target) NEEDS_RESERVATION
{
    target->nlink++;
    target->ctime = time_now();
    inode_store(target, &l->table);
    room_commit(&l->room, target->ino, target->mode, &l->blocks, &l->dir_table);
    gain_remember(volume_of(target), &l->room.b);
}

DERIVE_OP(ext2_link);

int ext2_link(struct inode *dir, struct name name, struct inode *target)
{
    struct volume *v = volume_of(dir);
    struct linking l = {.room = ROOM_FOR(dir, name)};
    if (dir->fs->read_only)
        return -EROFS;
    if (name.len > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    if (target->nlink >= EXT2_LINKS_MAX)
        return -EMLINK;
    bool taken = volume_enter(v);
    int rc = link_load(&l, dir, target);
    if (!rc)
        link_commit(&l, target);
    finder_done(&l.blocks);
    volume_leave(v, taken);
    room_put(&l.room);
    table_put(&l.table);
    table_put(&l.dir_table);
    return modified(v, rc);
}

/* --- unlink --- */

struct unlinking {
    struct entry_place at;
    struct block b;
    struct table dir_table, table;
};

static int unlink_load(struct unlinking *u, struct inode *dir, struct name name,
                       struct inode *victim) NEEDS_RESERVATION
{
    struct volume *v = volume_of(dir);
    int rc = is_dir(victim) ? dir_check_empty(victim) : 0;
    if (!rc)
        rc = orphan_check(victim);
    if (!rc)
        rc = name_load(dir, name, &u->at, &u->b);
    if (!rc && entry_of(&u->b, &u->at)->inode != victim->ino)
        rc = -ENOENT;
    if (!rc && loss_needs_pass(v, &u->b))
        rc = -EPASS;
    if (!rc)
        rc = table_load(&u->dir_table, v, dir->ino);
    return rc ? rc : table_load(&u->table, v, victim->ino);
}

static void unlink_commit(struct unlinking *u, struct inode *dir, struct inode *victim)
{
    entry_remove(dir, &u->b, &u->at, PHASE_UNLINK);
    if (is_dir(victim))
        dir->nlink--;
    dir_changed(dir, &u->dir_table);
    inode_unlinked(victim, &u->table);
}

DERIVE_OP(ext2_unlink);

int ext2_unlink(struct inode *dir, struct name name, struct inode *victim)
{
    struct volume *v = volume_of(dir);
    struct unlinking u = {0};
    if (dir->fs->read_only)
        return -EROFS;
    bool taken = volume_enter(v);
    int rc = unlink_load(&u, dir, name, victim);
    if (!rc)
        unlink_commit(&u, dir, victim);
    volume_leave(v, taken);
    block_put(&u.b);
    table_put(&u.dir_table);
    table_put(&u.table);
    return modified(v, rc);
}
