// SPDX-License-Identifier: MIT
/*
 * Every call must answer EFAULT for every wild pointer and EBADF for every wild descriptor, and change nothing.
 *
 * A row names one call with one of its arguments marked: P is replaced by wild pointers in turn, D by wild
 * descriptors.  The other arguments are good, so that nothing but the marked one is at fault.
 */
#include "tests/user/calls/tap.h"

#include <grp.h>
#include <limits.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>

enum { PAGE = 4096, P = -7777, D = -8888, FILE_FD = 50, DIR_FD = 51, PIPE_FD = 52 };
/* OUT: the kernel writes there; PART: bytes before an unmapped page may be moved. */
enum { OUT = 1, PART = 2 };

static char good[PAGE];
static struct iovec vector = {good, 100};
static struct timeval no_time;
static char self[512];
static char *wall; /* the end of a page full of 'a', an unmapped page behind it */

#define S(text) ((long)(text))
#define G       S(good)

struct row {
    const char *name;
    long number;
    long arguments[6];
    int flags;
};

static const struct row with_pointers[] = {
    {"read", SYS_read, {FILE_FD, P, 100}, OUT | PART},
    {"write", SYS_write, {FILE_FD, P, 100}, PART},
    {"pread64", SYS_pread64, {FILE_FD, P, 100, 0}, OUT | PART},
    {"pwrite64", SYS_pwrite64, {FILE_FD, P, 100, 0}, PART},
    {"write to a pipe", SYS_write, {PIPE_FD, P, 100}, PART},
    {"readv", SYS_readv, {FILE_FD, P, 1}, 0},
    {"writev", SYS_writev, {FILE_FD, P, 1}, 0},
    {"preadv", SYS_preadv, {FILE_FD, P, 1, 0, 0}, 0},
    {"getdents64", SYS_getdents64, {DIR_FD, P, 1000}, OUT},
    {"open", SYS_open, {P, O_RDONLY, 0}, 0},
    {"openat", SYS_openat, {AT_FDCWD, P, O_RDONLY | O_CREAT, 0}, 0},
    {"creat", SYS_creat, {P, 0600}, 0},
    {"stat path", SYS_stat, {P, G}, 0},
    {"stat", SYS_stat, {S("file"), P}, OUT},
    {"fstat", SYS_fstat, {FILE_FD, P}, OUT},
    {"lstat", SYS_lstat, {S("link"), P}, OUT},
    {"newfstatat", SYS_newfstatat, {AT_FDCWD, S("file"), P, 0}, OUT},
    {"newfstatat path", SYS_newfstatat, {AT_FDCWD, P, G, 0}, 0},
    {"access", SYS_access, {P, F_OK}, 0},
    {"faccessat", SYS_faccessat, {AT_FDCWD, P, F_OK}, 0},
    {"chdir", SYS_chdir, {P}, 0},
    {"mkdir", SYS_mkdir, {P, 0700}, 0},
    {"mkdirat", SYS_mkdirat, {AT_FDCWD, P, 0700}, 0},
    {"mknod", SYS_mknod, {P, S_IFREG | 0600, 0}, 0},
    {"rmdir", SYS_rmdir, {P}, 0},
    {"unlink", SYS_unlink, {P}, 0},
    {"unlinkat", SYS_unlinkat, {AT_FDCWD, P, 0}, 0},
    {"link from", SYS_link, {P, S("new")}, 0},
    {"link to", SYS_link, {S("file"), P}, 0},
    {"rename from", SYS_rename, {P, S("new")}, 0},
    {"rename to", SYS_rename, {S("file"), P}, 0},
    {"renameat", SYS_renameat, {AT_FDCWD, P, AT_FDCWD, S("new")}, 0},
    {"symlink target", SYS_symlink, {P, S("new")}, 0},
    {"symlink name", SYS_symlink, {S("x"), P}, 0},
    {"readlink path", SYS_readlink, {P, G, 100}, 0},
    {"readlink", SYS_readlink, {S("link"), P, 100}, OUT},
    {"chmod", SYS_chmod, {P, 0600}, 0},
    {"chown", SYS_chown, {P, 0, 0}, 0},
    {"lchown", SYS_lchown, {P, 0, 0}, 0},
    {"truncate", SYS_truncate, {P, 0}, 0},
    {"utimensat", SYS_utimensat, {AT_FDCWD, S("file"), P, 0}, 0},
    {"statfs path", SYS_statfs, {P, G}, 0},
    {"statfs", SYS_statfs, {S("file"), P}, OUT},
    {"fstatfs", SYS_fstatfs, {FILE_FD, P}, OUT},
    {"getcwd", SYS_getcwd, {P, 1000}, OUT},
    {"pipe", SYS_pipe, {P}, OUT},
    {"pipe2", SYS_pipe2, {P, 0}, OUT},
    {"poll", SYS_poll, {P, 1, 0}, OUT},
    {"ppoll", SYS_ppoll, {P, 1, S(&no_time), 0, 8}, OUT},
    {"select", SYS_select, {1, P, 0, 0, S(&no_time)}, OUT},
    {"select limit", SYS_select, {0, 0, 0, 0, P}, 0},
    {"pselect6 limit", SYS_pselect6, {0, 0, 0, 0, P, 0}, 0},
    {"execve path", SYS_execve, {P, G, G}, 0},
    {"execve arguments", SYS_execve, {S(self), P, 0}, 0},
    {"execve environment", SYS_execve, {S(self), 0, P}, 0},
    {"rt_sigaction", SYS_rt_sigaction, {SIGUSR1, P, 0, 8}, 0},
    {"rt_sigaction old", SYS_rt_sigaction, {SIGUSR1, 0, P, 8}, OUT},
    {"rt_sigprocmask", SYS_rt_sigprocmask, {SIG_BLOCK, P, 0, 8}, 0},
    {"rt_sigprocmask old", SYS_rt_sigprocmask, {SIG_BLOCK, 0, P, 8}, OUT},
    {"rt_sigpending", SYS_rt_sigpending, {P, 8}, OUT},
    {"rt_sigsuspend", SYS_rt_sigsuspend, {P, 8}, 0},
    {"sigaltstack", SYS_sigaltstack, {P, 0}, 0},
    {"sigaltstack old", SYS_sigaltstack, {0, P}, OUT},
    {"nanosleep", SYS_nanosleep, {P, 0}, 0},
    {"clock_nanosleep", SYS_clock_nanosleep, {1, 0, P, 0}, 0},
    {"clock_gettime", SYS_clock_gettime, {1, P}, OUT},
    {"clock_getres", SYS_clock_getres, {1, P}, OUT},
    {"gettimeofday", SYS_gettimeofday, {P, 0}, OUT},
    {"time", SYS_time, {P}, OUT},
    {"times", SYS_times, {P}, OUT},
    {"getitimer", SYS_getitimer, {0, P}, OUT},
    {"setitimer", SYS_setitimer, {0, P, 0}, 0},
    {"getrlimit", SYS_getrlimit, {7, P}, OUT},
    {"setrlimit", SYS_setrlimit, {7, P}, 0},
    {"prlimit64 new", SYS_prlimit64, {0, 7, P, 0}, 0},
    {"prlimit64 old", SYS_prlimit64, {0, 7, 0, P}, OUT},
    {"getrusage", SYS_getrusage, {0, P}, OUT},
    {"uname", SYS_uname, {P}, OUT},
    {"sysinfo", SYS_sysinfo, {P}, OUT},
    {"getrandom", SYS_getrandom, {P, 16, 0}, OUT | PART},
    {"getgroups", SYS_getgroups, {10, P}, OUT},
    {"setgroups", SYS_setgroups, {1, P}, 0},
    {"getresuid", SYS_getresuid, {P, G, G}, OUT},
    {"getresgid", SYS_getresgid, {G, G, P}, OUT},
    {"fcntl F_GETLK", SYS_fcntl, {FILE_FD, F_GETLK, P}, 0},
    {"fcntl F_SETLK", SYS_fcntl, {FILE_FD, F_SETLK, P}, 0},
    {"ioctl FIONREAD", SYS_ioctl, {PIPE_FD, FIONREAD, P}, OUT},
    {"sendfile offset", SYS_sendfile, {FILE_FD, FILE_FD, P, 10}, 0},
    {"wait4", SYS_wait4, {-1, G, 0, P}, OUT},
};

