// SPDX-License-Identifier: MIT
/*
 * memfs.c - a file system in memory, for walks
 *
 * Nodes are found by number; a directory is an array of names.  A lookup takes one frame and gives it back,
 * as a search loop does.  Numbers are used again, lowest first, so that stale hints would be found out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "kernel/abi/stat.h"
#include "kernel/lib/string.h"
#include "tests/host/vfs/host.h"

enum { NODES = 128, ENTRIES = 64, ROOT = 1, MAP_BLOCKS = 1024, DISK_BLOCKS = 4096 };

struct node {
    u32 mode, uid, gid, nlink;
    bool orphan;
    u32 entries;
    struct entry {
        char name[NAME_LEN_MAX + 1];
        u32 len;
        u64 ino;
    } entry[ENTRIES];
    char target[PATH_LEN_MAX];
    u64 size;
    u32 map[MAP_BLOCKS]; /* disk blocks of a file, 0: a hole */
};

struct volume {
    struct node *node; /* NODES of them; number 0 is unused */
};

static struct volume volumes[2];
static u32 lookups;
void (*memfs_race)(void);
u32 memfs_block_size = 1024;
struct resource memfs_space = {.name = "blocks", .error = -ENOSPC, .avail = DISK_BLOCKS - 1};
static bool used[DISK_BLOCKS];
struct block_device disk, other_disk;

static struct volume *volume_of(const struct fs *fs)
{
    return fs->data;
}
static struct node *node_of(const struct inode *i)
{
    return &volume_of(i->fs)->node[i->ino];
}

void memfs_reset(void)
{
    for (u32 i = 0; i < 2; i++) {
        if (!volumes[i].node)
            volumes[i].node = calloc(NODES, sizeof(struct node));
        for (u32 k = 0; k < NODES; k++) /* what is free is cleared when it is taken */
            volumes[i].node[k].nlink = volumes[i].node[k].orphan = 0;
        struct node *root = &volumes[i].node[ROOT];
        *root = (struct node){.mode = S_IFDIR | 0755, .nlink = 2, .entries = 2};
        root->entry[0] = (struct entry){".", 1, ROOT};
        root->entry[1] = (struct entry){"..", 2, ROOT};
    }
    memset(used, 0, sizeof(used));
    memfs_space.avail = DISK_BLOCKS - 1;
}

u32 memfs_nodes(void)
{
    u32 used = 0;
    for (u32 v = 0; v < 2; v++)
        for (u32 i = 1; i < NODES; i++)
            used += volumes[v].node[i].nlink || volumes[v].node[i].orphan;
    return used;
}

u32 memfs_lookups(void)
{
    return lookups;
}

static struct entry *find(struct node *d, struct name nm)
{
    for (u32 i = 0; i < d->entries; i++)
        if (d->entry[i].len == nm.len && !memcmp(d->entry[i].name, nm.text, nm.len))
            return &d->entry[i];
    return NULL;
}

static void add(struct node *d, struct name nm, u64 ino)
{
    assert_null(find(d, nm));
    assert_true(d->entries < ENTRIES);
    struct entry *e = &d->entry[d->entries++];
    memcpy(e->name, nm.text, nm.len);
    e->len = nm.len;
    e->ino = ino;
}

static void take_out(struct node *d, struct name nm)
{
    struct entry *e = find(d, nm);
    assert_non_null(e);
    *e = d->entry[--d->entries];
}

static void sync_back(struct inode *i)
{
    i->nlink = node_of(i)->nlink;
}

void memfs_damage_parent(u64 ino, u64 parent)
{
    find(&volumes[0].node[ino], DOT_DOT)->ino = parent;
}

/* --- inode operations --- */

static int lookup(struct inode *dir, struct name nm, u64 *ino)
{
    assert_true(dir->lock.owner == current);
    host_frame_take();
    host_frame_give();
    lookups++;
    struct entry *e = find(node_of(dir), nm);
    if (e)
        *ino = e->ino;
    return e ? 0 : -ENOENT;
}

