// SPDX-License-Identifier: MIT
/*
 * getcwd must name the folder that chdir and fchdir went to, also after it was moved, and statfs must add up.
 */
#include "tests/user/calls/tap.h"

#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

static bool here(const char *below)
{
    char folder[512], wanted[600];

    join(wanted, sizeof wanted, tap_folder, below);
    if (below[0] == '\0')
        wanted[strlen(wanted) - 1] = '\0';
    return getcwd(folder, sizeof folder) != NULL && strcmp(folder, wanted) == 0;
}

static void changing(void)
{
    ok(here(""), "getcwd names the scratch folder");
    mkdir("a", 0755);
    mkdir("a/b", 0755);
    is(chdir("a/b"), 0, "chdir down");
    ok(here("a/b"), "is there");
    is(chdir(".."), 0, "chdir up");
    ok(here("a"), "is there");
    is(chdir(tap_folder), 0, "chdir to a path from the root");
    symlink("a/b", "link");
    is(chdir("link"), 0, "chdir through a symbolic link");
    ok(here("a/b"), "getcwd names the folder, not the link");
    is(chdir("../.."), 0, "up twice");
    ok(here(""), "ends at the real folder above");
    fails(chdir("none"), ENOENT, "chdir to nothing");
    put("file", "x");
    fails(chdir("file"), ENOTDIR, "chdir to a file");
    ok(here(""), "a failed chdir goes nowhere");
}

static void by_descriptor(void)
{
    int fd = open("a", O_RDONLY | O_DIRECTORY), file = open("file", O_RDONLY);

    is(fchdir(fd), 0, "fchdir");
    ok(here("a"), "is there");
    fails(fchdir(file), ENOTDIR, "fchdir to a file");
    fails(fchdir(99), EBADF, "fchdir to no descriptor");
    chdir(tap_folder);
    close(fd);
    close(file);
}

static void moved(void)
{
    char folder[512];

    chdir("a/b");
    is(rename("../../a", "../../c"), 0, "a folder above is renamed");
    ok(here("c/b"), "getcwd names the new path");
    is(rename("../b", "../../d"), 0, "the folder itself is moved");
    ok(here("d"), "getcwd follows");
    is(chdir(".."), 0, "its .. is the new folder");
    ok(here(""), "above it");
    chdir("d");
    is(rmdir("../d"), 0, "it is removed");
    fails(syscall(SYS_getcwd, folder, sizeof folder), ENOENT, "then it has no name");
    fails(open("x", O_WRONLY | O_CREAT, 0600), ENOENT, "nothing can be made in it");
    fails(chdir("x"), ENOENT, "nor found");
    is(chdir(tap_folder), 0, "but one can leave it");
}

static void small_buffers(void)
{
    char folder[512];
    size_t length = strlen(tap_folder) + 1;

    is(syscall(SYS_getcwd, folder, length), (long)length, "the call tells the length with the 0");
    fails(syscall(SYS_getcwd, folder, length - 1), ERANGE, "one byte less is too small");
    fails(syscall(SYS_getcwd, folder, 0), ERANGE, "and so is none");
    chdir("/");
    is(syscall(SYS_getcwd, folder, sizeof folder), 2, "the root");
    ok(strcmp(folder, "/") == 0, "is /");
    chdir(tap_folder);
}

static int in_child(void)
{
    NEED(here("") && chdir("c") == 0 && here("c"));
    return 0;
}

/* The file system is not this program's alone: what another frees meanwhile may hide what the file takes. */
static bool takes_blocks(int fd)
{
    enum { ROUNDS = 20 };
    static char data[65536];
    struct statfs before, after;
    bool taken = false;

    memset(data, 1, sizeof data);
    for (int round = 0; round < ROUNDS && !taken; round++) {
        statfs(".", &before);
        for (int i = 0; i < 64; i++)
            pwrite(fd, data, sizeof data, (off_t)i * (off_t)sizeof data);
        fsync(fd);
        statfs(".", &after);
        taken = (long)(before.f_bfree - after.f_bfree) * (long)before.f_bsize >= 2 << 20;
        ftruncate(fd, 0);
        fsync(fd);
    }
    return taken;
}

static void space(void)
{
    struct statfs before, other;
    int fd = open("big", O_RDWR | O_CREAT, 0600);

    is(statfs(".", &before), 0, "statfs");
    ok(before.f_bsize >= 512 && before.f_blocks > 0 && before.f_bfree <= before.f_blocks &&
           before.f_bavail <= before.f_bfree && before.f_ffree <= before.f_files && before.f_namelen == 255,
       "its figures are possible");
    is(fstatfs(fd, &other), 0, "fstatfs");
    ok(other.f_type == before.f_type && other.f_blocks == before.f_blocks, "is of the same file system");
    ok(takes_blocks(fd), "a file takes blocks");
    close(fd);
    unlink("big");
    fails(fstatfs(99, &other), EBADF, "fstatfs of no descriptor");
    fails(statfs("none", &other), ENOENT, "statfs of nothing");
}

int main(void)
{
    tap_begin("cwd");
    changing();
    by_descriptor();
    moved();
    small_buffers();
    child_ok(in_child, "a child starts in its parent's folder");
    ok(here(""), "and its chdir is its own");
    space();
    return tap_end();
}
