// SPDX-License-Identifier: MIT
/*
 * Devices must behave as their names say, and what is no terminal must refuse what only terminals can.
 */
#include "tests/user/calls/tap.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <termios.h>

static char data[10000];

static void null(void)
{
    struct stat st;
    int fd = open("/dev/null", O_RDWR);

    ok(fd >= 0, "/dev/null");
    is(write(fd, data, sizeof data), sizeof data, "takes everything");
    is(read(fd, data, 10), 0, "and gives nothing");
    fstat(fd, &st);
    ok(S_ISCHR(st.st_mode) && major(st.st_rdev) == 1 && minor(st.st_rdev) == 3,
       "it is character device 1, 3");
    is(close(open("/dev/null", O_WRONLY | O_TRUNC)), 0, "O_TRUNC does not mind");
    is(close(open("/dev/null", O_WRONLY | O_CREAT, 0666)), 0, "nor does O_CREAT");
    close(fd);
}

static void zero(void)
{
    int fd = open("/dev/zero", O_RDWR);
    size_t i;

    memset(data, 1, sizeof data);
    is(read(fd, data, sizeof data), sizeof data, "/dev/zero gives as much as is asked");
    for (i = 0; i < sizeof data && data[i] == 0; i++)
        ;
    is((long)i, sizeof data, "of zeros");
    is(write(fd, data, 100), 100, "and takes everything");
    close(fd);
}

static void random_bytes(void)
{
    unsigned char one[256], two[256];
    int fd = open("/dev/urandom", O_RDONLY);

    is(read(fd, one, sizeof one), sizeof one, "/dev/urandom gives bytes");
    is(read(fd, two, sizeof two), sizeof two, "and more");
    ok(memcmp(one, two, sizeof one) != 0, "which differ");
    close(fd);
}

static void no_terminals(void)
{
    struct termios modes;
    struct winsize size;
    int fd = open("f", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY), null = open("/dev/null", O_RDWR),
        ends[2];
    int group = 0;

    tap_pipe(ends);
    fails(tcgetattr(fd, &modes), ENOTTY, "a file has no terminal modes");
    fails(tcgetattr(ends[0], &modes), ENOTTY, "nor has a pipe");
    fails(tcgetattr(dir, &modes), ENOTTY, "nor a folder");
    fails(tcgetattr(null, &modes), ENOTTY, "nor /dev/null");
    fails(tcgetattr(99, &modes), EBADF, "nor no descriptor");
    fails(ioctl(fd, TIOCGWINSZ, &size), ENOTTY, "a file has no window size");
    fails(ioctl(fd, TIOCGPGRP, &group), ENOTTY, "and no foreground group");
    fails(tcsetpgrp(fd, getpgrp()), ENOTTY, "which cannot be set");
    fails(ioctl(fd, 0x12345678, &size), ENOTTY, "an unknown ioctl");
    fails(ioctl(99, TIOCGWINSZ, &size), EBADF, "an ioctl of no descriptor");
    ok(!isatty(fd) && !isatty(ends[1]) && !isatty(null), "isatty knows");
    close(fd);
    close(dir);
    close(null);
    close(ends[0]);
    close(ends[1]);
}

static int without_terminal(void)
{
    NEED(setsid() > 0);
    NEED(open("/dev/tty", O_RDWR) == -1 && errno == ENXIO);
    return 0;
}

static void folder(void)
{
    struct stat st;

    ok(stat("/dev", &st) == 0 && S_ISDIR(st.st_mode), "/dev is a folder");
    fails(open("/dev/none", O_RDONLY), ENOENT, "without every name");
    fails(open("/dev/null/x", O_RDONLY), ENOTDIR, "and its devices are no folders");
}

int main(void)
{
    tap_begin("device");
    null();
    zero();
    random_bytes();
    no_terminals();
    child_ok(without_terminal, "a new session has no /dev/tty");
    folder();
    return tap_end();
}
