// SPDX-License-Identifier: MIT
/*
 * machine.c - what the system says about itself, raw calls, and small things of the library
 */
#include "tap.h"
#include <byteswap.h>
#include <endian.h>
#include <err.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sysinfo.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>

static void test_names(void)
{
    struct utsname name;
    char host[65];

    ok(uname(&name) == 0 && strcmp(name.machine, "x86_64") == 0, "uname: x86_64");
    ok(gethostname(host, sizeof host) == 0 && strcmp(host, name.nodename) == 0, "gethostname agrees");
    fails(gethostname(host, 0), ENAMETOOLONG, "and wants room");
}

static void test_numbers(void)
{
    struct sysinfo info;

    ok(sysinfo(&info) == 0 && info.totalram >= info.freeram && info.procs > 0, "sysinfo");
    is(sysconf(_SC_PAGESIZE), 4096, "a page has 4096 bytes");
    ok(sysconf(_SC_NPROCESSORS_ONLN) >= 1 && get_nprocs() >= 1, "there is a processor");
    ok(sysconf(_SC_PHYS_PAGES) > 1000 && sysconf(_SC_OPEN_MAX) >= 16, "and memory, and descriptors");
    fails(sysconf(-5), EINVAL, "sysconf knows its numbers");
    is(getauxval(AT_PAGESZ), 4096, "the auxiliary vector has the page size");
    ok(getauxval(AT_RANDOM) != 0 && getauxval(AT_ENTRY) >= 0x400000, "and random bytes and the entry");
    ok(getauxval(12345) == 0 && errno == ENOENT, "and not everything");
}

static void test_random(void)
{
    unsigned char a[64] = {0}, b[64] = {0};

    is(getrandom(a, sizeof a, 0), sizeof a, "getrandom");
    is(getentropy(b, sizeof b), 0, "getentropy");
    ok(memcmp(a, b, sizeof a) != 0, "differ");
    fails(getentropy(b, 257), EIO, "getentropy gives 256 bytes at most");
    ok(arc4random() != arc4random() || arc4random() != arc4random(), "arc4random differs");
}

static void test_raw(void)
{
    char name[16] = "";

    is(syscall(SYS_getpid), getpid(), "syscall of getpid");
    fails(syscall(SYS_close, 999), EBADF, "syscall gives errno");
    fails(syscall(99999), ENOSYS, "there is no call 99999");
    ok(prctl(PR_SET_NAME, "renamed") == 0 && prctl(PR_GET_NAME, name) == 0 && strcmp(name, "renamed") == 0,
       "prctl");
}

static void test_bytes(void)
{
    is(bswap_32(0x12345678), 0x78563412, "bswap_32");
    ok(htobe16(0x1234) == 0x3412 && htole64(5) == 5 && be64toh(1) == 1UL << 56, "byte orders");
}

static void test_err(void)
{
    char text[128] = "";
    int ends[2], status;

    pipe(ends);
    pid_t pid = tap_fork();
    if (pid == 0) {
        dup2(ends[1], 2);
        errno = ENOENT;
        err(9, "file %d", 5);
    }
    waitpid(pid, &status, 0);
    read(ends[0], text, sizeof text - 1);
    close(ends[0]);
    close(ends[1]);
    is(status, 9 << 8, "err exits with its status");
    ok(strstr(text, ": file 5: No such file or directory\n") != NULL, "and says why");
}

int main(void)
{
    test_names();
    test_numbers();
    test_random();
    test_raw();
    test_bytes();
    test_err();
    return done();
}
