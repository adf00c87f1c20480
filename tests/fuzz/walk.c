// SPDX-License-Identifier: MIT
/*
 * walk.c - paths of any form lead where a plain reading of path_resolution(7) leads, whatever was made, moved or removed before
 *
 *     each action    one byte, then a path or two; a path is one byte a token, ended by the token 0
 *
 * The plain tree is a table of names.  A walk must give its node or its error; a call that changes the tree must succeed
 * exactly when the plain tree allows it.  Any need may be refused: then the call has changed nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/string.h"
#include "tests/fuzz/input.h"
#include "tests/host/vfs/host.h"

int setenv(const char *name, const char *value, int replace);

enum { NODES = 60, NAMES = 80, ROOT = 1, LINKS = 40, TOKENS = 14, TEXT = 4096 };

static const char *const tokens[] = {"", "a", "b", "c", "/", "/", "/", "..", ".", "x", NULL};
static char longest[NAME_LEN_MAX + 1]; /* tokens[10] */

/* --- the plain tree --- */

static struct node {
    u32 type;          /* S_IFDIR, S_IFREG, S_IFLNK; 0: unused */
    u32 parent, names; /* of a directory; of all others the names that it has */
    char target[64];
    long ino;
} nodes[NODES];
static struct entry {
    u32 dir, node; /* node 0: unused */
    char name[NAME_LEN_MAX + 1];
} entries[NAMES];
static u32 top = ROOT, here = ROOT;

static struct entry *entry_of(u32 dir, const char *name)
{
    for (u32 i = 0; i < NAMES; i++)
        if (entries[i].node && entries[i].dir == dir && !strcmp(entries[i].name, name))
            return &entries[i];
    return NULL;
}

static bool empty(u32 dir)
{
    for (u32 i = 0; i < NAMES; i++)
        if (entries[i].node && entries[i].dir == dir)
            return false;
    return true;
}

static bool below(u32 dir, u32 above)
{
    while (dir != above && dir != ROOT)
        dir = nodes[dir].parent;
    return dir == above;
}

static bool is_folder(u32 node)
{
    return nodes[node].type == S_IFDIR;
}

/* Where a path leads: the last component's directory and name, and its node (0: there is none). */
struct spot {
    u32 dir, node;
    char name[NAME_LEN_MAX + 1]; /* empty: the path ends with ".", ".." or at the root */
    bool slash;
};

static bool named(const char *name)
{
    return *name && strcmp(name, ".") && strcmp(name, "..");
}

/* One component; the node, 0 when there is none, or -errno. */
static long component(u32 dir, const char *name, size_t length)
{
    if (!length)
        return dir;
    if (!is_folder(dir))
        return -ENOTDIR;
    if (length > NAME_LEN_MAX)
        return -ENAMETOOLONG;
    if (!strcmp(name, "."))
        return dir;
    if (!strcmp(name, "..") && (dir == top || dir == ROOT))
        return dir;
    if (!nodes[dir].names)
        return -ENOENT;
    if (!strcmp(name, ".."))
        return nodes[dir].parent;
    const struct entry *e = entry_of(dir, name);
    return e ? e->node : 0;
}

/* Cuts the next component off the text: its length.  What is left follows in place. */
static size_t cut(char *text, char *name, bool *slash, bool *last)
{
    char *at = text, *to = name;
    while (*at == '/')
        at++;
    char *start = at;
    for (; *at && *at != '/'; at++)
        if (to < name + NAME_LEN_MAX)
            *to++ = *at;
    *to = 0;
    size_t length = at - start;
    *slash = *at == '/';
    while (*at == '/')
        at++;
    *last = !*at;
    memmove(text, at, strlen(at) + 1);
    return length;
}

static long resolve(const char *path, u32 flags, struct spot *s)
{
    static char text[2 * TEXT], rest[2 * TEXT];
    u32 links = 0;
    if (!*path)
        return -ENOENT;
    strlcpy(text, path, sizeof(text));
    s->dir = *path == '/' ? top : here;
    for (;;) {
        bool last;
        size_t length = cut(text, s->name, &s->slash, &last);
        long node = component(s->dir, s->name, length);
        bool follow = !last || (flags & WALK_FOLLOW) || (s->slash && !(flags & WALK_PARENT));
        if (node < 0)
            return node;
        if (!node && (!last || !(flags & WALK_PARENT)))
            return -ENOENT;
        if (nodes[node].type == S_IFLNK && follow) {
            if (++links > LINKS)
                return -ELOOP;
            bool gap = s->slash && *text; /* the slash behind the link */
            strlcpy(rest, text, sizeof(rest));
            strlcpy(text, nodes[node].target, sizeof(text));
            strlcpy(text + strlen(text), gap || s->slash ? "/" : "", 2);
            strlcpy(text + strlen(text), rest, sizeof(text) - strlen(text));
            s->dir = *text == '/' ? top : s->dir;
            continue;
        }
        s->node = (u32)node;
        if (last && s->slash && !(flags & WALK_PARENT) && !is_folder(s->node))
            return -ENOTDIR;
        if (last)
            return s->node;
        s->dir = s->node;
    }
}

