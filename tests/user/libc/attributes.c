// SPDX-License-Identifier: MIT
/*
 * attributes.c - what is known about files and file systems, and changing it
 */
#include "tap.h"
#include <fcntl.h>
#include <mntent.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <time.h>
#include <utime.h>

static void test_stat(void)
{
    struct stat st, by_fd, link;
    int fd = open("file", O_RDWR | O_CREAT, 0644);

    write(fd, "0123456789", 10);
    fsync(fd);
    is(stat("file", &st), 0, "stat");
    ok(S_ISREG(st.st_mode) && st.st_size == 10 && st.st_nlink == 1, "type, size and links");
    ok(st.st_uid == geteuid() && st.st_blksize >= 512 && st.st_blocks >= 0, "owner and blocks");
    ok(labs(st.st_mtime - time(NULL)) < 60, "modified just now");
    ok(fstat(fd, &by_fd) == 0 && by_fd.st_ino == st.st_ino, "fstat finds the same file");
    close(fd);
    is(symlink("file", "link"), 0, "symlink");
    ok(lstat("link", &link) == 0 && S_ISLNK(link.st_mode) && link.st_size == 4, "lstat sees the link");
    ok(stat("link", &link) == 0 && link.st_ino == st.st_ino, "stat goes through it");
    ok(fstatat(AT_FDCWD, "link", &link, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(link.st_mode),
       "fstatat either way");
    char target[16];
    ok(readlink("link", target, sizeof target) == 4 && memcmp(target, "file", 4) == 0, "readlink");
    fails(readlink("file", target, sizeof target), EINVAL, "readlink of a file");
    unlink("link");
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? st.st_mode & 07777 : 0xffff;
}

static void test_modes(void)
{
    mode_t was = umask(027);

    is(umask(027), 027, "umask tells the one before");
    close(open("masked", O_CREAT | O_WRONLY, 0666));
    is(mode_of("masked"), 0640, "and is taken from the mode");
    is(chmod("masked", 04755), 0, "chmod");
    is(mode_of("masked"), 04755, "has its effect");
    fails(fchmodat(AT_FDCWD, "masked", 0600, AT_SYMLINK_NOFOLLOW), EOPNOTSUPP, "a link has no mode");
    fails(chmod("none", 0600), ENOENT, "chmod of nothing");
    fails(access("none", F_OK), ENOENT, "access of nothing");
    is(access("masked", R_OK), 0, "access to read");
    is(chown("masked", (uid_t)-1, (gid_t)-1), 0, "chown of nothing");
    umask(was);
    unlink("masked");
}

static void test_times(void)
{
    struct stat st;
    struct timespec two[2] = {{1000000000, 5}, {0, UTIME_OMIT}};
    struct utimbuf whole = {1, 2};

    is(utime("file", &whole), 0, "utime");
    ok(stat("file", &st) == 0 && st.st_atime == 1 && st.st_mtime == 2, "sets both times");
    is(utimensat(AT_FDCWD, "file", two, 0), 0, "utimensat");
    ok(stat("file", &st) == 0 && st.st_atime == 1000000000 && st.st_mtime == 2, "omits one");
    is(utimes("file", NULL), 0, "utimes without times");
    ok(stat("file", &st) == 0 && labs(st.st_mtime - time(NULL)) < 60, "means now");
}

static void test_special(void)
{
    struct stat st;

    is(mkfifo("fifo", 0600), 0, "mkfifo");
    ok(stat("fifo", &st) == 0 && S_ISFIFO(st.st_mode), "makes a pipe with a name");
    unlink("fifo");
    ok(stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode), "/dev/null is a device");
    ok(major(st.st_rdev) == 1 && minor(st.st_rdev) == 3, "number 1:3");
    dev_t dev = makedev(0x12345, 0x6789a);
    ok(major(dev) == 0x12345 && minor(dev) == 0x6789a, "device numbers come apart as they went together");
}

static void test_filesystem(void)
{
    struct statfs fs;
    struct statvfs vfs;

    ok(statfs(".", &fs) == 0 && fs.f_bsize >= 512 && fs.f_blocks >= fs.f_bfree, "statfs");
    ok(statvfs(".", &vfs) == 0 && vfs.f_blocks == fs.f_blocks && vfs.f_namemax >= 14, "statvfs");
    is(pathconf(".", _PC_NAME_MAX), fs.f_namelen, "pathconf of the longest name");
    is(pathconf(".", _PC_PIPE_BUF), 4096, "and of the pipe's promise");
    fails(statfs("none", &fs), ENOENT, "statfs of nothing");
}

static void test_table(void)
{
    FILE *file = fopen("table", "w");

    fputs("# comment\n/dev/hda1 / ext2 rw,noatime 0 1\nnone /with\\040blank proc ro\n", file);
    fclose(file);
    file = setmntent("table", "r");
    struct mntent *entry = getmntent(file);
    ok(entry && strcmp(entry->mnt_dir, "/") == 0 && entry->mnt_passno == 1, "getmntent reads a line");
    ok(entry && hasmntopt(entry, "noatime") && !hasmntopt(entry, "no"), "and its options");
    entry = getmntent(file);
    ok(entry && strcmp(entry->mnt_dir, "/with blank") == 0 && strcmp(entry->mnt_opts, "ro") == 0,
       "and one with a blank");
    ok(!getmntent(file), "and the end");
    endmntent(file);
    unlink("table");
}

int main(void)
{
    scratch();
    test_stat();
    test_modes();
    test_times();
    test_special();
    test_filesystem();
    test_table();
    unlink("file");
    scratch_end();
    return done();
}
