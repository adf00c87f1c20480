// SPDX-License-Identifier: MIT
/*
 * open, creat, stat and unlink must make, find and remove regular files with every flag's documented effect.
 */
#include "tests/user/calls/tap.h"

#include <sys/time.h>
#include <time.h>

static void opening(void)
{
    int fd, other;

    fails(open("a", O_RDONLY), ENOENT, "open of a missing file");
    fails(open("a", O_RDWR | O_TRUNC), ENOENT, "open with O_TRUNC of a missing file");
    fd = open("a", O_WRONLY | O_CREAT | O_EXCL, 0640);
    ok(fd >= 0, "O_CREAT|O_EXCL makes a file");
    is(size_of("a"), 0, "a new file is empty");
    is(mode_of("a"), 0640, "it has the mode that was asked for");
    is(links_of("a"), 1, "it has one link");
    is(write(fd, "hello", 5), 5, "write to it");
    fails(open("a", O_WRONLY | O_CREAT | O_EXCL, 0640), EEXIST, "O_EXCL on a file that exists");
    other = open("a", O_RDONLY | O_CREAT, 0600);
    ok(other >= 0, "O_CREAT on a file that exists opens it");
    is(mode_of("a"), 0640, "and leaves its mode");
    is(size_of("a"), 5, "and its content");
    is(close(other), 0, "close");
    fails(close(other), EBADF, "close of a closed descriptor");
    is(close(fd), 0, "close of the writer");
    fd = open("a", O_WRONLY | O_TRUNC);
    ok(fd >= 0, "O_TRUNC opens");
    is(size_of("a"), 0, "and empties");
    close(fd);
    fd = creat("b", 0600);
    ok(fd >= 0 && write(fd, "x", 1) == 1, "creat opens for writing");
    char c;
    fails(read(fd, &c, 1), EBADF, "and not for reading");
    close(fd);
    fails(open("", O_RDONLY), ENOENT, "open of the empty path");
    fails(open("a/b", O_RDONLY), ENOTDIR, "open below a file");
    fails(open("none/b", O_WRONLY | O_CREAT, 0600), ENOENT, "create in a missing folder");
}

