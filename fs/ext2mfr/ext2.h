// SPDX-License-Identifier: MIT
/*
 * ext2.h - what the files of ext2-mfr share
 *
 * In reading order: super.c (mounting), group.c (where things lie), inode.c (the inode table), tree.c (which
 * indirect blocks a range of a file needs), map.c (reading the tree), bitmap.c and find.c (free bits), grow.c
 * (holes get blocks), scan.c, dir.c and room.c (directories), create.c, names.c and rename.c (changing them),
 * symlink.c, orphan.c, cut.c and reaper.c (giving space back).
 *
 * Every operation that modifies is written in this form; its need is derived from it (DERIVE_OP):
 *
 *     load     read all that will change, choose free blocks and inodes; may end in an error, changes nothing
 *     commit   change it in memory; cannot fail
 *
 * Superblock and group descriptors are pinned in the cache from mount to unmount, so they are part of no
 * need.
 *
 * Locks: volume.alloc (RANK_FSALLOC) guards bitmaps, counts, block pointers and the orphan list.  Pointers of
 *         an inode change under it alone, all other fields of an inode under its own lock.
 */
#pragma once
#include "fs/ext2mfr/disk.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/lock.h"
#include "kernel/lib/token.h"
#include "kernel/ports/block.h"
#include "kernel/ports/inode.h"
#include "kernel/ports/service.h"
#include "mm/pin.h"

#define DESC_MAX 64      /* descriptor blocks: 1 TiB with blocks of 4 KiB, 16 GiB with 1 KiB */
#define IN_MEMORY_BUCKETS 64
#define GAINED_MAX 32    /* directory blocks that gained a moved name since the last pass */

/* Freed on disk but not yet reusable: until a pass has put the cut pointers and removed names on disk. */
struct pending {
    u32 extents, inodes;             /* entries used */
    u32 ready_extents, ready_inodes; /* of these, the first ones that a pass has made reusable */
    struct extent {
        u32 start, count;
    } extent[128];
    u32 inode[250];                  /* number, with PENDING_DIR for a directory */
};
#define PENDING_DIR (1u << 31)

struct volume {
    /* --- fixed at mount --- */
    struct fs *fs;
    struct block_device *dev;
    struct block super_block;        /* pinned */
    struct ext2_super *super;
    struct block *desc;              /* pinned descriptor blocks */
    u32 desc_blocks;
    u32 block_size, block_bits, pointer_bits;
    u32 groups, inodes_per_group, blocks_per_group, inode_size, first_ino;
    u32 head_blocks;                 /* superblock, descriptors and the blocks reserved for more of them, where a group begins so */
    u32 table_blocks;                /* of a group's inode table */
    bool revision1, sparse_super, file_types;
    bool was_valid;                  /* clean when it was mounted */
    /* --- credits, atomic --- */
    struct resource blocks;          /* free blocks */
    struct resource user_blocks;     /* the same less those kept for root; may be negative */
    struct resource inodes;          /* free inodes */
    /* --- guarded by alloc --- */
    struct mutex alloc;
    struct list in_memory[IN_MEMORY_BUCKETS]; /* struct inode_data.link: all inodes in memory, by number */
    bool cutting;                    /* files that still have a name may be on the orphan list */
    bool closed;                     /* unmounted: the reaper keeps its hands off */
    struct pending *pending;
    u32 gained[GAINED_MAX], gained_count;
    struct searched {                /* nothing free begins at the bits from..to of this group: by kind, and for single bits and runs */
        u32 group, from, to;
    } searched[2][2];
    struct foreseen {                /* what a need has found out about the search that its body will make */
        const struct task *by;       /* NULL: nothing */
        u32 goal, count, first;
    } foreseen[2];                   /* by kind; until a bit is changed */
    u32 messages;                    /* printed; only the first ones are */
    /* --- the reaper --- */
    struct list reaped;              /* list of volumes; guarded by the reaper's lock, like refs */
    u32 refs;                        /* mounted; the reaper is at work */
    bool kicked;                     /* there may be something to do */
    bool pass_wanted;                /* somebody waits for space: force a pass */
    bool idle;                       /* nothing can be reaped and nothing is pending */
    u64 freed;                       /* grows when something became credit */
};

