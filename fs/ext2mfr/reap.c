// SPDX-License-Identifier: MIT
/*
 * reap.c - the two steps of giving space back, each a scope of its own
 *
 *      reap      takes the first file on the orphan list that nobody uses, clears pointers (cut.c), and at
 *                its end takes the inode off the list; what it freed is pending
 *      release   after a pass: what was pending and is now ready is marked free and becomes credit
 *
 * Both hold dev->pass shared, so no pass runs between two halves of a change.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/string.h"

#define PEEK_ORPHANS 8 /* so many open files without a name are stepped over when the need is peeked */

struct reaping {
    struct volume *v;
    u32 ino, before;                 /* the inode, and the one before it on the list (0: the superblock) */
    struct table table;
};

static int reap_guard(void *args)
{
    struct volume *v = args;
    rw_read_lock(&v->dev->pass);
    mutex_lock(&v->alloc);
    return 0;
}

static void reap_unguard(void *args)
{
    struct volume *v = args;
    mutex_unlock(&v->alloc);
    rw_read_unlock(&v->dev->pass);
}

static void cut_over(struct inode *i)
{
    if (i)
        data_of(i)->state &= ~(INODE_CUTTING | INODE_LISTED);
}

void cutting_over(struct volume *v)
{
    v->cutting = false;
    for (u32 k = 0; k < IN_MEMORY_BUCKETS; k++)
        list_each(d, &v->in_memory[k], struct inode_data, link)
            cut_over(inode_of(d));
}

/* --- reap: which --- */

static bool number_sound(const struct volume *v, u32 ino)
{
    return ino >= v->first_ino && ino <= v->super->s_inodes_count;
}

/* Link count and successor of an inode on the list. */
static int look(struct volume *v, u32 ino, struct scratch *s, u32 *nlink, u32 *next) NEEDS_RESERVATION
{
    struct block b;
    int rc = scratch_peek(s, v, table_block(v, ino), &b);
    if (rc)
        return rc;
    const struct ext2_inode *raw = (const struct ext2_inode *)((const char *)b.data + table_offset(v, ino));
    *nlink = raw->i_links_count;
    *next = raw->i_dtime;
    block_put(&b);
    return 0;
}

/* An open file without a name stays on the list as it is, unless it was cut short. */
static bool stays(struct volume *v, u32 ino, u32 nlink)
{
    struct inode *i = nlink ? NULL : inode_in_memory(v, ino);
    return i && !(data_of(i)->state & INODE_CUTTING);
}

/* Finds the first inode on the list that does not stay there.  1: found, 0: there is none, or an error. */
static int find_orphan(struct reaping *r, struct scratch *s) NEEDS_RESERVATION
{
    struct volume *v = r->v;
    u32 limit = v->super->s_inodes_count;
    r->before = 0;
    r->ino = v->super->s_last_orphan;
    for (u32 k = 0; r->ino && k < limit; k++) {
        u32 nlink, next;
        if (!number_sound(v, r->ino))
            return damaged(v, "the orphan list names inode %u", r->ino);
        int rc = look(v, r->ino, s, &nlink, &next);
        if (rc)
            return rc;
        if (!stays(v, r->ino, nlink))
            return 1;
        r->before = r->ino;
        r->ino = next;
    }
    return r->ino ? damaged(v, "the orphan list is a ring") : 0;
}

/* --- reap: one step --- */

static int cut_orphan(struct reaping *r) NEEDS_RESERVATION
{
    struct volume *v = r->v;
    const struct ext2_inode *raw = r->table.raw;
    bool regular = (raw->i_mode & 0170000) == 0100000;
    u64 size = raw->i_size | (regular ? (u64)raw->i_size_high << 32 : 0);
    struct cut c = {.v = v, .ino = r->ino, .table = &r->table};
    if (!has_blocks(v, raw))
        return 0;
    c.keep = raw->i_links_count || inode_in_memory(v, r->ino) ? blocks_of(v, MIN(size, size_max(v))) : 0;
    int rc = cut_step(&c);
    cut_done(&c);
    return rc;
}