/* --- what the plain tree allows --- */

static bool may_make(long found, const struct spot *s, bool folder)
{
    return !found && named(s->name) && (folder || !s->slash);
}

static bool may_remove(long found, const struct spot *s, bool folder)
{
    if (found <= 0 || !named(s->name) || is_folder(s->node) != folder)
        return false;
    return folder ? empty(s->node) : !s->slash;
}

static bool may_move(long found, const struct spot *from, const struct spot *to)
{
    if (found <= 0 || !named(from->name) || !named(to->name))
        return false;
    bool folder = is_folder(from->node);
    if (!folder && (from->slash || to->slash))
        return false;
    if (folder && below(to->dir, from->node) && to->dir != from->dir)
        return false;
    if (from->node == to->node)
        return true;
    if (!to->node)
        return true;
    return is_folder(to->node) == folder && (!folder || empty(to->node));
}

/* --- changing it --- */

static void let_go(u32 node)
{
    if (!nodes[node].names && node != here && node != top)
        nodes[node].type = 0;
}

static void take_name(const struct spot *s)
{
    entry_of(s->dir, s->name)->node = 0;
    nodes[s->node].names--;
    let_go(s->node);
}

static void give_name(const struct spot *s, u32 node)
{
    u32 i = 0;
    while (entries[i].node)
        i++;
    entries[i] = (struct entry){.dir = s->dir, .node = node};
    strlcpy(entries[i].name, s->name, sizeof(entries[i].name));
    nodes[node].names++;
    if (is_folder(node))
        nodes[node].parent = s->dir;
}

static u32 new_node(u32 type, const char *target)
{
    u32 i = ROOT;
    while (i < NODES && nodes[i].type)
        i++;
    nodes[i] = (struct node){.type = type};
    strlcpy(nodes[i].target, target, sizeof(nodes[i].target));
    return i;
}

static bool full(void)
{
    u32 used = 0, names = 0;
    for (u32 i = 1; i < NODES; i++)
        used += nodes[i].type != 0;
    for (u32 i = 0; i < NAMES; i++)
        names += entries[i].node != 0;
    return used >= NODES - 4 || names >= NODES - 4;
}

/* --- the real one --- */

static bool refusing; /* a need of the next call is refused */

static int walk(const char *path, u32 flags, struct path *p)
{
    return walk_user(AT_FDCWD, (user_ptr){(u64)path}, flags, p);
}

/* True when the call has succeeded, as it had to; false when it had to fail, or was refused. */
static bool succeeded(int rc, bool allowed)
{
    refuse_at = 0;
    if (rc == -ENOMEM && refusing)
        return false;
    assert_int_equal(rc == 0, allowed);
    return rc == 0;
}

static void look(const char *path, u32 flags)
{
    struct spot s = {0};
    struct path p;
    long wanted = resolve(path, flags, &s);
    int rc = walk(path, flags, &p);
    refuse_at = 0;
    if (rc == -ENOMEM && refusing)
        return;
    assert_int_equal(rc, wanted < 0 ? wanted : 0);
    if (rc)
        return;
    assert_int_equal(p.inode ? (long)p.inode->ino : 0, wanted ? nodes[wanted].ino : 0);
    path_put(&p);
}

static void make(const char *path, u32 type, const char *target)
{
    struct spot s = {0};
    struct path p;
    struct new_inode what = {.mode = type | 0777, .target = {target, strlen(target)}};
    if (full())
        return;
    bool allowed = may_make(resolve(path, WALK_PARENT, &s), &s, type == S_IFDIR);
    int rc = walk(path, WALK_PARENT, &p);
    if (!rc) {
        rc = create_path(&p, &what);
        path_put(&p);
    }
    if (!succeeded(rc, allowed))
        return;
    u32 node = new_node(type, target);
    give_name(&s, node);
    assert_int_equal(walk(path, 0, &p), 0);
    nodes[node].ino = (long)p.inode->ino;
    path_put(&p);
}

static void remove(const char *path, bool folder)
{
    struct spot s = {0};
    struct path p;
    bool allowed = may_remove(resolve(path, WALK_PARENT, &s), &s, folder);
    int rc = walk(path, WALK_PARENT, &p);
    if (!rc) {
        rc = unlink_path(&p, folder);
        path_put(&p);
    }
    if (succeeded(rc, allowed))
        take_name(&s);
}