/* What ext2 knows of an inode in memory, in struct inode.fs_data. */
struct inode_data {
    u32 block[EXT2_POINTERS];        /* guarded by volume.alloc: the same as on disk */
    u32 flags;
    struct list link;                /* in one of volume.in_memory */
    u16 state;                       /* INODE_* */
    u16 room_len;                    /* directory: a gap of this many bytes is in block room_block */
    union {
        u32 goal;                    /* file: next block to try */
        u32 room_block;
    };
    u16 room_bound;                  /* directory: elsewhere all gaps are smaller than this */
    u16 found_offset[2];             /* directory: entries begin here; FOUND_NONE after any change */
    u32 found_block[2];              /* directory: the blocks where names were found last, newest first: rename has two */
};
_Static_assert(sizeof(struct inode_data) <= sizeof(((struct inode *)0)->fs_data), "inode_data fits");
#define FOUND_NONE 0xffff
enum {
    INODE_CUTTING = 1,   /* the reaper may still free blocks beyond the end */
    INODE_LISTED = 2,    /* it is on the orphan list for that */
    INODE_FAST_LINK = 4,
};

AMA_STATE AMA_HELD(fixed) static inline struct inode_data *data_of(struct inode *i) { return (struct inode_data *)i->fs_data; }
static inline struct inode *inode_of(struct inode_data *d) { return container_of(d, struct inode, fs_data); }
AMA_STATE AMA_HELD(fixed) static inline struct volume *volume_of(const struct inode *i) { return i->fs->data; }
AMA_STATE AMA_HELD(fixed) static inline struct volume *volume_at(const struct fs *fs) { return fs->data; }
static inline struct list *in_memory_bucket(struct volume *v, u64 ino) { return &v->in_memory[ino % IN_MEMORY_BUCKETS]; }

/* The guard of a scope that allocates holds volume.alloc already; others take it here.  Returns what
 * volume_leave() wants. */
static inline bool volume_enter(struct volume *v)
{
    bool taken = !mutex_held(&v->alloc);
    if (taken)
        mutex_lock(&v->alloc);
    return taken;
}
static inline void volume_leave(struct volume *v, bool taken)
{
    if (taken)
        mutex_unlock(&v->alloc);
}
AMA_STATE static inline u32 blocks_of(const struct volume *v, u64 bytes)
{
    return (bytes + v->block_size - 1) >> v->block_bits;
}

/* --- super.c --- */
extern const struct fs_ops ext2_fs_ops;
void volume_free(struct volume *v);
void complain(struct volume *v, const char *fmt, ...) PRINTF(2, 3);
/* Says what is damaged and where; returns -EUCLEAN. */
int damaged(struct volume *v, const char *fmt, ...) PRINTF(2, 3);
/* The end of every modifying operation: damage that it met turns the file system read-only.  Returns rc. */
int modified(struct volume *v, int rc);
void super_dirty(struct volume *v);
struct timespec time_now(void);

/* --- group.c --- */
MUST_CHECK int groups_check(struct volume *v);
AMA_STATE AMA_HELD(fixed) static inline struct ext2_group *group_of(const struct volume *v, u32 g)
{
    u32 bits = v->block_bits - 5; /* of the number of descriptors in a block */
    return (struct ext2_group *)v->desc[g >> bits].data + (g & ((1u << bits) - 1));
}
void group_dirty(struct volume *v, u32 g);
AMA_STATE static inline u32 group_first(const struct volume *v, u32 g)
{
    return v->super->s_first_data_block + g * v->blocks_per_group;
}
u32 group_blocks(const struct volume *v, u32 g);
u32 group_metadata(const struct volume *v, u32 g); /* blocks that files can never have */
AMA_STATE static inline u32 group_of_block(const struct volume *v, u32 nr)
{
    return (nr - v->super->s_first_data_block) / v->blocks_per_group;
}
AMA_STATE static inline u32 group_of_inode(const struct volume *v, u32 ino) { return (ino - 1) / v->inodes_per_group; }
/* May the block belong to a file?  Inside the file system and outside of tables, bitmaps, descriptors and
 * superblocks. */
