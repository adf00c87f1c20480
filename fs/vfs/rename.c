// SPDX-License-Identifier: MIT
/*
 * rename.c - a name becomes another one, the scope `rename`
 *
 * Up to four inodes are locked together: both directories, what moves and what is replaced.  A directory must
 * not move into itself or below: decode walks from the new directory up to the root and remembers how many
 * directories had moved before that; the guard, under tree_lock, finds the tree unchanged or asks for another
 * walk.  So no lock is held while walking.
 *
 * Locks: tree_lock (only when a directory changes its parent), then the inodes (act.c), then the pass.
 */
#include "fs/vfs/vfs.h"

static u64 moves; /* directories that changed their parent since boot; guarded by tree_lock */

enum { WANT_WRITE = 2 };

struct args {
    struct path *from, *to;
    bool reparents; /* a directory goes to another directory */
    u64 moves_seen;
    struct rename_args r;
    struct inode *locked[4];
};

static void unlock(struct args *a)
{
    inodes_unlock(a->locked, 4);
    if (a->reparents)
        mutex_unlock(&tree_lock);
}

static int rename_guard(void *p)
{
    struct args *a = p;
    if (a->reparents)
        mutex_lock(&tree_lock);
    a->locked[0] = a->from->dir;
    a->locked[1] = a->to->dir;
    a->locked[2] = a->from->inode;
    a->locked[3] = a->to->inode;
    inodes_lock(a->locked, 4);
    int rc = path_check(a->from);
    if (!rc)
        rc = path_check(a->to);
    if (!rc && a->reparents && a->moves_seen != moves)
        rc = -ESTALE;
    if (!rc && (a->from->inode->mounted || (a->to->inode && a->to->inode->mounted)))
        rc = -EBUSY;
    if (rc)
        unlock(a);
    else
        alloc_enter(a->from->dir->fs);
    return rc;
}

static long rename_body(void *p) NEEDS_RESERVATION
{
    struct args *a = p;
    int rc = inode_rename(&a->r);
    if (rc)
        return rc;
    name_changed(a->r.from_dir, a->r.from, 0);
    name_changed(a->r.to_dir, a->r.to, a->r.moved->ino);
    if (is_dir(a->r.moved))
        name_forget(a->r.moved, DOT_DOT);
    if (a->r.victim && is_dir(a->r.victim))
        name_forget(a->r.victim, DOT_DOT);
    moves += a->reparents;
    return 0;
}

static void rename_unguard(void *p)
{
    struct args *a = p;
    alloc_leave(a->from->dir->fs);
    unlock(a);
}

DERIVE(rename);
SCOPE(rename, .guard = rename_guard, .need = need_rename, .body = rename_body, .unguard = rename_unguard);

/* `error` when `dir` is `above` or lies below it.  On a damaged disk the way up may be a ring: `seen`, a directory of the way
 * that is replaced after 1, 2, 4 ... steps, is met again then (Brent 1980). */
static int check_ancestry(struct inode *dir, const struct inode *above, int error)
{
    struct inode *seen = inode_ref(dir);
    int rc = 0;
    inode_ref(dir);
    for (u32 steps = 1; !rc && dir != above && dir != dir->fs->root; steps++) {
        struct inode *up;
        u64 version;
        rc = walk_step(dir, DOT_DOT, &up, &version);
        if (rc)
            break;
        inode_put(dir);
        dir = up;
        if (dir == seen)
            rc = -EUCLEAN;
        if (!(steps & (steps - 1))) {
            inode_put(seen);
            seen = inode_ref(dir);
        }
    }
    rc = !rc && dir == above ? error : rc;
    inode_put(seen);
    inode_put(dir);
    return rc;
}

/* What both names lead to fits together. */
static int check_types(const struct path *from, const struct path *to)
{
    bool directory = is_dir(from->inode);
    if (!to->inode || directory == is_dir(to->inode))
        return 0;
    return directory ? -ENOTDIR : -EISDIR;
}

static int check_rights(const struct path *from, const struct path *to)
{
    int rc = may_delete(from->dir, from->inode);
    if (!rc)
        rc = to->inode ? may_delete(to->dir, to->inode) : may_create(to->dir);
    if (!rc && is_dir(from->inode) && from->dir != to->dir)
        rc = permission(from->inode, WANT_WRITE);
    return rc;
}

static int check(const struct path *from, const struct path *to, bool replace)
{
    if (from->kind != LAST_NAME || to->kind != LAST_NAME)
        return -EBUSY;
    if (from->dir->fs != to->dir->fs)
        return -EXDEV;
    int rc = writable_fs(from->dir);
    if (rc)
        return rc;
    if (!from->inode)
        return -ENOENT;
    if (to->inode && !replace)
        return -EEXIST;
    if (!is_dir(from->inode) && (from->must_be_dir || to->must_be_dir))
        return -ENOTDIR;
    if (from->inode->fs != from->dir->fs || (to->inode && to->inode->fs != to->dir->fs))
        return -EBUSY;
    return 0;
}

int rename_path(struct path *from, struct path *to, bool replace)
{
    int rc = check(from, to, replace);
    if (rc)
        return rc;
    struct args a = {.from = from, .to = to};
    a.reparents = is_dir(from->inode) && from->dir != to->dir;
    a.moves_seen = __atomic_load_n(&moves, __ATOMIC_ACQUIRE);
    a.r = (struct rename_args){from->dir, to->dir, from->last, to->last, from->inode, to->inode};
    if (a.reparents)
        rc = check_ancestry(to->dir, from->inode, -EINVAL);
    if (!rc && to->inode && is_dir(to->inode))
        rc = check_ancestry(from->dir, to->inode, -ENOTEMPTY);
    if (rc || from->inode == to->inode)
        return rc;
    rc = check_rights(from, to);
    if (!rc)
        rc = check_types(from, to);
    if (!rc && a.reparents && !to->inode && to->dir->nlink >= LINK_MAX)
        rc = -EMLINK;
    return rc ? rc : (int)call_acting(&scope_rename, &a, from->dir->fs);
}
