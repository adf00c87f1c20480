// SPDX-License-Identifier: MIT
/*
 * inodes.c - inodes in memory, found by file system and number
 *
 * An inode is in memory once.  While references are held it stays; without any it lies on the list of unused
 * ones, oldest first, with its cached pages, until the cache is at its cap or the entry wants frames.  An
 * inode without a name left (an orphan), or of a file system without a disk, leaves with its last reference.
 *
 *      (absent) --obtain--> loading --read--> in use <--> unused --evict--> (absent)
 *                              \--error--> (absent)          orphans: in use --last put--> (absent)
 *
 * Locks: inodes.lock (RANK_INODES) guards the table, the list and all counts.  Evicting pages happens outside
 * of it, under a reference of the evicting task.
 */
#include "fs/vfs/vfs.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"

#define BUCKETS         256
#define LOST_MOST       64
#define SLAB_CANDIDATES 16 /* slabs that one shrink step looks at for one that is wholly unused */

struct kmem_cache inode_cache = KMEM_CACHE("inode", struct inode, CACHE_NAME, ENFILE);

static struct {
    struct spinlock lock;
    struct list bucket[BUCKETS];
    struct list unused;
    struct wait_queue settled; /* an inode was read, or could not be */
    struct lost {              /* left memory while nobody had been told that it could not be written */
        const struct fs *fs;
        u64 ino;
    } lost[LOST_MOST];
    u32 lost_count;
} inodes;

void inodes_start(void)
{
    spin_init(&inodes.lock, RANK_INODES, "inodes");
    list_init(&inodes.unused);
    for (u32 i = 0; i < BUCKETS; i++)
        list_init(&inodes.bucket[i]);
    wait_init(&inodes.settled, "inode settled");
    kmem_cache_register(&inode_cache, 0);
}

static struct list *bucket_of(const struct fs *fs, u64 ino)
{
    u64 h = (ino ^ (u64)fs >> 4) * 0x9e3779b97f4a7c15ul;
    return &inodes.bucket[h >> 56];
}

static struct inode *find_locked(const struct fs *fs, u64 ino)
{
    list_each(i, bucket_of(fs, ino), struct inode, hash) if (i->ino == ino && i->fs == fs) return i;
    return NULL;
}

static void ref_locked(struct inode *i)
{
    if (i->refs++ == 0) {
        list_remove(&i->unused);
        i->fs->busy++;
    }
}

/* True when the answer is final: *out is the inode with a reference, or NULL; false while another task reads
 * it. */
static bool find_settled(struct fs *fs, u64 ino, struct inode **out)
{
    spin_lock(&inodes.lock);
    struct inode *i = find_locked(fs, ino);
    bool loading = i && !i->ready;
    if (i && i->ready)
        ref_locked(i);
    spin_unlock(&inodes.lock);
    *out = loading ? NULL : i;
    return !loading;
}

struct inode *inode_find(struct fs *fs, u64 ino)
{
    struct inode *i;
    if (likely(find_settled(fs, ino, &i)))
        return i;
    wait_event(&inodes.settled, find_settled(fs, ino, &i), SLEEP_DEEP);
    return i;
}

struct inode *inode_ref(struct inode *i)
{
    spin_lock(&inodes.lock);
    ref_locked(i);
    spin_unlock(&inodes.lock);
    return i;
}

/* --- reading one --- */

/* Puts a new, unread inode into the table; false when another task was faster. */
static bool enter(struct inode *i)
{
    spin_lock(&inodes.lock);
    bool first = !find_locked(i->fs, i->ino);
    if (first) {
        list_push_front(bucket_of(i->fs, i->ino), &i->hash);
        i->fs->busy++;
    }
    spin_unlock(&inodes.lock);
    return first;
}

static void prepare(struct inode *i, struct fs *fs, u64 ino)
{
    i->fs = fs;
    i->ino = ino;
    i->ops = fs->inode_ops;
    i->refs = 1;
    list_init(&i->hash);
    list_init(&i->unused);
    list_init(&i->locks);
    rw_init(&i->map_lock, RANK_MAP, "map_lock");
    mapping_init(&i->map, fs->dev, i, fs->block_size ? fs->block_size : PAGE_SIZE);
}

/* --- write errors that nobody has been told of yet --- */

/* The next fsync of the file must tell, though the inode was away meanwhile.  Too many: then every fsync on the device does. */
static void remember_error(const struct inode *i)
{
    if (inodes.lost_count == LOST_MOST)
        i->fs->dev->mapping.error = -EIO;
    else
        inodes.lost[inodes.lost_count++] = (struct lost){i->fs, i->ino};
}

static void recall_error(struct inode *i)
{
    for (u32 k = 0; k < inodes.lost_count; k++) {
        if (inodes.lost[k].fs != i->fs || inodes.lost[k].ino != i->ino)
            continue;
        inodes.lost[k] = inodes.lost[--inodes.lost_count];
        i->map.error = -EIO;
        return;
    }
}

int inodes_forget(const struct fs *fs)
{
    int rc = 0;
    spin_lock(&inodes.lock);
    for (u32 k = inodes.lost_count; k-- > 0;) {
        if (inodes.lost[k].fs != fs)
            continue;
        inodes.lost[k] = inodes.lost[--inodes.lost_count];
        rc = -EIO;
    }
    spin_unlock(&inodes.lock);
    return rc;
}

