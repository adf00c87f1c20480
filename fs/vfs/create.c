// SPDX-License-Identifier: MIT
/*
 * create.c - new names: files of every type (scope `create`) and hard links (scope `link`)
 *
 * Both act in one directory under its lock, after the check that the name is still free.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/stat.h"

void new_owner(const struct inode *dir, struct new_inode *what)
{
    bool directory = (what->mode & S_IFMT) == S_IFDIR;
    what->uid = current->cred.fsuid;
    what->gid = dir->mode & S_ISGID ? dir->gid : current->cred.fsgid;
    if (directory && (dir->mode & S_ISGID))
        what->mode |= S_ISGID;
    if (!directory && what->gid != current->cred.fsgid && !in_group(what->gid) && current->cred.fsuid)
        what->mode &= ~S_ISGID;
}

void name_changed(struct inode *dir, struct name nm, u64 ino)
{
    dir->version++;
    name_update(dir, nm, ino);
}

/* May a new name be made where the path leads? */
static int check_new(const struct path *p, bool directory)
{
    if (p->kind != LAST_NAME || p->inode)
        return -EEXIST;
    if (p->must_be_dir && !directory)
        return -ENOENT;
    return may_create(p->dir);
}

/* --- scope `create` --- */

struct create_args {
    struct path *p;
    struct new_inode *what;
};

static int create_guard(void *p)
{
    struct create_args *a = p;
    struct inode *dir = a->p->dir;
    mutex_lock(&dir->lock);
    int rc = path_check(a->p);
    if (rc)
        mutex_unlock(&dir->lock);
    else
        alloc_enter(dir->fs);
    return rc;
}

static long create_body(void *p) NEEDS_RESERVATION
{
    struct create_args *a = p;
    u64 ino;
    int rc = inode_create(a->p->dir, a->p->last, a->what, &ino);
    if (!rc)
        name_changed(a->p->dir, a->p->last, ino);
    return rc;
}

static void create_unguard(void *p)
{
    struct create_args *a = p;
    alloc_leave(a->p->dir->fs);
    mutex_unlock(&a->p->dir->lock);
}

DERIVE(create);
SCOPE(create, .guard = create_guard, .need = need_create, .body = create_body, .unguard = create_unguard);

int create_path(struct path *p, struct new_inode *what)
{
    u32 type = what->mode & S_IFMT;
    struct create_args a = {p, what};
    int rc = check_new(p, type == S_IFDIR);
    if (rc)
        return rc;
    if ((type == S_IFCHR || type == S_IFBLK) && current->cred.fsuid)
        return -EPERM;
    if (type == S_IFDIR && p->dir->nlink >= LINK_MAX)
        return -EMLINK;
    new_owner(p->dir, what);
    return call_acting(&scope_create, &a, p->dir->fs);
}

/* --- scope `link` --- */

struct link_args {
    struct inode *target;
    struct path *p;
    struct inode *locked[2];
};

static int link_guard(void *p)
{
    struct link_args *a = p;
    a->locked[0] = a->p->dir;
    a->locked[1] = a->target;
    inodes_lock(a->locked, 2);
    int rc = path_check(a->p);
    if (!rc && !a->target->nlink)
        rc = -ENOENT;
    if (!rc && a->target->nlink >= LINK_MAX)
        rc = -EMLINK;
    if (rc)
        inodes_unlock(a->locked, 2);
    else
        alloc_enter(a->target->fs);
    return rc;
}

static long link_body(void *p) NEEDS_RESERVATION
{
    struct link_args *a = p;
    int rc = inode_link(a->p->dir, a->p->last, a->target);
    if (!rc)
        name_changed(a->p->dir, a->p->last, a->target->ino);
    return rc;
}

static void link_unguard(void *p)
{
    struct link_args *a = p;
    alloc_leave(a->target->fs);
    inodes_unlock(a->locked, 2);
}

DERIVE(link);
SCOPE(link, .guard = link_guard, .need = need_link, .body = link_body, .unguard = link_unguard);

int link_path(struct inode *target, struct path *p)
{
    struct link_args a = {.target = target, .p = p};
    if (p->kind != LAST_NAME || p->inode)
        return -EEXIST;
    if (p->must_be_dir)
        return -ENOENT;
    if (target->fs != p->dir->fs)
        return -EXDEV;
    int rc = may_create(p->dir);
    if (rc)
        return rc;
    return is_dir(target) ? -EPERM : call_acting(&scope_link, &a, target->fs);
}
