// SPDX-License-Identifier: MIT
/*
 * poll and select must report exactly the descriptors that are ready, wait for the others and keep their time limits.
 */
#include "tests/user/calls/tap.h"

#include <poll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>

static int ends[2];

static long now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* poll of one descriptor without waiting: its events, or -1 when none is reported. */
static int state(int fd, int events)
{
    struct pollfd p = {fd, (short)events, 0};

    return poll(&p, 1, 0) == 1 ? p.revents : -1;
}

static void pipes(void)
{
    char full[4096] = "";

    tap_pipe2(ends, O_NONBLOCK);
    is(state(ends[0], POLLIN), -1, "an empty pipe cannot be read");
    is(state(ends[1], POLLOUT), POLLOUT, "but written");
    write(ends[1], "x", 1);
    is(state(ends[0], POLLIN), POLLIN, "one byte makes it readable");
    is(state(ends[0], POLLIN), POLLIN, "as long as it is there");
    while (write(ends[1], full, sizeof full) > 0)
        ;
    is(state(ends[1], POLLOUT), -1, "a full one cannot be written");
    while (read(ends[0], full, sizeof full) > 0)
        ;
    is(state(ends[1], POLLOUT), POLLOUT, "an emptied one can");
    write(ends[1], "y", 1);
    close(ends[1]);
    is(state(ends[0], POLLIN), POLLIN | POLLHUP, "data and no writer");
    read(ends[0], full, 1);
    is(state(ends[0], POLLIN), POLLHUP, "no data and no writer");
    close(ends[0]);
    tap_pipe(ends);
    close(ends[0]);
    is(state(ends[1], POLLOUT), POLLOUT | POLLERR, "no reader");
    close(ends[1]);
}

static void files(void)
{
    int fd = open("f", O_RDWR | O_CREAT, 0600), dir = open(".", O_RDONLY);
    struct pollfd many[3] = {{fd, POLLIN, 0}, {-1, POLLIN, 7}, {99, POLLIN, 0}};

    is(state(fd, POLLIN | POLLOUT), POLLIN | POLLOUT, "a file is always ready");
    is(state(fd, POLLIN), POLLIN, "for what was asked");
    is(state(dir, POLLIN), POLLIN, "a folder too");
    is(state(99, POLLIN), POLLNVAL, "a closed descriptor is reported");
    is(poll(many, 3, -1), 2, "of three, two are counted");
    ok(many[0].revents == POLLIN && many[1].revents == 0 && many[2].revents == POLLNVAL,
       "a negative one is skipped");
    close(fd);
    close(dir);
}

static void limits(void)
{
    struct pollfd p;
    long began = now_ms(), took;

    tap_pipe(ends);
    p = (struct pollfd){ends[0], POLLIN, 0};
    is(poll(&p, 1, 60), 0, "poll with a limit");
    took = now_ms() - began;
    ok(took >= 59, "waits as long");
    began = now_ms();
    is(poll(NULL, 0, 30), 0, "poll of nothing");
    ok(now_ms() - began >= 29, "waits too");
    is(poll(&p, 1, 0), 0, "a limit of 0 does not wait");
    close(ends[0]);
    close(ends[1]);
}

static int late_writer(void)
{
    tap_until_sleeps(getppid());
    NEED(write(ends[1], "x", 1) == 1);
    return 0;
}

static void waking(void)
{
    struct pollfd p;
    fd_set set;
    pid_t child;
    char c;

    tap_pipe(ends);
    p = (struct pollfd){ends[0], POLLIN, 0};
    child = tap_start(late_writer);
    is(poll(&p, 1, -1), 1, "poll without a limit is woken");
    is(p.revents, POLLIN, "by the byte");
    tap_wait(child);
    read(ends[0], &c, 1);
    child = tap_start(late_writer);
    FD_ZERO(&set);
    FD_SET(ends[0], &set);
    is(select(ends[0] + 1, &set, NULL, NULL, NULL), 1, "select too");
    tap_wait(child);
    close(ends[0]);
    close(ends[1]);
}

