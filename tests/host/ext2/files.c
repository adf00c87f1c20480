// SPDX-License-Identifier: MIT
/*
 * files.c - calls, paths and an inode cache without a cache, for the tests of ext2-mfr
 */
#include "tests/host/ext2/files.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "tests/host/ext2/calls.h"
#include "tests/host/ext2/image.h"
#include "tests/host/ext2/machine.h"

#define RETRIES 1000

static struct fs fs;
struct fs *files_fs = &fs;
static struct list open_inodes = LIST_INIT(open_inodes);

/* --- calls: one scope for all operations --- */

/* Free space is held still for every other call that allocates, so both forms of its need are tested. */
static int call_guard(void *args)
{
    static u32 turn;
    struct call *c = args;
    bool allocates = c->what == CREATE || c->what == LINK || c->what == RENAME || c->what == ALLOCATE;
    c->holds = allocates && ++turn % 2;
    rw_read_lock(&disk.pass);
    if (c->holds)
        space_hold(&fs);
    return 0;
}

static void call_unguard(void *args)
{
    struct call *c = args;
    if (c->holds)
        space_let(&fs);
    rw_read_unlock(&disk.pass);
}

static void call_need(void *args, struct need *n)
{
    struct call *c = args;
    const struct inode_ops *ops = c->i ? c->i->ops : NULL;
    switch (c->what) {
    case MOUNT: fs.ops->mount_need(&fs, &disk, fs.flags, n); break;
    case UNMOUNT: fs.ops->unmount_need(&fs, n); break;
    case READ_INODE: ops->read_inode_need(&fs, c->i->ino, c->i, n); break;
    case LOOKUP: ops->lookup_need(c->i, c->name, &c->number, n); break;
    case CREATE: ops->create_need(c->i, c->name, &c->how, &c->number, n); break;
    case LINK: ops->link_need(c->i, c->name, c->other, n); break;
    case UNLINK: ops->unlink_need(c->i, c->name, c->other, n); break;
    case RENAME: ops->rename_need(&c->rename, n); break;
    case READDIR: ops->readdir_need(c->i, &c->number, c->sink, n); break;
    case READLINK: ops->readlink_need(c->i, c->text, c->size, n); break;
    case SETATTR: ops->setattr_need(c->i, &c->attr, n); break;
    case TRUNCATE: ops->truncate_need(c->i, c->size, n); break;
    case MAP: ops->map_need(c->i, c->first, c->count, c->block, n); break;
    case ALLOCATE: ops->allocate_need(c->i, c->first, c->count, c->size, c->block, n); break;
    }
}

static long call_body(void *args)
{
    struct call *c = args;
    const struct inode_ops *ops = c->i ? c->i->ops : NULL;
    switch (c->what) {
    case MOUNT: return fs.ops->mount(&fs, &disk, fs.flags);
    case UNMOUNT: return fs.ops->unmount(&fs);
    case READ_INODE: return ops->read_inode(&fs, c->i->ino, c->i);
    case LOOKUP: return ops->lookup(c->i, c->name, &c->number);
    case CREATE: return ops->create(c->i, c->name, &c->how, &c->number);
    case LINK: return ops->link(c->i, c->name, c->other);
    case UNLINK: return ops->unlink(c->i, c->name, c->other);
    case RENAME: return ops->rename(&c->rename);
    case READDIR: return ops->readdir(c->i, &c->number, c->sink);
    case READLINK: return ops->readlink(c->i, c->text, c->size);
    case SETATTR: return ops->setattr(c->i, &c->attr);
    case TRUNCATE: return ops->truncate(c->i, c->size);
    case MAP: return ops->map(c->i, c->first, c->count, c->block);
    case ALLOCATE: return ops->allocate(c->i, c->first, c->count, c->size, c->block);
    }
    return -EINVAL;
}

SCOPE(file, .guard = call_guard, .need = call_need, .body = call_body, .unguard = call_unguard);

long call_run(struct call *c)
{
    for (u32 k = 0; k < RETRIES; k++) {
        long rc = gate_call(&scope_file, c);
        struct inode *cut = c->other ? c->other : c->rename.victim ? c->rename.victim : c->i;
        if (rc == -EPASS) {
            cut->ops->settle(cut);
            if (flush_device(&disk))
                return -EIO;
        } else if (rc == -ESTALE) {
            c->i->ops->settle(c->i);
        } else if (rc != -ENOSPC || !fs.ops->wait_space(&fs)) {
            return rc;
        }
    }
    panic("a call was to be repeated %u times", RETRIES);
}

