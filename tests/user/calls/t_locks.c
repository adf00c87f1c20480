// SPDX-License-Identifier: MIT
/*
 * flock must belong to the open file, fcntl locks to the process, and both must end with their owner.
 */
#include "tests/user/calls/tap.h"

#include <poll.h>
#include <sys/file.h>
#include <sys/time.h>

static int fd;

static int set(int file, int command, int type, off_t from, off_t length)
{
    struct flock lock = {.l_type = (short)type, .l_whence = SEEK_SET, .l_start = from, .l_len = length};

    return fcntl(file, command, &lock);
}

/* Who holds what against a write lock of the range: the type, with the rest in `lock`. */
static int ask(off_t from, off_t length, struct flock *lock)
{
    *lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = from, .l_len = length};
    return fcntl(fd, F_GETLK, lock) == 0 ? lock->l_type : -1;
}

static void whole(void)
{
    int one = open("f", O_RDWR), two = open("f", O_RDWR), copy = dup(one);

    is(flock(one, LOCK_EX), 0, "flock");
    fails(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK,
          "another open file of the same process does not get it");
    fails(flock(two, LOCK_SH | LOCK_NB), EWOULDBLOCK, "not shared either");
    is(flock(copy, LOCK_EX | LOCK_NB), 0, "a duplicate has it");
    is(flock(one, LOCK_SH), 0, "it can be made shared");
    is(flock(two, LOCK_SH | LOCK_NB), 0, "then both share it");
    fails(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK, "and neither gets it alone");
    is(flock(one, LOCK_UN), 0, "it is given back");
    is(flock(two, LOCK_EX | LOCK_NB), 0, "then the other gets it alone");
    close(two);
    is(flock(one, LOCK_EX | LOCK_NB), 0, "close gives it back");
    close(one);
    two = open("f", O_RDWR);
    fails(flock(two, LOCK_EX | LOCK_NB), EWOULDBLOCK, "a duplicate that stays open keeps it");
    close(copy);
    is(flock(two, LOCK_EX | LOCK_NB), 0, "until it is closed too");
    close(two);
    fails(flock(99, LOCK_SH), EBADF, "flock of no descriptor");
    fails(flock(fd, 77), EINVAL, "an unknown operation");
}

static int child_has_flock(void)
{
    int other = open("f", O_RDWR);

    NEED(flock(other, LOCK_EX | LOCK_NB) == -1 && errno == EWOULDBLOCK);
    NEED(flock(fd, LOCK_EX | LOCK_NB) == 0);
    return 0;
}

static int child_waits_for_flock(void)
{
    int other = open("f", O_RDWR);

    NEED(flock(other, LOCK_EX) == 0);
    NEED(holds("f", "parent is done"));
    return 0;
}

static void whole_with_child(void)
{
    pid_t child;
    int other = open("f", O_RDWR);

    flock(fd, LOCK_EX);
    child_ok(child_has_flock, "a child has its parent's lock by the inherited descriptor only");
    flock(fd, LOCK_UN);
    flock(other, LOCK_EX);
    child = tap_start(child_waits_for_flock);
    tap_until_sleeps(child);
    put("f", "parent is done");
    flock(other, LOCK_UN);
    tap_status(tap_wait(child), 0, "flock waits until the lock is free");
    close(other);
}

static int child_asks(void)
{
    struct flock lock;

    NEED(ask(0, 10, &lock) == F_UNLCK);
    NEED(ask(15, 1, &lock) == F_WRLCK);
    NEED(lock.l_start == 10 && lock.l_len == 10 && lock.l_pid == getppid());
    NEED(ask(25, 0, &lock) == F_RDLCK && lock.l_start == 30 && lock.l_len == 10);
    NEED(set(fd, F_SETLK, F_RDLCK, 30, 10) == 0);
    NEED(set(fd, F_SETLK, F_WRLCK, 30, 10) == -1 && (errno == EAGAIN || errno == EACCES));
    NEED(set(fd, F_SETLK, F_RDLCK, 19, 1) == -1);
    NEED(set(fd, F_SETLK, F_WRLCK, 20, 10) == 0);
    return 0;
}

static int child_asks_split(void)
{
    struct flock lock;

    NEED(ask(0, 0, &lock) == F_WRLCK && lock.l_start == 10 && lock.l_len == 2);
    NEED(ask(12, 4, &lock) == F_UNLCK);
    NEED(ask(12, 5, &lock) == F_WRLCK && lock.l_start == 16 && lock.l_len == 4);
    return 0;
}