static void selecting(void)
{
    fd_set in, out;
    struct timeval zero = {0, 0}, some = {0, 50000};
    struct timespec bad = {0, -1};
    long began;

    tap_pipe(ends);
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    is(select(ends[1] + 1, &in, &out, NULL, &zero), 1, "select counts one");
    ok(!FD_ISSET(ends[0], &in) && FD_ISSET(ends[1], &out), "the writing end");
    write(ends[1], "x", 1);
    FD_SET(ends[0], &in);
    FD_SET(ends[1], &out);
    is(select(ends[1] + 1, &in, &out, NULL, &zero), 2, "then two");
    FD_ZERO(&in);
    began = now_ms();
    is(select(0, NULL, NULL, NULL, &some), 0, "select of nothing");
    ok(now_ms() - began >= 49, "waits for its limit");
    close(40); /* below 64: Linux looks at no number beyond the size that its table has just now */
    FD_SET(40, &in);
    fails(select(41, &in, NULL, NULL, &zero), EBADF, "select of a closed descriptor");
    fails(select(-1, NULL, NULL, NULL, &zero), EINVAL, "a negative number of descriptors");
    fails(pselect(0, NULL, NULL, NULL, &bad, NULL), EINVAL, "pselect with a negative limit");
    close(ends[0]);
    close(ends[1]);
}

static volatile sig_atomic_t caught;

static void catch (int number)
{
    caught = number;
}

static void signals(void)
{
    struct timespec second = {5, 0};
    struct itimerval soon = {{0, 0}, {0, 30000}}, often = {{0, 30000}, {0, 30000}}, never = {{0, 0}, {0, 0}};
    sigset_t none, alarm_only;
    int result, error;

    signal(SIGALRM, catch);
    caught = 0;
    setitimer(ITIMER_REAL, &often, NULL); /* the first one may come before the wait */
    result = poll(NULL, 0, 60000);
    error = errno;
    setitimer(ITIMER_REAL, &never, NULL);
    errno = error;
    tap_fails(result, EINTR, "a signal ends poll");
    is(caught, SIGALRM, "after its handler has run");
    sigemptyset(&none);
    sigemptyset(&alarm_only);
    sigaddset(&alarm_only, SIGALRM);
    sigprocmask(SIG_BLOCK, &alarm_only, NULL);
    caught = 0;
    setitimer(ITIMER_REAL, &soon, NULL);
    is(poll(NULL, 0, 60), 0, "a blocked one does not");
    is(caught, 0, "nor does its handler run");
    fails(ppoll(NULL, 0, &second, &none), EINTR, "ppoll lets it in");
    is(caught, SIGALRM, "then the handler has run");
    raise(SIGALRM);
    caught = 0;
    fails(pselect(0, NULL, NULL, NULL, &second, &none), EINTR, "pselect lets in a pending one");
    is(caught, SIGALRM, "at once");
    sigprocmask(SIG_UNBLOCK, &alarm_only, NULL);
    tap_limit();
}

static void many(void)
{
    struct pollfd all[120];
    int pairs[60][2], i, made = 0, right = 0;

    for (i = 0; i < 60; i++) {
        made += pipe(pairs[i]) == 0;
        all[2 * i] = (struct pollfd){pairs[i][0], POLLIN, 0};
        all[2 * i + 1] = (struct pollfd){pairs[i][1], POLLOUT, 0};
        if (i % 3 == 0)
            write(pairs[i][1], "x", 1);
    }
    is(made, 60, "sixty pipes are made");
    is(poll(all, 120, -1), 80, "of 120 ends 80 are ready");
    for (i = 0; i < 60; i++)
        right += (all[2 * i].revents == (i % 3 == 0 ? POLLIN : 0)) + (all[2 * i + 1].revents == POLLOUT);
    is(right, 120, "the right ones");
    for (i = 0; i < 60; i++) {
        close(pairs[i][0]);
        close(pairs[i][1]);
    }
}

int main(void)
{
    tap_begin("poll");
    pipes();
    files();
    limits();
    waking();
    selecting();
    signals();
    many();
    return tap_end();
}