/* The call with the marked argument replaced: the errno, 0 when it succeeded. */
static int call(const struct row *r, long mark, long by)
{
    long a[6];
    int i;

    for (i = 0; i < 6; i++)
        a[i] = r->arguments[i] == mark ? by : r->arguments[i];
    if (r->number == SYS_wait4 && tap_fork() == 0)
        _exit(0);
    lseek(FILE_FD, 0, SEEK_SET);
    lseek(DIR_FD, 0, SEEK_SET);
    errno = 0;
    return syscall(r->number, a[0], a[1], a[2], a[3], a[4], a[5]) == -1 ? errno : 0;
}

static bool faults(const struct row *r, long pointer, const char *kind)
{
    int got = call(r, P, pointer);

    if (got != EFAULT)
        printf("# %s with %s answers errno %d\n", r->name, kind, got);
    while (r->number == SYS_wait4 && waitpid(-1, NULL, 0) > 0)
        ;
    return got == EFAULT;
}

static void pointers(void)
{
    char *none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *fixed = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char name[96];
    const struct row *r = with_pointers;
    size_t i;

    memset(fixed, 'a', PAGE);
    mprotect(fixed, PAGE, PROT_READ);
    for (i = 0; i < sizeof with_pointers / sizeof *r; i++, r++) {
        bool right = faults(r, 16, "a pointer near 0");

        right &= faults(r, (long)0xffffffff80001000, "a kernel text address");
        right &= faults(r, (long)0xffff888000100000, "a kernel data address");
        right &= faults(r, (long)0xfffffffffffffff0, "an address at the very end");
        right &= faults(r, (long)0x8000000000000000, "no address at all");
        right &= faults(r, (long)0x00007ffffffff000, "the end of the user's half");
        right &= faults(r, S(none), "memory without rights");
        memset(wall - PAGE, 'a', PAGE);
        if ((r->flags & PART) == 0)
            right &= faults(r, S(wall - 2), "memory that ends too early");
        if ((r->flags & OUT) != 0)
            right &= faults(r, S(fixed), "memory that is read-only");
        snprintf(name, sizeof name, "%s: EFAULT for every wild pointer", r->name);
        ok(right, name);
    }
    munmap(none, PAGE);
    munmap(fixed, PAGE);
}

