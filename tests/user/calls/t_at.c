// SPDX-License-Identifier: MIT
/*
 * The calls with a folder descriptor must start there, at the working folder for AT_FDCWD, and not for absolute paths.
 */
#include "tests/user/calls/tap.h"

#include <sys/time.h>
#include <time.h>

static int dir, file;

static void opening(void)
{
    int fd = openat(dir, "made", O_RDWR | O_CREAT, 0644);
    char path[512];
    struct stat st;

    ok(fd >= 0 && exists("d/made") && !exists("made"), "openat makes a file in the folder");
    is(write(fd, "text", 4), 4, "which works");
    close(fd);
    fd = openat(AT_FDCWD, "d/made", O_RDONLY);
    ok(fd >= 0, "AT_FDCWD is the working folder");
    close(fd);
    join(path, sizeof path, tap_folder, "d/made");
    fd = openat(99, path, O_RDONLY);
    ok(fd >= 0, "an absolute path needs no descriptor");
    close(fd);
    fails(openat(99, "made", O_RDONLY), EBADF, "a relative one does");
    fails(openat(file, "made", O_RDONLY), ENOTDIR, "and it must be a folder");
    is(fstatat(dir, "made", &st, 0), 0, "fstatat");
    is((long)st.st_size, 4, "finds it");
    is(fstatat(dir, "", &st, AT_EMPTY_PATH), 0, "AT_EMPTY_PATH");
    ok(S_ISDIR(st.st_mode), "is the descriptor itself");
    fails(fstatat(dir, "", &st, 0), ENOENT, "without it the empty path is an error");
    fails(fstatat(dir, "made", &st, 0x40000000), EINVAL, "an unknown flag");
}

static void links(void)
{
    struct stat st;
    char target[16];

    is(symlinkat("made", dir, "sym"), 0, "symlinkat");
    is(fstatat(dir, "sym", &st, AT_SYMLINK_NOFOLLOW), 0, "AT_SYMLINK_NOFOLLOW");
    ok(S_ISLNK(st.st_mode), "does not follow it");
    is(readlinkat(dir, "sym", target, sizeof target), 4, "readlinkat");
    is(linkat(dir, "made", AT_FDCWD, "linked", 0), 0, "linkat between folders");
    ok(holds("linked", "text"), "both names are one file");
    is(linkat(dir, "sym", dir, "sym2", 0), 0, "linkat of a link");
    fstatat(dir, "sym2", &st, AT_SYMLINK_NOFOLLOW);
    ok(S_ISLNK(st.st_mode), "links the link");
    is(linkat(dir, "sym", dir, "target2", AT_SYMLINK_FOLLOW), 0, "linkat with AT_SYMLINK_FOLLOW");
    fstatat(dir, "target2", &st, AT_SYMLINK_NOFOLLOW);
    ok(S_ISREG(st.st_mode), "links the target");
    fails(linkat(99, "made", dir, "x", 0), EBADF, "linkat from no descriptor");
    fails(linkat(dir, "made", file, "x", 0), ENOTDIR, "linkat to a file");
}

static void changing(void)
{
    struct timespec set[2] = {{5, 0}, {6, 0}};
    struct stat st;

    is(fchmodat(dir, "made", 0600, 0), 0, "fchmodat");
    is(mode_of("d/made"), 0600, "sets the mode");
    is(fchownat(dir, "made", 12, 34, 0), 0, "fchownat");
    is(fchownat(dir, "sym", 56, 78, AT_SYMLINK_NOFOLLOW), 0, "fchownat of a link");
    fstatat(dir, "made", &st, 0);
    ok(st.st_uid == 12 && st.st_gid == 34, "leaves its target");
    is(utimensat(dir, "made", set, 0), 0, "utimensat");
    fstatat(dir, "made", &st, 0);
    is((long)st.st_mtime, 6, "sets the time");
    is(faccessat(dir, "made", R_OK, 0), 0, "faccessat");
    fails(faccessat(dir, "none", R_OK, 0), ENOENT, "of nothing");
}

static void renaming(void)
{
    int other;

    is(mkdirat(dir, "inner", 0755), 0, "mkdirat");
    other = openat(dir, "inner", O_RDONLY | O_DIRECTORY);
    ok(other >= 0, "makes a folder");
    is(renameat(dir, "made", other, "moved"), 0, "renameat");
    ok(exists("d/inner/moved") && !exists("d/made"), "moves between folders");
    fails(renameat(99, "x", other, "y"), EBADF, "from no descriptor");
    fails(renameat(other, "moved", file, "y"), ENOTDIR, "to a file");
    fails(unlinkat(dir, "inner", 0), EISDIR, "unlinkat of a folder");
    fails(unlinkat(dir, "inner", AT_REMOVEDIR), ENOTEMPTY, "with AT_REMOVEDIR when it is not empty");
    is(unlinkat(other, "moved", 0), 0, "unlinkat of a file");
    fails(unlinkat(dir, "sym", AT_REMOVEDIR), ENOTDIR, "AT_REMOVEDIR of a link");
    is(unlinkat(dir, "inner", AT_REMOVEDIR), 0, "AT_REMOVEDIR of an empty folder");
    fails(unlinkat(dir, "sym", 0x1), EINVAL, "an unknown flag");
    close(other);
}

static void moved_folder(void)
{
    int fd;

    is(rename("d", "e"), 0, "the folder itself is renamed");
    fd = openat(dir, "late", O_WRONLY | O_CREAT, 0600);
    ok(fd >= 0 && exists("e/late"), "its descriptor still leads to it");
    close(fd);
    is(mknodat(dir, "pipe", S_IFIFO | 0600, 0), 0, "mknodat makes a named pipe");
    struct stat st;
    ok(fstatat(dir, "pipe", &st, 0) == 0 && S_ISFIFO(st.st_mode), "of that kind");
}

int main(void)
{
    tap_begin("at");
    mkdir("d", 0755);
    put("f", "x");
    dir = open("d", O_RDONLY | O_DIRECTORY);
    file = open("f", O_RDONLY);
    opening();
    links();
    changing();
    renaming();
    moved_folder();
    return tap_end();
}
