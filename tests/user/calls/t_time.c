// SPDX-License-Identifier: MIT
/*
 * Clocks must agree and never go back, sleeps must last at least as long as asked, timers must come when they are due.
 */
#include "tests/user/calls/tap.h"

#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static int64_t now(clockid_t clock)
{
    struct timespec ts = {0, 0};

    clock_gettime(clock, &ts);
    return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static void clocks(void)
{
    struct timespec ts;
    struct timeval tv;
    struct tms times_now;
    int64_t last = now(CLOCK_MONOTONIC), at;
    int i, back = 0;

    for (i = 0; i < 2000; i++) {
        at = now(CLOCK_MONOTONIC);
        back += at < last;
        last = at;
    }
    is(back, 0, "the monotonic clock never goes back");
    gettimeofday(&tv, NULL);
    at = now(CLOCK_REALTIME) / 1000 - (tv.tv_sec * 1000000ll + tv.tv_usec);
    ok(at >= 0 && at < 2000000, "gettimeofday and CLOCK_REALTIME agree");
    at = time(NULL) - tv.tv_sec;
    ok(at >= 0 && at <= 2, "and time");
    ok(tv.tv_sec > 1600000000, "the year is after 2020");
    is(clock_getres(CLOCK_MONOTONIC, &ts), 0, "clock_getres");
    ok(ts.tv_sec == 0 && ts.tv_nsec > 0 && ts.tv_nsec <= 10000000, "a clock has at least 10 ms resolution");
    fails(clock_gettime(999, &ts), EINVAL, "an unknown clock");
    ok(times(&times_now) != (clock_t)-1, "times");
    ok(now(CLOCK_PROCESS_CPUTIME_ID) >= 0, "the process's clock");
}

static void processor(void)
{
    int64_t began = now(CLOCK_MONOTONIC), cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    volatile long sum = 0;

    while (now(CLOCK_MONOTONIC) - began < 60000000)
        for (int i = 0; i < 10000; i++)
            sum += i;
    ok(now(CLOCK_PROCESS_CPUTIME_ID) > cpu, "work moves the process's clock");
    cpu = now(CLOCK_PROCESS_CPUTIME_ID);
    pause_ms(60);
    ok(now(CLOCK_PROCESS_CPUTIME_ID) - cpu < 50000000, "sleep does not");
}

static void sleeping(void)
{
    struct timespec some = {0, 30000000}, bad = {0, 1000000000}, negative = {-1, 0}, none = {0, 0}, until;
    int64_t began = now(CLOCK_MONOTONIC);

    is(nanosleep(&some, NULL), 0, "nanosleep");
    ok(now(CLOCK_MONOTONIC) - began >= 30000000, "lasts as long as asked");
    is(nanosleep(&none, NULL), 0, "no time at all");
    fails(nanosleep(&bad, NULL), EINVAL, "too many nanoseconds");
    fails(nanosleep(&negative, NULL), EINVAL, "a negative time");
    began = now(CLOCK_MONOTONIC);
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &some, NULL), 0, "clock_nanosleep");
    ok(now(CLOCK_MONOTONIC) - began >= 30000000, "lasts as long too");
    began = now(CLOCK_MONOTONIC) + 40000000;
    until = (struct timespec){began / 1000000000, began % 1000000000};
    is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0, "clock_nanosleep until a time");
    ok(now(CLOCK_MONOTONIC) >= began, "ends after it");
    is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0, "a time that has passed");
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &bad, NULL), EINVAL, "its errors are its answer");
}

static volatile sig_atomic_t caught;

static void handler(int number)
{
    (void)number;
    caught++;
}

static void set_timer(long first_us, long every_us)
{
    struct itimerval timer = {{every_us / 1000000, every_us % 1000000},
                              {first_us / 1000000, first_us % 1000000}};

    setitimer(ITIMER_REAL, &timer, NULL);
}

static void interrupted(void)
{
    struct timespec second = {1, 0}, left = {9, 9};
    int64_t began = now(CLOCK_MONOTONIC), took;

    signal(SIGALRM, handler);
    caught = 0;
    set_timer(100000, 0);
    fails(nanosleep(&second, &left), EINTR, "a signal ends nanosleep");
    took = now(CLOCK_MONOTONIC) - began;
    is(caught, 1, "after its handler");
    ok(took >= 100000000, "when it was due");
    ok(left.tv_sec == 0 && left.tv_nsec > 0 && left.tv_nsec + took >= 1000000000, "what is left is told");
    set_timer(50000, 0);
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &second, &left), EINTR, "clock_nanosleep too");
    set_timer(50000, 0);
    signal(SIGALRM, SIG_IGN);
    second = (struct timespec){0, 100000000};
    is(nanosleep(&second, NULL), 0, "an ignored signal does not");
    signal(SIGALRM, handler);
}

