// SPDX-License-Identifier: MIT
/*
 * rename must move files and folders in all its cases, replace what it may and change nothing when it fails.
 */
#include "tests/user/calls/tap.h"

static ino_t number_of(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 ? st.st_ino : 0;
}

static void files(void)
{
    ino_t number;

    put("a", "one");
    number = number_of("a");
    is(rename("a", "b"), 0, "a file gets a new name");
    ok(!exists("a") && holds("b", "one"), "and only that");
    ok(number_of("b") == number, "it is the same file");
    put("c", "two");
    is(rename("b", "c"), 0, "a file replaces another");
    ok(!exists("b") && holds("c", "one"), "whose content is gone");
    fails(rename("none", "c"), ENOENT, "rename of nothing");
    ok(holds("c", "one"), "leaves the target");
    fails(rename("c", "none/c"), ENOENT, "rename into a missing folder");
    fails(rename("c", "c/d"), ENOTDIR, "rename below a file");
    fails(rename("", "d"), ENOENT, "rename of the empty path");
    fails(rename("c", ""), ENOENT, "rename to the empty path");
    is(rename("c", "c"), 0, "rename to itself");
    ok(holds("c", "one"), "does nothing");
    link("c", "c2");
    is(rename("c", "c2"), 0, "rename onto another name of the same file");
    ok(exists("c") && exists("c2") && links_of("c") == 2, "does nothing either");
    unlink("c2");
}

static void replaced_while_open(void)
{
    char text[8] = "";
    int fd;

    put("old", "old");
    put("new", "new");
    fd = open("old", O_RDONLY);
    is(rename("new", "old"), 0, "an open file is replaced");
    is(read(fd, text, 3), 3, "its reader still reads it");
    ok(memcmp(text, "old", 3) == 0, "with the old content");
    close(fd);
    ok(holds("old", "new"), "the name has the new one");
}

static void folders(void)
{
    struct stat above, dotdot;

    mkdir("p", 0755);
    mkdir("q", 0755);
    mkdir("p/x", 0755);
    put("p/x/file", "deep");
    is(links_of("p"), 3, "before: the first folder has three links");
    is(rename("p/x", "q/y"), 0, "a folder moves");
    ok(!exists("p/x") && holds("q/y/file", "deep"), "with what is in it");
    is(links_of("p"), 2, "one link less here");
    is(links_of("q"), 3, "one more there");
    stat("q", &above);
    stat("q/y/..", &dotdot);
    ok(above.st_ino == dotdot.st_ino, "its .. is the new folder");
    mkdir("p/z", 0755);
    is(rename("q/y", "p/z"), 0, "a folder replaces an empty one");
    is(links_of("p"), 3, "the links are right here");
    is(links_of("q"), 2, "and there");
    mkdir("q/full", 0755);
    put("q/full/f", "x");
    fails(rename("p/z", "q/full"), ENOTEMPTY, "a folder does not replace one that is not empty");
    fails(rename("p/z", "c"), ENOTDIR, "a folder does not replace a file");
    fails(rename("c", "p/z"), EISDIR, "a file does not replace a folder");
    fails(rename("p", "p/z/inner"), EINVAL, "a folder does not move below itself");
    fails(rename("p", "p/p"), EINVAL, "nor into itself");
    fails(rename("p/z", "p"), ENOTEMPTY, "nor onto the one above it");
    ok(holds("p/z/file", "deep") && holds("c", "one"), "failures change nothing");
    is(rename("p/z/", "p/w"), 0, "a folder's old name may end in a slash");
    is(rename("p/w", "p/z/"), 0, "and its new one");
    fails(rename("c/", "d"), ENOTDIR, "a file's old name may not");
    fails(rename("c", "d/"), ENOTDIR, "nor its new one");
}

static void special(void)
{
    fails(rename("p/.", "r"), EBUSY, "rename of .");
    fails(rename("p/..", "r"), EBUSY, "rename of ..");
    fails(rename("p", "q/."), EBUSY, "rename to .");
    fails(rename("/", "r"), EBUSY, "rename of the root");
    symlink("c", "s");
    is(rename("s", "s2"), 0, "a symbolic link is renamed itself");
    ok(exists("c") && !exists("s"), "not its target");
    is(rename("c", "s2"), 0, "a file replaces a symbolic link");
    ok(holds("s2", "one") && !exists("c"), "and does not follow it");
    is(rename("s2", "c"), 0, "back");
}

static void across(void)
{
    char path[64];
    int i, there = 0, back = 0;

    for (i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "q/file%d", i);
        put("p/file", path);
        there += rename("p/file", path) == 0;
    }
    is(there, 200, "200 files move to another folder");
    for (i = 0; i < 200; i++) {
        char other[64];

        snprintf(path, sizeof path, "q/file%d", i);
        snprintf(other, sizeof other, "q/a-longer-name-for-file%d", i);
        back += holds(path, path) && rename(path, other) == 0 && holds(other, path) && unlink(other) == 0;
    }
    is(back, 200, "get longer names and keep their content");
    is(rename("q/full", "p/full"), 0, "a folder follows");
    is(rename("p", "q/p"), 0, "then the folder itself");
    ok(holds("q/p/full/f", "x") && holds("q/p/z/file", "deep"), "with everything below");
    is(links_of("q"), 3, "with the right links");
}

/* Two processes rename the same names to and fro; whatever wins, each name is whole. */
static int swap_many(void)
{
    int i;

    for (i = 0; i < 300; i++) {
        if (rename("left", "right") != 0)
            NEED(errno == ENOENT);
        if (rename("right", "left") != 0)
            NEED(errno == ENOENT);
    }
    return 0;
}

static void racing(void)
{
    pid_t child;

    put("left", "data");
    child = tap_start(swap_many);
    is(swap_many(), 0, "renames that race with another process either work or find nothing");
    tap_status(tap_wait(child), 0, "in the other process too");
    ok(holds("left", "data") != holds("right", "data"), "one name is left, with its content");
}

int main(void)
{
    tap_begin("rename");
    files();
    replaced_while_open();
    folders();
    special();
    across();
    racing();
    return tap_end();
}
