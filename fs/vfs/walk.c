// SPDX-License-Identifier: MIT
/*
 * walk.c - from a path to inodes, one component per scope
 *
 * A walk holds a reference on one directory and asks for one name in it.  The step's guard takes the
 * directory's lock and looks at the hints and at the inodes in memory: when both know the answer the need is
 * zero and the body only hands it out. Else the step has two windows under that lock, so that each need is
 * exact: ask the file system for the number, read the inode of that number.
 *
 * The path stands in one of the task's two path buffers.  A symlink's target is written there in front of
 * what is left:
 *
 *      | a/link/rest............ |      before
 *      | target/rest............ |      after: rest goes to the buffer's end, target comes in, rest goes back
 *
 * Locks: one directory at a time (RANK_DIR), or one symlink (RANK_INODE); none between steps.
 */
#include "fs/vfs/vfs.h"
#include "kernel/abi/fcntl.h"
#include "kernel/lib/string.h"

#define LINKS_MAX 40
enum { WANT_SEARCH = 1 };

/* --- one component: scope `walk` --- */

struct step {
    struct inode *dir;
    struct name nm;
    bool known;          /* ino is what the directory says now */
    u64 ino;             /* 0: there is no such name */
    struct inode *found; /* a reference, or NULL */
    u64 version;
};

static int step_guard(void *p)
{
    struct step *s = p;
    names_room();
    inodes_room();
    mutex_lock(&s->dir->lock);
    if (s->dir->nlink == 0) {
        mutex_unlock(&s->dir->lock);
        return -ENOENT;
    }
    s->version = s->dir->version;
    s->ino = 0;
    s->known = name_find(s->dir, s->nm, &s->ino);
    s->found = s->ino ? inode_find(s->dir->fs, s->ino) : NULL;
    return 0;
}

AMA_STATE AMA_HELD(load) static bool is_known(const struct step *s)
{
    return s->known;
}

static long step_lookup(struct step *s) NEEDS_RESERVATION
{
    int rc = inode_lookup(s->dir, s->nm, &s->ino);
    if (rc && rc != -ENOENT)
        return rc;
    s->ino = rc ? 0 : s->ino;
    s->known = true;
    name_add(s->dir, s->nm, s->ino);
    return 0;
}

/* The number is known and the inode is not in memory. */
AMA_STATE AMA_HELD(load) static bool must_read(const struct step *s)
{
    return s->known && s->ino && !s->found;
}

AMA_STATE AMA_HELD(load) static u64 wanted(const struct step *s)
{
    return s->ino;
}

static long step_read(struct step *s) NEEDS_RESERVATION
{
    int rc = inode_obtain(s->dir->fs, wanted(s), &s->found);
    return rc ? (rc == -ENOENT ? -EUCLEAN : rc) : 1;
}

/* 0: the next window reads the inode.  1: done. */
static long step_search(struct step *s) NEEDS_RESERVATION
{
    long rc = step_lookup(s);
    if (rc)
        return rc;
    s->found = s->ino ? inode_find(s->dir->fs, s->ino) : NULL;
    return !s->ino ? -ENOENT : s->found != NULL;
}

static long step_body(void *p) NEEDS_RESERVATION
{
    struct step *s = p;
    if (!is_known(s))
        return step_search(s);
    if (must_read(s))
        return step_read(s);
    return s->ino ? 1 : -ENOENT;
}

static bool step_next(void *p UNUSED, long result)
{
    return result == 0;
}

static void step_unguard(void *p)
{
    struct step *s = p;
    mutex_unlock(&s->dir->lock);
}

DERIVE(walk);
SCOPE(walk, .guard = step_guard, .need = need_walk, .body = step_body, .next = step_next,
      .unguard = step_unguard);

/* A mounted root in place of the directory that it covers. */
static struct inode *cross_down(struct inode *i)
{
    struct inode *root;
    while ((root = __atomic_load_n(&i->mounted, __ATOMIC_ACQUIRE))) {
        inode_ref(root);
        inode_put(i);
        i = root;
    }
    return i;
}

int walk_step(struct inode *dir, struct name nm, struct inode **out, u64 *version)
{
    struct step s = {.dir = dir, .nm = nm};
    long rc = gate_call(&scope_walk, &s);
    *version = s.version;
    *out = rc < 0 ? NULL : cross_down(s.found);
    return rc < 0 ? (int)rc : 0;
}