/* --- inodes --- */

static struct inode *inode_get(u64 number, int *error)
{
    struct call c = {.what = READ_INODE};
    list_each(i, &open_inodes, struct inode, hash) {
        if (i->ino != number)
            continue;
        i->refs++;
        return i;
    }
    struct inode *i = host_alloc(sizeof(*i));
    i->fs = &fs;
    i->ino = number;
    i->ops = fs.inode_ops;
    i->refs = 1;
    c.i = i;
    *error = call_run(&c);
    if (*error) {
        host_free(i);
        return NULL;
    }
    list_push_back(&open_inodes, &i->hash);
    return i;
}

void file_close(struct inode *i)
{
    if (--i->refs)
        return;
    list_remove(&i->hash);
    i->ops->release(i);
    host_free(i);
}

/* --- paths --- */

static struct name part(const char **path)
{
    while (**path == '/')
        ++*path;
    const char *start = *path;
    while (**path && **path != '/')
        ++*path;
    return (struct name){start, *path - start};
}

static struct inode *child(struct inode *dir, struct name name, int *error)
{
    struct call c = {.what = LOOKUP, .i = dir, .name = name};
    if (!is_dir(dir)) {
        *error = -ENOTDIR;
        return NULL;
    }
    *error = call_run(&c);
    return *error ? NULL : inode_get(c.number, error);
}

/* The directory of the path's last component, with a reference. */
static struct inode *walk(const char *path, struct name *last, int *error)
{
    struct inode *dir = inode_get(fs.root_ino, error);
    struct name name = part(&path);
    while (dir && *path) {
        struct inode *next = child(dir, name, error);
        file_close(dir);
        dir = next;
        name = part(&path);
    }
    if (dir && !is_dir(dir) && name.len) {
        file_close(dir);
        *error = -ENOTDIR;
        dir = NULL;
    }
    *last = name;
    return dir;
}

struct inode *file_open(const char *path, int *error)
{
    struct name last;
    struct inode *dir = walk(path, &last, error);
    if (!dir || !last.len)
        return dir;
    struct inode *i = child(dir, last, error);
    file_close(dir);
    return i;
}

/* --- names --- */

/* As decode does: the name must not exist, which a lookup finds out. */
static int check_free(struct inode *dir, struct name name)
{
    struct call c = {.what = LOOKUP, .i = dir, .name = name};
    int rc = call_run(&c);
    return rc == -ENOENT ? 0 : rc ? rc : -EEXIST;
}

static int make(const char *path, const struct new_inode *how)
{
    int rc;
    struct call c = {.what = CREATE, .how = *how};
    struct inode *dir = walk(path, &c.name, &rc);
    if (!dir)
        return rc;
    c.i = dir;
    rc = check_free(dir, c.name);
    if (!rc)
        rc = call_run(&c);
    file_close(dir);
    return rc;
}

int file_create(const char *path, u32 mode, u32 rdev)
{
    struct new_inode how = {.mode = mode, .rdev = rdev, .uid = 70000, .gid = 5};
    return make(path, &how);
}

int file_symlink(const char *target, const char *path)
{
    struct new_inode how = {.mode = 0120777, .target = {target, strlen(target)}};
    return make(path, &how);
}

int file_link(const char *from, const char *to)
{
    int rc;
    struct call c = {.what = LINK};
    struct inode *target = file_open(from, &rc);
    if (!target)
        return rc;
    struct inode *dir = walk(to, &c.name, &rc);
    if (dir) {
        c.i = dir;
        c.other = target;
        rc = check_free(dir, c.name);
        if (!rc)
            rc = call_run(&c);
        file_close(dir);
    }
    file_close(target);
    return rc;
}

int file_unlink(const char *path)
{
    int rc;
    struct call c = {.what = UNLINK};
    struct inode *dir = walk(path, &c.name, &rc);
    if (!dir)
        return rc;
    c.i = dir;
    c.other = child(dir, c.name, &rc);
    if (c.other) {
        rc = call_run(&c);
        file_close(c.other);
    }
    file_close(dir);
    return rc;
}

