// SPDX-License-Identifier: MIT
/*
 * The positioned and the gathered forms of read and write must move the same bytes and leave the offset alone.
 */
#include "tests/user/calls/tap.h"

#include <sys/syscall.h>
#include <sys/uio.h>

static void positioned(void)
{
    int fd = open("a", O_RDWR | O_CREAT, 0600), ends[2];
    char text[16] = "";

    is(pwrite(fd, "hello", 5, 3), 5, "pwrite");
    is(size_of("a"), 8, "at its offset");
    is(lseek(fd, 0, SEEK_CUR), 0, "leaves the file's");
    is(pread(fd, text, 16, 0), 8, "pread");
    ok(memcmp(text, "\0\0\0hello", 8) == 0, "gives it all");
    is(pread(fd, text, 16, 8), 0, "pread at the end");
    is(pread(fd, text, 16, 1000), 0, "and behind it");
    fails(pread(fd, text, 1, -1), EINVAL, "pread before the start");
    fails(pwrite(fd, "x", 1, -1), EINVAL, "pwrite before the start");
    tap_pipe(ends);
    fails(pread(ends[0], text, 1, 0), ESPIPE, "pread from a pipe");
    fails(pwrite(ends[1], text, 1, 0), ESPIPE, "pwrite to a pipe");
    fails(pread(99, text, 1, 0), EBADF, "pread from no descriptor");
    close(ends[0]);
    close(ends[1]);
    close(fd);
}

static void gathered(void)
{
    char a[4] = "", b[4] = "", c[4] = "";
    struct iovec out[3] = {{"one", 3}, {"", 0}, {"twothree", 8}}, in[3] = {{a, 3}, {b, 3}, {c, 3}};
    int fd = open("v", O_RDWR | O_CREAT, 0600);

    is(writev(fd, out, 3), 11, "writev writes all parts");
    ok(holds("v", "onetwothree"), "in order");
    lseek(fd, 0, SEEK_SET);
    is(readv(fd, in, 3), 9, "readv fills all parts");
    ok(memcmp(a, "one", 3) == 0 && memcmp(b, "two", 3) == 0 && memcmp(c, "thr", 3) == 0, "in order");
    is(readv(fd, in, 3), 2, "and is short at the end");
    is(readv(fd, in, 0), 0, "no parts");
    fails(syscall(SYS_readv, fd, in, -1), EINVAL, "a negative number of parts");
    fails(syscall(SYS_writev, fd, out, 100000), EINVAL, "too many parts");
    out[0].iov_len = (size_t)-1;
    fails(syscall(SYS_writev, fd, out, 3), EINVAL, "a part of negative length");
    is(size_of("v"), 11, "failures write nothing");
    fails(readv(99, in, 1), EBADF, "readv from no descriptor");
    close(fd);
}

static void both(void)
{
    char a[4] = "", b[4] = "";
    struct iovec out[2] = {{"AB", 2}, {"CD", 2}}, in[2] = {{a, 2}, {b, 2}};
    int fd = open("v", O_RDWR);

    is(pwritev(fd, out, 2, 3), 4, "pwritev");
    ok(holds("v", "oneABCDhree"), "at its offset");
    is(preadv(fd, in, 2, 4), 4, "preadv");
    ok(memcmp(a, "BC", 2) == 0 && memcmp(b, "Dh", 2) == 0, "at its offset");
    is(lseek(fd, 0, SEEK_CUR), 0, "both leave the file's");
    fails(preadv(fd, in, 2, -1), EINVAL, "a negative offset");
    close(fd);
}

static void many_parts(void)
{
    static char data[1024], found[1024];
    static struct iovec out[1024], in[1024];
    int fd = open("m", O_RDWR | O_CREAT, 0600), i;

    for (i = 0; i < 1024; i++) {
        data[i] = (char)(i * 7);
        out[i] = (struct iovec){&data[i], 1};
        in[i] = (struct iovec){&found[1023 - i], 1};
    }
    is(writev(fd, out, 1024), 1024, "1,024 parts of one byte");
    lseek(fd, 0, SEEK_SET);
    is(readv(fd, in, 1024), 1024, "and back into a reversed array");
    for (i = 0; i < 1024 && found[i] == data[1023 - i]; i++)
        ;
    is(i, 1024, "each byte in its place");
    close(fd);
}

static void pipes(void)
{
    char a[3] = "", b[3] = "";
    struct iovec out[2] = {{"12", 2}, {"34", 2}}, in[2] = {{a, 2}, {b, 2}};
    int ends[2];

    tap_pipe(ends);
    is(writev(ends[1], out, 2), 4, "writev to a pipe");
    is(readv(ends[0], in, 2), 4, "readv from it");
    ok(memcmp(a, "12", 2) == 0 && memcmp(b, "34", 2) == 0, "gives the same");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    tap_begin("uio");
    positioned();
    gathered();
    both();
    many_parts();
    pipes();
    return tap_end();
}
