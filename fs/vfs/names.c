// SPDX-License-Identifier: MIT
/*
 * names.c - hints from names to inode numbers
 *
 * A hint says which inode number a name had in a directory when the file system was asked last, or that it
 * had none.  It holds no reference on anything and may be dropped at any time; what makes it true is that
 * every change of a directory corrects its hints under the directory's lock.  A short name lies inside the
 * hint, a longer one in memory of its own. File systems without a disk change by themselves (processes come
 * and go) and get no hints.
 *
 * Locks: names.lock (RANK_NAMES), for the table and the age list.
 */
#include "fs/vfs/vfs.h"
#include "kernel/lib/string.h"

#define BUCKETS    512
#define NAME_NEAR  40  /* bytes of a name that fit into the hint */
#define NAME_CLASS 256 /* the kmalloc class of the others: they have up to NAME_LEN_MAX bytes */

struct dentry {
    struct list hash, age; /* age: oldest first */
    struct fs *fs;
    u64 dir, ino; /* ino 0: the name does not exist */
    u32 len;
    char *text; /* near, or kmalloc */
    char near[NAME_NEAR];
};

struct kmem_cache dentry_cache = KMEM_CACHE("dentry", struct dentry, CACHE_NAME, ENFILE);

static struct {
    struct spinlock lock;
    struct list bucket[BUCKETS];
    struct list age;
} names;

void names_start(void)
{
    spin_init(&names.lock, RANK_NAMES, "names");
    list_init(&names.age);
    for (u32 i = 0; i < BUCKETS; i++)
        list_init(&names.bucket[i]);
    kmem_cache_register(&dentry_cache, 0);
}

static struct list *bucket_of(const struct inode *dir, struct name nm)
{
    u64 h = dir->ino ^ (u64)dir->fs >> 4;
    for (u32 i = 0; i < nm.len; i++)
        h = (h ^ (u8)nm.text[i]) * 0x100000001b3ul;
    return &names.bucket[(h ^ h >> 32) % BUCKETS];
}

static struct dentry *find_locked(const struct inode *dir, struct name nm)
{
    list_each(d, bucket_of(dir, nm), struct dentry, hash) if (d->dir == dir->ino && d->fs == dir->fs &&
                                                              d->len == nm.len &&
                                                              !memcmp(d->text, nm.text, nm.len)) return d;
    return NULL;
}

static void touch_locked(struct dentry *d)
{
    list_remove(&d->age);
    list_push_back(&names.age, &d->age);
}

bool name_find(struct inode *dir, struct name nm, u64 *ino)
{
    spin_lock(&names.lock);
    struct dentry *d = find_locked(dir, nm);
    if (d) {
        *ino = d->ino;
        touch_locked(d);
    }
    spin_unlock(&names.lock);
    return d;
}

void name_add(struct inode *dir, struct name nm, u64 ino)
{
    if (!dir->fs->dev)
        return;
    struct dentry *d = kmem_cache_alloc(&dentry_cache);
    d->fs = dir->fs;
    d->dir = dir->ino;
    d->ino = ino;
    d->len = nm.len;
    d->text = nm.len > NAME_NEAR ? kmalloc_upto(nm.len, NAME_CLASS) : d->near;
    memcpy(d->text, nm.text, nm.len);
    spin_lock(&names.lock);
    list_push_front(bucket_of(dir, nm), &d->hash);
    list_push_back(&names.age, &d->age);
    spin_unlock(&names.lock);
}

void name_update(struct inode *dir, struct name nm, u64 ino)
{
    spin_lock(&names.lock);
    struct dentry *d = find_locked(dir, nm);
    if (d) {
        d->ino = ino;
        touch_locked(d);
    }
    spin_unlock(&names.lock);
}

/* --- dropping hints --- */

static void drop(struct dentry *d)
{
    if (d->text != d->near)
        kfree(d->text);
    kmem_cache_free(&dentry_cache, d);
}

void name_forget(struct inode *dir, struct name nm)
{
    spin_lock(&names.lock);
    struct dentry *d = find_locked(dir, nm);
    if (d) {
        list_remove(&d->hash);
        list_remove(&d->age);
    }
    spin_unlock(&names.lock);
    if (d)
        drop(d);
}

/* Takes the oldest hint of fs (NULL: any) in `slab` (NULL: any) out of the table; NULL when there is none. */
static struct dentry *take_oldest(const struct fs *fs, const struct page *slab)
{
    struct dentry *found = NULL;
    spin_lock(&names.lock);
    list_each(d, &names.age, struct dentry, age)
    {
        if ((fs && d->fs != fs) || (slab && data_page(d) != slab))
            continue;
        found = d;
        list_remove(&d->hash);
        list_remove(&d->age);
        break;
    }
    spin_unlock(&names.lock);
    return found;
}

static struct page *oldest_slab(void)
{
    spin_lock(&names.lock);
    struct dentry *d = list_first(&names.age, struct dentry, age);
    struct page *slab = d ? data_page(d) : NULL;
    spin_unlock(&names.lock);
    return slab;
}

static void drop_some(const struct fs *fs, const struct page *slab, u32 most)
{
    for (u32 n = 0; n < most; n++) {
        struct dentry *d = take_oldest(fs, slab);
        if (!d)
            break;
        drop(d);
    }
}

u32 names_shrink(u32 want_frames)
{
    u32 before = dentry_cache.frames;
    for (u32 n = 0; n < want_frames; n++) {
        struct page *slab = oldest_slab();
        if (!slab)
            break;
        drop_some(NULL, slab, dentry_cache.per_slab);
    }
    return before > dentry_cache.frames ? before - dentry_cache.frames : 0;
}

void names_room(void)
{
    u64 cap = frames_total() / 8 / 4 * dentry_cache.per_slab;
    if (unlikely(dentry_cache.live + cache_credits(&dentry_cache) + 8 > cap))
        drop_some(NULL, NULL, 16);
}

void names_drop(struct fs *fs)
{
    u32 most = dentry_cache.live;
    drop_some(fs, NULL, most);
}