/* An attribute block may be shared; the last inode frees it. */
static int drop_attributes(struct reaping *r) NEEDS_RESERVATION
{
    struct volume *v = r->v;
    u32 nr = r->table.raw->i_file_acl;
    struct block b;
    if (!nr)
        return 0;
    if (!block_is_data(v, nr) || block_read(&b, v->dev, nr, v->block_size))
        return damaged(v, "inode %u: its attribute block is said to be block %u", r->ino, nr);
    struct ext2_xattr_head *head = b.data;
    bool sound = head->h_magic == EXT2_XATTR_MAGIC, last = sound && head->h_refcount <= 1;
    if (sound && !last) {
        head->h_refcount--;
        block_dirty(&b, PHASE_DATA);
    }
    block_put(&b);
    if (last && pending_add(v, nr))
        block_forget(v->dev, nr, v->block_size);
    return sound ? 0 : damaged(v, "inode %u: block %u holds no attributes", r->ino, nr);
}

static int leave_list(struct reaping *r, u32 next) NEEDS_RESERVATION
{
    struct table before;
    if (!r->before) {
        r->v->super->s_last_orphan = next;
        super_dirty(r->v);
        return 0;
    }
    int rc = table_load(&before, r->v, r->before);
    if (rc)
        return rc;
    before.raw->i_dtime = next;
    table_dirty(&before);
    table_put(&before);
    return 0;
}

/* All is cut: the inode goes off the list, and without a name it is deleted, or stays there while it is open. */
static int finish(struct reaping *r) NEEDS_RESERVATION
{
    struct volume *v = r->v;
    struct pending *p = v->pending;
    struct ext2_inode *raw = r->table.raw;
    struct inode *open = inode_in_memory(v, r->ino);
    bool directory = (raw->i_mode & 0170000) == 0040000;
    if (open && !raw->i_links_count) {
        cut_over(open);
        return 0;
    }
    int rc = leave_list(r, raw->i_dtime);
    if (rc)
        return rc;
    table_dirty(&r->table);
    if (raw->i_links_count) {
        raw->i_dtime = 0;
        cut_over(open);
        return 0;
    }
    rc = drop_attributes(r);
    raw->i_file_acl = 0;
    raw->i_blocks = 0;
    raw->i_dtime = time_now().sec;
    p->inode[p->inodes++] = r->ino | (directory ? PENDING_DIR : 0);
    v->idle = false;
    return rc;
}

/* The cached table entry of an inode, its block pinned; NULL when it is not cached. */
static const struct ext2_inode *cached_entry(const struct volume *v, u32 ino)
{
    struct block b;
    if (!block_find(&b, v->dev, table_block(v, ino), v->block_size))
        return NULL;
    const struct ext2_inode *raw = (const struct ext2_inode *)((const char *)b.data + table_offset(v, ino));
    return pin_block(&b) ? raw : NULL;
}

/* What the step will work on, if that can be seen without reading: NULL and *none when there is nothing on
 * the list. */
static const struct ext2_inode *peek_orphan(struct volume *v, bool *none)
{
    u32 ino = v->super->s_last_orphan;
    *none = !ino;
    for (u32 k = 0; ino && k < PEEK_ORPHANS && number_sound(v, ino); k++) {
        const struct ext2_inode *raw = cached_entry(v, ino);
        if (!raw || !stays(v, ino, raw->i_links_count))
            return raw;
        ino = raw->i_dtime;
        *none = !ino;
    }
    return NULL;
}

/* The private frame of the list's walk, the table blocks of inode and predecessor, the way to a leaf, an
 * attribute block; of a file that is cached and has no indirect blocks: nothing. */
AMA_STATE AMA_HELD(guard) static u32 reap_frames(struct volume *v)
{
    bool none;
    const struct ext2_inode *raw = peek_orphan(v, &none);
    if (none)
        return 0;
    if (!raw)
        return 1 + 3 + EXT2_LEVELS;
    bool indirect = raw->i_block[EXT2_DIRECT] || raw->i_block[EXT2_DIRECT + 1] || raw->i_block[EXT2_DIRECT + 2];
    return (raw->i_file_acl != 0) + (indirect ? EXT2_LEVELS : 0);
}

