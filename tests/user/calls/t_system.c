// SPDX-License-Identifier: MIT
/*
 * The calls about the whole system must give possible answers, and sendfile, sync and prctl their effect.
 */
#include "tests/user/calls/tap.h"

#include <sched.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>

static void names(void)
{
    struct utsname name;
    char text[17] = "";

    is(uname(&name), 0, "uname");
    ok(name.sysname[0] != '\0' && name.release[0] != '\0', "names the system");
    ok(strcmp(name.machine, "x86_64") == 0, "and the machine");
    is(prctl(PR_SET_NAME, "a-name-that-is-too-long"), 0, "PR_SET_NAME");
    is(prctl(PR_GET_NAME, text), 0, "PR_GET_NAME");
    ok(strcmp(text, "a-name-that-is-") == 0, "gives fifteen bytes of it");
    fails(prctl(0x7fff), EINVAL, "an unknown prctl");
}

static void numbers(void)
{
    struct sysinfo info;

    is(sysinfo(&info), 0, "sysinfo");
    ok(info.totalram > 0 && info.freeram < info.totalram && info.procs > 0 && info.uptime >= 0,
       "is possible");
    is(getpid(), syscall(SYS_gettid), "a process is its own first thread");
    ok(getpid() > 0 && getppid() >= 0, "it has a number and a parent");
    is(sched_yield(), 0, "sched_yield");
    is(umask(022), 022, "umask");
}

static void randomness(void)
{
    char one[64] = "", two[64] = "";

    is(getrandom(one, sizeof one, 0), sizeof one, "getrandom");
    is(getrandom(two, sizeof two, GRND_NONBLOCK), sizeof two, "again");
    ok(memcmp(one, two, sizeof one) != 0, "gives other bytes");
    fails(getrandom(one, sizeof one, 0x100), EINVAL, "an unknown flag");
}

static void sending(void)
{
    static char data[30000], found[30000];
    int in = open("in", O_RDWR | O_CREAT, 0600), out = open("out", O_RDWR | O_CREAT, 0600), ends[2];
    off_t at = 1000;
    size_t i;

    for (i = 0; i < sizeof data; i++)
        data[i] = (char)(i % 251);
    write(in, data, sizeof data);
    lseek(in, 0, SEEK_SET);
    is(sendfile(out, in, NULL, 20000), 20000, "sendfile between files");
    is(lseek(in, 0, SEEK_CUR), 20000, "moves the source's offset");
    is(sendfile(out, in, NULL, 20000), 10000, "and is short at the end");
    is(sendfile(out, in, NULL, 20000), 0, "then the end");
    ok(pread(out, found, sizeof found, 0) == sizeof found && memcmp(data, found, sizeof data) == 0,
       "all is copied");
    lseek(in, 5, SEEK_SET);
    tap_pipe(ends);
    is(sendfile(ends[1], in, &at, 3000), 3000, "sendfile to a pipe, from an offset");
    ok(at == 4000 && lseek(in, 0, SEEK_CUR) == 5, "moves that offset alone");
    ok(read(ends[0], found, 3000) == 3000 && memcmp(found, data + 1000, 3000) == 0, "the data comes through");
    fails(sendfile(in, ends[0], NULL, 10), EINVAL, "sendfile from a pipe to a file");
    fcntl(out, F_SETFL, O_APPEND);
    fails(sendfile(out, in, NULL, 10), EINVAL, "sendfile to an appending file");
    close(in);
    close(out);
    close(ends[0]);
    close(ends[1]);
}

static void syncing(void)
{
    int fd = open("s", O_RDWR | O_CREAT, 0600), ends[2], dir = open(".", O_RDONLY);

    write(fd, "x", 1);
    works(fsync(fd), "fsync of a file");
    works(fsync(dir), "fsync of a folder");
    works(fdatasync(fd), "fdatasync");
    tap_pipe(ends);
    fails(fsync(ends[0]), EINVAL, "fsync of a pipe");
    sync();
    ok(holds("s", "x"), "sync");
    close(fd);
    close(dir);
    close(ends[0]);
    close(ends[1]);
}

static void special_files(void)
{
    struct stat st;

    is(mknod("node", S_IFREG | 0640, 0), 0, "mknod of a file");
    ok(lstat("node", &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0, "makes an empty one");
    is(mknod("null", S_IFCHR | 0666, 0x103), 0, "mknod of a device");
    ok(lstat("null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == 0x103, "with its number");
    fails(mknod("node", S_IFREG | 0640, 0), EEXIST, "mknod of a name that exists");
    fails(mknod("dir", S_IFDIR | 0755, 0), EPERM, "mknod of a folder");
    is(unlink("null"), 0, "a device's name is removed");
}

int main(void)
{
    tap_begin("system");
    names();
    numbers();
    randomness();
    sending();
    syncing();
    special_files();
    return tap_end();
}
