// SPDX-License-Identifier: MIT
/*
 * truncate and ftruncate must set the size, keep what lies before it and show zeros after it.
 */
#include "tests/user/calls/tap.h"

static char data[70000], found[70000];

static bool zero(const char *from, size_t n)
{
    while (n > 0 && from[n - 1] == 0)
        n--;
    return n == 0;
}

/* The first `keep` bytes of `f` are the data's, the rest up to `size` is zero. */
static bool reads(long keep, long size)
{
    int fd = open("f", O_RDONLY);
    bool good = fd >= 0 && read(fd, found, sizeof found) == size && memcmp(found, data, (size_t)keep) == 0 &&
                zero(found + keep, (size_t)(size - keep));

    close(fd);
    return good;
}

static bool fill(size_t size)
{
    int fd = open("f", O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool good = write(fd, data, size) == (ssize_t)size;

    close(fd);
    return good;
}

static void sizes(void)
{
    static const long cuts[] = {69999, 65536, 65535, 12289, 12288, 4097, 4096, 4095, 1025, 1024, 1023, 1, 0};
    size_t i;
    int cut = 0, grown = 0;

    for (i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        fill(70000);
        cut += truncate("f", cuts[i]) == 0 && size_of("f") == cuts[i] && reads(cuts[i], cuts[i]);
        grown += truncate("f", 70000) == 0 && size_of("f") == 70000 && reads(cuts[i], 70000);
    }
    is(cut, (long)i, "a file is cut at many sizes and keeps what lies before");
    is(grown, (long)i, "and when it grows again the rest is zero");
}

static void by_descriptor(void)
{
    int fd = open("f", O_RDWR | O_TRUNC), reader = open("f", O_RDONLY);
    char c;

    is(ftruncate(fd, 5000), 0, "ftruncate of an empty file");
    ok(reads(0, 5000), "makes zeros");
    is(lseek(fd, 0, SEEK_CUR), 0, "leaves the offset");
    is(write(fd, data, 10), 10, "a write at the start");
    is(ftruncate(fd, 5), 0, "cut behind the offset");
    is(write(fd, data + 10, 3), 3, "a write goes on at the offset");
    is(size_of("f"), 13, "and leaves a hole");
    is(pread(fd, found, 13, 0), 13, "which");
    ok(memcmp(found, data, 5) == 0 && zero(found + 5, 5) && memcmp(found + 10, data + 10, 3) == 0, "is zero");
    fails(ftruncate(reader, 0), EINVAL, "ftruncate of a descriptor for reading");
    fails(ftruncate(99, 0), EBADF, "ftruncate of no descriptor");
    fails(ftruncate(fd, -1), EINVAL, "a negative size");
    is(lseek(reader, 12, SEEK_SET), 12, "a reader near the end");
    ftruncate(fd, 3);
    is(read(reader, &c, 1), 0, "is at the end when the file was cut before it");
    close(fd);
    close(reader);
}

static void bad_paths(void)
{
    fails(truncate("none", 0), ENOENT, "truncate of nothing");
    fails(truncate(".", 0), EISDIR, "truncate of a folder");
    fails(truncate("f/x", 0), ENOTDIR, "truncate below a file");
    fails(truncate("f", -1), EINVAL, "truncate to a negative size");
    is(size_of("f"), 3, "failures change nothing");
    symlink("f", "s");
    is(truncate("s", 2), 0, "truncate follows a link");
    is(size_of("f"), 2, "to its target");
}

static void sparse(void)
{
    struct stat st;
    int fd = open("sparse", O_RDWR | O_CREAT, 0600);

    is(ftruncate(fd, 300l << 20), 0, "a file of 300 MiB without blocks");
    fstat(fd, &st);
    is((long)st.st_size, 300l << 20, "has its size");
    ok(st.st_blocks * 512 < 100000, "and hardly a block");
    is(pwrite(fd, "end", 3, (300l << 20) - 3), 3, "a write at its very end");
    is(pread(fd, found, 100, (300l << 20) - 100), 100, "a read there");
    ok(zero(found, 97) && memcmp(found + 97, "end", 3) == 0, "sees zeros and the end");
    is(pwrite(fd, "mid", 3, 20l << 20), 3, "a write in the middle");
    fstat(fd, &st);
    ok(st.st_blocks * 512 < 200000, "few blocks are taken");
    is(ftruncate(fd, 100), 0, "cut");
    fstat(fd, &st);
    ok(st.st_blocks * 512 < 10000, "gives the blocks back");
    is(pread(fd, found, 200, 0), 100, "what is left");
    ok(zero(found, 100), "is zero");
    close(fd);
    unlink("sparse");
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof data; i++)
        data[i] = (char)(1 + i * 7 % 251);
    tap_begin("truncate");
    sizes();
    by_descriptor();
    bad_paths();
    sparse();
    return tap_end();
}