static void descriptors(void)
{
    static const long wild[] = {-1, 99, 1023, 1 << 20, INT_MAX, INT_MIN};
    const struct row list[] = {
        {"read", SYS_read, {D, G, 10}, 0},
        {"write", SYS_write, {D, G, 10}, 0},
        {"pread64", SYS_pread64, {D, G, 10, 0}, 0},
        {"pwrite64", SYS_pwrite64, {D, G, 10, 0}, 0},
        {"readv", SYS_readv, {D, S(&vector), 1}, 0},
        {"writev", SYS_writev, {D, S(&vector), 1}, 0},
        {"close", SYS_close, {D}, 0},
        {"fstat", SYS_fstat, {D, G}, 0},
        {"lseek", SYS_lseek, {D, 0, SEEK_SET}, 0},
        {"dup", SYS_dup, {D}, 0},
        {"dup2", SYS_dup2, {D, 60}, 0},
        {"dup3", SYS_dup3, {D, 60, 0}, 0},
        {"fcntl", SYS_fcntl, {D, F_GETFL, 0}, 0},
        {"ioctl", SYS_ioctl, {D, TIOCGWINSZ, G}, 0},
        {"fsync", SYS_fsync, {D}, 0},
        {"fdatasync", SYS_fdatasync, {D}, 0},
        {"ftruncate", SYS_ftruncate, {D, 0}, 0},
        {"getdents64", SYS_getdents64, {D, G, 1000}, 0},
        {"fchdir", SYS_fchdir, {D}, 0},
        {"fchmod", SYS_fchmod, {D, 0600}, 0},
        {"fchown", SYS_fchown, {D, 0, 0}, 0},
        {"fstatfs", SYS_fstatfs, {D, G}, 0},
        {"flock", SYS_flock, {D, 1}, 0},
        {"mmap", SYS_mmap, {0, PAGE, PROT_READ, MAP_PRIVATE, D, 0}, 0},
        {"openat", SYS_openat, {D, S("file"), O_RDONLY, 0}, 0},
        {"mkdirat", SYS_mkdirat, {D, S("new"), 0700}, 0},
        {"unlinkat", SYS_unlinkat, {D, S("file"), 0}, 0},
        {"newfstatat", SYS_newfstatat, {D, S("file"), G, 0}, 0},
        {"renameat from", SYS_renameat, {D, S("file"), AT_FDCWD, S("new")}, 0},
        {"renameat to", SYS_renameat, {AT_FDCWD, S("file"), D, S("new")}, 0},
        {"sendfile from", SYS_sendfile, {FILE_FD, D, 0, 10}, 0},
        {"sendfile to", SYS_sendfile, {D, FILE_FD, 0, 10}, 0},
    };
    char name[96];
    size_t i, j;

    for (i = 0; i < sizeof list / sizeof list[0]; i++) {
        bool right = true;

        for (j = 0; j < sizeof wild / sizeof wild[0]; j++)
            right &= call(&list[i], D, wild[j]) == EBADF;
        snprintf(name, sizeof name, "%s: EBADF for every wild descriptor", list[i].name);
        ok(right, name);
    }
}

