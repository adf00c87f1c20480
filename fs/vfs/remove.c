// SPDX-License-Identifier: MIT
/*
 * remove.c - names go: unlink and rmdir, the scope `unlink`
 *
 * Directory and victim are locked together, so that nothing is made in a directory that is being removed.
 * The file system puts an inode without names on its orphan list; its blocks are freed after the last close
 * (inodes.c, the reaper).
 */
#include "fs/vfs/vfs.h"

struct unlink_args {
    struct path *p;
    struct inode *locked[2];
};

static int unlink_guard(void *p)
{
    struct unlink_args *a = p;
    a->locked[0] = a->p->dir;
    a->locked[1] = a->p->inode;
    inodes_lock(a->locked, 2);
    int rc = path_check(a->p);
    if (!rc && a->p->inode->mounted)
        rc = -EBUSY;
    if (rc)
        inodes_unlock(a->locked, 2);
    else
        pass_enter(a->p->dir->fs);
    return rc;
}

static long unlink_body(void *p) NEEDS_RESERVATION
{
    struct unlink_args *a = p;
    int rc = inode_unlink(a->p->dir, a->p->last, a->p->inode);
    if (rc)
        return rc;
    name_changed(a->p->dir, a->p->last, 0);
    if (is_dir(a->p->inode))
        name_forget(a->p->inode, DOT_DOT);
    return 0;
}

static void unlink_unguard(void *p)
{
    struct unlink_args *a = p;
    pass_leave(a->p->dir->fs);
    inodes_unlock(a->locked, 2);
}

DERIVE(unlink);
SCOPE(unlink, .guard = unlink_guard, .need = need_unlink, .body = unlink_body, .unguard = unlink_unguard);

static int check_last(const struct path *p, bool directory)
{
    if (p->kind == LAST_NAME)
        return 0;
    if (!directory)
        return -EISDIR;
    return p->kind == LAST_ROOT ? -EBUSY : p->kind == LAST_DOT ? -EINVAL : -ENOTEMPTY;
}

int unlink_path(struct path *p, bool directory)
{
    struct unlink_args a = {.p = p};
    int rc = check_last(p, directory);
    if (!rc)
        rc = writable_fs(p->dir);
    if (rc)
        return rc;
    if (!p->inode)
        return -ENOENT;
    if (!directory && p->must_be_dir)
        return is_dir(p->inode) ? -EISDIR : -ENOTDIR;
    rc = may_delete(p->dir, p->inode);
    if (rc)
        return rc;
    if (is_dir(p->inode) != directory)
        return directory ? -ENOTDIR : -EISDIR;
    if (p->inode->fs != p->dir->fs)
        return -EBUSY;
    return call_acting(&scope_unlink, &a, p->dir->fs);
}
