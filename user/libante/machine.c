// SPDX-License-Identifier: MIT
/*
 * machine.c - the machine and the system: names, memory, random bytes, power, limits by number
 */
#include "kernel.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PAGE  4096
#define TICKS 100

unsigned long *__libante_auxv;

unsigned long getauxval(unsigned long type)
{
    for (unsigned long *pair = __libante_auxv; pair[0] != AT_NULL; pair += 2)
        if (pair[0] == type)
            return pair[1];
    errno = ENOENT;
    return 0;
}

int uname(struct utsname *name)
{
    return result(kernel1(SYS_uname, name));
}

int gethostname(char *name, size_t size)
{
    struct utsname all;

    if (uname(&all) < 0)
        return -1;
    if (strlcpy(name, all.nodename, size) < size)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

int sethostname(const char *name, size_t length)
{
    return result(kernel2(SYS_sethostname, name, length));
}

int sysinfo(struct sysinfo *info)
{
    return result(kernel1(SYS_sysinfo, info));
}

/* The one-argument form of C; the kernel's has two magic numbers against accidents. */
int reboot(int action)
{
    return result(kernel3(SYS_reboot, 0xfee1dead, 672274793, action));
}

ssize_t getrandom(void *buffer, size_t length, unsigned flags)
{
    return result(kernel3(SYS_getrandom, buffer, length, flags));
}

int getentropy(void *buffer, size_t length)
{
    if (length > 256) {
        errno = EIO;
        return -1;
    }
    for (size_t done = 0; done < length;) {
        ssize_t got = getrandom((char *)buffer + done, length - done, 0);
        if (got < 0 && errno != EINTR)
            return -1;
        done += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int getpagesize(void)
{
    return PAGE;
}

/* Returns a limit of this process, or -1 for none. */
static long limit(int resource)
{
    struct rlimit l;

    if (getrlimit(resource, &l) < 0 || l.rlim_cur == RLIM_INFINITY)
        return -1;
    return (long)l.rlim_cur;
}

int getdtablesize(void)
{
    long open_max = limit(RLIMIT_NOFILE);
    return open_max < 0 ? INT_MAX : (int)open_max;
}

static long pages(int only_free)
{
    struct sysinfo info;

    if (sysinfo(&info) < 0)
        return -1;
    return (long)((only_free ? info.freeram : info.totalram) * info.mem_unit / PAGE);
}

/* Counts the bits of the affinity mask. */
int get_nprocs(void)
{
    unsigned long mask[16];
    long bytes = kernel3(SYS_sched_getaffinity, 0, sizeof mask, mask);
    int count = 0;

    for (long i = 0; i < bytes / (long)sizeof *mask; i++)
        count += __builtin_popcountl(mask[i]);
    return count ? count : 1;
}

int get_nprocs_conf(void)
{
    return get_nprocs();
}

static const struct {
    int name;
    long value;
} constants[] = {
    {_SC_ARG_MAX, ARG_MAX},
    {_SC_CLK_TCK, TICKS},
    {_SC_NGROUPS_MAX, NGROUPS_MAX},
    {_SC_JOB_CONTROL, 1},
    {_SC_SAVED_IDS, 1},
    {_SC_VERSION, _POSIX_VERSION},
    {_SC_PAGESIZE, PAGE},
    {_SC_TZNAME_MAX, 6},
    {_SC_FSYNC, _POSIX_FSYNC},
    {_SC_MAPPED_FILES, _POSIX_MAPPED_FILES},
    {_SC_MEMORY_PROTECTION, _POSIX_MEMORY_PROTECTION},
    {_SC_TIMERS, _POSIX_TIMERS},
    {_SC_MONOTONIC_CLOCK, _POSIX_MONOTONIC_CLOCK},
    {_SC_CPUTIME, _POSIX_CPUTIME},
    {_SC_SPAWN, _POSIX_SPAWN},
    {_SC_REGEXP, 1},
    {_SC_SHELL, 1},
    {_SC_GETPW_R_SIZE_MAX, 1024},
    {_SC_GETGR_R_SIZE_MAX, 4096},
    {_SC_HOST_NAME_MAX, HOST_NAME_MAX},
    {_SC_LOGIN_NAME_MAX, LOGIN_NAME_MAX},
    {_SC_TTY_NAME_MAX, TTY_NAME_MAX},
    {_SC_SYMLOOP_MAX, SYMLOOP_MAX},
    {_SC_IOV_MAX, IOV_MAX},
    {_SC_LINE_MAX, LINE_MAX},
    {_SC_RE_DUP_MAX, RE_DUP_MAX},
    {_SC_EXPR_NEST_MAX, EXPR_NEST_MAX},
    {_SC_BC_BASE_MAX, BC_BASE_MAX},
    {_SC_BC_DIM_MAX, BC_DIM_MAX},
    {_SC_BC_SCALE_MAX, BC_SCALE_MAX},
    {_SC_BC_STRING_MAX, BC_STRING_MAX},
    {_SC_COLL_WEIGHTS_MAX, COLL_WEIGHTS_MAX},
    {_SC_STREAM_MAX, 256},
    {_SC_ATEXIT_MAX, 32},
};

long sysconf(int name)
{
    switch (name) {
    case _SC_OPEN_MAX:
        return limit(RLIMIT_NOFILE);
    case _SC_CHILD_MAX:
        return limit(RLIMIT_NPROC);
    case _SC_NPROCESSORS_CONF:
    case _SC_NPROCESSORS_ONLN:
        return get_nprocs();
    case _SC_PHYS_PAGES:
        return pages(0);
    case _SC_AVPHYS_PAGES:
        return pages(1);
    }
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (constants[i].name == name)
            return constants[i].value;
    if (name < 0 || name > _SC_POSIX_26_VERSION)
        errno = EINVAL;
    return -1;
}

/* Returns what does not depend on the file, or 0. */
static long path_constant(int name)
{
    switch (name) {
    case _PC_MAX_CANON:
        return MAX_CANON;
    case _PC_MAX_INPUT:
        return MAX_INPUT;
    case _PC_PATH_MAX:
        return PATH_MAX;
    case _PC_PIPE_BUF:
        return PIPE_BUF;
    case _PC_CHOWN_RESTRICTED:
    case _PC_NO_TRUNC:
    case _PC_2_SYMLINKS:
        return 1;
    case _PC_FILESIZEBITS:
        return 64;
    case _PC_SYMLINK_MAX:
        return PATH_MAX - 1;
    case _PC_LINK_MAX:
        return LINK_MAX;
    default:
        return 0;
    }
}

/* Returns what the file system says; valid tells whether there was one. */
static long path_value(int name, int valid, const struct statfs *fs)
{
    if (valid < 0)
        return -1;
    if (name == _PC_NAME_MAX)
        return fs->f_namelen;
    if (name == _PC_VDISABLE)
        return 0;
    if (name == _PC_REC_XFER_ALIGN || name == _PC_ALLOC_SIZE_MIN || name == _PC_REC_MIN_XFER_SIZE)
        return fs->f_bsize;
    if (name < 0 || name > _PC_TIMESTAMP_RESOLUTION)
        errno = EINVAL;
    return path_constant(name) ? path_constant(name) : -1;
}

long pathconf(const char *path, int name)
{
    struct statfs fs;
    return path_value(name, statfs(path, &fs), &fs);
}

long fpathconf(int fd, int name)
{
    struct statfs fs;
    return path_value(name, fstatfs(fd, &fs), &fs);
}
