// SPDX-License-Identifier: MIT
/*
 * dup, dup2, dup3 and fcntl must hand out the lowest free descriptor and keep per-descriptor and per-file flags apart.
 */
#include "tests/user/calls/tap.h"

#include <sys/resource.h>

static void duplicates(void)
{
    int fd = open("a", O_RDWR | O_CREAT, 0600), low = dup(fd), other, copy;

    ok(fd >= 0 && low > fd, "dup gives another descriptor");
    is(close(fd), 0, "the lower is closed");
    is(open("a", O_RDONLY), fd, "the next open takes the lowest free one");
    close(fd);
    is(dup2(low, 40), 40, "dup2 to a free one");
    is(write(40, "x", 1), 1, "works");
    is(lseek(low, 0, SEEK_CUR), 1, "with the same offset");
    is(dup2(40, 40), 40, "dup2 onto itself");
    works(fcntl(40, F_GETFD), "keeps it open");
    other = open("b", O_RDWR | O_CREAT, 0600);
    is(dup2(other, 40), 40, "dup2 closes what was there");
    is(write(40, "yy", 2), 2, "a write");
    is(size_of("b"), 2, "goes to the new file");
    fails(dup(99), EBADF, "dup of no descriptor");
    fails(dup2(99, 40), EBADF, "dup2 of none");
    is(size_of("b"), 2, "leaves the target");
    fails(dup2(other, -1), EBADF, "dup2 to -1");
    fails(dup2(other, 1 << 24), EBADF, "dup2 far above the limit");
    fails(dup3(other, other, 0), EINVAL, "dup3 onto itself");
    fails(dup3(other, 41, 0x10), EINVAL, "dup3 with an unknown flag");
    is(dup3(other, 41, O_CLOEXEC), 41, "dup3 with O_CLOEXEC");
    is(fcntl(41, F_GETFD), FD_CLOEXEC, "sets the flag");
    copy = dup(41);
    is(fcntl(copy, F_GETFD), 0, "dup does not copy it");
    close(copy);
    close(41);
    close(40);
    close(other);
    close(low);
}

static void descriptor_flags(void)
{
    int fd = open("a", O_RDONLY | O_CLOEXEC), copy;

    is(fcntl(fd, F_GETFD), FD_CLOEXEC, "open with O_CLOEXEC");
    is(fcntl(fd, F_SETFD, 0), 0, "F_SETFD");
    is(fcntl(fd, F_GETFD), 0, "clears it");
    copy = fcntl(fd, F_DUPFD, 60);
    is(copy, 60, "F_DUPFD gives at least that number");
    is(fcntl(fd, F_DUPFD, 60), 61, "and the next");
    is(fcntl(fd, F_DUPFD_CLOEXEC, 60), 62, "F_DUPFD_CLOEXEC");
    is(fcntl(62, F_GETFD), FD_CLOEXEC, "sets the flag");
    is(fcntl(61, F_GETFD), 0, "F_DUPFD does not");
    fails(fcntl(fd, F_DUPFD, -1), EINVAL, "F_DUPFD from -1");
    fails(fcntl(fd, F_DUPFD, 1 << 24), EINVAL, "F_DUPFD from above the limit");
    fails(fcntl(fd, 9999), EINVAL, "an unknown command");
    fails(fcntl(99, F_GETFD), EBADF, "no descriptor");
    close(60);
    close(61);
    close(62);
    close(fd);
}

static void file_flags(void)
{
    int r = open("a", O_RDONLY), w = open("a", O_WRONLY | O_APPEND), rw = open("a", O_RDWR | O_NONBLOCK),
        copy = dup(w);

    is(fcntl(r, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDONLY, "flags of a reader");
    is(fcntl(w, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_WRONLY | O_APPEND, "of an appender");
    is(fcntl(rw, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_NONBLOCK,
       "of one that does not wait");
    is(fcntl(w, F_GETFL) & (O_CREAT | O_TRUNC | O_EXCL), 0, "flags of opening are not kept");
    is(fcntl(w, F_SETFL, O_NONBLOCK), 0, "F_SETFL");
    is(fcntl(copy, F_GETFL) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_WRONLY | O_NONBLOCK,
       "changes the duplicate too");
    is(fcntl(w, F_SETFL, O_RDWR), 0, "F_SETFL with another access mode");
    is(fcntl(w, F_GETFL) & O_ACCMODE, O_WRONLY, "ignores it");
    close(r);
    close(w);
    close(rw);
    close(copy);
}

static void many(void)
{
    int i, opened = 0, closed = 0;

    for (i = 0; i < 200; i++)
        opened += fcntl(0, F_DUPFD, 10) == 10 + i;
    is(opened, 200, "200 duplicates have numbers without gaps");
    for (i = 0; i < 200; i += 2)
        closed += close(10 + i) == 0;
    for (i = 0; i < 200; i += 2)
        closed += fcntl(0, F_DUPFD, 10) == 10 + i;
    is(closed, 200, "gaps are filled from below");
    for (i = 0; i < 200; i++)
        close(10 + i);
}

/* After the limit is lowered, descriptors above it stay open but no new ones come there. */
static int limited(void)
{
    struct rlimit limit = {20, 20};
    int fd = open("a", O_RDONLY);

    NEED(dup2(fd, 30) == 30);
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    NEED(fcntl(30, F_GETFD) == 0);
    NEED(dup2(fd, 20) == -1 && errno == EBADF);
    NEED(dup2(fd, 19) == 19);
    NEED(fcntl(fd, F_DUPFD, 20) == -1 && errno == EINVAL);
    while (fd >= 0 && fd < 19)
        fd = dup(0);
    NEED(fd == -1 && errno == EMFILE);
    NEED(open("a", O_RDONLY) == -1 && errno == EMFILE);
    NEED(fcntl(0, F_DUPFD, 0) == -1 && errno == EMFILE);
    NEED(close(5) == 0 && open("a", O_RDONLY) == 5);
    return 0;
}

int main(void)
{
    tap_begin("dup");
    duplicates();
    descriptor_flags();
    file_flags();
    many();
    child_ok(limited, "RLIMIT_NOFILE bounds new descriptors with EMFILE");
    return tap_end();
}