static void folders(void)
{
    int fd;

    mkdir("d", 0755);
    fails(open("d", O_WRONLY), EISDIR, "open of a folder for writing");
    fails(open("d", O_RDWR), EISDIR, "open of a folder for reading and writing");
    fails(open("d", O_RDONLY | O_CREAT, 0600), EISDIR, "O_CREAT on a folder");
    fails(open("a", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY on a file");
    fails(open("d/", O_WRONLY | O_CREAT, 0600), EISDIR, "create with a slash at the end");
    fd = open("d", O_RDONLY | O_DIRECTORY);
    ok(fd >= 0, "O_DIRECTORY on a folder");
    char c;
    fails(read(fd, &c, 1), EISDIR, "read of a folder");
    fails(write(fd, &c, 1), EBADF, "write to a folder");
    close(fd);
    symlink("a", "s");
    fails(open("s", O_RDONLY | O_NOFOLLOW), ELOOP, "O_NOFOLLOW on a symbolic link");
    fails(open("s", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST, "O_EXCL on a symbolic link");
    symlink("made", "dangling");
    fd = open("dangling", O_WRONLY | O_CREAT, 0600);
    ok(fd >= 0 && exists("made"), "O_CREAT through a dangling link makes its target");
    close(fd);
}

static void unlinked(void)
{
    char text[8] = "";
    struct stat st;
    int fd = open("u", O_RDWR | O_CREAT, 0600);

    is(write(fd, "abcdef", 6), 6, "write to a file");
    is(unlink("u"), 0, "unlink while it is open");
    fails(open("u", O_RDONLY), ENOENT, "the name is gone");
    is(fstat(fd, &st), 0, "fstat still works");
    is((long)st.st_nlink, 0, "with no links");
    is((long)st.st_size, 6, "and its size");
    is(pread(fd, text, 6, 0), 6, "its content can be read");
    ok(strcmp(text, "abcdef") == 0, "and is right");
    is(pwrite(fd, "xyz", 3, 6), 3, "it can grow");
    ok(put("u", "new"), "a new file takes the name");
    is(fstat(fd, &st), 0, "fstat of the old one");
    is((long)st.st_size, 9, "they are different files");
    close(fd);
    ok(holds("u", "new"), "and the new one stays");
    fails(unlink("u/"), ENOTDIR, "unlink with a slash at the end");
    is(unlink("u"), 0, "unlink");
    fails(unlink("u"), ENOENT, "unlink again");
    fails(unlink("d"), EISDIR, "unlink of a folder");
    is(unlink("s"), 0, "unlink of a symbolic link");
    ok(exists("a"), "leaves its target");
}

static void modes(void)
{
    struct stat st;
    mode_t old = umask(077);

    is((long)old, 022, "umask gives the old mask");
    close(open("m", O_WRONLY | O_CREAT, 0666));
    is(mode_of("m"), 0600, "the mask takes bits from a new file");
    umask(022);
    is(chmod("m", 04755), 0, "chmod");
    is(mode_of("m"), 04755, "sets all twelve bits");
    int fd = open("m", O_RDONLY);
    is(fchmod(fd, 0444), 0, "fchmod on a descriptor for reading");
    is(fstat(fd, &st), 0, "fstat");
    is((long)st.st_mode, S_IFREG | 0444, "shows type and bits");
    is((long)st.st_uid, 0, "root owns it");
    close(fd);
    is(chown("m", 12, 34), 0, "chown");
    stat("m", &st);
    ok(st.st_uid == 12 && st.st_gid == 34, "sets owner and group");
    is(chown("m", (uid_t)-1, 56), 0, "chown of the group alone");
    stat("m", &st);
    ok(st.st_uid == 12 && st.st_gid == 56, "leaves the owner");
    symlink("m", "ml");
    is(lchown("ml", 78, 78), 0, "lchown");
    stat("m", &st);
    is((long)st.st_uid, 12, "leaves the target");
    lstat("ml", &st);
    is((long)st.st_uid, 78, "and changes the link");
    fails(chmod("none", 0600), ENOENT, "chmod of a missing file");
    fails(fchmod(99, 0600), EBADF, "fchmod of no descriptor");
}

static void times(void)
{
    struct timespec set[2] = {{1000000000, 0}, {1234567890, 0}}, omit[2] = {{0, UTIME_OMIT}, {0, UTIME_NOW}};
    struct stat st, later;
    int fd = open("t", O_RDWR | O_CREAT, 0600);

    is(utimensat(AT_FDCWD, "t", set, 0), 0, "utimensat");
    stat("t", &st);
    is((long)st.st_atime, 1000000000, "sets the time of access");
    is((long)st.st_mtime, 1234567890, "and of modification");
    ok(st.st_ctime > 1234567890, "and the time of change is now");
    is(futimens(fd, omit), 0, "futimens with UTIME_OMIT and UTIME_NOW");
    stat("t", &later);
    is((long)later.st_atime, 1000000000, "leaves one");
    ok(later.st_mtime >= st.st_ctime, "and sets the other to now");
    utimensat(AT_FDCWD, "t", set, 0);
    is(write(fd, "x", 1), 1, "a write");
    stat("t", &later);
    ok(later.st_mtime > 1234567890, "sets the time of modification");
    utimensat(AT_FDCWD, "t", set, 0);
    is(ftruncate(fd, 100), 0, "a truncate");
    stat("t", &later);
    ok(later.st_mtime > 1234567890, "does so too");
    utimensat(AT_FDCWD, ".", set, 0);
    close(open("fresh", O_WRONLY | O_CREAT, 0600));
    stat(".", &later);
    ok(later.st_mtime > 1234567890, "a new name changes its folder's time");
    utimensat(AT_FDCWD, ".", set, 0);
    unlink("fresh");
    stat(".", &later);
    ok(later.st_mtime > 1234567890, "a removed one too");
    fails(utimensat(AT_FDCWD, "none", set, 0), ENOENT, "utimensat of a missing file");
    set[0].tv_nsec = 1000000000;
    fails(utimensat(AT_FDCWD, "t", set, 0), EINVAL, "utimensat with too many nanoseconds");
    close(fd);
}

static void identity(void)
{
    struct stat a, b;
    int fd = open("a", O_RDONLY);

    stat("a", &a);
    fstat(fd, &b);
    ok(a.st_ino == b.st_ino && a.st_dev == b.st_dev, "stat and fstat agree on the file");
    stat("d", &b);
    ok(a.st_ino != b.st_ino && a.st_dev == b.st_dev, "another file has another number on the same device");
    ok(a.st_blksize >= 512, "the block size is sensible");
    fails(fstat(99, &a), EBADF, "fstat of no descriptor");
    fails(stat("none", &a), ENOENT, "stat of a missing file");
    close(fd);
}

int main(void)
{
    tap_begin("files");
    opening();
    folders();
    unlinked();
    modes();
    times();
    identity();
    return tap_end();
}