static void lengths(void)
{
    struct iovec two[2] = {{good, 100}, {good, (size_t)LONG_MAX}};

    lseek(FILE_FD, 0, SEEK_SET);
    fails(syscall(SYS_read, FILE_FD, good, -1L), EFAULT, "read of -1 bytes");
    fails(syscall(SYS_write, FILE_FD, good, -1L), EFAULT, "write of -1 bytes");
    is(syscall(SYS_read, FILE_FD, good, 1L << 40), 300, "read of a terabyte gives what there is");
    fails(syscall(SYS_readlink, "link", good, 0), EINVAL, "readlink into no bytes");
    fails(syscall(SYS_readlink, "link", good, -1), EINVAL, "readlink into -1 bytes");
    fails(syscall(SYS_poll, good, -1, 0), EINVAL, "poll of -1 descriptors");
    fails(syscall(SYS_setgroups, 1 << 20, good), EINVAL, "setgroups of a million");
    fails(syscall(SYS_getgroups, -1, good), EINVAL, "getgroups into -1");
    fails(syscall(SYS_readv, FILE_FD, good, 1 << 20), EINVAL, "readv of a million parts");
    fails(syscall(SYS_readv, FILE_FD, two, 2), EFAULT, "readv of a part that leaves the user's half");
    fails(syscall(SYS_rt_sigprocmask, SIG_BLOCK, good, 0, 7), EINVAL, "a signal set of seven bytes");
    fails(syscall(SYS_mmap, 0, PAGE, PROT_READ, MAP_SHARED, FILE_FD, -PAGE), EOVERFLOW,
          "mmap at a negative offset");
    fails(syscall(SYS_truncate, "file", LONG_MIN), EINVAL, "truncate to the least number");
}

static void half_good(void)
{
    lseek(FILE_FD, 0, SEEK_SET);
    is(pread(FILE_FD, wall - 100, 100, 0), 100, "a buffer that ends at the wall is good to its end");
    long n = pread(FILE_FD, wall - 100, 200, 0);
    ok(n == 100 || (n == -1 && errno == EFAULT), "one that goes on behind it gives a part or EFAULT");
    n = pwrite(FILE_FD, wall - 100, 200, 0);
    ok(n == 100 || (n == -1 && errno == EFAULT), "in both directions");
    is(size_of("file"), 300, "and the file is no longer");
    memcpy(wall - 5, "file", 5);
    ok(exists(wall - 5), "a path that ends at the wall is good");
}

static void unknown(void)
{
    static const long numbers[] = {511, 999, 100000, INT_MAX, -1};
    size_t i;
    int right = 0;

    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        right += syscall(numbers[i], 1, 2, 3) == -1 && errno == ENOSYS;
    is(right, (long)i, "calls that do not exist answer ENOSYS");
}

int main(int argc, char **argv)
{
    gid_t group = 5;
    int ends[2], before, after;

    if (argc > 1)
        return 0;
    if (argv[0][0] != '/' && getcwd(self, sizeof self - 100) != NULL)
        strcat(self, "/");
    strcat(self, argv[0]);
    tap_begin("wild");
    wall = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(wall + PAGE, PAGE);
    memset(wall, 'a', PAGE);
    setgroups(1, &group);
    put("file", "");
    truncate("file", 300);
    symlink("file", "link");
    dup2(open("file", O_RDWR), FILE_FD);
    dup2(open(".", O_RDONLY), DIR_FD);
    tap_pipe(ends);
    dup2(ends[1], PIPE_FD);
    wall += PAGE;
    before = dup(0);
    close(before);
    pointers();
    descriptors();
    lengths();
    half_good();
    unknown();
    after = dup(0);
    is(after, before, "no descriptor was left open");
    is(size_of("file"), 300, "the file is as it was");
    ok(!exists("new"), "and no name was made");
    return tap_end();
}
