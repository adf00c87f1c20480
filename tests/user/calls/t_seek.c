// SPDX-License-Identifier: MIT
/*
 * lseek must set and tell the offset, refuse what has none, and leave it alone when it fails.
 */
#include "tests/user/calls/tap.h"

static void files(void)
{
    int fd = open("a", O_RDWR | O_CREAT, 0600);
    char text[8] = "";

    write(fd, "0123456789", 10);
    is(lseek(fd, 0, SEEK_CUR), 10, "SEEK_CUR tells the offset");
    is(lseek(fd, 4, SEEK_SET), 4, "SEEK_SET");
    is(read(fd, text, 1), 1, "read there");
    ok(text[0] == '4', "reads that byte");
    is(lseek(fd, 2, SEEK_CUR), 7, "SEEK_CUR forwards");
    is(lseek(fd, -3, SEEK_CUR), 4, "and backwards");
    is(lseek(fd, -1, SEEK_END), 9, "SEEK_END before the end");
    is(lseek(fd, 5, SEEK_END), 15, "and behind it");
    is(size_of("a"), 10, "which does not change the size");
    is(read(fd, text, 1), 0, "nothing is read there");
    is(write(fd, "x", 1), 1, "a write there");
    is(size_of("a"), 16, "grows the file");
    is(pread(fd, text, 6, 10), 6, "with a hole");
    ok(memcmp(text, "\0\0\0\0\0x", 6) == 0, "of zeros");
    lseek(fd, 3, SEEK_SET);
    fails(lseek(fd, -1, SEEK_SET), EINVAL, "a negative offset");
    fails(lseek(fd, -4, SEEK_CUR), EINVAL, "before the start from here");
    fails(lseek(fd, -17, SEEK_END), EINVAL, "before the start from the end");
    fails(lseek(fd, 0, 99), EINVAL, "an unknown origin");
    fails(lseek(fd, INT64_MAX, SEEK_CUR), EINVAL, "an offset that overflows");
    is(lseek(fd, 0, SEEK_CUR), 3, "failures leave the offset");
    fails(lseek(99, 0, SEEK_SET), EBADF, "no descriptor");
    close(fd);
}

static void far(void)
{
    int fd = open("far", O_RDWR | O_CREAT, 0600);
    char text[4] = "";

    is(lseek(fd, 5l << 30, SEEK_SET), 5l << 30, "five gigabytes away");
    is(write(fd, "far", 3), 3, "a write");
    is(size_of("far"), (5l << 30) + 3, "large files have their size");
    is(pread(fd, text, 3, 5l << 30), 3, "a read there");
    ok(memcmp(text, "far", 3) == 0, "gives it back");
    is(pread(fd, text, 3, 3l << 30), 3, "and in the hole before");
    ok(memcmp(text, "\0\0\0", 3) == 0, "zeros");
    close(fd);
    unlink("far");
}

static void others(void)
{
    int ends[2], fd = open(".", O_RDONLY), null = open("/dev/null", O_RDWR);

    tap_pipe(ends);
    fails(lseek(ends[0], 0, SEEK_CUR), ESPIPE, "the reading end of a pipe");
    fails(lseek(ends[1], 0, SEEK_SET), ESPIPE, "the writing end");
    is(lseek(fd, 0, SEEK_SET), 0, "a folder goes to its start");
    is(lseek(null, 100, SEEK_SET), 0, "/dev/null stays at 0");
    close(ends[0]);
    close(ends[1]);
    close(fd);
    close(null);
}

int main(void)
{
    tap_begin("seek");
    files();
    far();
    others();
    return tap_end();
}
