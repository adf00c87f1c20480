// SPDX-License-Identifier: MIT
/*
 * Folders must count their links, list every name exactly once, and be removed only when they are empty.
 */
#include "tests/user/calls/tap.h"

#include <sys/syscall.h>

enum { MANY = 500 };

static void making(void)
{
    is(mkdir("d", 0750), 0, "mkdir");
    is(mode_of("d"), 0750, "has its mode");
    is(links_of("d"), 2, "a new folder has two links");
    fails(mkdir("d", 0755), EEXIST, "mkdir of an existing folder");
    put("f", "x");
    fails(mkdir("f", 0755), EEXIST, "mkdir on a file");
    fails(mkdir("f/x", 0755), ENOTDIR, "mkdir below a file");
    fails(mkdir("none/x", 0755), ENOENT, "mkdir below a missing folder");
    fails(mkdir("", 0755), ENOENT, "mkdir of the empty path");
    fails(mkdir(".", 0755), EEXIST, "mkdir of .");
    fails(mkdir("/", 0755), EEXIST, "mkdir of the root");
    is(mkdir("d/sub/", 0755), 0, "mkdir with a slash at the end");
    is(links_of("d"), 3, "a folder below adds a link");
    put("d/file", "x");
    is(links_of("d"), 3, "a file does not");
    symlink("nowhere", "dangling");
    fails(mkdir("dangling", 0755), EEXIST, "mkdir on a dangling link");
}

static void removing(void)
{
    fails(rmdir("d"), ENOTEMPTY, "rmdir of a folder that is not empty");
    fails(rmdir("f"), ENOTDIR, "rmdir of a file");
    fails(rmdir("none"), ENOENT, "rmdir of nothing");
    fails(rmdir("d/sub/."), EINVAL, "rmdir of a path that ends in .");
    fails(rmdir("d/sub/.."), ENOTEMPTY, "rmdir of a path that ends in ..");
    fails(rmdir("dangling"), ENOTDIR, "rmdir of a symbolic link");
    is(rmdir("d/sub/"), 0, "rmdir with a slash at the end");
    is(links_of("d"), 2, "takes the link away");
    unlink("d/file");
    is(rmdir("d"), 0, "rmdir of an empty folder");
    ok(!exists("d"), "it is gone");
    fails(rmdir("/"), EBUSY, "rmdir of the root");
}

static void dots(void)
{
    struct stat here, dot, above, dotdot;

    mkdir("e", 0755);
    mkdir("e/inner", 0755);
    stat("e", &above);
    stat("e/inner", &here);
    stat("e/inner/.", &dot);
    stat("e/inner/..", &dotdot);
    ok(here.st_ino == dot.st_ino, ". is the folder");
    ok(above.st_ino == dotdot.st_ino, ".. is the one above");
    stat("/", &here);
    stat("/..", &dot);
    ok(here.st_ino == dot.st_ino, ".. of the root is the root");
    rmdir("e/inner");
    rmdir("e");
}

/* Lists `path`; the number of names without . and .., or -1 when one is listed twice or is not "n<number>". */
static int list(const char *path)
{
    static char seen[MANY];
    DIR *dir = opendir(path);
    struct dirent *entry;
    int n = 0;

    memset(seen, 0, sizeof seen);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        int number = atoi(entry->d_name + 1);

        if (entry->d_name[0] == '.')
            continue;
        if (entry->d_name[0] != 'n' || number >= MANY || seen[number]++)
            n = -MANY;
        n++;
    }
    closedir(dir);
    return n;
}

static void listing(void)
{
    char path[300];
    int i, good = 0, dotted = 0;
    DIR *dir;
    struct dirent *entry;
    struct stat st;

    mkdir("many", 0755);
    is(list("many"), 0, "an empty folder lists nothing");
    for (i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "many/n%d%.*s", i, i % 100,
                 "_________________________________________________"
                 "______________________________________________________");
        good += put(path, "x");
    }
    is(good, MANY, "500 files are made");
    is(list("many"), MANY, "each is listed once");
    dir = opendir("many");
    while ((entry = readdir(dir)) != NULL) {
        join(path, sizeof path, "many", entry->d_name);
        dotted += entry->d_name[0] == '.';
        good -= lstat(path, &st) == 0 && st.st_ino == entry->d_ino && entry->d_name[0] == 'n';
    }
    is(dotted, 2, ". and .. are listed");
    is(good, 0, "each listed number is the file's");
    rewinddir(dir);
    for (i = 0; (entry = readdir(dir)) != NULL; i++)
        ;
    is(i, MANY + 2, "rewinddir lists all again");
    closedir(dir);
}

static void removing_while_reading(void)
{
    char path[300];
    DIR *dir = opendir("many");
    struct dirent *entry;
    int removed = 0;

    while ((entry = readdir(dir)) != NULL) {
        join(path, sizeof path, "many", entry->d_name);
        if (entry->d_name[0] == 'n')
            removed += unlink(path) == 0;
    }
    closedir(dir);
    is(removed, MANY, "all names can be removed while they are listed");
    is(rmdir("many"), 0, "and then the folder is empty");
}

static void removed(void)
{
    char data[512];
    int fd;

    mkdir("gone", 0755);
    fd = open("gone", O_RDONLY | O_DIRECTORY);
    is(rmdir("gone"), 0, "rmdir of an open folder");
    fails(openat(fd, "x", O_WRONLY | O_CREAT, 0600), ENOENT, "nothing can be made in it");
    fails(mkdirat(fd, "x", 0700), ENOENT, "no folder either");
    fails(syscall(SYS_getdents64, fd, data, sizeof data), ENOENT, "it lists nothing");
    close(fd);
}

static void raw(void)
{
    char data[1024];
    int fd = open(".", O_RDONLY | O_DIRECTORY), file = open("f", O_RDONLY);
    long n = syscall(SYS_getdents64, fd, data, sizeof data);

    ok(n > 0 && n % 8 == 0, "getdents64 gives whole records");
    is(syscall(SYS_getdents64, fd, data, sizeof data), 0, "then the end");
    is(lseek(fd, 0, SEEK_SET), 0, "lseek to the start");
    is(syscall(SYS_getdents64, fd, data, sizeof data), n, "gives the same again");
    lseek(fd, 0, SEEK_SET);
    fails(syscall(SYS_getdents64, fd, data, 8), EINVAL, "a buffer for no record");
    fails(syscall(SYS_getdents64, file, data, sizeof data), ENOTDIR, "getdents64 of a file");
    fails(syscall(SYS_getdents64, 99, data, sizeof data), EBADF, "getdents64 of no descriptor");
    close(fd);
    close(file);
}

static void deep(void)
{
    int i, down = 0, up = 0;

    for (i = 0; i < 200; i++)
        down += mkdir("level", 0755) == 0 && chdir("level") == 0;
    is(down, 200, "200 folders below each other");
    for (i = 0; i < 200; i++)
        up += chdir("..") == 0 && rmdir("level") == 0;
    is(up, 200, "and back, each removed");
}

int main(void)
{
    tap_begin("dirs");
    making();
    removing();
    dots();
    listing();
    removing_while_reading();
    removed();
    raw();
    deep();
    return tap_end();
}
