// SPDX-License-Identifier: MIT
/*
 * identity.c - as whom the process runs
 */
#include "kernel.h"
#include <grp.h>
#include <sys/auxv.h>
#include <unistd.h>

#define KEEP ((unsigned)-1)

uid_t getuid(void)
{
    return (uid_t)kernel0(SYS_getuid);
}

uid_t geteuid(void)
{
    return (uid_t)kernel0(SYS_geteuid);
}

gid_t getgid(void)
{
    return (gid_t)kernel0(SYS_getgid);
}

gid_t getegid(void)
{
    return (gid_t)kernel0(SYS_getegid);
}

int getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
    return result(kernel3(SYS_getresuid, real, effective, saved));
}

int getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
    return result(kernel3(SYS_getresgid, real, effective, saved));
}

int setresuid(uid_t real, uid_t effective, uid_t saved)
{
    return result(kernel3(SYS_setresuid, real, effective, saved));
}

int setresgid(gid_t real, gid_t effective, gid_t saved)
{
    return result(kernel3(SYS_setresgid, real, effective, saved));
}

int setuid(uid_t uid)
{
    return result(kernel1(SYS_setuid, uid));
}

int setgid(gid_t gid)
{
    return result(kernel1(SYS_setgid, gid));
}

int seteuid(uid_t uid)
{
    return setresuid(KEEP, uid, KEEP);
}

int setegid(gid_t gid)
{
    return setresgid(KEEP, gid, KEEP);
}

int setreuid(uid_t real, uid_t effective)
{
    return result(kernel2(SYS_setreuid, real, effective));
}

int setregid(gid_t real, gid_t effective)
{
    return result(kernel2(SYS_setregid, real, effective));
}

int getgroups(int room, gid_t groups[])
{
    return result(kernel2(SYS_getgroups, room, groups));
}

int setgroups(int count, const gid_t *groups)
{
    return result(kernel2(SYS_setgroups, count, groups));
}

int issetugid(void)
{
    return getauxval(AT_SECURE) != 0;
}