static int reap(struct reaping *r) NEEDS_RESERVATION
{
    struct scratch s = {0};
    AMA_READS(reap_frames(r->v));
    if (r->v->closed || r->v->fs->read_only)
        return REAP_NOTHING;
    if (pending_full(r->v->pending))
        return REAP_FULL;
    int rc = find_orphan(r, &s);
    scratch_drop(&s);
    if (rc == 0)
        cutting_over(r->v);
    if (rc <= 0)
        return rc;
    rc = table_load(&r->table, r->v, r->ino);
    if (!rc)
        rc = cut_orphan(r);
    if (!rc)
        rc = finish(r);
    table_put(&r->table);
    return rc < 0 ? rc : REAP_MORE;
}

static long reap_body(void *args) NEEDS_RESERVATION
{
    struct reaping r = {.v = args};
    return modified(r.v, reap(&r));
}

DERIVE(ext2_reap);
SCOPE(ext2_reap, .flags = SCOPE_RETRY | SCOPE_NO_INJECT, .guard = reap_guard, .need = need_ext2_reap,
      .body = reap_body, .unguard = reap_unguard);

/* --- release: one group's worth --- */

/* Takes entry k out of an array that has `ready` ready ones among `count`. */
static void take_out(void *array, size_t size, u32 k, u32 *ready, u32 *count)
{
    char *at = (char *)array + k * size;
    memmove(at, at + size, (*count - k - 1) * size);
    --*ready;
    --*count;
}

static int release_extents(struct volume *v) NEEDS_RESERVATION
{
    struct pending *p = v->pending;
    u32 group = group_of_block(v, p->extent[0].start);
    struct bitmap m;
    int rc = bitmap_init(&m, v, BLOCKS, group);
    for (u32 k = p->ready_extents; k-- > 0 && !rc;) {
        struct extent e = p->extent[k];
        if (group_of_block(v, e.start) != group)
            continue;
        rc = blocks_release(v, e.start, e.count, &m);
        take_out(p->extent, sizeof(e), k, &p->ready_extents, &p->extents);
    }
    bitmap_done(&m);
    return rc;
}

static int release_inodes(struct volume *v) NEEDS_RESERVATION
{
    struct pending *p = v->pending;
    u32 group = group_of_inode(v, p->inode[0] & ~PENDING_DIR);
    struct bitmap m;
    int rc = bitmap_init(&m, v, INODES, group);
    for (u32 k = p->ready_inodes; k-- > 0 && !rc;) {
        u32 ino = p->inode[k] & ~PENDING_DIR;
        if (group_of_inode(v, ino) != group)
            continue;
        rc = inode_release(v, ino, p->inode[k] & PENDING_DIR, &m);
        take_out(p->inode, sizeof(u32), k, &p->ready_inodes, &p->inodes);
    }
    bitmap_done(&m);
    return rc;
}

/* The bitmap of the group that the step will work on is cached; it stays. */
AMA_STATE AMA_HELD(guard) static bool release_kept(struct volume *v)
{
    const struct pending *p = v->pending;
    struct bitmap m;
    u32 group = p->ready_extents  ? group_of_block(v, p->extent[0].start)
                : p->ready_inodes ? group_of_inode(v, p->inode[0] & ~PENDING_DIR)
                                  : 0;
    return bitmap_look(&m, v, p->ready_extents ? BLOCKS : INODES, group) && pin_block(&m.b);
}

static int release(struct volume *v) NEEDS_RESERVATION
{
    const struct pending *p = v->pending;
    AMA_READS(!release_kept(v));
    if (v->closed || v->fs->read_only)
        return REAP_NOTHING;
    if (!p->ready_extents && !p->ready_inodes)
        return REAP_NOTHING;
    int rc = p->ready_extents ? release_extents(v) : release_inodes(v);
    v->freed++;
    return rc ? rc : REAP_MORE;
}

static long release_body(void *args) NEEDS_RESERVATION
{
    struct volume *v = args;
    return modified(v, release(v));
}

DERIVE(ext2_release);
SCOPE(ext2_release, .flags = SCOPE_RETRY | SCOPE_NO_INJECT, .guard = reap_guard, .need = need_ext2_release,
      .body = release_body, .unguard = reap_unguard);
