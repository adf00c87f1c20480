// SPDX-License-Identifier: MIT
/*
 * files.c - descriptors: opening, reading, writing, positions, locks, pipes, readiness
 */
#include "tap.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <sys/wait.h>

static void test_open(void)
{
    fails(open("none", O_RDONLY), ENOENT, "open of nothing");
    int fd = open("file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    ok(fd >= 3, "open makes a file");
    fails(open("file", O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST, "O_EXCL refuses it the second time");
    fails(open("file/x", O_RDONLY), ENOTDIR, "a file is no folder");
    fails(open("file", O_RDONLY | O_DIRECTORY), ENOTDIR, "O_DIRECTORY wants a folder");
    fails(open(".", O_RDWR), EISDIR, "a folder is not for writing");
    is(fcntl(fd, F_GETFD), FD_CLOEXEC, "O_CLOEXEC is set");
    is(fcntl(fd, F_GETFL) & (O_ACCMODE | O_APPEND), O_RDWR, "F_GETFL tells the mode");
    is(fcntl(fd, F_SETFL, O_APPEND), 0, "F_SETFL");
    is(fcntl(fd, F_GETFL) & O_APPEND, O_APPEND, "O_APPEND is set");
    is(close(fd), 0, "close");
    fails(close(fd), EBADF, "close again");
    fails(write(fd, "x", 1), EBADF, "write to a closed descriptor");
}

static void test_positions(void)
{
    char text[16] = "";
    int fd = open("file", O_RDWR | O_TRUNC);

    is(write(fd, "0123456789", 10), 10, "write");
    is(lseek(fd, -3, SEEK_END), 7, "lseek from the end");
    is(read(fd, text, 16), 3, "read up to the end");
    is(read(fd, text, 16), 0, "read at the end");
    fails(lseek(fd, -1, SEEK_SET), EINVAL, "lseek before the start");
    ok(pread(fd, text, 4, 2) == 4 && memcmp(text, "2345", 4) == 0, "pread reads there");
    is(pwrite(fd, "ab", 2, 4), 2, "pwrite writes there");
    is(lseek(fd, 0, SEEK_CUR), 10, "both leave the position");
    is(ftruncate(fd, 6), 0, "ftruncate to less");
    is(pread(fd, text, 16, 0), 6, "the end has come nearer");
    ok(memcmp(text, "0123ab", 6) == 0, "the contents are right");
    is(ftruncate(fd, 5000), 0, "ftruncate to more");
    ok(pread(fd, text, 4, 4000) == 4 && memcmp(text, "\0\0\0\0", 4) == 0, "what was not written is zero");
    close(fd);
}

static void test_vectors(void)
{
    char a[3], b[5];
    struct iovec out[] = {{"one", 3}, {"", 0}, {"fives", 5}};
    struct iovec in[] = {{a, 3}, {b, 5}};
    int fd = open("file", O_RDWR | O_TRUNC);

    is(writev(fd, out, 3), 8, "writev");
    is(preadv(fd, in, 2, 0), 8, "preadv");
    ok(memcmp(a, "one", 3) == 0 && memcmp(b, "fives", 5) == 0, "the buffers are filled in order");
    close(fd);
}

static void test_duplicates(void)
{
    int fd = open("file", O_RDONLY);
    int copy = dup(fd);

    lseek(fd, 3, SEEK_SET);
    is(lseek(copy, 0, SEEK_CUR), 3, "a duplicate shares the position");
    is(dup2(fd, 20), 20, "dup2");
    is(dup3(fd, 21, O_CLOEXEC), 21, "dup3");
    is(fcntl(21, F_GETFD), FD_CLOEXEC, "with O_CLOEXEC");
    fails(dup3(fd, fd, 0), EINVAL, "dup3 onto itself");
    is(fcntl(fd, F_DUPFD, 30), 30, "F_DUPFD from 30 on");
    for (int i = 0; i < 3; i++)
        close(i == 0 ? 20 : i == 1 ? 21 : 30);
    close(copy);
    close(fd);
}

/* Returns the exit status of a child that runs the function. */
static int in_child(int (*run)(void))
{
    int status;
    pid_t pid = tap_fork();
    if (pid == 0)
        _exit(run());
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int try_flock(void)
{
    int fd = open("file", O_RDWR);
    return flock(fd, LOCK_EX | LOCK_NB) < 0 ? errno : 0;
}

static int try_record(void)
{
    int fd = open("file", O_RDWR);
    return lockf(fd, F_TLOCK, 10) < 0 ? errno : 0;
}

static void test_locks(void)
{
    int fd = open("file", O_RDWR);

    is(flock(fd, LOCK_EX), 0, "flock");
    is(in_child(try_flock), EWOULDBLOCK, "another process is refused");
    is(flock(fd, LOCK_UN), 0, "unlock");
    is(in_child(try_flock), 0, "then it may");
    is(lockf(fd, F_LOCK, 5), 0, "lockf");
    is(in_child(try_record), EAGAIN, "another process is refused");
    is(lockf(fd, F_ULOCK, 5), 0, "unlock the record");
    is(in_child(try_record), 0, "then it may");
    close(fd);
}

static void test_pipes(void)
{
    int ends[2];
    char text[8];

    is(pipe2(ends, O_NONBLOCK), 0, "pipe2");
    fails(read(ends[0], text, 8), EAGAIN, "an empty pipe does not block with O_NONBLOCK");
    struct pollfd list = {.fd = ends[0], .events = POLLIN};
    is(poll(&list, 1, 0), 0, "poll finds it empty");
    is(write(ends[1], "hello", 5), 5, "write to the pipe");
    ok(poll(&list, 1, 1000) == 1 && list.revents == POLLIN, "poll finds it readable");
    fd_set set;
    struct timeval limit = {1, 0};
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    ok(select(ends[0] + 1, &set, NULL, NULL, &limit) == 1 && FD_ISSET(ends[0], &set), "so does select");
    ok(read(ends[0], text, 8) == 5 && memcmp(text, "hello", 5) == 0, "read gives what was written");
    fails(lseek(ends[0], 0, SEEK_SET), ESPIPE, "a pipe has no position");
    close(ends[1]);
    is(read(ends[0], text, 8), 0, "the end comes when the writer is gone");
    ok(poll(&list, 1, 0) == 1 && (list.revents & POLLHUP), "poll says POLLHUP");
    close(ends[0]);
}

int main(void)
{
    scratch();
    test_open();
    test_positions();
    test_vectors();
    test_duplicates();
    test_locks();
    test_pipes();
    unlink("file");
    scratch_end();
    return done();
}
