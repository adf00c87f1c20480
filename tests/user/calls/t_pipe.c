// SPDX-License-Identifier: MIT
/*
 * Pipes must carry bytes in order, wait when they are full or empty, and tell each end when the other is gone.
 */
#include "tests/user/calls/tap.h"

#include <limits.h>
#include <sys/ioctl.h>

static int ends[2];
static char data[256 * 1024], found[256 * 1024];

static void make(void)
{
    tap_pipe(ends);
}

static void drop(void)
{
    close(ends[0]);
    close(ends[1]);
}

static void simple(void)
{
    struct stat st;

    is(pipe(ends), 0, "pipe");
    is(write(ends[1], "hello", 5), 5, "write");
    is(write(ends[1], "world", 5), 5, "again");
    is(read(ends[0], found, 3), 3, "read a part");
    is(read(ends[0], found + 3, 100), 7, "read the rest");
    ok(memcmp(found, "helloworld", 10) == 0, "in order");
    fails(read(ends[1], found, 1), EBADF, "read from the writing end");
    fails(write(ends[0], "x", 1), EBADF, "write to the reading end");
    is(write(ends[1], "", 0), 0, "write of nothing");
    fstat(ends[0], &st);
    ok(S_ISFIFO(st.st_mode), "fstat shows a pipe");
    write(ends[1], "last", 4);
    close(ends[1]);
    is(read(ends[0], found, 100), 4, "what was written before the writer closed");
    is(read(ends[0], found, 100), 0, "then the end");
    is(read(ends[0], found, 100), 0, "again and again");
    close(ends[0]);
}

static void flags(void)
{
    is(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0, "pipe2");
    is(fcntl(ends[0], F_GETFD), FD_CLOEXEC, "sets O_CLOEXEC");
    ok((fcntl(ends[1], F_GETFL) & O_NONBLOCK) != 0, "and O_NONBLOCK");
    fails(read(ends[0], found, 1), EAGAIN, "read from an empty pipe does not wait");
    drop();
    fails(pipe2(ends, 0x1), EINVAL, "pipe2 with an unknown flag");
}

static void full(void)
{
    long n, total = 0;

    tap_pipe2(ends, O_NONBLOCK);
    while ((n = write(ends[1], data, 4096)) > 0)
        total += n;
    fails(write(ends[1], data, 1), EAGAIN, "a full pipe does not take a byte");
    ok(total >= PIPE_BUF, "it holds at least PIPE_BUF");
    is(read(ends[0], found, sizeof found), total, "it is emptied in one read");
    ok(memcmp(found, data, 4096) == 0 && memcmp(found + total - 4096, data, 4096) == 0, "with the data");
    is(write(ends[1], data, 4096), 4096, "then it takes more");
    drop();
}

static void whole_or_nothing(void)
{
    long n, total = 0;

    tap_pipe2(ends, O_NONBLOCK);
    while ((n = write(ends[1], data, 1000)) > 0)
        total += n;
    read(ends[0], found, 500);
    fails(write(ends[1], data, PIPE_BUF), EAGAIN, "PIPE_BUF bytes are not written in part");
    n = 0;
    while (read(ends[0], found, 1) == 1)
        n++;
    is(n, total - 500, "and none of them came through");
    n = write(ends[1], data, sizeof data);
    ok(n > 0 && n < (long)sizeof data, "more than fits is written in part");
    is(read(ends[0], found, sizeof found), n, "exactly the count said");
    drop();
}

static void broken(void)
{
    make();
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    fails(write(ends[1], "x", 1), EPIPE, "write without a reader, SIGPIPE ignored");
    signal(SIGPIPE, SIG_DFL);
    close(ends[1]);
}

static int ignores_pipe(void)
{
    make();
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    NEED(write(ends[1], "x", 1) == -1 && errno == EPIPE);
    NEED(write(ends[1], "x", 1) == -1 && errno == EPIPE);
    return 0;
}

static int killed_by_pipe(void)
{
    make();
    close(ends[0]);
    write(ends[1], "x", 1);
    return 0;
}

/* Writes the data through in odd pieces. */
static int writer(void)
{
    size_t at = 0, len;

    close(ends[0]);
    while (at < sizeof data) {
        len = 1 + at * 31 % 9000;
        len = sizeof data - at < len ? sizeof data - at : len;
        NEED(write(ends[1], data + at, len) == (ssize_t)len);
        at += len;
    }
    return 0;
}

static void stream(void)
{
    size_t at = 0;
    ssize_t n;
    pid_t child;

    make();
    child = tap_start(writer);
    close(ends[1]);
    while ((n = read(ends[0], found + at, 1 + at * 17 % 7000 % (sizeof found - at + 1))) > 0)
        at += (size_t)n;
    is((long)at, sizeof data, "256 KiB go through, each side waiting for the other");
    ok(memcmp(found, data, sizeof data) == 0, "in order");
    tap_status(tap_wait(child), 0, "the writer wrote all");
    close(ends[0]);
}

/* Each writer sends records of one letter, each not longer than PIPE_BUF. */
static int records(void)
{
    char record[1000];
    int i;

    memset(record, 'a' + getpid() % 26, sizeof record);
    for (i = 0; i < 100; i++)
        NEED(write(ends[1], record, sizeof record) == sizeof record);
    return 0;
}

static void atomic(void)
{
    pid_t child[4];
    int i, whole = 0, got = 0;

    make();
    for (i = 0; i < 4; i++)
        child[i] = tap_start(records);
    close(ends[1]);
    while (got < 400) {
        ssize_t n, have = 0;

        while (have < 1000 && (n = read(ends[0], found + have, (size_t)(1000 - have))) > 0)
            have += n;
        if (have < 1000)
            break;
        for (n = 1; n < 1000 && found[n] == found[0]; n++)
            ;
        whole += n == 1000;
        got++;
    }
    is(got, 400, "four writers send 100 records each");
    is(whole, 400, "none is mixed with another");
    is(read(ends[0], found, 1), 0, "the last writer's end is the end");
    for (i = 0; i < 4; i++)
        whole -= tap_wait(child[i]) == 0;
    is(whole, 396, "all writers end well");
    close(ends[0]);
}

static int late_writer(void)
{
    tap_until_sleeps(getppid());
    NEED(write(ends[1], "late", 4) == 4);
    return 0;
}

static int late_reader(void)
{
    char c[4096];
    int i;

    close(ends[1]);
    tap_until_sleeps(getppid());
    for (i = 0; read(ends[0], c, sizeof c) > 0; i++)
        ;
    return 0;
}

static void waiting(void)
{
    pid_t child;

    make();
    child = tap_start(late_writer);
    is(read(ends[0], found, 10), 4, "a read waits for the writer");
    tap_wait(child);
    child = tap_start(late_reader);
    close(ends[0]);
    is(write(ends[1], data, 200000), 200000, "a long write waits for the reader");
    close(ends[1]);
    tap_status(tap_wait(child), 0, "who then sees the end");
}

static void counting(void)
{
    int n = -1;

    make();
    write(ends[1], "12345", 5);
    is(ioctl(ends[0], FIONREAD, &n), 0, "FIONREAD");
    is(n, 5, "tells how much is there");
    drop();
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof data; i++)
        data[i] = (char)(i * 11 % 251);
    tap_begin("pipe");
    simple();
    flags();
    full();
    whole_or_nothing();
    broken();
    child_dies(killed_by_pipe, SIGPIPE, "write without a reader kills by SIGPIPE");
    child_ok(ignores_pipe, "a child that ignores SIGPIPE goes on");
    stream();
    atomic();
    waiting();
    counting();
    return tap_end();
}
