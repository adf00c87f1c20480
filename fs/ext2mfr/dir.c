// SPDX-License-Identifier: MIT
/*
 * dir.c - names in a directory: found, listed, removed
 *
 * A search begins at the block where the last name was found and goes around, since names are mostly used in
 * the order in which they stand.  A search that finds nothing has seen every gap and tells room.c, so that
 * the create that follows need not search.
 */
#include "fs/ext2mfr/ext2.h"
#include "kernel/lib/string.h"

/* The block after k others from the hint on, around the end. */
static u32 nth_block(u32 hint, u32 count, u32 k)
{
    u32 index = hint + k;
    return index < count ? index : index - count;
}

static void found_at(struct inode *dir, u32 index, u32 offset)
{
    struct inode_data *d = data_of(dir);
    if (d->found_offset[0] != FOUND_NONE) {
        d->found_block[1] = d->found_block[0];
        d->found_offset[1] = d->found_offset[0];
    }
    d->found_block[0] = index;
    d->found_offset[0] = offset;
}

/* Finds the name; *b is its block, perhaps in the scan's private frame.  Offset, -ENOENT, -EIO or
 * -EUCLEAN. */
static int search(struct scan *s, struct name name, struct entry_place *at, struct block *b) NEEDS_RESERVATION
{
    struct inode *dir = s->dir;
    u32 count = dir_blocks(dir), hint = data_of(dir)->found_block[0];
    struct gaps gaps = {0};
    hint = hint < count ? hint : 0;
    for (u32 k = 0; k < count; k++) {
        u32 index = nth_block(hint, count, k), nr, gap;
        int rc = scan_block(s, index, b, &nr);
        if (rc)
            return rc;
        rc = entry_find(dir, index, b, name, &gap);
        if (rc >= 0) {
            *at = (struct entry_place){index, nr, rc};
            found_at(dir, index, rc);
            return 0;
        }
        block_put(b);
        if (rc != -ENOENT)
            return rc;
        gaps_add(&gaps, index, gap);
    }
    room_learn(dir, &gaps);
    return -ENOENT;
}

DERIVE_OP(ext2_lookup);

