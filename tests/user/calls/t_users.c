// SPDX-License-Identifier: MIT
/*
 * Rights must follow owner, group and others, root must pass them, and only root may give files or itself away.
 */
#include "tests/user/calls/tap.h"

#include <grp.h>
#include <sys/resource.h>

enum { ANN = 1001, BOB = 1002, STAFF = 2001, OTHERS = 2002 };

static int become(uid_t user, gid_t group)
{
    gid_t none[1] = {group};

    return setgroups(1, none) == 0 && setgid(group) == 0 && setuid(user) == 0 ? 0 : -1;
}

static void make(const char *path, uid_t user, gid_t group, mode_t mode)
{
    put(path, "text");
    chown(path, user, group);
    chmod(path, mode);
}

static int ann_files(void)
{
    NEED(become(ANN, STAFF) == 0);
    NEED(open("600", O_RDWR) >= 0);
    NEED(open("400", O_RDONLY) >= 0);
    NEED(open("400", O_WRONLY) == -1 && errno == EACCES);
    NEED(open("400", O_RDWR) == -1 && errno == EACCES);
    NEED(open("200", O_RDONLY) == -1 && errno == EACCES);
    NEED(open("044", O_RDONLY) == -1 && errno == EACCES);
    NEED(open("bob-044", O_RDONLY) >= 0);
    NEED(open("bob-004", O_RDONLY) == -1 && errno == EACCES);
    NEED(open("bob-others-004", O_RDONLY) >= 0);
    NEED(open("bob-others-040", O_RDONLY) == -1 && errno == EACCES);
    NEED(truncate("400", 0) == -1 && errno == EACCES);
    return 0;
}

static int ann_folders(void)
{
    struct stat st;

    NEED(become(ANN, STAFF) == 0);
    NEED(stat("locked/inner", &st) == -1 && errno == EACCES);
    NEED(opendir("locked") == NULL && errno == EACCES);
    NEED(stat("search/inner", &st) == 0);
    NEED(opendir("search") == NULL && errno == EACCES);
    NEED(opendir("read") != NULL);
    NEED(stat("read/inner", &st) == -1 && errno == EACCES);
    NEED(chdir("read") == -1 && errno == EACCES);
    NEED(chdir("search") == 0 && chdir("..") == 0);
    NEED(open("search/new", O_WRONLY | O_CREAT, 0600) == -1 && errno == EACCES);
    NEED(mkdir("search/new", 0700) == -1 && errno == EACCES);
    NEED(unlink("search/inner") == -1 && errno == EACCES);
    NEED(rename("search/inner", "search/moved") == -1 && errno == EACCES);
    NEED(link("600", "search/new") == -1 && errno == EACCES);
    NEED(symlink("x", "search/new") == -1 && errno == EACCES);
    NEED(open("search/inner", O_RDONLY | O_CREAT, 0600) >= 0);
    return 0;
}

static int ann_sticky(void)
{
    NEED(become(ANN, STAFF) == 0);
    NEED(put("sticky/mine", "x"));
    NEED(unlink("sticky/bobs") == -1 && errno == EPERM);
    NEED(rename("sticky/bobs", "sticky/x") == -1 && errno == EPERM);
    NEED(rename("sticky/mine", "sticky/bobs") == -1 && errno == EPERM);
    NEED(unlink("sticky/mine") == 0);
    NEED(unlink("open/bobs") == 0);
    return 0;
}

static int ann_owner(void)
{
    NEED(become(ANN, STAFF) == 0);
    NEED(chmod("600", 0640) == 0 && chmod("600", 0600) == 0);
    NEED(chmod("bob-044", 0666) == -1 && errno == EPERM);
    NEED(chown("600", BOB, (gid_t)-1) == -1 && errno == EPERM);
    NEED(chown("600", ANN, STAFF) == 0);
    NEED(chown("600", (uid_t)-1, OTHERS) == -1 && errno == EPERM);
    NEED(chown("bob-044", (uid_t)-1, STAFF) == -1 && errno == EPERM);
    NEED(utimensat(AT_FDCWD, "600", NULL, 0) == 0);
    struct timespec set[2] = {{1, 0}, {1, 0}};
    NEED(utimensat(AT_FDCWD, "bob-044", set, 0) == -1 && errno == EPERM);
    NEED(utimensat(AT_FDCWD, "bob-044", NULL, 0) == -1 && errno == EACCES);
    return 0;
}