static int rename_found(struct call *c)
{
    struct rename_args *r = &c->rename;
    int rc;
    r->moved = child(r->from_dir, r->from, &rc);
    if (!r->moved)
        return rc;
    r->victim = child(r->to_dir, r->to, &rc);
    if (!r->victim && rc != -ENOENT) {
        file_close(r->moved);
        return rc;
    }
    bool same = r->victim == r->moved, types = !r->victim || is_dir(r->victim) == is_dir(r->moved);
    c->i = r->from_dir;
    rc = same ? 0 : types ? call_run(c) : -EISDIR;
    if (r->victim)
        file_close(r->victim);
    file_close(r->moved);
    return rc;
}

int file_rename(const char *from, const char *to)
{
    int rc;
    struct call c = {.what = RENAME};
    struct rename_args *r = &c.rename;
    r->from_dir = walk(from, &r->from, &rc);
    if (!r->from_dir)
        return rc;
    r->to_dir = walk(to, &r->to, &rc);
    if (r->to_dir) {
        rc = rename_found(&c);
        file_close(r->to_dir);
    }
    file_close(r->from_dir);
    return rc;
}

int file_chmod(const char *path, u32 mode)
{
    int rc;
    struct call c = {.what = SETATTR, .attr = {.mask = ATTR_MODE, .mode = mode}};
    c.i = file_open(path, &rc);
    if (!c.i)
        return rc;
    rc = call_run(&c);
    file_close(c.i);
    return rc;
}

long file_readlink(const char *path, char *to, size_t size)
{
    int error;
    struct call c = {.what = READLINK, .text = to, .size = size};
    c.i = file_open(path, &error);
    if (!c.i)
        return error;
    long rc = is_link(c.i) ? call_run(&c) : -EINVAL;
    file_close(c.i);
    return rc;
}

/* --- listing: 20 entries a call --- */

#define ENTRIES 20

struct listing {
    struct dir_sink sink;
    u32 count;
    char name[ENTRIES][NAME_LEN_MAX + 1];
};

static bool take_entry(struct dir_sink *s, struct name name, u64 ino UNUSED, u8 type UNUSED, u64 next UNUSED)
{
    struct listing *l = container_of(s, struct listing, sink);
    if (l->count == ENTRIES)
        return false;
    memcpy(l->name[l->count], name.text, name.len);
    l->name[l->count++][name.len] = 0;
    return true;
}

/* Passes the entries of one call on, outside of it; how many. */
static u32 pass_on(const struct listing *l, void (*each)(const char *name, void *arg), void *arg)
{
    u32 count = 0;
    for (u32 k = 0; k < l->count; k++) {
        if (!strcmp(l->name[k], ".") || !strcmp(l->name[k], ".."))
            continue;
        count++;
        if (each)
            each(l->name[k], arg);
    }
    return count;
}

long file_list(const char *path, void (*each)(const char *name, void *arg), void *arg)
{
    int error;
    struct listing l = {.sink = {take_entry}};
    struct call c = {.what = READDIR, .sink = &l.sink};
    c.i = file_open(path, &error);
    if (!c.i)
        return error;
    long rc = is_dir(c.i) ? 0 : -ENOTDIR, count = 0;
    while (!rc && c.number < c.i->size) {
        l.count = 0;
        rc = call_run(&c);
        count += pass_on(&l, each, arg);
    }
    file_close(c.i);
    return rc ? rc : count;
}

/* --- mounting --- */

int files_mount(void)
{
    struct call c = {.what = MOUNT};
    struct fs_stat st;
    fs = (struct fs){.ops = ext2mfr_port.fs, .dev = &disk};
    int rc = call_run(&c);
    if (rc)
        return rc;
    fs.ops->stat(&fs, &st);
    fs.block_size = st.block_size;
    return 0;
}

int files_unmount(void)
{
    struct call c = {.what = UNMOUNT};
    ASSERT(list_empty(&open_inodes), "inodes are open at unmount");
    int synced = fs.ops->sync(&fs);
    int rc = call_run(&c);
    int flushed = flush_device(&disk);
    machine_reap();
    return synced ? synced : rc ? rc : flushed;
}

void files_lost(void)
{
    struct call c = {.what = UNMOUNT};
    while (!list_empty(&open_inodes)) {
        struct inode *i = list_first(&open_inodes, struct inode, hash);
        i->refs = 1;
        file_close(i);
    }
    machine.writes_left = 0;
    fs.read_only = true;
    machine_reap();
    call_run(&c);
    machine_reap();
}