AMA_STATE AMA_HELD(fixed) bool block_is_data(const struct volume *v, u32 nr);

/* --- scratch: one private frame for all search loops of an operation, taken when it is first needed --- */
struct scratch {
    struct page *page;
};
/* The block from the cache, or through the frame.  Its content is for reading only, until the next peek. */
MUST_CHECK int scratch_peek(struct scratch *s, const struct volume *v, u32 nr,
                            struct block *b) NEEDS_RESERVATION;
void scratch_drop(struct scratch *s);
AMA_STATE u32 unrecycled(u32 rounds);

/* --- free blocks, for this user --- */
/* Root may take what is kept for it. */
AMA_STATE AMA_HELD(task) bool may_take_kept(const struct volume *v);
/* How many of so many blocks must come from those that everybody may take. */
AMA_STATE AMA_HELD(task) u32 not_kept(const struct volume *v, u32 count);
void space_take(struct volume *v, u32 count) NEEDS_RESERVATION;
u32 space_left(struct volume *v);

/* --- inode.c --- */
struct table {                       /* an inode in its table block, pinned */
    struct block b;
    struct ext2_inode *raw;
};
MUST_CHECK int table_load(struct table *t, struct volume *v, u32 ino) NEEDS_RESERVATION;
void table_dirty(struct table *t);
void table_put(struct table *t);
static inline u64 place_in_table(const struct volume *v, u32 ino)
{
    return (u64)((ino - 1) % v->inodes_per_group) * v->inode_size;
}
AMA_STATE AMA_HELD(fixed) static inline u32 table_block(const struct volume *v, u32 ino)
{
    return group_of(v, group_of_inode(v, ino))->bg_inode_table + (place_in_table(v, ino) >> v->block_bits);
}
/* Where the inode stands in that block, in bytes. */
static inline u32 table_offset(const struct volume *v, u32 ino)
{
    return place_in_table(v, ino) & (v->block_size - 1);
}
/* All fields but pointers, i_blocks and i_dtime; dirties. */
void inode_store(struct inode *i, struct table *t);
/* Pointers and i_blocks, after they changed; dirties.  volume.alloc held. */
void inode_store_blocks(struct inode *i, struct table *t);
u64 size_max(const struct volume *v);
MUST_CHECK int root_check(struct volume *v) NEEDS_RESERVATION; /* is there a root directory? */
OPERATION(int, ext2_read_inode, struct fs *fs, u64 ino, struct inode *i);
OPERATION(int, ext2_setattr, struct inode *i, const struct attr *a);
/* All four times of a new inode. */
void raw_stamp(const struct volume *v, struct ext2_inode *raw, struct timespec now);
/* i_block holds pointers, not a target or a device. */
bool has_blocks(const struct volume *v, const struct ext2_inode *raw);

/* --- tree.c --- */
#define TREE_RANGE 256               /* blocks of a file that are looked up at once */
#define TREE_NODES 6                 /* indirect blocks above so many: at most 5 */
enum node_state { NODE_LOADED, NODE_MISSING /* a hole */, NODE_UNKNOWN /* not cached: only while peeking */ };
struct node {
    struct block b;                  /* NODE_LOADED */
    u32 nr;                          /* its block; 0 for a hole */
    u32 first;                       /* first block of the file below it */
    u16 slot;                        /* its place in the parent */
    u16 level;                       /* 1: points to data */
    int parent;                      /* index among the nodes, -1: the inode */
    enum node_state state;
};
struct tree {
    struct inode *ino;
    u32 count;
    struct node node[TREE_NODES];
};
/* The indirect blocks above count blocks of the file from first on, loaded and pinned until tree_put. */
MUST_CHECK int tree_load(struct tree *t, struct inode *i, u32 first, u32 count) NEEDS_RESERVATION;
/* The same for a need: what is cached is pinned by the scope, the rest is NODE_UNKNOWN.  No tree_put. */
void tree_peek(struct tree *t, struct inode *i, u32 first, u32 count);
void tree_put(struct tree *t);
/* Where the pointer to a block of the file is; NULL below a hole or an unknown node. *leaf: the node it is
 * in, -1: the inode. */
