// SPDX-License-Identifier: MIT
/*
 * sweep_paths.c - scenarios of calls that take a path
 *
 * Names are those of the tree t (sweep_world.c); PATH(n) says which arguments are reached by every route.
 */
#include "tests/user/campaign/sweep.h"

#include <dirent.h>
#include <sys/mount.h>

#define DISK "/dev/hdc"
#define RENAME_NOREPLACE 1u

enum { READDIR_BYTES = 32 << 10, STATX_BYTES = 256 };

static const struct timespec times[2] = {{1000000, 5}, {2000000, 7}};
static const struct timeval moments[2] = {{1000000, 5}, {2000000, 7}};
static const long seconds[2] = {1000000, 2000000};
static char *const program_words[] = {"prog", "word", NULL}, *const program_environment[] = {"A=b", NULL};

/* --- before, and instead of the plain call --- */

static void ready_tree(void)
{
    open_as("t", O_RDONLY | O_DIRECTORY, FD_A);
}

static void ready_many(void)
{
    open_as("many", O_RDONLY | O_DIRECTORY, FD_A);
}

static void ready_file(void)
{
    open_as("t/file", O_RDWR, FD_A);
}

static void ready_deep(void)
{
    if (chdir(deep_folder) != 0)
        die(deep_folder);
}

static void ready_mount(void)
{
    if (mount(DISK, "t/dir", "ext2", 0, NULL) != 0)
        die(DISK);
}

static void ready_disk(void)
{
    ready_mount();
    if (umount("t/dir") != 0)
        die(DISK);
}

static bool check_link(const struct scenario *s, long result)
{
    const char *name = (const char *)s->args[s->number == SYS_readlinkat ? 1 : 0];

    return memcmp(buffer, strstr(name, "slowlink") != NULL ? "././" : "file", 4) == 0 && result >= 4;
}

static bool check_deep(const struct scenario *s, long result)
{
    (void)s;
    return result > (long)strlen(deep_folder) && strcmp(buffer + result - 1 - strlen(deep_folder), deep_folder) == 0;
}

static long act_grown(const struct scenario *s)
{
    long args[6];

    memcpy(args, s->args, sizeof args);
    args[0] = A(s->args[5] == 12 ? grown12 : grown);
    return raw(s->number, args);
}

static long act_link_grown(const struct scenario *s)
{
    return raw(s->number, (long[6]){A("t/file"), A(s->args[5] == 12 ? grown12 : grown)});
}

static long act_symlink_grown(const struct scenario *s)
{
    return raw(s->number, (long[6]){s->args[0], A(grown)});
}

#define FLAGS_NEW (O_RDWR | O_CREAT | O_EXCL)
#define B         A(buffer)
#define W         FD_WORLD
#define SLOW      A("a-target-that-does-not-fit-into-the-inode-of-the-link-and-so-needs-a-block-of-its-own")