static void move(const char *path, const char *other)
{
    struct spot from = {0}, to = {0};
    struct path a, b;
    long found = resolve(path, WALK_PARENT, &from), place = resolve(other, WALK_PARENT, &to);
    int rc = walk(path, WALK_PARENT | WALK_BUFFER1, &a);
    if (!rc) {
        rc = walk(other, WALK_PARENT, &b);
        if (!rc) {
            rc = rename_path(&a, &b, true);
            path_put(&b);
        }
        path_put(&a);
    }
    if (!succeeded(rc, place >= 0 && may_move(found, &from, &to)) || from.node == to.node)
        return;
    if (to.node)
        take_name(&to);
    entry_of(from.dir, from.name)->node = 0;
    nodes[from.node].names--;
    give_name(&to, from.node);
}

static void link(const char *path, const char *other)
{
    struct spot from = {0}, to = {0};
    struct path a, b;
    long found = resolve(path, 0, &from), place = resolve(other, WALK_PARENT, &to);
    if (full())
        return;
    int rc = walk(path, WALK_BUFFER1, &a);
    if (!rc) {
        rc = walk(other, WALK_PARENT, &b);
        if (!rc) {
            rc = link_path(a.inode, &b);
            path_put(&b);
        }
        path_put(&a);
    }
    if (succeeded(rc, found > 0 && !is_folder(from.node) && may_make(place, &to, false)))
        give_name(&to, from.node);
}

/* chdir and chroot */
static void go(const char *path, struct inode **place, u32 *plain)
{
    struct spot s = {0};
    struct path p;
    long found = resolve(path, WALK_FOLLOW, &s);
    int rc = walk(path, WALK_FOLLOW, &p);
    if (!succeeded(rc, found >= 0))
        return;
    if (is_dir(p.inode)) {
        u32 before = *plain;
        if (*place)
            inode_put(*place);
        *place = inode_ref(p.inode);
        *plain = s.node;
        let_go(before);
    }
    path_put(&p);
}

/* --- one input --- */

static void take_path(struct input *in, char *text, size_t size)
{
    char *to = text;
    *to = 0;
    for (u32 k = 0; k < TOKENS; k++) {
        u32 number = input_number(in, 1) % ARRAY_SIZE(tokens);
        const char *token = tokens[number] ? tokens[number] : longest;
        size_t length = strlen(token);
        if (!length || to + length >= text + size)
            return;
        strlcpy(to, token, length + 1);
        to += length;
    }
}

static void act(struct input *in)
{
    static char path[TEXT], other[TEXT], target[64];
    u32 what = input_number(in, 1);
    take_path(in, path, sizeof(path));
    switch (what % 14) {
    case 0: make(path, S_IFDIR, ""); break;
    case 1: make(path, S_IFREG, ""); break;
    case 2:
        take_path(in, target, sizeof(target));
        make(path, S_IFLNK, *target ? target : "a");
        break;
    case 3: remove(path, false); break;
    case 4: remove(path, true); break;
    case 5:
        take_path(in, other, sizeof(other));
        move(path, other);
        break;
    case 6:
        take_path(in, other, sizeof(other));
        link(path, other);
        break;
    case 7: go(path, &current->cwd, &here); break;
    case 8: go(path, &current->root, &top); break;
    case 9: names_drop(root_of_all()->fs); break;
    case 10: inodes_drop(root_of_all()->fs); break;
    default: look(path, what / 14 & (WALK_FOLLOW | WALK_PARENT));
    }
}

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    memset(longest, 'n', NAME_LEN_MAX);
    machine_start();
    return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

static void leave(struct inode **place)
{
    if (*place)
        inode_put(*place);
    *place = NULL;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct input in = {data, data + size};
    memset(nodes, 0, sizeof(nodes));
    memset(entries, 0, sizeof(entries));
    nodes[ROOT] = (struct node){.type = S_IFDIR, .parent = ROOT, .names = 1, .ino = ROOT};
    top = here = ROOT;
    memfs_reset();
    assert_int_equal(mount_root(&disk, &memfs_ops, false), 0);
    while (input_left(&in)) {
        u32 number = input_number(&in, 1);
        refusing = number % 4 == 3;
        refuse_at = refusing ? number / 4 + 1 : 0;
        act(&in);
        refuse_at = 0;
    }
    leave(&current->root);
    leave(&current->cwd);
    assert_int_equal(unmount_all(), 0);
    assert_int_equal(objects_alive, 0);
    return 0;
}