/* Call with i in the table, not ready.  Returns the error of reading it; then i is gone. */
static int load(struct fs *fs, u64 ino, struct inode *i) NEEDS_RESERVATION
{
    int rc = inode_read(fs, ino, i);
    mutex_init(&i->lock, is_dir(i) ? RANK_DIR : RANK_INODE, is_dir(i) ? "directory" : "inode");
    i->lock.order = i->ino;
    spin_lock(&inodes.lock);
    i->ready = !rc;
    if (rc) {
        list_remove(&i->hash);
        i->fs->busy--;
    } else {
        recall_error(i);
    }
    spin_unlock(&inodes.lock);
    wake_all(&inodes.settled);
    if (rc)
        kmem_cache_free(&inode_cache, i);
    return rc;
}

int inode_obtain(struct fs *fs, u64 ino, struct inode **out)
{
    for (;;) {
        struct inode *i = inode_find(fs, ino);
        *out = i;
        if (i)
            return 0;
        i = kmem_cache_alloc(&inode_cache);
        prepare(i, fs, ino);
        if (enter(i)) {
            int rc = load(fs, ino, i);
            *out = rc ? NULL : i;
            return rc;
        }
        kmem_cache_free(&inode_cache, i);
    }
}

/* --- leaving --- */

/* Call with an inode that is in no table any more. */
static void destroy(struct inode *i)
{
    if (i->map.count)
        mapping_truncate(&i->map, 0);
    i->ops->release(i);
    kmem_cache_free(&inode_cache, i);
}

void inode_put(struct inode *i)
{
    spin_lock(&inodes.lock);
    bool last = --i->refs == 0;
    bool leaves = last && (i->nlink == 0 || !i->fs->dev);
    if (last)
        i->fs->busy--;
    if (leaves)
        list_remove(&i->hash);
    else if (last)
        list_push_back(&inodes.unused, &i->unused);
    spin_unlock(&inodes.lock);
    if (leaves)
        destroy(i);
}

/* Ends an eviction: call with the only reference that ref_locked() gave.  Returns whether the inode is gone:
 * it is not when it has dirty pages or somebody found it meanwhile. */
static bool evict(struct inode *i)
{
    if (i->map.count)
        mapping_drop_clean(&i->map);
    spin_lock(&inodes.lock);
    bool last = --i->refs == 0, gone = last && i->map.count == 0;
    if (last)
        i->fs->busy--;
    if (gone && i->map.error)
        remember_error(i);
    if (gone)
        list_remove(&i->hash);
    else if (last)
        list_push_back(&inodes.unused, &i->unused);
    spin_unlock(&inodes.lock);
    if (gone)
        destroy(i);
    return gone;
}

/* The oldest unused inode of fs (NULL: of any) that lies in `slab` (NULL: in any), with a reference; or NULL.
 * */
static struct inode *take_unused(const struct fs *fs, const struct page *slab)
{
    struct inode *found = NULL;
    spin_lock(&inodes.lock);
    list_each(i, &inodes.unused, struct inode, unused)
    {
        if ((fs && i->fs != fs) || (slab && data_page(i) != slab))
            continue;
        ref_locked(found = i);
        break;
    }
    spin_unlock(&inodes.lock);
    return found;
}

static u32 unused_in(const struct page *slab)
{
    u32 n = 0;
    list_each(i, &inodes.unused, struct inode, unused) n += data_page(i) == slab;
    return n;
}

/* A slab of which every object is an unused inode, else NULL. */
static struct page *unused_slab(void)
{
    struct page *found = NULL;
    u32 looked = 0;
    spin_lock(&inodes.lock);
    list_each(i, &inodes.unused, struct inode, unused)
    {
        struct page *slab = data_page(i);
        if (unused_in(slab) == slab->live)
            found = slab;
        if (found || ++looked == SLAB_CANDIDATES)
            break;
    }
    spin_unlock(&inodes.lock);
    return found;
}

/* Evicts the unused inodes of one slab, or of any; returns how many. */
static u32 evict_some(const struct fs *fs, const struct page *slab, u32 most)
{
    u32 gone = 0;
    for (u32 n = 0; n < most; n++) {
        struct inode *i = take_unused(fs, slab);
        if (!i)
            break;
        gone += evict(i);
    }
    return gone;
}

u32 inodes_shrink(u32 want_frames)
{
    u32 before = inode_cache.frames, rounds = want_frames;
    for (u32 n = 0; n < rounds; n++) {
        struct page *slab = unused_slab();
        if (!evict_some(NULL, slab, slab ? inode_cache.per_slab : inode_cache.per_slab * 2))
            break;
    }
    return before > inode_cache.frames ? before - inode_cache.frames : 0;
}

void inodes_room(void)
{
    u64 cap = frames_total() / 8 * 3 / 4 * inode_cache.per_slab;
    if (unlikely(inode_cache.live + cache_credits(&inode_cache) + 8 > cap))
        evict_some(NULL, NULL, 16);
}

void inodes_drop(struct fs *fs)
{
    u32 most = inode_cache.live;
    evict_some(fs, NULL, most);
}

/* --- executed or written, never both --- */

int inode_write_get(struct inode *i)
{
    spin_lock(&inodes.lock);
    int rc = i->writers_denied ? -ETXTBSY : 0;
    i->writers += !rc;
    spin_unlock(&inodes.lock);
    return rc;
}

void inode_write_put(struct inode *i)
{
    spin_lock(&inodes.lock);
    i->writers--;
    spin_unlock(&inodes.lock);
}

int inode_deny_write(struct inode *i)
{
    spin_lock(&inodes.lock);
    int rc = i->writers ? -ETXTBSY : 0;
    i->writers_denied += !rc;
    spin_unlock(&inodes.lock);
    return rc;
}

void inode_allow_write(struct inode *i)
{
    spin_lock(&inodes.lock);
    i->writers_denied--;
    spin_unlock(&inodes.lock);
}