const struct scenario path_scenarios[] = {
    /* the walk alone */
    {"stat", CALL(stat), {A("file"), B}, PATH(0)},
    {"stat-none", CALL(stat), {A("none"), B}, PATH(0), -ENOENT},
    {"stat-no-folder", CALL(stat), {A("file/none"), B}, PATH(0), -ENOTDIR},
    {"stat-slowlink", CALL(stat), {A("slowlink"), B}, PATH(0)},
    {"lstat", CALL(lstat), {A("link"), B}, PATH(0)},
    {"newfstatat", CALL(newfstatat), {W, A("file"), B, 0}, PATH(1)},
    {"statx", CALL(statx), {W, A("file"), 0, 0x7ff, B}, PATH(1)},
    {"access", CALL(access), {A("file"), 4}, PATH(0)},
    {"faccessat", CALL(faccessat), {W, A("file"), 4}, PATH(1)},
    {"faccessat2", CALL(faccessat2), {W, A("file"), 4, 0}, PATH(1)},
    {"chdir", CALL(chdir), {A("dir")}, PATH(0)},
    {"chroot", CALL(chroot), {A("full")}, PATH(0)},
    {"statfs", CALL(statfs), {A("file"), B}, PATH(0)},
    {"readlink", CALL(readlink), {A("link"), B, 100}, PATH(0), 4, 0, NULL, check_link},
    {"readlink-slow", CALL(readlink), {A("slowlink"), B, 100}, PATH(0), SOME, 0, NULL, check_link},
    {"readlinkat", CALL(readlinkat), {W, A("slowlink"), B, 100}, PATH(1), SOME, 0, NULL, check_link},
    {"getcwd", CALL(getcwd), {B, 2000}, 0, SOME, 0, ready_deep, check_deep},
    {"getdents64", CALL(getdents64), {FD_A, B, READDIR_BYTES}, 0, SOME, PARTIAL, ready_tree},
    {"getdents64-many", CALL(getdents64), {FD_A, B, READDIR_BYTES}, 0, SOME, PARTIAL, ready_many},
    {"getdents", CALL(getdents), {FD_A, B, READDIR_BYTES}, 0, SOME, PARTIAL, ready_many},

    /* opening */
    {"open", CALL(open), {A("file"), O_RDONLY}, PATH(0), SOME},
    {"open-none", CALL(open), {A("none"), O_RDONLY}, PATH(0), -ENOENT},
    {"open-folder", CALL(open), {A("dir"), O_RDONLY | O_DIRECTORY}, PATH(0), SOME},
    {"open-link", CALL(open), {A("slowlink"), O_RDWR}, PATH(0), SOME},
    {"open-new", CALL(open), {A("new"), FLAGS_NEW, 0644}, PATH(0), SOME},
    {"open-new-user", CALL(open), {A("new"), FLAGS_NEW, 0644}, PATH(0), SOME, AS_USER},
    {"open-cut", CALL(open), {A("file"), O_WRONLY | O_TRUNC}, PATH(0), SOME},
    {"open-there", CALL(open), {A("file"), FLAGS_NEW, 0644}, PATH(0), -EEXIST},
    {"open-fifo", CALL(open), {A("fifo"), O_RDWR}, PATH(0), SOME},
    {"open-fifo-read", CALL(open), {A("fifo"), O_RDONLY | O_NONBLOCK}, PATH(0), SOME},
    {"open-no-leaf", CALL(open), {A("t/file"), O_RDONLY}, 0, LEAF, NO_LEAF},
    {"open-new-no-leaf", CALL(open), {A("t/new"), FLAGS_NEW, 0644}, 0, LEAF, NO_LEAF},
    {"open-fifo-no-leaf", CALL(open), {A("t/fifo"), O_RDWR}, 0, LEAF, NO_LEAF},
    {"openat", CALL(openat), {W, A("file"), O_RDWR}, PATH(1), SOME},
    {"openat-new", CALL(openat), {W, A("new"), FLAGS_NEW, 0600}, PATH(1), SOME},
    {"creat", CALL(creat), {A("new"), 0644}, PATH(0), SOME},
    {"creat-there", CALL(creat), {A("file"), 0644}, PATH(0), SOME},
    {"open-grow-user", CALL(open), {0, FLAGS_NEW, 0644, 0, 0, 1}, 0, SOME, AS_USER, NULL, NULL, act_grown},
    {"open-grow", CALL(open), {0, FLAGS_NEW, 0644, 0, 0, 1}, 0, SOME, 0, NULL, NULL, act_grown},
    {"open-grow12", CALL(open), {0, FLAGS_NEW, 0644, 0, 0, 12}, 0, SOME, 0, NULL, NULL, act_grown},

    /* making names */
    {"mkdir", CALL(mkdir), {A("new"), 0755}, PATH(0)},
    {"mkdir-there", CALL(mkdir), {A("dir"), 0755}, PATH(0), -EEXIST},
    {"mkdir-user", CALL(mkdir), {A("new"), 0755}, PATH(0), 0, AS_USER},
    {"mkdir-grow", CALL(mkdir), {0, 0755, 0, 0, 0, 1}, 0, 0, 0, NULL, NULL, act_grown},
    {"mkdir-grow12", CALL(mkdir), {0, 0755, 0, 0, 0, 12}, 0, 0, 0, NULL, NULL, act_grown},
    {"mkdir-full", CALL(mkdir), {A("t/new"), 0755}, 0, -ENOSPC, FULL_DISK},
    {"mkdirat", CALL(mkdirat), {W, A("new"), 0755}, PATH(1)},
    {"mknod", CALL(mknod), {A("new"), S_IFIFO | 0644}, PATH(0)},
    {"mknod-file", CALL(mknod), {A("new"), S_IFREG | 0644}, PATH(0)},
    {"mknod-grow", CALL(mknod), {0, S_IFIFO | 0644, 0, 0, 0, 1}, 0, 0, 0, NULL, NULL, act_grown},
    {"mknodat", CALL(mknodat), {W, A("new"), S_IFCHR | 0644, 0x103}, PATH(1)},
    {"symlink", CALL(symlink), {A("target"), A("new")}, PATH(1)},
    {"symlink-slow", CALL(symlink), {SLOW, A("new")}, PATH(1)},
    {"symlink-full", CALL(symlink), {SLOW, A("t/new")}, 0, -ENOSPC, FULL_DISK},
    {"symlink-slow-user", CALL(symlink), {SLOW, A("t/new")}, 0, 0, AS_USER},
    {"symlink-grow", CALL(symlink), {A("target"), 0, 0, 0, 0, 1}, 0, 0, 0, NULL, NULL, act_symlink_grown},
    {"symlinkat", CALL(symlinkat), {SLOW, W, A("new")}, PATH(2)},
    {"link", CALL(link), {A("file"), A("new")}, PATH(0) | PATH(1)},
    {"link-grow-user", CALL(link), {0, 0, 0, 0, 0, 1}, 0, 0, AS_USER, NULL, NULL, act_link_grown},
    {"link-grow", CALL(link), {0, 0, 0, 0, 0, 1}, 0, 0, 0, NULL, NULL, act_link_grown},
    {"link-grow12", CALL(link), {0, 0, 0, 0, 0, 12}, 0, 0, 0, NULL, NULL, act_link_grown},
    {"linkat", CALL(linkat), {W, A("link"), W, A("new"), AT_SYMLINK_FOLLOW}, PATH(1) | PATH(3)},

    /* removing and moving */
    {"unlink", CALL(unlink), {A("file")}, PATH(0)},
    {"unlink-open", CALL(unlink), {A("file")}, PATH(0), 0, 0, ready_file},
    {"unlink-link", CALL(unlink), {A("slowlink")}, PATH(0)},
    {"unlink-none", CALL(unlink), {A("none")}, PATH(0), -ENOENT},
    {"unlink-user", CALL(unlink), {A("other")}, PATH(0), 0, AS_USER},
    {"unlinkat", CALL(unlinkat), {W, A("dir"), AT_REMOVEDIR}, PATH(1)},
    {"rmdir", CALL(rmdir), {A("dir")}, PATH(0)},
    {"rmdir-full", CALL(rmdir), {A("full")}, PATH(0), -ENOTEMPTY},
    {"rename", CALL(rename), {A("file"), A("new")}, PATH(0) | PATH(1)},
    {"rename-over", CALL(rename), {A("file"), A("other")}, PATH(0) | PATH(1)},
    {"rename-folder", CALL(rename), {A("full"), A("dir/new")}, PATH(0) | PATH(1)},
    {"rename-folder-over", CALL(rename), {A("full"), A("dir")}, PATH(0) | PATH(1)},
    {"rename-below", CALL(rename), {A("full"), A("full/new")}, PATH(0) | PATH(1), -EINVAL},
    {"renameat", CALL(renameat), {W, A("file"), W, A("dir/new")}, PATH(1) | PATH(3)},
    {"renameat2", CALL(renameat2), {W, A("other"), W, A("new"), RENAME_NOREPLACE}, PATH(1) | PATH(3)},
    {"rename-grow-user", CALL(rename), {0, 0, 0, 0, 0, 1}, 0, 0, AS_USER, NULL, NULL, act_link_grown},
    {"rename-grow", CALL(rename), {0, 0, 0, 0, 0, 1}, 0, 0, 0, NULL, NULL, act_link_grown},
    {"rename-grow12", CALL(rename), {0, 0, 0, 0, 0, 12}, 0, 0, 0, NULL, NULL, act_link_grown},

    /* what an inode says */
    {"chmod", CALL(chmod), {A("file"), 0600}, PATH(0)},
    {"fchmodat", CALL(fchmodat), {W, A("file"), 0600}, PATH(1)},
    {"fchmod", CALL(fchmod), {FD_A, 0600}, 0, 0, 0, ready_file},
    {"chown", CALL(chown), {A("file"), 5, 6}, PATH(0)},
    {"lchown", CALL(lchown), {A("link"), 5, 6}, PATH(0)},
    {"fchownat", CALL(fchownat), {W, A("file"), 5, 6, 0}, PATH(1)},
    {"fchown", CALL(fchown), {FD_A, 5, 6}, 0, 0, 0, ready_file},
    {"utime", CALL(utime), {A("file"), A(seconds)}, PATH(0)},
    {"utimes", CALL(utimes), {A("file"), A(moments)}, PATH(0)},
    {"futimesat", CALL(futimesat), {W, A("file"), A(moments)}, PATH(1)},
    {"utimensat", CALL(utimensat), {W, A("file"), A(times), 0}, PATH(1)},
    {"truncate", CALL(truncate), {A("file"), 5000}, PATH(0)},
    {"truncate-all", CALL(truncate), {A("file"), 0}, PATH(0)},
    {"truncate-up", CALL(truncate), {A("file"), 100000}, PATH(0)},

    /* mounts and programs */
    {"mount", CALL(mount), {A(DISK), A("dir"), A("ext2")}, PATH(1), 0, ONLY_ANTE},
    {"mount-proc", CALL(mount), {A("none"), A("dir"), A("proc")}, PATH(1), 0, ONLY_ANTE},
    {"umount2", CALL(umount2), {A("dir")}, PATH(0), 0, ONLY_ANTE, ready_mount},
    {"mount-again", CALL(mount), {A(DISK), A("t/dir"), A("ext2")}, 0, 0, ONLY_ANTE, ready_disk},
    {"execve", CALL(execve), {A("prog"), A(program_words), A(program_environment)}, PATH(0), 0, REPLACES},
    {"execve-script", CALL(execve), {A("script"), A(program_words), A(program_environment)}, PATH(0), 0, REPLACES},
    {"execve-none", CALL(execve), {A("none"), A(program_words), A(program_environment)}, PATH(0), -ENOENT},
    {"execve-data", CALL(execve), {A("file"), A(program_words), A(program_environment)}, PATH(0), -EACCES},
    {0},
};
