// SPDX-License-Identifier: MIT
/*
 * read and write must move exactly the bytes that they say, at the shared offset, for every size and alignment.
 */
#include "tests/user/calls/tap.h"

enum { BIG = 600 * 1024 };

static char data[BIG], found[BIG];

static void simple(void)
{
    int fd = open("a", O_RDWR | O_CREAT, 0600);

    is(write(fd, "hello", 5), 5, "write");
    is(write(fd, " world", 6), 6, "goes on where it ended");
    is(read(fd, found, 10), 0, "read at the end");
    is(lseek(fd, 0, SEEK_SET), 0, "back");
    is(read(fd, found, 5), 5, "read");
    is(read(fd, found + 5, 100), 6, "is short at the end");
    ok(memcmp(found, "hello world", 11) == 0, "the data is right");
    is(read(fd, found, 1), 0, "then the end");
    is(write(fd, data, 0), 0, "write of nothing");
    is(read(fd, found, 0), 0, "read of nothing");
    is(size_of("a"), 11, "the size is right");
    lseek(fd, 3, SEEK_SET);
    is(write(fd, "XY", 2), 2, "write in the middle");
    ok(holds("a", "helXY world"), "replaces just that");
    close(fd);
}

static void rights(void)
{
    int r = open("a", O_RDONLY), w = open("a", O_WRONLY);

    fails(write(r, "x", 1), EBADF, "write to a descriptor for reading");
    fails(read(w, found, 1), EBADF, "read from one for writing");
    fails(write(99, "x", 1), EBADF, "write to no descriptor");
    fails(read(-1, found, 1), EBADF, "read from descriptor -1");
    fails(write(r, "x", 0), EBADF, "also of nothing");
    fails(fsync(99), EBADF, "fsync of no descriptor");
    works(fsync(w), "fsync");
    works(fdatasync(r), "fdatasync");
    close(r);
    close(w);
}

/* Writes and reads back pieces of `step` bytes. */
static bool pieces(size_t step, size_t total)
{
    int fd = open("p", O_RDWR | O_CREAT | O_TRUNC, 0600);
    size_t at;
    bool good = fd >= 0;

    for (at = 0; at < total; at += step)
        good = good && write(fd, data + at, step) == (ssize_t)step;
    good = good && lseek(fd, 0, SEEK_SET) == 0;
    memset(found, 0, total + step);
    for (at = 0; at < total; at += step)
        good = good && read(fd, found + at, step) == (ssize_t)step;
    good = good && read(fd, found + at, 1) == 0 && memcmp(found, data, at) == 0;
    close(fd);
    return good;
}

static void shapes(void)
{
    static const size_t steps[] = {1,    7,    511,  512,  513,   1023,  1024,
                                   4095, 4096, 4097, 8192, 10000, 65536, 100001};
    size_t i;
    int good = 0;

    for (i = 0; i < sizeof steps / sizeof steps[0]; i++)
        good += pieces(steps[i], steps[i] < 100 ? 3000 : 200000);
    is(good, (long)i, "pieces of many sizes are written and read back");
}

static void big(void)
{
    int fd = open("big", O_RDWR | O_CREAT, 0600);
    int good = 0, i;

    is(write(fd, data, BIG), BIG, "one write of 600 KiB");
    is(pread(fd, found, BIG, 0), BIG, "one read of it");
    ok(memcmp(found, data, BIG) == 0, "is right");
    for (i = 0; i < 50; i++) {
        size_t at = (size_t)i * 11003 % (BIG - 20000), len = (size_t)i * 397 % 20000;

        good += pread(fd, found, len, (off_t)at) == (ssize_t)len && memcmp(found, data + at, len) == 0;
    }
    is(good, 50, "and at fifty places");
    is(pread(fd, found, BIG, BIG - 10), 10, "a long read near the end is short");
    close(fd);
    unlink("big");
}

static void holes(void)
{
    int fd = open("hole", O_RDWR | O_CREAT, 0600), i, good = 0;

    for (i = 0; i < 8; i++)
        good += pwrite(fd, data, 100, i * 50000 + 777) == 100;
    is(good, 8, "eight islands");
    is(size_of("hole"), 7 * 50000 + 877, "the size ends with the last");
    for (i = 0, good = 0; i < 8; i++) {
        memset(found, 1, 1200);
        good += pread(fd, found, 1000, i * 50000) == (i < 7 ? 1000 : 877) && found[0] == 0 &&
                found[776] == 0 && memcmp(found + 777, data, 100) == 0 && (i == 7 || found[999] == 0);
    }
    is(good, 8, "each reads back between zeros");
    close(fd);
}

static void shared_offset(void)
{
    int fd = open("a", O_RDWR), other = open("a", O_RDWR), copy = dup(fd);

    lseek(fd, 2, SEEK_SET);
    is(lseek(copy, 0, SEEK_CUR), 2, "a duplicate shares the offset");
    is(lseek(other, 0, SEEK_CUR), 0, "another open does not");
    is(read(copy, found, 3), 3, "a read by one");
    is(lseek(fd, 0, SEEK_CUR), 5, "moves the other");
    is(write(other, "HE", 2), 2, "a write by a third");
    is(pread(fd, found, 2, 0), 2, "is seen");
    ok(memcmp(found, "HE", 2) == 0, "at once");
    close(fd);
    is(read(copy, found, 1), 1, "the duplicate outlives the first");
    close(copy);
    close(other);
}

static int child_reads(void)
{
    char c;

    NEED(read(50, &c, 1) == 1 && c == data[0]);
    return 0;
}

static void with_child(void)
{
    int fd = open("big2", O_RDWR | O_CREAT, 0600);

    write(fd, data, 10);
    lseek(fd, 0, SEEK_SET);
    dup2(fd, 50);
    child_ok(child_reads, "a child reads from an inherited descriptor");
    is(lseek(fd, 0, SEEK_CUR), 1, "and moves the parent's offset");
    close(50);
    close(fd);
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof data; i++)
        data[i] = (char)(1 + i * 13 % 253 + i / 4096);
    tap_begin("readwrite");
    simple();
    rights();
    shapes();
    big();
    holes();
    shared_offset();
    with_child();
    return tap_end();
}
