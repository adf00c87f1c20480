// SPDX-License-Identifier: MIT
/*
 * users.c - names of users and groups, and who we are
 */
#include "tap.h"
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>

static void test_users(void)
{
    struct passwd user, *found;
    char buffer[1024];
    int count = 0, roots = 0;

    found = getpwuid(0);
    ok(found && strcmp(found->pw_name, "root") == 0 && found->pw_gid == 0, "user 0 is root");
    found = getpwnam("root");
    ok(found && found->pw_uid == 0 && found->pw_dir[0] == '/', "root is user 0, with a home");
    ok(!getpwnam("no-such-user") && !getpwuid(4000000000u), "there is nobody else of that name and number");
    ok(getpwnam_r("root", &user, buffer, sizeof buffer, &found) == 0 && found == &user, "getpwnam_r");
    is(getpwnam_r("root", &user, buffer, 4, &found), ERANGE, "which wants room");
    ok(getpwuid_r(4000000000u, &user, buffer, sizeof buffer, &found) == 0 && !found, "nobody is no error");
    setpwent();
    while ((found = getpwent()) != NULL) {
        count++;
        roots += found->pw_uid == 0;
    }
    endpwent();
    ok(count >= 1 && roots == 1, "getpwent goes through all, and one is root");
}

static void test_groups(void)
{
    struct group group, *found;
    char buffer[4096];

    found = getgrgid(0);
    ok(found && strcmp(found->gr_name, "root") == 0, "group 0 is root");
    found = getgrnam("root");
    ok(found && found->gr_gid == 0 && found->gr_mem, "and root is group 0");
    ok(!getgrnam("no-such-group"), "there is no other");
    ok(getgrgid_r(0, &group, buffer, sizeof buffer, &found) == 0 && found == &group, "getgrgid_r");
    is(getgrgid_r(0, &group, buffer, 4, &found), ERANGE, "which wants room");
    setgrent();
    found = getgrent();
    ok(found && found->gr_gid == 0, "getgrent starts with it");
    endgrent();
}

/* Becomes an ordinary user for good; returns 0 when everything was as it should be. */
static int drop(void)
{
    uid_t real, effective, saved;
    gid_t group = 12345;

    if (setgroups(1, &group) < 0 || setgid(1000) < 0 || seteuid(1000) < 0 || seteuid(0) < 0)
        return 1;
    if (setuid(1000) < 0 || getresuid(&real, &effective, &saved) < 0)
        return 2;
    if (real != 1000 || effective != 1000 || saved != 1000 || getegid() != 1000)
        return 3;
    if (getgroups(1, &group) != 1 || group != 12345)
        return 4;
    return setuid(0) < 0 && errno == EPERM ? 0 : 5;
}

static void test_identity(void)
{
    int status;

    ok(getuid() == geteuid() && getgid() == getegid(), "real and effective are the same at the start");
    if (getuid() != 0) {
        skip(1, "changing the user", "not root");
        return;
    }
    pid_t pid = tap_fork();
    if (pid == 0)
        _exit(drop());
    waitpid(pid, &status, 0);
    is(status, 0, "root becomes an ordinary user and not root again");
}

int main(void)
{
    test_users();
    test_groups();
    test_identity();
    return done();
}
