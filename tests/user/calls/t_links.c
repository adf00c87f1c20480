// SPDX-License-Identifier: MIT
/*
 * Hard links must share one file and count its names; symbolic links must be followed, read and stopped at 40.
 */
#include "tests/user/calls/tap.h"

static void hard(void)
{
    struct stat a, b;

    put("a", "one");
    is(link("a", "b"), 0, "link");
    stat("a", &a);
    stat("b", &b);
    ok(a.st_ino == b.st_ino, "both names are one file");
    is((long)a.st_nlink, 2, "with two links");
    put("b", "two");
    ok(holds("a", "two"), "what is written by one name is read by the other");
    is(unlink("a"), 0, "one name goes");
    ok(holds("b", "two"), "the file stays");
    is(links_of("b"), 1, "with one link");
    fails(link("none", "c"), ENOENT, "link to nothing");
    put("c", "x");
    fails(link("b", "c"), EEXIST, "link over an existing name");
    mkdir("d", 0755);
    fails(link("d", "e"), EPERM, "link to a folder");
    fails(link("d", "c"), EEXIST, "a name that exists is found first");
    fails(link("b", "none/x"), ENOENT, "link into a missing folder");
    fails(link("b", "c/x"), ENOTDIR, "link below a file");
    is(link("b", "d/b"), 0, "link into another folder");
    is(links_of("b"), 2, "counts");
    unlink("d/b");
}

static void many(void)
{
    char path[32];
    int i, made = 0, gone = 0;

    for (i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "link%d", i);
        made += link("b", path) == 0;
    }
    is(made, 200, "200 more names");
    is(links_of("b"), 201, "are counted");
    for (i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "link%d", i);
        gone += unlink(path) == 0;
    }
    is(gone, 200, "and removed");
    is(links_of("b"), 1, "down to one");
}

static void symbolic(void)
{
    char text[64];
    struct stat st;

    is(symlink("b", "s"), 0, "symlink");
    lstat("s", &st);
    ok(S_ISLNK(st.st_mode), "lstat shows a link");
    is((long)st.st_size, 1, "its size is its target's length");
    stat("s", &st);
    ok(S_ISREG(st.st_mode), "stat follows it");
    is(readlink("s", text, sizeof text), 1, "readlink");
    ok(text[0] == 'b', "gives the target");
    ok(holds("s", "two"), "open follows it");
    is(symlink("a-rather-long-target", "l"), 0, "a longer one");
    is(readlink("l", text, 5), 5, "readlink into a small buffer");
    ok(memcmp(text, "a-rat", 5) == 0, "cuts the target");
    fails(readlink("b", text, sizeof text), EINVAL, "readlink of a file");
    fails(readlink("none", text, sizeof text), ENOENT, "readlink of nothing");
    fails(readlink("b/x", text, sizeof text), ENOTDIR, "readlink below a file");
    fails(symlink("x", "s"), EEXIST, "symlink over an existing name");
    fails(symlink("", "t"), ENOENT, "symlink to the empty path");
    fails(symlink("x", "none/t"), ENOENT, "symlink in a missing folder");
    is(symlink("none", "dangling"), 0, "symlink to nothing");
    fails(open("dangling", O_RDONLY), ENOENT, "cannot be opened");
    fails(stat("dangling", &st), ENOENT, "nor followed by stat");
    is(link("dangling", "dangling2"), 0, "a hard link to a symbolic link");
    is(links_of("dangling"), 2, "links the link itself");
}

static void targets(void)
{
    static const int lengths[] = {1, 58, 59, 60, 61, 63, 64, 100, 255, 1000, 1023};
    char target[1100], text[1100];
    size_t i;
    int good = 0;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(target, 'a' + (int)i, sizeof target);
        target[lengths[i]] = '\0';
        good += symlink(target, "long") == 0 && readlink("long", text, sizeof text) == lengths[i] &&
                memcmp(text, target, (size_t)lengths[i]) == 0 && size_of("long") == lengths[i] &&
                unlink("long") == 0;
    }
    is(good, (long)(sizeof lengths / sizeof lengths[0]), "targets of many lengths are kept whole");
}

static void paths(void)
{
    mkdir("dir", 0755);
    put("dir/f", "in");
    symlink("dir", "to-dir");
    ok(holds("to-dir/f", "in"), "a link to a folder in the middle of a path");
    symlink("../b", "dir/up");
    ok(holds("dir/up", "two"), "a relative link starts at its own folder");
    ok(holds("to-dir/up", "two"), "also when it is reached by another link");
    symlink("to-dir/../b", "round");
    ok(holds("round", "two"), "a link with .. in it");
    fails(unlink("to-dir/"), ENOTDIR, "unlink of a link to a folder with a slash");
    fails(rmdir("to-dir"), ENOTDIR, "rmdir of a link to a folder");
    is(unlink("to-dir"), 0, "unlink of a link to a folder");
    ok(holds("dir/f", "in"), "leaves the folder");
    symlink("b/", "slash");
    fails(open("slash", O_RDONLY), ENOTDIR, "a target with a slash at its end must be a folder");
}

static void loops(void)
{
    char from[16], to[16];
    struct stat st;
    int i;

    symlink("self", "self");
    fails(open("self", O_RDONLY), ELOOP, "a link to itself");
    fails(stat("self/x", &st), ELOOP, "in the middle of a path too");
    symlink("y", "x");
    symlink("x", "y");
    fails(stat("x", &st), ELOOP, "two links to each other");
    works(lstat("x", &st), "lstat does not follow them");
    put("chain0", "end");
    for (i = 1; i <= 41; i++) {
        snprintf(from, sizeof from, "chain%d", i);
        snprintf(to, sizeof to, "chain%d", i - 1);
        symlink(to, from);
    }
    ok(holds("chain40", "end"), "forty links are followed");
    fails(open("chain41", O_RDONLY), ELOOP, "forty-one are not");
    fails(chdir("self"), ELOOP, "chdir into a loop");
    fails(truncate("self", 0), ELOOP, "truncate of a loop");
    fails(open("self", O_WRONLY | O_CREAT, 0600), ELOOP, "create through a loop");
}

int main(void)
{
    tap_begin("links");
    hard();
    many();
    symbolic();
    targets();
    paths();
    loops();
    return tap_end();
}