u32 *tree_pointer(struct tree *t, u32 index, int *leaf);
/* The pointer to the node itself; NULL when its parent is a hole. */
u32 *node_pointer(struct tree *t, const struct node *nd);
u32 tree_unknown(const struct tree *t);
u32 tree_missing(const struct tree *t);
/* For needs: indirect blocks above the range that are not cached; the others are pinned.  A range of no more blocks than a page
 * has lies in one page, and so below one leaf. */
AMA_STATE AMA_HELD(pins) u32 tree_uncached(struct inode *i, u32 first, u32 count);
/* Slots from the inode down to block `index` of a file; returns the depth (0: direct), or -1 when it is
 * out of reach. */
int tree_path(const struct volume *v, u32 index, u32 at[4]);
u32 tree_first(const struct volume *v, u32 top);   /* first block of the file below slot `top` of the inode */
void pointers_dirty(struct block *b);              /* an indirect block changed */

/* --- map.c --- */
OPERATION(int, ext2_map, struct inode *i, u32 first, u32 count, u32 *block);
MUST_CHECK int pointer_check(struct inode *i, u32 index, u32 nr);

/* --- bitmap.c --- */
enum bitmap_kind { BLOCKS, INODES };
struct bitmap {
    struct volume *v;
    enum bitmap_kind kind;
    u32 home;                        /* group whose bitmap the need paid for; it stays pinned */
    struct block home_block;
    struct page *scratch;            /* a private frame for all other groups, NULL: only the home group is used */
    u32 group;                       /* the open one */
    bool open, changed;
    struct block b;
};
AMA_STATE AMA_HELD(fixed) u32 bitmap_number(const struct volume *v, enum bitmap_kind kind, u32 g);
/* Opens a bitmap that is cached, for looking only; false when it is not.  The caller owns the pin of m->b. */
bool bitmap_look(struct bitmap *m, struct volume *v, enum bitmap_kind kind, u32 group);
MUST_CHECK int bitmap_init(struct bitmap *m, struct volume *v, enum bitmap_kind kind,
                           u32 home) NEEDS_RESERVATION;
MUST_CHECK int bitmap_open(struct bitmap *m, u32 group) NEEDS_RESERVATION;
/* Writes a changed bitmap back: by the flusher when it is cached, else at once. */
void bitmap_close(struct bitmap *m) NEEDS_RESERVATION;
void bitmap_done(struct bitmap *m) NEEDS_RESERVATION;
bool bit_test(const struct bitmap *m, u32 bit);
void bit_set(struct bitmap *m, u32 bit, bool on);
/* First clear bit in [from, end), or end.  run8: the first of eight clear bits of one byte. */
u32 bit_find(const struct bitmap *m, u32 from, u32 end, bool run8);

/* --- find.c --- */
struct finder {                      /* hands out free bits, each once, from a goal on and around */
    struct bitmap map;
    u32 start_group, start_bit;
    bool foreseen;                   /* start_bit is the first one that is free */
    u32 visit;                       /* groups looked at: the goal's first and, its beginning, last */
    u32 bit, end, left;              /* cursor, end of the search in this group, free bits promised */
    u32 start_left;                  /* the same of the start group, when it was left */
    u32 chosen;                      /* handed out so far */
};
/* What a search from the goal will choose first, when it will find `count` in a cached bitmap, that of its home group; else 0.
 * That bitmap stays. */
