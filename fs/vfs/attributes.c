// SPDX-License-Identifier: MIT
/*
 * attributes.c - mode, owner, times: scope `setattr`
 *
 * The rights are checked before the scope, on what the inode says then; the scope writes one table block.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/stat.h"

struct setattr_args {
    struct inode *ino;
    const struct attr *attr;
};

static int setattr_guard(void *p)
{
    struct setattr_args *a = p;
    mutex_lock(&a->ino->lock);
    pass_enter(a->ino->fs);
    return 0;
}

static long setattr_body(void *p) NEEDS_RESERVATION
{
    struct setattr_args *a = p;
    return inode_setattr(a->ino, a->attr);
}

static void setattr_unguard(void *p)
{
    struct setattr_args *a = p;
    pass_leave(a->ino->fs);
    mutex_unlock(&a->ino->lock);
}

DERIVE(setattr);
SCOPE(setattr, .guard = setattr_guard, .need = need_setattr, .body = setattr_body,
      .unguard = setattr_unguard);

static bool in_fs_group(u32 gid)
{
    return current->cred.fsgid == gid || in_group(gid);
}

/* A new mode keeps the type; only who belongs to the group may have set-group-ID. */
static int check_mode(const struct inode *i, struct attr *a)
{
    if (!owns(i))
        return -EPERM;
    a->mode = (i->mode & S_IFMT) | (a->mode & 07777);
    if (current->cred.fsuid && !in_fs_group(i->gid))
        a->mode &= ~S_ISGID;
    return 0;
}

/* Root gives files away; an owner may hand his to a group of his own.  Either ends set-user-ID and
 * set-group-ID. */
static int check_owner(const struct inode *i, struct attr *a)
{
    u32 fsuid = current->cred.fsuid;
    bool uid_ok = !(a->mask & ATTR_UID) || (fsuid == i->uid && a->uid == i->uid);
    bool gid_ok = !(a->mask & ATTR_GID) || (fsuid == i->uid && (a->gid == i->gid || in_fs_group(a->gid)));
    if (fsuid && (!uid_ok || !gid_ok))
        return -EPERM;
    if (is_dir(i) || !(i->mode & (S_ISUID | S_ISGID)))
        return 0;
    a->mask |= ATTR_MODE;
    a->mode = i->mode & ~(i->mode & S_IXGRP ? S_ISUID | S_ISGID : S_ISUID);
    return 0;
}

int set_attributes(struct inode *i, struct attr *a)
{
    struct setattr_args args = {i, a};
    int rc = writable_fs(i);
    if (!rc && (a->mask & ATTR_MODE))
        rc = check_mode(i, a);
    if (!rc && (a->mask & (ATTR_UID | ATTR_GID)))
        rc = check_owner(i, a);
    if (rc)
        return rc;
    if (!(a->mask & ATTR_CTIME)) {
        a->mask |= ATTR_CTIME;
        a->ctime = time_now();
    }
    return gate_call(&scope_setattr, &args);
}