static void lookup_need(struct inode *dir UNUSED, struct name nm UNUSED, u64 *ino UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static u64 number_free(struct volume *v)
{
    u64 ino = ROOT + 1;
    while (v->node[ino].nlink || v->node[ino].orphan)
        ino++;
    assert_true(ino < NODES);
    return ino;
}

static int create(struct inode *dir, struct name nm, const struct new_inode *what, u64 *ino)
{
    struct volume *v = volume_of(dir->fs);
    bool directory = (what->mode & S_IFMT) == S_IFDIR;
    host_frame_take();
    *ino = number_free(v);
    struct node *n = &v->node[*ino];
    *n = (struct node){.mode = what->mode, .uid = what->uid, .gid = what->gid, .nlink = directory ? 2 : 1};
    memcpy(n->target, what->target.text ? what->target.text : "", what->target.len);
    if (directory) {
        add(n, (struct name){".", 1}, *ino);
        add(n, DOT_DOT, dir->ino);
        node_of(dir)->nlink++;
    }
    add(node_of(dir), nm, *ino);
    sync_back(dir);
    return 0;
}

static void create_need(struct inode *dir UNUSED, struct name nm UNUSED, const struct new_inode *w UNUSED,
                        u64 *ino UNUSED, struct need *n)
{
    need_frames(n, 1);
    if (memfs_race)
        memfs_race();
}

static int link_op(struct inode *dir, struct name nm, struct inode *target)
{
    add(node_of(dir), nm, target->ino);
    node_of(target)->nlink++;
    sync_back(target);
    return 0;
}

static void link_need(struct inode *dir UNUSED, struct name nm UNUSED, struct inode *t UNUSED, struct need *n)
{
    need_frames(n, 1);
}

/* One name of the inode is gone. */
static void drop_link(struct inode *dir, struct inode *victim)
{
    struct node *n = node_of(victim);
    if (is_dir(victim))
        node_of(dir)->nlink--;
    n->nlink = is_dir(victim) ? 0 : n->nlink - 1;
    n->orphan = !n->nlink;
    sync_back(victim);
    sync_back(dir);
}

static int unlink_op(struct inode *dir, struct name nm, struct inode *victim)
{
    if (is_dir(victim) && node_of(victim)->entries > 2)
        return -ENOTEMPTY;
    take_out(node_of(dir), nm);
    drop_link(dir, victim);
    return 0;
}

static void unlink_need(struct inode *dir UNUSED, struct name nm UNUSED, struct inode *v UNUSED,
                        struct need *n)
{
    need_frames(n, 1);
}

static int rename_op(const struct rename_args *r)
{
    if (r->victim && is_dir(r->victim) && node_of(r->victim)->entries > 2)
        return -ENOTEMPTY;
    if (r->victim) {
        take_out(node_of(r->to_dir), r->to);
        drop_link(r->to_dir, r->victim);
    }
    take_out(node_of(r->from_dir), r->from);
    add(node_of(r->to_dir), r->to, r->moved->ino);
    if (is_dir(r->moved)) {
        find(node_of(r->moved), DOT_DOT)->ino = r->to_dir->ino;
        node_of(r->from_dir)->nlink--;
        node_of(r->to_dir)->nlink++;
    }
    sync_back(r->from_dir);
    sync_back(r->to_dir);
    return 0;
}

static void rename_need(const struct rename_args *r UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static int readdir(struct inode *dir, u64 *pos, struct dir_sink *s)
{
    struct node *d = node_of(dir);
    for (; *pos < d->entries; ++*pos) {
        struct entry *e = &d->entry[*pos];
        if (!s->entry(s, (struct name){e->name, e->len}, e->ino, 0, *pos + 1))
            break;
    }
    return 0;
}

static void readdir_need(struct inode *dir UNUSED, u64 *pos UNUSED, struct dir_sink *s UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static int readlink(struct inode *i, char *dst, size_t size)
{
    size_t len = MIN(strlen(node_of(i)->target), size);
    memcpy(dst, node_of(i)->target, len);
    return len;
}

static void readlink_need(struct inode *i UNUSED, char *dst UNUSED, size_t size UNUSED, struct need *n UNUSED) {}

static int setattr(struct inode *i, const struct attr *a)
{
    struct node *n = node_of(i);
    if (a->mask & ATTR_MODE)
        i->mode = n->mode = a->mode;
    if (a->mask & ATTR_UID)
        i->uid = n->uid = a->uid;
    if (a->mask & ATTR_GID)
        i->gid = n->gid = a->gid;
    return 0;
}

static void setattr_need(struct inode *i UNUSED, const struct attr *a UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static int read_inode(struct fs *fs UNUSED, u64 ino UNUSED, struct inode *i)
{
    struct node *n = node_of(i);
    if (!n->nlink)
        return -ENOENT;
    host_frame_take();
    host_frame_give();
    i->mode = n->mode;
    i->uid = n->uid;
    i->gid = n->gid;
    i->nlink = n->nlink;
    i->size = n->size;
    return 0;
}

static void read_inode_need(struct fs *fs UNUSED, u64 ino UNUSED, struct inode *i UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static void release(struct inode *i)
{
    node_of(i)->orphan = false;
}

static const struct file_ops *file_ops(struct inode *i UNUSED)
{
    return NULL;
}

/* --- contents --- */

static int map(struct inode *i, u32 first, u32 count, u32 *block)
{
    assert_true(first + count <= MAP_BLOCKS);
    memcpy(block, &node_of(i)->map[first], count * sizeof(*block));
    return 0;
}

static void map_need(struct inode *i UNUSED, u32 first UNUSED, u32 count UNUSED, u32 *block UNUSED, struct need *n UNUSED) {}

static u32 block_take(void)
{
    u32 b = 1;
    while (used[b])
        b++;
    assert_true(b < DISK_BLOCKS);
    used[b] = true;
    host_resource_take(&memfs_space);
    return b;
}

static int allocate(struct inode *i, u32 first, u32 count, u64 end, u32 *block)
{
    struct node *n = node_of(i);
    assert_true(count <= 64 && first + count <= MAP_BLOCKS);
    for (u32 k = 0; k < count; k++) {
        if (!n->map[first + k])
            n->map[first + k] = block_take();
        block[k] = n->map[first + k];
    }
    i->size = n->size = MAX(i->size, end);
    return 0;
}

static void allocate_need(struct inode *i, u32 first, u32 count, u64 end UNUSED, u32 *block UNUSED, struct need *n)
{
    u32 holes = 0;
    for (u32 k = 0; k < count; k++)
        holes += !node_of(i)->map[first + k];
    if (holes)
        need_resource(n, &memfs_space, holes);
}

static u32 space(struct inode *i UNUSED)
{
    return memfs_space.avail;
}

/* Blocks are free at once: nothing dirty points to them, or the test of contents finds it. */
static int truncate(struct inode *i, u64 size)
{
    struct node *n = node_of(i);
    for (u32 k = (size + memfs_block_size - 1) / memfs_block_size; k < MAP_BLOCKS; k++) {
        memfs_space.avail += n->map[k] != 0;
        used[n->map[k]] = false;
        n->map[k] = 0;
    }
    i->size = n->size = size;
    return 0;
}

static void truncate_need(struct inode *i UNUSED, u64 size UNUSED, struct need *n UNUSED) {}

static const struct inode_ops inode_ops = {
    .lookup = lookup,
    .lookup_need = lookup_need,
    .create = create,
    .create_need = create_need,
    .link = link_op,
    .link_need = link_need,
    .unlink = unlink_op,
    .unlink_need = unlink_need,
    .rename = rename_op,
    .rename_need = rename_need,
    .readdir = readdir,
    .readdir_need = readdir_need,
    .readlink = readlink,
    .readlink_need = readlink_need,
    .setattr = setattr,
    .setattr_need = setattr_need,
    .file_ops = file_ops,
    .map = map,
    .map_need = map_need,
    .allocate = allocate,
    .allocate_need = allocate_need,
    .space = space,
    .truncate = truncate,
    .truncate_need = truncate_need,
    .read_inode = read_inode,
    .read_inode_need = read_inode_need,
    .release = release,
};

/* --- file-system operations --- */

static int mount(struct fs *fs, struct block_device *dev, u32 flags UNUSED)
{
    fs->inode_ops = &inode_ops;
    fs->root_ino = ROOT;
    fs->data = &volumes[dev == &other_disk];
    return 0;
}

/* Reading the root is part of it. */
static void mount_need(struct fs *fs UNUSED, struct block_device *dev UNUSED, u32 flags UNUSED, struct need *n)
{
    need_frames(n, 1);
}

static int unmount(struct fs *fs UNUSED)
{
    return 0;
}
static void unmount_need(struct fs *fs UNUSED, struct need *n UNUSED) {}
static int sync(struct fs *fs UNUSED)
{
    return 0;
}
static void stat(struct fs *fs UNUSED, struct fs_stat *out)
{
    *out = (struct fs_stat){.block_size = memfs_block_size};
}

#define MEMFS                                                                                                \
    {                                                                                                        \
        .name = "memfs", .mount = mount, .mount_need = mount_need, .unmount = unmount,                       \
        .unmount_need = unmount_need, .sync = sync, .stat = stat                                             \
    }
const struct fs_ops memfs_ops = MEMFS, other_ops = MEMFS;