AMA_STATE AMA_HELD(guard) u32 finder_first(struct volume *v, enum bitmap_kind kind, u32 goal, u32 count);
AMA_STATE u32 home_group(const struct volume *v, enum bitmap_kind kind, u32 goal); /* in which a search begins */
/* The search will not leave the home group. */
AMA_STATE AMA_HELD(guard) bool finder_stays(struct volume *v, enum bitmap_kind kind, u32 goal, u32 count);
/* A frame for all groups but the home group, unless the search stays there. */
AMA_STATE AMA_HELD(fixed) u32 scratch_frames(const struct volume *v, bool stays);
/* A search for at most `count` from the goal on.  Need: the bitmap of the home group, and a frame for the others when the search
 * may leave it. */
MUST_CHECK int finder_init(struct finder *f, struct volume *v, enum bitmap_kind kind, u32 goal,
                           u32 count) NEEDS_RESERVATION;
MUST_CHECK int finder_next(struct finder *f, u32 *nr) NEEDS_RESERVATION;
/* Mark what finder_next chose as used, in bitmap, descriptor and superblock, and draw the credit. */
void finder_take_block(struct finder *f, struct volume *v, u32 nr) NEEDS_RESERVATION;
void finder_take_inode(struct finder *f, struct volume *v, u32 nr) NEEDS_RESERVATION;
void finder_done(struct finder *f) NEEDS_RESERVATION;
/* The reverse for one group of blocks, and for one inode: they are free and credit at once. */
int blocks_release(struct volume *v, u32 start, u32 count, struct bitmap *m) NEEDS_RESERVATION;
int inode_release(struct volume *v, u32 ino, bool directory, struct bitmap *m) NEEDS_RESERVATION;

/* --- grow.c --- */
struct growth {                      /* between load and commit */
    /* --- set by the caller --- */
    struct inode *ino;
    u32 first, count;                /* at most TREE_RANGE blocks */
    u32 *block;                      /* the caller's: all blocks of the range, the chosen ones included */
    /* --- loaded --- */
    struct tree tree;
    u64 fresh[TREE_RANGE / 64];      /* bit i of word i / 64: block i was chosen */
    u32 holes;                       /* blocks of the range that have to be chosen */
    u32 chosen;                      /* blocks, indirect ones included */
};
/* For needs, a look at a range: the disk blocks that filling its holes may take; how many indirect blocks do not exist or are not
 * cached; and how many are not cached. */
#define LOOK_NODES 16
#define LOOK_UNCACHED 32
AMA_STATE AMA_HELD(pins) u64 growth_look(struct inode *i, u32 first, u32 count);
AMA_STATE static inline u32 look_blocks(u64 look) { return AMA_UPTO(look & 0xffff, TREE_RANGE + TREE_NODES - 1); }
AMA_STATE static inline u64 look_nodes(u64 look) { return AMA_UPTO(look >> LOOK_NODES & 0xffff, TREE_NODES - 1); }
AMA_STATE static inline u64 look_uncached(u64 look) { return AMA_UPTO(look >> LOOK_UNCACHED, TREE_NODES - 1); }
/* Loads the tree and what the range has already. */
MUST_CHECK int growth_load(struct growth *g) NEEDS_RESERVATION;
u32 growth_wanted(const struct growth *g); /* disk blocks that it will take */
MUST_CHECK int growth_choose(struct growth *g, struct finder *f) NEEDS_RESERVATION;
void growth_commit(struct growth *g, struct finder *f, struct table *t) NEEDS_RESERVATION;
void growth_put(struct growth *g);
AMA_STATE AMA_HELD(load) u32 growth_goal(struct inode *i, u32 first);
OPERATION(int, ext2_allocate, struct inode *i, u32 first, u32 count, u64 end, u32 *block);
u32 ext2_space(struct inode *i);

/* --- scan.c: a directory's blocks one by one, in one private frame (two with indirect blocks) --- */
struct scan {
    struct inode *dir;
    struct scratch data, leaf;
    struct block leaf_block;         /* the indirect block in use */
    u32 leaf_first, leaf_count;      /* blocks of the directory below it; 0: none is in use */
};
struct entry_place {
    u32 index;                       /* block of the directory */
    u32 nr;                          /* the same on disk */
    u32 offset;
};
void scan_init(struct scan *s, struct inode *dir);
void scan_done(struct scan *s);
MUST_CHECK int scan_block(struct scan *s, u32 index, struct block *b, u32 *nr) NEEDS_RESERVATION;
/* Need of looking at all blocks of a directory: a frame, another one for indirect blocks, a request; nothing for a small directory
 * that is cached. */