static int ann_special_bits(void)
{
    NEED(become(ANN, STAFF) == 0);
    NEED(put("bits", "x") && chmod("bits", 06755) == 0 && mode_of("bits") == 06755);
    int fd = open("bits", O_WRONLY);
    NEED(write(fd, "y", 1) == 1 && mode_of("bits") == 0755);
    NEED(chmod("bits", 06755) == 0 && chown("bits", ANN, STAFF) == 0 && mode_of("bits") == 0755);
    return 0;
}

static int groups_count(void)
{
    gid_t two[2] = {OTHERS, STAFF}, got[4];

    NEED(setgroups(2, two) == 0 && setgid(ANN) == 0 && setuid(ANN) == 0);
    NEED(getgroups(0, NULL) == 2 && getgroups(4, got) == 2 && got[0] == STAFF + OTHERS - got[1]);
    NEED(getgroups(1, got) == -1 && errno == EINVAL);
    NEED(open("bob-others-040", O_RDONLY) >= 0);
    NEED(setgroups(1, two) == -1 && errno == EPERM);
    return 0;
}

static int identities(void)
{
    uid_t real, effective, saved;

    NEED(seteuid(ANN) == 0 && geteuid() == ANN && getuid() == 0);
    NEED(open("bob-others-040", O_RDONLY) == -1 && errno == EACCES);
    NEED(seteuid(BOB) == -1 && errno == EPERM);
    NEED(seteuid(0) == 0 && geteuid() == 0);
    NEED(setresuid(ANN, ANN, BOB) == 0);
    NEED(getresuid(&real, &effective, &saved) == 0 && real == ANN && effective == ANN && saved == BOB);
    NEED(setuid(0) == -1 && errno == EPERM);
    NEED(setgid(0) == 0);
    NEED(seteuid(BOB) == 0 && geteuid() == BOB);
    NEED(setresuid((uid_t)-1, 0, (uid_t)-1) == -1 && errno == EPERM);
    return 0;
}

static int no_way_back(void)
{
    NEED(become(ANN, STAFF) == 0);
    NEED(getuid() == ANN && geteuid() == ANN && getgid() == STAFF && getegid() == STAFF);
    NEED(setuid(0) == -1 && errno == EPERM);
    NEED(seteuid(0) == -1 && errno == EPERM);
    NEED(setgid(OTHERS) == -1 && errno == EPERM);
    NEED(setuid(ANN) == 0);
    return 0;
}

static int asks(void)
{
    NEED(access("600", R_OK | W_OK) == 0);
    NEED(access("600", X_OK) == -1 && errno == EACCES);
    NEED(access("read", X_OK) == 0);
    NEED(seteuid(ANN) == 0);
    NEED(access("200", R_OK) == 0);
    NEED(faccessat(AT_FDCWD, "200", R_OK, AT_EACCESS) == -1 && errno == EACCES);
    NEED(seteuid(0) == 0 && become(ANN, STAFF) == 0);
    NEED(access("600", R_OK | W_OK) == 0);
    NEED(access("400", R_OK) == 0 && access("400", W_OK) == -1 && errno == EACCES);
    NEED(access("400", F_OK) == 0);
    NEED(access("locked/inner", F_OK) == -1 && errno == EACCES);
    NEED(access("none", F_OK) == -1 && errno == ENOENT);
    NEED(access("600", 64) == -1 && errno == EINVAL);
    return 0;
}

static pid_t roots;

static int pauses(void)
{
    pause();
    return 0;
}