static int child_asks_none(void)
{
    struct flock lock;

    NEED(ask(0, 0, &lock) == F_UNLCK);
    return 0;
}

static void ranges(void)
{
    int other;

    is(set(fd, F_SETLK, F_WRLCK, 10, 10), 0, "a range is locked for writing");
    is(set(fd, F_SETLK, F_RDLCK, 30, 10), 0, "another for reading");
    child_ok(child_asks, "another process sees both, shares the second and takes what is free");
    is(set(fd, F_SETLK, F_WRLCK, 0, 0), 0, "the child's locks ended with it; all is locked");
    is(set(fd, F_SETLK, F_UNLCK, 0, 10), 0, "the start is given back");
    is(set(fd, F_SETLK, F_UNLCK, 20, 0), 0, "and the end");
    is(set(fd, F_SETLK, F_UNLCK, 12, 4), 0, "and the middle");
    child_ok(child_asks_split, "two pieces are left");
    other = open("f", O_RDWR);
    close(other);
    child_ok(child_asks_none, "closing any descriptor of the file gives all back");
    other = open("f", O_RDONLY);
    fails(set(other, F_SETLK, F_WRLCK, 0, 1), EBADF, "a lock for writing needs a descriptor for writing");
    close(other);
    fails(set(fd, F_SETLK, 77, 0, 1), EINVAL, "an unknown type");
    fails(set(fd, F_SETLK, F_WRLCK, -5, 1), EINVAL, "a range before the start");
    fails(set(99, F_SETLK, F_WRLCK, 0, 1), EBADF, "no descriptor");
}

static int ends[2];

/* The parent writes before it unlocks: who has the lock finds the byte there. */
static int child_waits(void)
{
    struct pollfd p = {ends[0], POLLIN, 0};
    char c;

    NEED(set(fd, F_SETLKW, F_WRLCK, 0, 5) == 0);
    NEED(poll(&p, 1, 0) == 1);
    NEED(read(ends[0], &c, 1) == 1);
    return 0;
}

static void handler(int number)
{
    (void)number;
}

static int child_is_interrupted(void)
{
    struct sigaction action = {.sa_handler = handler};
    struct itimerval often = {{0, 100000}, {0, 100000}}, never = {{0, 0}, {0, 0}};

    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL); /* the first one may come before the wait */
    NEED(set(fd, F_SETLKW, F_WRLCK, 0, 5) == -1 && errno == EINTR);
    NEED(setitimer(ITIMER_REAL, &never, NULL) == 0);
    return 0;
}

/* Holds byte 1 and wants byte 0, which the parent holds, who wants byte 1. */
static int child_deadlocks(void)
{
    NEED(set(fd, F_SETLK, F_WRLCK, 1, 1) == 0);
    write(ends[1], "r", 1);
    if (set(fd, F_SETLKW, F_WRLCK, 0, 1) == 0)
        return 0;
    NEED(errno == EDEADLK);
    return 0;
}

static void waiting(void)
{
    pid_t child;
    char c;

    tap_pipe(ends);
    set(fd, F_SETLK, F_WRLCK, 0, 5);
    child = tap_start(child_waits);
    tap_until_sleeps(child);
    is(waitpid(child, NULL, WNOHANG), 0, "F_SETLKW waits");
    write(ends[1], "x", 1);
    set(fd, F_SETLK, F_UNLCK, 0, 5);
    tap_status(tap_wait(child), 0, "until the range is free");
    set(fd, F_SETLK, F_WRLCK, 0, 5);
    child_ok(child_is_interrupted, "a signal ends the wait");
    set(fd, F_SETLK, F_UNLCK, 1, 4);
    child = tap_start(child_deadlocks);
    read(ends[0], &c, 1);
    tap_until_sleeps(child);
    fails(set(fd, F_SETLKW, F_WRLCK, 1, 1), EDEADLK, "a wait that would never end is refused");
    set(fd, F_SETLK, F_UNLCK, 0, 0);
    tap_status(tap_wait(child), 0, "and the other process goes on");
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    tap_begin("locks");
    put("f", "some text in a file that is long enough");
    fd = open("f", O_RDWR);
    whole();
    whole_with_child();
    ranges();
    waiting();
    return tap_end();
}