AMA_STATE AMA_HELD(pins) u32 scan_frames(struct inode *dir);
AMA_STATE AMA_HELD(guard) u32 dir_blocks(const struct inode *dir);
/* Number on disk of a block of the directory by what is cached alone; pin: what led there stays.  0:
 * unknown. */
u32 dir_cached_number(struct inode *dir, u32 index, bool pin);
/* The entry at an offset, or NULL after a message when it is damaged. */
struct ext2_entry *entry_at(struct inode *dir, u32 index, const struct block *b, u32 offset);
/* Bytes that a new entry could use there. */
static inline u32 entry_gap(const struct ext2_entry *e)
{
    return e->inode ? e->rec_len - EXT2_ENTRY_SIZE(e->name_len) : e->rec_len;
}
/* The entry at an offset where one begins has this name. */
bool entry_is(struct inode *dir, u32 index, const struct block *b, u32 offset, struct name name);
/* Offset of a name in the block, -ENOENT or -EUCLEAN.  *gap: the widest gap before it, of the whole block
 * with -ENOENT. */
int entry_find(struct inode *dir, u32 index, const struct block *b, struct name name, u32 *gap);

/* --- dir.c --- */
OPERATION(int, ext2_lookup, struct inode *dir, struct name name, u64 *ino);
OPERATION(int, ext2_readdir, struct inode *dir, u64 *pos, struct dir_sink *sink);
/* The entry of a name, its block loaded for change; -ENOENT, -EIO, -EUCLEAN. */
MUST_CHECK int name_load(struct inode *dir, struct name name, struct entry_place *at,
                         struct block *b) NEEDS_RESERVATION;
static inline struct ext2_entry *entry_of(const struct block *b, const struct entry_place *at)
{
    return (struct ext2_entry *)((char *)b->data + at->offset);
}
/* For needs: the name was found a moment ago, or stands in a cached block: that one stays. */
AMA_STATE AMA_HELD(pins) bool name_kept(struct inode *dir, struct name name);
/* Takes the entry out of its block, which is written in this phase or later. */
void entry_remove(struct inode *dir, struct block *b, const struct entry_place *at, enum write_phase phase);
/* 0, or -ENOTEMPTY. */
MUST_CHECK int dir_check_empty(struct inode *dir) NEEDS_RESERVATION;
u8 entry_type(const struct volume *v, u32 mode);

/* --- room.c --- */
struct room {                        /* where a new name will stand; between load and commit */
    /* --- set by the caller: ROOM_FOR --- */
    struct inode *dir;
    struct name name;
    struct growth growth;
    /* --- loaded --- */
    struct block b;                  /* an existing block with a gap */
    u32 index;
    bool extend;                     /* no gap: the directory grows by one block */
    u32 new_block;
};
#define ROOM_FOR(directory, text) {.dir = (directory), .name = (text), .growth = {.ino = (directory)}}
/* What a directory is known to have room for; see room.c. */
struct gaps {
    u32 best, best_block, second;
};
void gaps_add(struct gaps *g, u32 index, u32 gap);
void room_forget(struct inode *dir);
void room_learn(struct inode *dir, const struct gaps *g); /* after all blocks were seen */
void room_note(struct inode *dir, u32 index, u32 gap);    /* this block's widest gap is now so wide */
/* For needs: the directory must be searched for room; it grows, or may have to after a search. */
AMA_STATE AMA_HELD(guard) bool room_must_search(struct inode *dir, struct name name);
AMA_STATE AMA_HELD(guard) bool room_may_extend(struct inode *dir, struct name name);
AMA_STATE AMA_HELD(guard) u64 room_look(struct inode *dir, struct name name); /* as growth_look; 0: it will not grow */
AMA_STATE AMA_HELD(load) u32 room_goal(struct inode *dir); /* where the search for its new blocks begins */
/* The block with the gap and the indirect blocks above it, where they are not cached; all of them when the block is not known. */
AMA_STATE AMA_HELD(pins) u32 room_here_frames(struct inode *dir, struct name name);
MUST_CHECK int room_load(struct room *r) NEEDS_RESERVATION;
MUST_CHECK int room_choose(struct room *r, struct finder *f) NEEDS_RESERVATION;
/* Writes the entry into memory; t: the directory's own table block. */
void room_commit(struct room *r, u32 ino, u32 mode, struct finder *f, struct table *t) NEEDS_RESERVATION;
void room_put(struct room *r);
void dir_changed(struct inode *dir, struct table *t); /* times and flags, after its names changed */