int ext2_lookup(struct inode *dir, struct name name, u64 *ino)
{
    AMA_PASSES(scan_frames(dir));
    struct scan s;
    struct entry_place at;
    struct block b = {0};
    if (name.len > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    scan_init(&s, dir);
    int rc = search(&s, name, &at, &b);
    if (!rc)
        *ino = entry_of(&b, &at)->inode;
    block_put(&b);
    scan_done(&s);
    return rc;
}

/* --- loading an entry for change --- */

/* The block at the k-th place where a name was found, if all that leads there is cached. */
static bool found_block(struct inode *dir, u32 k, struct entry_place *at, struct block *b)
{
    struct volume *v = volume_of(dir);
    u32 index = data_of(dir)->found_block[k];
    u32 nr = index < dir_blocks(dir) ? dir_cached_number(dir, index, false) : 0;
    b->page = NULL;
    *at = (struct entry_place){index, nr, data_of(dir)->found_offset[k]};
    return nr && block_find(b, v->dev, nr, v->block_size);
}

/* The name is exactly where one was found.  Only looks. */
static bool at_found(struct inode *dir, struct name name, struct entry_place *at, struct block *b)
{
    for (u32 k = 0; k < 2; k++) {
        if (data_of(dir)->found_offset[k] == FOUND_NONE || !found_block(dir, k, at, b))
            continue;
        if (entry_is(dir, at->index, b, at->offset, name))
            return true;
        block_put(b);
    }
    return false;
}

/* Looks where names were found last, and all through the block of the newest. */
static bool at_hint(struct inode *dir, struct name name, struct entry_place *at, struct block *b)
{
    u32 gap;
    if (at_found(dir, name, at, b))
        return true;
    if (!found_block(dir, 0, at, b))
        return false;
    int offset = entry_find(dir, at->index, b, name, &gap);
    if (offset < 0) {
        block_put(b);
        return false;
    }
    at->offset = offset;
    found_at(dir, at->index, offset);
    return true;
}

/* Looks through the cached blocks of the directory, from the first, and remembers where the name stands; false when a block that
 * must be looked at is not cached. */
static bool find_cached(struct inode *dir, struct name name)
{
    struct volume *v = volume_of(dir);
    u32 count = dir_blocks(dir), gap;
    for (u32 index = 0; index < count; index++) {
        struct block b;
        u32 nr = dir_cached_number(dir, index, false);
        if (!nr || !block_find(&b, v->dev, nr, v->block_size))
            return false;
        int offset = entry_find(dir, index, &b, name, &gap);
        block_put(&b);
        look_rest();
        if (offset >= 0)
            found_at(dir, index, offset);
        if (offset != -ENOENT)
            return offset >= 0;
    }
    return false;
}

/* The block of a name, and what leads there, stay until the window's end.  False: not all can. */
static bool keep(struct inode *dir, const struct entry_place *at, struct block *b)
{
    return pin_block(b) && (at->index < EXT2_DIRECT || dir_cached_number(dir, at->index, true));
}

bool name_kept(struct inode *dir, struct name name)
{
    struct entry_place at;
    struct block b;
    if (at_hint(dir, name, &at, &b) && keep(dir, &at, &b))
        return true;
    return find_cached(dir, name) && at_found(dir, name, &at, &b) && keep(dir, &at, &b);
}

/* Where the name stands, by a search of the directory. */
static int name_search(struct inode *dir, struct name name, struct entry_place *at) NEEDS_RESERVATION
{
    AMA_PASSES(scan_frames(dir));
    struct scan s;
    struct block b = {0};
    scan_init(&s, dir);
    int rc = search(&s, name, at, &b);
    block_put(&b);
    scan_done(&s);
    return rc;
}

int name_load(struct inode *dir, struct name name, struct entry_place *at, struct block *b)
{
    struct volume *v = volume_of(dir);
    AMA_ONLY_IF(!name_kept(dir, name));
    if (at_hint(dir, name, at, b))
        return 0;
    int rc = name_search(dir, name, at);
    return rc ? rc : block_read(b, v->dev, at->nr, v->block_size);
}

/* --- removing --- */

/* Joins the entry with the one before it, or leaves it unused at the beginning of the block. */
void entry_remove(struct inode *dir, struct block *b, const struct entry_place *at, enum write_phase phase)
{
    struct ext2_entry *e = entry_of(b, at), *before = NULL;
    for (u32 offset = 0; offset < at->offset; offset += before->rec_len)
        before = (struct ext2_entry *)((char *)b->data + offset);
    e->inode = 0;
    if (before) {
        before->rec_len += e->rec_len;
        e = before;
    }
    block_dirty(b, phase);
    room_note(dir, at->index, entry_gap(e));
}

static int block_check_empty(struct inode *dir, u32 index, const struct block *b)
{
    for (u32 offset = 0; offset < volume_of(dir)->block_size;) {
        struct ext2_entry *e = entry_at(dir, index, b, offset);
        if (!e)
            return -EUCLEAN;
        bool self = e->name_len == 1 && e->name[0] == '.', up = e->name_len == 2 && !memcmp(e->name, "..", 2);
        if (e->inode && !self && !up)
            return -ENOTEMPTY;
        offset += e->rec_len;
    }
    return 0;
}

int dir_check_empty(struct inode *dir)
{
    AMA_PASSES(scan_frames(dir));
    struct scan s;
    u32 count = dir_blocks(dir);
    int rc = 0;
    scan_init(&s, dir);
    for (u32 k = 0; k < count && !rc; k++) {
        struct block b;
        u32 nr;
        rc = scan_block(&s, k, &b, &nr);
        if (!rc)
            rc = block_check_empty(dir, k, &b);
        block_put(&b);
    }
    scan_done(&s);
    return rc;
}

/* --- listing --- */

u8 entry_type(const struct volume *v, u32 mode)
{
    static const u8 types[16] = {[1] = 5, [2] = 3, [4] = 2, [6] = 4, [8] = 1, [10] = 7, [12] = 6};
    return v->file_types ? types[mode >> 12 & 15] : 0;
}

/* The number in an entry -> DT_* of getdents(2). */
static u8 dirent_type(const struct volume *v, u8 type)
{
    static const u8 types[8] = {0, 8, 4, 2, 6, 1, 12, 10};
    return v->file_types && type < ARRAY_SIZE(types) ? types[type] : 0;
}

/* Passes on the entries of a block from *pos on.  1: the sink is full. */
static int list_block(struct inode *dir, u32 index, const struct block *b, u64 *pos, struct dir_sink *sink)
{
    struct volume *v = volume_of(dir);
    u64 start = (u64)index << v->block_bits;
    for (u32 offset = 0; offset < v->block_size;) {
        struct ext2_entry *e = entry_at(dir, index, b, offset);
        if (!e)
            return -EUCLEAN;
        u64 here = start + offset, next = here + e->rec_len;
        struct name name = {e->name, e->name_len};
        if (here >= *pos && e->inode &&
            !sink->entry(sink, name, e->inode, dirent_type(v, e->file_type), next))
            return 1;
        if (here >= *pos)
            *pos = next;
        offset += e->rec_len;
    }
    *pos = MAX(*pos, start + v->block_size);
    return 0;
}

DERIVE_OP(ext2_readdir);

int ext2_readdir(struct inode *dir, u64 *pos, struct dir_sink *sink)
{
    AMA_PASSES(scan_frames(dir));
    struct scan s;
    u32 count = dir_blocks(dir);
    int rc = 0;
    scan_init(&s, dir);
    for (u64 k = *pos >> volume_of(dir)->block_bits; k < count && !rc; k++) {
        struct block b;
        u32 nr;
        rc = scan_block(&s, k, &b, &nr);
        if (!rc)
            rc = list_block(dir, k, &b, pos, sink);
        block_put(&b);
    }
    scan_done(&s);
    return rc < 0 ? rc : 0;
}
