// SPDX-License-Identifier: MIT
/*
 * directory.c - open directories: reading entries (scope `readdir`), and where a directory is
 *
 * The file system hands entries to a sink until that is full.  The absolute path of a directory is found by
 * walking up: in each parent the entry with the child's inode number is looked for, and the names are put
 * into the buffer from its end.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/fcntl.h"
#include "kernel/lib/string.h"

/* --- scope `readdir` --- */

struct readdir_args {
    struct inode *dir;
    struct dir_sink *sink;
    u64 *pos;
};

static int readdir_guard(void *p)
{
    struct readdir_args *a = p;
    mutex_lock(&a->dir->lock);
    if (a->dir->nlink)
        return 0;
    mutex_unlock(&a->dir->lock);
    return -ENOENT;
}

static long readdir_body(void *p) NEEDS_RESERVATION
{
    struct readdir_args *a = p;
    return inode_readdir(a->dir, a->pos, a->sink);
}

static void readdir_unguard(void *p)
{
    struct readdir_args *a = p;
    mutex_unlock(&a->dir->lock);
}

DERIVE(readdir);
SCOPE(readdir, .guard = readdir_guard, .need = need_readdir, .body = readdir_body,
      .unguard = readdir_unguard);

static int directory_readdir(struct file *f, struct dir_sink *s, u64 *pos)
{
    struct readdir_args a = {f->inode, s, pos};
    return gate_call(&scope_readdir, &a);
}

/* --- from an inode to its name --- */

struct name_sink {
    struct dir_sink sink;
    u64 ino;     /* looked for */
    char *at;    /* the path so far begins here; a name is put in front */
    char *start; /* of the buffer */
    int found;   /* 1, or -ERANGE */
};

/* Puts "/name" in front of the path when the entry is the one. */
static bool match_entry(struct dir_sink *s, struct name nm, u64 ino, u8 type UNUSED, u64 next_pos UNUSED)
{
    struct name_sink *n = container_of(s, struct name_sink, sink);
    bool dots = (nm.len == 1 && nm.text[0] == '.') || (nm.len == 2 && nm.text[0] == '.' && nm.text[1] == '.');
    if (ino != n->ino || dots)
        return true;
    if ((size_t)(n->at - n->start) < nm.len + 1) {
        n->found = -ERANGE;
        return false;
    }
    n->at -= nm.len;
    memcpy(n->at, nm.text, nm.len);
    *--n->at = '/';
    n->found = 1;
    return false;
}

/* Puts the name that `child` has in `parent` in front of the path. */
static int prepend_name(struct inode *parent, const struct inode *child, struct name_sink *s)
{
    u64 pos = 0;
    struct readdir_args a = {parent, &s->sink, &pos};
    s->ino = child->ino;
    s->found = 0;
    int rc = gate_call(&scope_readdir, &a);
    if (rc < 0)
        return rc;
    return s->found == 1 ? 0 : s->found ? s->found : -ENOENT;
}

/* The directory under whose name dir is found: what it covers, if it is a mounted root. */
static struct inode *below_mounts(struct inode *dir)
{
    while (dir == dir->fs->root && dir->fs->covered && dir != current->root)
        dir = dir->fs->covered;
    return dir;
}

/* One step up; *dir's reference is exchanged for its parent's. */
static int climb(struct inode **dir, struct name_sink *s)
{
    struct inode *child = below_mounts(*dir), *parent;
    u64 version;
    int rc = walk_step(child, DOT_DOT, &parent, &version);
    if (rc)
        return rc;
    rc = prepend_name(parent, child, s);
    inode_put(*dir);
    *dir = parent;
    return rc;
}

long path_of(struct inode *dir, char *buf, size_t size)
{
    struct name_sink s = {.sink.entry = match_entry, .start = buf};
    int rc = dir->nlink ? 0 : -ENOENT;
    if (size < 2)
        return -ERANGE;
    s.at = buf + size - 1;
    *s.at = 0;
    inode_ref(dir);
    while (!rc && dir != current->root && below_mounts(dir) != root_of_all())
        rc = climb(&dir, &s);
    inode_put(dir);
    if (rc)
        return rc;
    if (!*s.at)
        *--s.at = '/';
    size_t len = buf + size - s.at;
    memmove(buf, s.at, len);
    return len;
}

/* --- file operations of directories --- */

static long directory_read(struct file *f UNUSED, struct io *io UNUSED, u64 *pos UNUSED)
{
    return -EISDIR;
}

static long directory_seek(struct file *f, i64 offset, int whence)
{
    i64 from = whence == SEEK_CUR ? (i64)f->pos : whence == SEEK_END ? (i64)f->inode->size : 0;
    i64 to;
    if (whence < SEEK_SET || whence > SEEK_END || __builtin_add_overflow(from, offset, &to) || to < 0)
        return -EINVAL;
    f->pos = to;
    return to;
}

static long directory_fsync(struct file *f, bool data_only UNUSED)
{
    return f->inode->fs->dev ? flush_device(f->inode->fs->dev) : 0;
}

const struct file_ops directory_ops = {
    .name = "directory",
    .read = directory_read,
    .write = file_no_write,
    .ioctl = file_no_ioctl,
    .poll = file_always_ready,
    .seek = directory_seek,
    .fsync = directory_fsync,
    .readdir = directory_readdir,
    .mmap = file_no_mmap,
    .close = file_no_close,
};