static struct inode *task_root(void)
{
    return current->root ? current->root : root_of_all();
}

int walk_up(struct inode *dir, struct inode **out)
{
    while (dir != task_root() && dir == dir->fs->root && dir->fs->covered)
        dir = dir->fs->covered;
    if (dir == task_root() || dir == dir->fs->root) {
        *out = inode_ref(dir);
        return 0;
    }
    u64 version;
    return walk_step(dir, DOT_DOT, out, &version);
}

/* --- symlinks: scope `readlink` --- */

struct link_args {
    struct inode *ino;
    char *dst;
    size_t size;
};

static int link_guard(void *p)
{
    struct link_args *a = p;
    mutex_lock(&a->ino->lock);
    return 0;
}

static long link_body(void *p) NEEDS_RESERVATION
{
    struct link_args *a = p;
    return inode_readlink(a->ino, a->dst, a->size);
}

static void link_unguard(void *p)
{
    struct link_args *a = p;
    mutex_unlock(&a->ino->lock);
}

DERIVE(readlink);
SCOPE(readlink, .guard = link_guard, .need = need_readlink, .body = link_body, .unguard = link_unguard);

/* The inode that a link leads to by itself, with a reference; NULL: it leads where its text says. */
static struct inode *link_target(struct inode *i)
{
    return i->ops->target ? i->ops->target(i) : NULL;
}

long link_read(struct inode *i, char *dst, size_t size)
{
    struct link_args a = {i, dst, size};
    struct inode *t = link_target(i);
    long len = t && is_dir(t) ? path_of(t, dst, size) : 0; /* with the NUL */
    if (t)
        inode_put(t);
    if (len)
        return len > 0 ? len - 1 : len;
    return gate_call(&scope_readlink, &a);
}

/* --- the walk --- */

struct walk {
    char *buf; /* PATH_LEN_MAX bytes */
    char *at;  /* what is left of the path, in buf */
    u32 flags, links;
    struct inode *dir; /* a reference */
};

/* Replaces the link just met by its target; the walk goes on from there. */
static int expand_link(struct walk *w, struct inode *link)
{
    size_t rest = strlen(w->at) + 1;
    char *parked = w->buf + PATH_LEN_MAX - rest;
    if (++w->links > LINKS_MAX)
        return -ELOOP;
    memmove(parked, w->at, rest);
    long len = link_read(link, w->buf, parked - w->buf);
    if (len <= 0)
        return len ? (int)len : -ENOENT;
    if (w->buf + len >= parked)
        return -ENAMETOOLONG;
    memmove(w->buf + len, parked, rest);
    w->at = w->buf;
    if (*w->at == '/') {
        inode_put(w->dir);
        w->dir = inode_ref(task_root());
    }
    return 0;
}

/* The next component, in place; its length is 0 at the end.  *last: nothing but slashes follows. */
static struct name next_name(struct walk *w, bool *last, bool *slash)
{
    while (*w->at == '/')
        w->at++;
    struct name nm = {w->at, 0};
    while (nm.text[nm.len] && nm.text[nm.len] != '/')
        nm.len++;
    w->at += nm.len;
    const char *rest = w->at;
    *slash = *rest == '/';
    while (*rest == '/')
        rest++;
    *last = !*rest;
    return nm;
}

static enum last_kind kind_of(struct name nm)
{
    if (nm.len == 0)
        return LAST_ROOT;
    if (nm.len == 1 && nm.text[0] == '.')
        return LAST_DOT;
    return nm.len == 2 && nm.text[0] == '.' && nm.text[1] == '.' ? LAST_DOTDOT : LAST_NAME;
}

