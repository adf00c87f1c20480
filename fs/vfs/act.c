// SPDX-License-Identifier: MIT
/*
 * act.c - what the acting scopes share: the check for staleness, lock order, passes, waiting for disk space
 *
 * An acting scope locks all directories that it changes, and what their names lead to, before it looks at
 * anything.  They were all found by the walks before, so they can be locked by number, ancestors or not.
 *
 * Two answers are not the last word: -ENOSPC while the reaper is freeing blocks, and -EPASS, which says that
 * what is dirty now must be on disk first.
 */
#include "fs/vfs/vfs.h"
#include "kernel/time.h"

int path_check(const struct path *p)
{
    if (!p->dir->nlink)
        return -ENOENT;
    return p->dir->version == p->version ? 0 : -ESTALE;
}

static bool goes_before(const struct inode *a, const struct inode *b)
{
    if (is_dir(a) != is_dir(b))
        return is_dir(a);
    return a->ino < b->ino;
}

static void sort(struct inode **v, u32 count)
{
    for (u32 i = 1; i < count; i++) {
        for (u32 k = i; k && v[k] && (!v[k - 1] || goes_before(v[k], v[k - 1])); k--) {
            struct inode *t = v[k];
            v[k] = v[k - 1];
            v[k - 1] = t;
        }
    }
}

void inodes_lock(struct inode **v, u32 count)
{
    sort(v, count);
    for (u32 i = 0; i < count && v[i]; i++)
        if (!i || v[i] != v[i - 1])
            mutex_lock(&v[i]->lock);
}

void inodes_unlock(struct inode **v, u32 count)
{
    for (u32 i = count; i--;)
        if (v[i] && (!i || v[i] != v[i - 1]))
            mutex_unlock(&v[i]->lock);
}

void pass_enter(struct fs *fs)
{
    if (fs->dev)
        rw_read_lock(&fs->dev->pass);
}

void alloc_enter(struct fs *fs)
{
    pass_enter(fs);
    space_hold(fs);
}

void alloc_leave(struct fs *fs)
{
    space_let(fs);
    pass_leave(fs);
}

void pass_leave(struct fs *fs)
{
    if (fs->dev)
        rw_read_unlock(&fs->dev->pass);
}

/* rc of an acting scope: true when what stood in the way is gone, or may be, and the scope should run again.
 * */
static bool try_again(long rc, struct fs *fs)
{
    if (rc == -EPASS)
        return !flush_device(fs->dev);
    return rc == -ENOSPC && fs->ops->wait_space && fs->ops->wait_space(fs);
}

long call_acting(const struct scope *s, void *args, struct fs *fs)
{
    long rc;
    do
        rc = gate_call(s, args);
    while (try_again(rc, fs));
    return rc == -EPASS ? -EIO : rc;
}

struct timespec time_now(void)
{
    u64 ns = wall_ns();
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}
