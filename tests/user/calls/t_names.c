// SPDX-License-Identifier: MIT
/*
 * Every call that takes a path must answer the same errno for the same fault of the path.
 */
#include "tests/user/calls/tap.h"

#include <sys/statfs.h>
#include <sys/syscall.h>

static long do_open(const char *p)
{
    return open(p, O_RDONLY);
}

static long do_creat(const char *p)
{
    return open(p, O_WRONLY | O_CREAT, 0600);
}

static long do_stat(const char *p)
{
    struct stat st;

    return stat(p, &st);
}

static long do_lstat(const char *p)
{
    struct stat st;

    return lstat(p, &st);
}

static long do_access(const char *p)
{
    return access(p, F_OK);
}

static long do_chdir(const char *p)
{
    return chdir(p);
}

static long do_mkdir(const char *p)
{
    return mkdir(p, 0700);
}

static long do_chmod(const char *p)
{
    return chmod(p, 0700);
}

static long do_chown(const char *p)
{
    return chown(p, 0, 0);
}

static long do_truncate(const char *p)
{
    return truncate(p, 0);
}

static long do_readlink(const char *p)
{
    char target[16];

    return readlink(p, target, sizeof target);
}

static long do_link_from(const char *p)
{
    return link(p, "fresh");
}

static long do_link_to(const char *p)
{
    return link("file", p);
}

static long do_rename_from(const char *p)
{
    return rename(p, "fresh");
}

static long do_rename_to(const char *p)
{
    return rename("file", p);
}

static long do_symlink(const char *p)
{
    return symlink("x", p);
}

static long do_execve(const char *p)
{
    char *none[] = {"x", NULL};

    return execve(p, none, none + 1);
}

static long do_statfs(const char *p)
{
    struct statfs st;

    return statfs(p, &st);
}

static long do_utimes(const char *p)
{
    return utimensat(AT_FDCWD, p, NULL, 0);
}

static long do_unlink(const char *p)
{
    return unlink(p);
}

static long do_rmdir(const char *p)
{
    return rmdir(p);
}

static const struct call {
    const char *name;
    long (*make)(const char *path);
} calls[] = {
    {"open", do_open},           {"creat", do_creat},
    {"stat", do_stat},           {"lstat", do_lstat},
    {"access", do_access},       {"chdir", do_chdir},
    {"mkdir", do_mkdir},         {"chmod", do_chmod},
    {"chown", do_chown},         {"truncate", do_truncate},
    {"readlink", do_readlink},   {"link from", do_link_from},
    {"link to", do_link_to},     {"rename from", do_rename_from},
    {"rename to", do_rename_to}, {"symlink", do_symlink},
    {"execve", do_execve},       {"statfs", do_statfs},
    {"utimensat", do_utimes},    {"unlink", do_unlink},
    {"rmdir", do_rmdir},
};

/* Every call with this path must answer this errno. */
static void all(const char *path, int error, const char *what)
{
    char name[96];
    size_t i;

    for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        snprintf(name, sizeof name, "%s: %s", calls[i].name, what);
        fails(calls[i].make(path), error, name);
    }
}

static void lengths(void)
{
    static char name[300], path[5000];
    size_t i;
    int fd;

    memset(name, 'n', 256);
    all(name, ENAMETOOLONG, "a name of 256 bytes");
    name[255] = '\0';
    fd = open(name, O_WRONLY | O_CREAT, 0600);
    ok(fd >= 0 && exists(name), "a name of 255 bytes is made");
    close(fd);
    is(rename(name, "short"), 0, "renamed");
    is(rename("short", name), 0, "and back");
    is(unlink(name), 0, "and removed");
    for (i = 0; i + 2 < 4096; i += 2)
        memcpy(path + i, "./", 2);
    path[4094] = '.';
    path[4095] = '\0';
    works(chdir(path), "a path of 4,095 bytes");
    path[4095] = '.';
    path[4096] = '\0';
    all(path, ENAMETOOLONG, "a path of 4,096 bytes");
    memset(path, 'p', sizeof path - 1);
    all(path, ENAMETOOLONG, "a name longer than any path");
}

static void middles(void)
{
    all("file/x", ENOTDIR, "a file in the middle");
    all("none/x", ENOENT, "a missing folder in the middle");
    all("loop/x", ELOOP, "a loop in the middle");
    all("dangling/x", ENOENT, "a dangling link in the middle");
    all("", ENOENT, "the empty path");
}

static void slashes(void)
{
    struct stat one, two;

    ok(stat("dir//inner///file", &one) == 0 && stat("dir/inner/file", &two) == 0 && one.st_ino == two.st_ino,
       "many slashes are one");
    ok(stat("./dir/./inner/../inner/file", &one) == 0 && one.st_ino == two.st_ino,
       "dots lead where they should");
    fails(do_stat("file/"), ENOTDIR, "stat of a file with a slash");
    fails(do_stat("file/."), ENOTDIR, "and with a dot");
    fails(do_open("file/"), ENOTDIR, "open of a file with a slash");
    fails(do_chdir("file"), ENOTDIR, "chdir to a file");
    fails(do_creat("new/"), EISDIR, "create with a slash");
    fails(do_link_to("new/"), ENOENT, "link to a name with a slash");
    fails(do_symlink("new/"), ENOENT, "symlink to one");
    works(do_stat("dir/"), "stat of a folder with a slash");
    ok(lstat("to-dir/", &one) == 0 && S_ISDIR(one.st_mode), "lstat with a slash follows a link");
}

static void bytes(void)
{
    char name[8] = "x";
    int c, good = 0;

    for (c = 1; c < 256; c++) {
        name[1] = (char)c;
        if (c != '/' && put(name, name) && holds(name, name) && unlink(name) == 0)
            good++;
    }
    is(good, 254, "every byte but / and 0 may be in a name");
    ok(put("Case", "1") && put("case", "2") && holds("Case", "1"), "upper and lower case differ");
    ok(put("...", "dots") && holds("...", "dots"), "three dots are a name");
    ok(put(" ", "blank") && holds(" ", "blank"), "and so is a blank");
}

static void across(void)
{
    fails(rename("file", "/dev/file"), EXDEV, "rename to another file system");
    fails(link("file", "/dev/file"), EXDEV, "link to another");
    ok(exists("file"), "the file stays");
}

int main(void)
{
    tap_begin("names");
    put("file", "x");
    mkdir("dir", 0755);
    mkdir("dir/inner", 0755);
    put("dir/inner/file", "y");
    symlink("loop", "loop");
    symlink("nowhere", "dangling");
    symlink("dir", "to-dir");
    lengths();
    middles();
    slashes();
    bytes();
    across();
    return tap_end();
}