static void timers(void)
{
    struct itimerval left, old;
    int64_t began = now(CLOCK_MONOTONIC);

    caught = 0;
    set_timer(10000, 10000);
    while (caught < 5)
        pause();
    ok(now(CLOCK_MONOTONIC) - began >= 50000000, "five rounds of 10 ms take at least 50");
    set_timer(0, 0);
    caught = 0;
    pause_ms(30);
    is(caught, 0, "a timer that is set to 0 is off");
    set_timer(5000000, 0);
    is(getitimer(ITIMER_REAL, &left), 0, "getitimer");
    ok(left.it_value.tv_sec == 4 && left.it_interval.tv_sec == 0, "tells what is left");
    left.it_value = (struct timeval){7, 0};
    is(setitimer(ITIMER_REAL, &left, &old), 0, "setitimer");
    ok(old.it_value.tv_sec == 4, "tells the old one");
    left.it_value.tv_usec = 1000000;
    fails(setitimer(ITIMER_REAL, &left, NULL), EINVAL, "too many microseconds");
    fails(setitimer(77, &left, NULL), EINVAL, "an unknown timer");
    is(alarm(100), 7, "alarm tells the rest of the timer, rounded");
    ok(alarm(0) >= 99, "and is set");
    is(alarm(0), 0, "and off");
}

static volatile sig_atomic_t virtual_rounds, profile_rounds;

static void count_round(int number)
{
    if (number == SIGVTALRM)
        virtual_rounds++;
    else
        profile_rounds++;
}

/* Works, or asks the kernel, until a timer of processor time has come so often, or for so long. */
static void spend(volatile sig_atomic_t *rounds, int wanted, int64_t most_ms, bool in_kernel)
{
    int64_t end = now(CLOCK_MONOTONIC) + most_ms * 1000000;
    volatile long sum = 0;
    char byte;

    while (*rounds < wanted && now(CLOCK_MONOTONIC) < end)
        for (int i = 0; i < 10000; i++) {
            sum += i;
            if (in_kernel)
                (void)!pread(-1, &byte, 1, 0);
        }
}

static void processor_timers(void)
{
    struct itimerval often = {{0, 10000}, {0, 10000}}, late = {{0, 0}, {5, 0}}, never = {{0, 0}, {0, 0}}, left;
    int64_t began;

    signal(SIGVTALRM, count_round);
    signal(SIGPROF, count_round);
    is(setitimer(ITIMER_VIRTUAL, &often, NULL), 0, "a timer of the time in user mode");
    is(getitimer(ITIMER_VIRTUAL, &left), 0, "is told of");
    ok(left.it_interval.tv_usec == 10000 && left.it_value.tv_usec <= 20000, "as it was set");
    pause_ms(60);
    is(virtual_rounds, 0, "it does not run while the process sleeps");
    began = now(CLOCK_PROCESS_CPUTIME_ID);
    spend(&virtual_rounds, 3, 5000, false);
    ok(virtual_rounds >= 3, "work makes it come again and again");
    ok(now(CLOCK_PROCESS_CPUTIME_ID) - began >= 16000000, "but not faster than the process's clock");
    is(setitimer(ITIMER_VIRTUAL, &late, &left), 0, "set anew");
    is(left.it_interval.tv_usec, 10000, "it tells the old one");
    is(setitimer(ITIMER_PROF, &often, NULL), 0, "a timer of all processor time");
    spend(&profile_rounds, 3, 5000, true);
    ok(profile_rounds >= 3, "runs in the kernel too");
    setitimer(ITIMER_PROF, &never, NULL);
    profile_rounds = 0;
    spend(&profile_rounds, 1, 100, false);
    is(profile_rounds, 0, "and is off when it is set to 0");
    is(getitimer(ITIMER_VIRTUAL, &left), 0, "the other one");
    ok(left.it_value.tv_sec <= 4 && left.it_value.tv_usec > 0, "has gone on");
    is(setitimer(ITIMER_VIRTUAL, &never, NULL), 0, "off");
}

/* Without a handler a timer ends the process. */
static int timer_kills(int which)
{
    struct itimerval soon = {{0, 0}, {0, 10000}};
    volatile sig_atomic_t never = 0;

    signal(SIGVTALRM, SIG_DFL);
    signal(SIGPROF, SIG_DFL);
    setitimer(which, &soon, NULL);
    spend(&never, 1, 5000, false);
    return 0;
}

static int virtual_kills(void)
{
    return timer_kills(ITIMER_VIRTUAL);
}

static int profile_kills(void)
{
    return timer_kills(ITIMER_PROF);
}

static int alarm_kills(void)
{
    signal(SIGALRM, SIG_DFL);
    alarm(1);
    pause_ms(20000);
    return 0;
}

static int child_has_none(void)
{
    struct itimerval left;

    for (int which = ITIMER_REAL; which <= ITIMER_PROF; which++) {
        getitimer(which, &left);
        NEED(left.it_value.tv_sec == 0 && left.it_value.tv_usec == 0);
    }
    return 0;
}

static void children(void)
{
    struct itimerval late = {{0, 0}, {100, 0}}, never = {{0, 0}, {0, 0}};

    child_dies(alarm_kills, SIGALRM, "alarm without a handler kills");
    child_dies(virtual_kills, SIGVTALRM, "so does a timer of the time in user mode");
    child_dies(profile_kills, SIGPROF, "and one of all processor time");
    alarm(100);
    setitimer(ITIMER_PROF, &late, NULL);
    setitimer(ITIMER_VIRTUAL, &late, NULL);
    child_ok(child_has_none, "a child starts without its parent's timers");
    setitimer(ITIMER_PROF, &never, NULL);
    setitimer(ITIMER_VIRTUAL, &never, NULL);
    ok(alarm(0) > 0, "which goes on for the parent");
}

int main(void)
{
    tap_begin("time");
    clocks();
    processor();
    sleeping();
    interrupted();
    timers();
    processor_timers();
    children();
    return tap_end();
}