/* Looks the component up in w->dir: out->kind, inode and version.  0, or -ENOENT with out->inode NULL, ... */
static int look(struct walk *w, struct name nm, struct path *out)
{
    out->inode = NULL;
    out->kind = kind_of(nm);
    if (out->kind == LAST_ROOT) {
        out->inode = inode_ref(w->dir);
        return 0;
    }
    if (!is_dir(w->dir))
        return -ENOTDIR;
    int rc = permission(w->dir, WANT_SEARCH);
    if (rc)
        return rc;
    if (nm.len > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    if (out->kind == LAST_DOTDOT)
        return walk_up(w->dir, &out->inode);
    if (out->kind == LAST_NAME)
        return walk_step(w->dir, nm, &out->inode, &out->version);
    out->inode = inode_ref(w->dir);
    return 0;
}

/* The last component was looked up with result rc: fills in what the caller gets. */
static int finish(struct walk *w, struct name nm, int rc, struct path *out)
{
    if (rc == -ENOENT && out->kind == LAST_NAME && (w->flags & WALK_PARENT) && w->dir->nlink)
        rc = 0;
    if (!rc && out->must_be_dir && !(w->flags & WALK_PARENT) && !is_dir(out->inode))
        rc = -ENOTDIR;
    if (rc)
        return rc;
    if (out->kind == LAST_NAME) {
        out->dir = inode_ref(w->dir);
        out->last = nm;
    }
    return 0;
}

/* Walks from w->dir, whose reference it may exchange.  Errors leave what out holds to path_put(). */
static int walk_all(struct walk *w, struct path *out)
{
    for (;;) {
        bool last, slash;
        struct name nm = next_name(w, &last, &slash);
        int rc = look(w, nm, out);
        bool follow = !last || (w->flags & WALK_FOLLOW) || (slash && !(w->flags & WALK_PARENT));
        if (!rc && follow && nm.len && is_link(out->inode)) {
            struct inode *target = link_target(out->inode);
            if (!target)
                rc = expand_link(w, out->inode);
            inode_put(out->inode);
            out->inode = target;
            if (rc)
                return rc;
            if (!target)
                continue;
        }
        if (last) {
            out->must_be_dir = slash;
            return finish(w, nm, rc, out);
        }
        if (rc)
            return rc;
        inode_put(w->dir);
        w->dir = out->inode;
        out->inode = NULL;
    }
}

/* The directory from which dirfd's paths start, with a reference. */
static int start_of(int dirfd, bool must_be_dir, struct inode **out)
{
    if (dirfd == AT_FDCWD) {
        *out = inode_ref(current->cwd ? current->cwd : root_of_all());
        return 0;
    }
    struct file *f = fd_get(dirfd);
    if (!f)
        return -EBADF;
    int rc = !f->inode ? -EINVAL : must_be_dir && !is_dir(f->inode) ? -ENOTDIR : 0;
    if (!rc)
        *out = inode_ref(f->inode);
    file_put(f);
    return rc;
}

/* Walks the path in buf. */
static int walk_buffer(int dirfd, char *buf, u32 flags, struct path *out)
{
    struct walk w = {.buf = buf, .at = buf, .flags = flags};
    int rc = 0;
    if (!root_of_all())
        return -ENOENT;
    if (!*buf && !(flags & WALK_EMPTY))
        return -ENOENT;
    if (*buf == '/')
        w.dir = inode_ref(task_root());
    else
        rc = start_of(dirfd, *buf, &w.dir);
    if (rc)
        return rc;
    rc = walk_all(&w, out);
    inode_put(w.dir);
    if (rc)
        path_put(out);
    return rc;
}

/* Only the start-up thread walks without buffers of its own. */
static char *buffer_of(u32 flags)
{
    static char start_up[PATH_LEN_MAX];
    return current->paths ? current->paths->path[flags & WALK_BUFFER1 ? 1 : 0] : start_up;
}

int walk_user(int dirfd, user_ptr path, u32 flags, struct path *out)
{
    char *buf = buffer_of(flags);
    *out = (struct path){0};
    long len = string_from_user(buf, path, PATH_LEN_MAX);
    return len < 0 ? (int)len : walk_buffer(dirfd, buf, flags, out);
}

int walk_kernel(const char *path, u32 flags, struct path *out)
{
    char *buf = buffer_of(flags);
    size_t len = strlen(path) + 1;
    *out = (struct path){0};
    if (len > PATH_LEN_MAX)
        return -ENAMETOOLONG;
    memmove(buf, path, len);
    return walk_buffer(AT_FDCWD, buf, flags, out);
}

void path_put(struct path *p)
{
    if (p->dir)
        inode_put(p->dir);
    if (p->inode)
        inode_put(p->inode);
    p->dir = p->inode = NULL;
}