static int may_kill(void)
{
    pid_t same;

    NEED(become(ANN, STAFF) == 0);
    NEED(kill(roots, 0) == -1 && errno == EPERM);
    NEED(kill(roots, SIGTERM) == -1 && errno == EPERM);
    same = tap_start(pauses);
    NEED(kill(same, SIGTERM) == 0 && tap_wait(same) == SIGTERM);
    return 0;
}

static int root_passes(void)
{
    struct stat st;
    char c;

    NEED(open("044", O_RDWR) >= 0 && open("bob-004", O_RDWR) >= 0);
    NEED(stat("locked/inner", &st) == 0 && opendir("locked") != NULL);
    NEED(read(open("200", O_RDONLY), &c, 1) == 1);
    NEED(unlink("sticky/bobs") == 0);
    return 0;
}

static int programs(void)
{
    char *argv[] = {"x", NULL}, *envp[] = {NULL};

    NEED(become(ANN, STAFF) == 0);
    NEED(execve("script-744", argv, envp) == -1 && errno == EACCES);
    NEED(execve("search/inner", argv, envp) == -1 && errno == EACCES);
    NEED(execve("script-755", argv, envp) == -1 && errno == ENOENT);
    return 0;
}

static int inherits_group(void)
{
    struct stat st;

    NEED(become(ANN, STAFF) == 0);
    NEED(put("setgid/file", "x") && mkdir("setgid/folder", 0755) == 0);
    NEED(stat("setgid/file", &st) == 0 && st.st_gid == OTHERS && st.st_uid == ANN);
    NEED(stat("setgid/folder", &st) == 0 && st.st_gid == OTHERS && (st.st_mode & S_ISGID) != 0);
    NEED(put("open/file", "x") && stat("open/file", &st) == 0 && st.st_gid == STAFF);
    return 0;
}

static void folder(const char *path, mode_t mode)
{
    char inner[64];

    mkdir(path, 0755);
    join(inner, sizeof inner, path, "inner");
    make(inner, 0, 0, 0644);
    join(inner, sizeof inner, path, "bobs");
    make(inner, BOB, OTHERS, 0644);
    chmod(path, mode);
}

static void prepare(void)
{
    chmod(".", 0777);
    make("600", ANN, STAFF, 0600);
    make("400", ANN, STAFF, 0400);
    make("200", ANN, STAFF, 0200);
    make("044", ANN, STAFF, 0044);
    make("bob-044", BOB, STAFF, 0044);
    make("bob-004", BOB, STAFF, 0004);
    make("bob-others-004", BOB, OTHERS, 0004);
    make("bob-others-040", BOB, OTHERS, 0040);
    put("script-744", "#!/none\n");
    chmod("script-744", 0744);
    put("script-755", "#!/none\n");
    chmod("script-755", 0755);
    folder("locked", 0700);
    folder("search", 0711);
    folder("read", 0744);
    folder("sticky", 01777);
    folder("open", 0777);
    mkdir("setgid", 0755);
    chown("setgid", 0, OTHERS);
    chmod("setgid", 02777);
}

int main(void)
{
    tap_begin("users");
    roots = getpid();
    prepare();
    child_ok(ann_files, "files: owner, then group, then others, and only the first that fits");
    child_ok(ann_folders, "folders: read lists, execute searches, write changes names");
    child_ok(ann_sticky, "a sticky folder's names belong to their owners");
    child_ok(ann_owner, "only the owner changes mode and times, only root the owner");
    child_ok(ann_special_bits, "set-user-ID and set-group-ID go when a file is written or given away");
    child_ok(groups_count, "supplementary groups count");
    child_ok(identities, "real, effective and saved user");
    child_ok(no_way_back, "who gave up root does not get it back");
    child_ok(asks, "access asks for the real user");
    child_ok(may_kill, "users signal their own processes only");
    child_ok(programs, "a program needs the right to be executed");
    child_ok(inherits_group, "a set-group-ID folder gives its group to what is made in it");
    child_ok(root_passes, "root passes");
    return tap_end();
}
