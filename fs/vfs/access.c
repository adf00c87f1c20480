// SPDX-License-Identifier: MIT
/*
 * access.c - who may do what: permission bits, owners, sticky directories
 *
 * As on Linux the file-system ids decide (fsuid, fsgid, and the supplementary groups).  Root may do
 * everything but execute a file that nobody may execute.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/stat.h"

enum { WANT_EXEC = 1, WANT_WRITE = 2 };

static bool group_matches(u32 gid)
{
    const struct cred *c = &current->cred;
    if (c->fsgid == gid)
        return true;
    u32 count = c->group_count;
    for (u32 i = 0; i < count; i++)
        if (c->groups[i] == gid)
            return true;
    return false;
}

bool owns(const struct inode *i)
{
    u32 fsuid = current->cred.fsuid;
    return fsuid == 0 || fsuid == i->uid;
}

/* The three bits of the mode that count for current. */
static u32 bits_for(const struct inode *i)
{
    if (current->cred.fsuid == i->uid)
        return i->mode >> 6 & 7;
    return (group_matches(i->gid) ? i->mode >> 3 : i->mode) & 7;
}

int permission(struct inode *i, u32 want)
{
    bool any_exec = i->mode & (S_IXUSR | S_IXGRP | S_IXOTH);
    if ((want & WANT_WRITE) && i->fs->read_only && (is_reg(i) || is_dir(i) || is_link(i)))
        return -EROFS;
    if (current->cred.fsuid == 0)
        return (want & WANT_EXEC) && !is_dir(i) && !any_exec ? -EACCES : 0;
    return (want & ~bits_for(i)) ? -EACCES : 0;
}

int may_create(struct inode *dir)
{
    int rc = dir->nlink ? writable_fs(dir) : -ENOENT;
    return rc ? rc : permission(dir, WANT_WRITE | WANT_EXEC);
}

int may_delete(struct inode *dir, struct inode *victim)
{
    int rc = permission(dir, WANT_WRITE | WANT_EXEC);
    if (rc)
        return rc;
    u32 fsuid = current->cred.fsuid;
    bool sticky = dir->mode & S_ISVTX;
    return sticky && fsuid && fsuid != victim->uid && fsuid != dir->uid ? -EPERM : 0;
}