/* --- create.c, names.c, rename.c, symlink.c --- */
OPERATION(int, ext2_create, struct inode *dir, struct name name, const struct new_inode *what, u64 *ino);
OPERATION(int, ext2_link, struct inode *dir, struct name name, struct inode *target);
OPERATION(int, ext2_unlink, struct inode *dir, struct name name, struct inode *victim);
OPERATION(int, ext2_rename, const struct rename_args *r);
OPERATION(int, ext2_readlink, struct inode *i, char *dst, size_t size);
/* Order on disk between the block that gains a name and the one that loses it.  volume.alloc held. */
bool gain_needs_pass(const struct block *gains);
bool loss_needs_pass(const struct volume *v, const struct block *loses);
void gain_remember(struct volume *v, const struct block *b);

/* --- orphan.c --- */
/* Puts the inode on the orphan list on disk; t is its table block, dirtied.  volume.alloc held. */
void orphan_add(struct volume *v, u32 ino, struct table *t);
/* An inode loses a name: nlink, ctime, and with the last one the orphan list.  Stores the inode. */
void inode_unlinked(struct inode *i, struct table *t);
/* -EPASS for an inode that cannot go on the orphan list because it may be there already. */
MUST_CHECK int orphan_check(struct inode *i);
struct inode *inode_in_memory(struct volume *v, u32 ino); /* volume.alloc held */
void ext2_release(struct inode *i);
OPERATION(int, ext2_truncate, struct inode *i, u64 size);

/* --- cut.c --- */
#define CUT_ROOM 16                  /* extents that must be free in `pending` for a step to get on */
struct cut {                         /* one inode that loses blocks; volume.alloc held */
    struct volume *v;
    u32 ino;
    u32 keep;                        /* blocks of the file that stay */
    struct table *table;
    u32 freed;                       /* blocks, in this step */
};
/* Frees direct blocks only, as many as `pending` takes: true when nothing direct is left to cut. */
bool cut_direct(struct cut *c);
/* One bounded step, at most one leaf: 1: more to do, 0: all is cut, or -EIO.  Then cut_done. */
MUST_CHECK int cut_step(struct cut *c) NEEDS_RESERVATION;
/* Puts block count and pointers in step, on disk and in memory. */
void cut_done(struct cut *c);
bool pending_full(const struct pending *p);
bool pending_add(struct volume *v, u32 nr); /* false: there is no room */

/* --- reap.c: the scopes of the reaper --- */
extern const struct scope scope_ext2_reap, scope_ext2_release;
enum reap_result { REAP_NOTHING, REAP_MORE, REAP_FULL };
void cutting_over(struct volume *v);        /* no file is being cut; volume.alloc held */

/* --- reaper.c --- */
OPERATION(int, reaper_start, const char *self);
void reaper_add(struct volume *v);
void reaper_remove(struct volume *v);       /* the volume is freed when the reaper has let go of it */
void reaper_wake(struct volume *v);         /* there is something on the orphan list */
void ext2_pass_done(struct block_device *dev);
void ext2_settle(struct inode *i);
bool ext2_wait_space(struct fs *fs);
int ext2_sync(struct fs *fs);
