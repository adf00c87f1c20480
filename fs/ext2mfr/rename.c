// SPDX-License-Identifier: MIT
/*
 * rename.c - a file changes its name, in all cases, in one operation
 *
 *      the new name is free        an entry is added                    (room.c; the directory may grow)
 *      the new name is taken       its entry gets the moved inode       (the victim loses a name)
 *      a directory moves           its ".." and both link counts follow
 *
 * Then the old entry goes.  Everything is loaded first; nothing can stop it half way.
 */
#include "fs/ext2mfr/ext2.h"

struct renaming {
    struct entry_place from_at, to_at, up_at;
    struct block from, to, up;       /* `to`: only when there is a victim */
    struct room room;                /* only when there is none */
    struct finder blocks;
    struct table from_dir, to_dir, moved, victim;
};

static const struct name dot_dot = {"..", 2};

AMA_STATE AMA_HELD(guard) static bool changes_parent(const struct rename_args *r)
{
    return is_dir(r->moved) && r->from_dir != r->to_dir;
}

/* --- load --- */

static int load_tables(struct renaming *n, const struct rename_args *r) NEEDS_RESERVATION
{
    struct volume *v = volume_of(r->moved);
    int rc = table_load(&n->from_dir, v, r->from_dir->ino);
    if (!rc)
        rc = table_load(&n->to_dir, v, r->to_dir->ino);
    if (!rc)
        rc = table_load(&n->moved, v, r->moved->ino);
    if (!rc && r->victim)
        rc = table_load(&n->victim, v, r->victim->ino);
    return rc;
}

static int load_victim(struct renaming *n, const struct rename_args *r) NEEDS_RESERVATION
{
    int rc = is_dir(r->victim) ? dir_check_empty(r->victim) : 0;
    if (!rc)
        rc = orphan_check(r->victim);
    if (!rc)
        rc = name_load(r->to_dir, r->to, &n->to_at, &n->to);
    if (!rc && entry_of(&n->to, &n->to_at)->inode != r->victim->ino)
        rc = -ENOENT;
    return rc;
}

static int load_room(struct renaming *n, const struct rename_args *r) NEEDS_RESERVATION
{
    if (r->to.len > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    int rc = room_load(&n->room);
    return rc || !n->room.extend ? rc : room_choose(&n->room, &n->blocks);
}

static int load_from(struct renaming *n, const struct rename_args *r) NEEDS_RESERVATION
{
    int rc = name_load(r->from_dir, r->from, &n->from_at, &n->from);
    if (!rc && entry_of(&n->from, &n->from_at)->inode != r->moved->ino)
        rc = -ENOENT;
    return rc;
}

/* The block that gains the name, or NULL when it is new. */
static struct block *gaining(struct renaming *n, const struct rename_args *r)
{
    if (r->victim)
        return &n->to;
    return n->room.extend ? NULL : &n->room.b;
}

/* With both names in one block only the victim's needs an order: the block must go out before the victim's inode. */
static int check_order(struct renaming *n, const struct rename_args *r)
{
    struct block *gains = gaining(n, r);
    bool same = gains && gains->number == n->from.number;
    if (gains && (!same || r->victim) && gain_needs_pass(gains))
        return -EPASS;
    return !same && loss_needs_pass(volume_of(r->moved), &n->from) ? -EPASS : 0;
}

static int check(const struct rename_args *r)
{
    if (r->moved->fs->read_only)
        return -EROFS;
    if (changes_parent(r) && !r->victim && r->to_dir->nlink >= EXT2_LINKS_MAX)
        return -EMLINK;
    return 0;
}

static int load_parent(struct renaming *n, const struct rename_args *r) NEEDS_RESERVATION
{
    int rc = name_load(r->moved, dot_dot, &n->up_at, &n->up);
    if (rc == -ENOENT)
        return damaged(volume_of(r->moved), "inode %lu: the directory has no \"..\"", r->moved->ino);
    return rc;
}

static int load(struct renaming *n, const struct rename_args *r) NEEDS_RESERVATION
{
    int rc = load_from(n, r);
    if (!rc && changes_parent(r))
        rc = load_parent(n, r);
    if (!rc)
        rc = r->victim ? load_victim(n, r) : load_room(n, r);
    if (!rc)
        rc = load_tables(n, r);
    return rc ? rc : check_order(n, r);
}

/* --- commit --- */

static void replace(struct renaming *n, const struct rename_args *r)
{
    struct ext2_entry *e = entry_of(&n->to, &n->to_at);
    e->inode = r->moved->ino;
    e->file_type = entry_type(volume_of(r->moved), r->moved->mode);
    block_dirty(&n->to, PHASE_DATA);
}

static void count_links(const struct rename_args *r)
{
    bool victim_dir = r->victim && is_dir(r->victim);
    if (changes_parent(r)) {
        r->from_dir->nlink--;
        r->to_dir->nlink++;
    }
    if (victim_dir)
        r->to_dir->nlink--;
}

/* The new name and all that follows from it, then the old name.  The old entry's place is looked up by its
 * offset: adding an entry moves none. */
static void commit(struct renaming *n, const struct rename_args *r) NEEDS_RESERVATION
{
    struct volume *v = volume_of(r->moved);
    count_links(r);
    if (r->victim)
        replace(n, r);
    else
        room_commit(&n->room, r->moved->ino, r->moved->mode, &n->blocks, &n->to_dir);
    struct block *gained = r->victim ? &n->to : &n->room.b;
    bool same = gained->number == n->from.number;
    if (!same || r->victim)
        gain_remember(v, gained);
    if (changes_parent(r)) {
        entry_of(&n->up, &n->up_at)->inode = r->to_dir->ino;
        block_dirty(&n->up, PHASE_DATA);
    }
    entry_remove(r->from_dir, &n->from, &n->from_at, same ? PHASE_DATA : PHASE_UNLINK);
    dir_changed(r->to_dir, &n->to_dir);
    dir_changed(r->from_dir, &n->from_dir);
    r->moved->ctime = time_now();
    inode_store(r->moved, &n->moved);
    if (r->victim)
        inode_unlinked(r->victim, &n->victim);
}

static void put_all(struct renaming *n)
{
    room_put(&n->room);
    block_put(&n->from);
    block_put(&n->to);
    block_put(&n->up);
    table_put(&n->from_dir);
    table_put(&n->to_dir);
    table_put(&n->moved);
    table_put(&n->victim);
}

DERIVE_OP(ext2_rename);

int ext2_rename(const struct rename_args *r)
{
    struct volume *v = volume_of(r->moved);
    struct renaming n = {.room = ROOM_FOR(r->to_dir, r->to)};
    int rc = check(r);
    if (rc)
        return rc;
    bool taken = volume_enter(v);
    rc = load(&n, r);
    if (!rc)
        commit(&n, r);
    finder_done(&n.blocks);
    volume_leave(v, taken);
    put_all(&n);
    return modified(v, rc);
}
