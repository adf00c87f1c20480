// SPDX-License-Identifier: MIT
/*
 * Clocks must agree and never go back, sleeps must last at least as long as asked, timers must come when they are due.
 */
#include "tests/user/calls/tap.h"

#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#define SECOND 1000000000ll

static void clocks(void)
{
    struct timespec ts;
    struct timeval tv;
    struct tms times_now;
    int64_t last = clock_ns(CLOCK_MONOTONIC), at, before, after;
    time_t seconds;
    int i, back = 0;

    for (i = 0; i < 2000; i++) {
        at = clock_ns(CLOCK_MONOTONIC);
        back += at < last;
        last = at;
    }
    is(back, 0, "the monotonic clock never goes back");
    before = clock_ns(CLOCK_REALTIME);
    gettimeofday(&tv, NULL);
    seconds = time(NULL); /* may be of the last tick */
    after = clock_ns(CLOCK_REALTIME);
    at = tv.tv_sec * 1000000ll + tv.tv_usec;
    ok(at >= before / 1000 && at <= after / 1000, "gettimeofday and CLOCK_REALTIME agree");
    ok(seconds >= before / SECOND - 1 && seconds <= after / SECOND, "and time");
    ok(tv.tv_sec > 1600000000, "the year is after 2020");
    is(clock_getres(CLOCK_MONOTONIC, &ts), 0, "clock_getres");
    ok(ts.tv_sec == 0 && ts.tv_nsec > 0 && ts.tv_nsec <= 10000000, "a clock has at least 10 ms resolution");
    fails(clock_gettime(999, &ts), EINVAL, "an unknown clock");
    ok(times(&times_now) != (clock_t)-1, "times");
    ok(clock_ns(CLOCK_PROCESS_CPUTIME_ID) >= 0, "the process's clock");
}

static void processor(void)
{
    int64_t cpu;

    ok(work_ns(1), "work moves the process's clock");
    cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    pause_ms(60);
    ok(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu < 50000000, "sleep does not");
}

static void sleeping(void)
{
    struct timespec some = {0, 30000000}, bad = {0, 1000000000}, negative = {-1, 0}, none = {0, 0}, until;
    int64_t began = clock_ns(CLOCK_MONOTONIC);

    is(nanosleep(&some, NULL), 0, "nanosleep");
    ok(clock_ns(CLOCK_MONOTONIC) - began >= 30000000, "lasts as long as asked");
    is(nanosleep(&none, NULL), 0, "no time at all");
    fails(nanosleep(&bad, NULL), EINVAL, "too many nanoseconds");
    fails(nanosleep(&negative, NULL), EINVAL, "a negative time");
    began = clock_ns(CLOCK_MONOTONIC);
    is(clock_nanosleep(CLOCK_MONOTONIC, 0, &some, NULL), 0, "clock_nanosleep");
    ok(clock_ns(CLOCK_MONOTONIC) - began >= 30000000, "lasts as long too");
    began = clock_ns(CLOCK_MONOTONIC) + 40000000;
    until = (struct timespec){began / 1000000000, began % 1000000000};
    is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL), 0, "clock_nanosleep until a time");
    ok(clock_ns(CLOCK_MONOTONIC) >= began, "ends after it");
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

typedef int sleep_call(const struct timespec *, struct timespec *);

/* A sleep of 1,000 seconds while SIGALRM comes again and again, the first time perhaps before the sleep. */
static int cut_sleep(sleep_call *how, long every_us, struct timespec *left)
{
    static const struct timespec thousand = {1000, 0};
    int result, error;

    caught = 0;
    set_timer(every_us, every_us);
    result = how(&thousand, left);
    error = errno;
    set_timer(0, 0);
    errno = error;
    return result;
}

static int by_clock(const struct timespec *much, struct timespec *left)
{
    return clock_nanosleep(CLOCK_MONOTONIC, 0, much, left);
}

static void interrupted(void)
{
    struct timespec some = {0, 100000000}, left = {-1, 0};
    int64_t began = clock_ns(CLOCK_MONOTONIC), took, rest;

    signal(SIGALRM, handler);
    fails(cut_sleep(nanosleep, 100000, &left), EINTR, "a signal ends nanosleep");
    took = clock_ns(CLOCK_MONOTONIC) - began;
    rest = left.tv_sec * SECOND + left.tv_nsec;
    ok(caught >= 1, "after its handler");
    ok(took >= 100000000, "when it was due");
    ok(rest > 0 && rest < 1000 * SECOND && rest + took >= 1000 * SECOND, "what is left is told");
    is(cut_sleep(by_clock, 50000, &left), EINTR, "clock_nanosleep too");
    signal(SIGALRM, SIG_IGN);
    set_timer(20000, 20000);
    is(nanosleep(&some, NULL), 0, "an ignored signal does not");
    set_timer(0, 0);
    signal(SIGALRM, handler);
}

/* Is this what may be left of a timer that was set, in the same unit, so long before? */
static bool is_rest(int64_t rest, int64_t set, int64_t took)
{
    return rest < set && rest + took >= set - 1;
}

/* As alarm tells it: in seconds, to the nearest. */
static bool is_alarm(int64_t rest, int64_t set, int64_t took)
{
    return rest <= set && rest >= (set * SECOND - took + SECOND / 2 - 1000) / SECOND;
}

/* What alarm tells of a timer that was set just before. */
static long alarm_of(long us)
{
    int64_t began;
    long rest, tries = 0;

    do {
        began = clock_ns(CLOCK_MONOTONIC);
        set_timer(us, 0);
        rest = alarm(0);
    } while (clock_ns(CLOCK_MONOTONIC) - began > 100000000 && tries++ < 50);
    return rest;
}

static int64_t value_us(const struct itimerval *timer)
{
    return timer->it_value.tv_sec * 1000000ll + timer->it_value.tv_usec;
}

/* How much of a timer is left depends on how long this program was kept waiting since it was set. */
static void rests(void)
{
    struct itimerval left, old, new = {{0, 0}, {700, 0}};
    int64_t set_500, set_700, set_100, at;
    unsigned rest;

    set_500 = clock_ns(CLOCK_MONOTONIC);
    set_timer(500000000, 0);
    is(getitimer(ITIMER_REAL, &left), 0, "getitimer");
    at = clock_ns(CLOCK_MONOTONIC);
    ok(is_rest(value_us(&left), 500000000, (at - set_500) / 1000 + 1) && left.it_interval.tv_sec == 0,
       "tells what is left");
    set_700 = clock_ns(CLOCK_MONOTONIC);
    is(setitimer(ITIMER_REAL, &new, &old), 0, "setitimer");
    at = clock_ns(CLOCK_MONOTONIC);
    ok(is_rest(value_us(&old), 500000000, (at - set_500) / 1000 + 1), "tells the old one");
    new.it_value.tv_usec = 1000000;
    fails(setitimer(ITIMER_REAL, &new, NULL), EINVAL, "too many microseconds");
    fails(setitimer(77, &new, NULL), EINVAL, "an unknown timer");
    set_100 = clock_ns(CLOCK_MONOTONIC);
    rest = alarm(100);
    at = clock_ns(CLOCK_MONOTONIC);
    ok(is_alarm(rest, 700, at - set_700), "alarm tells the rest of the timer, rounded");
    rest = alarm(0);
    at = clock_ns(CLOCK_MONOTONIC);
    ok(is_alarm(rest, 100, at - set_100), "and is set");
    is(alarm(0), 0, "and off");
    is(alarm_of(300000), 1, "less than a second is one");
    is(alarm_of(6300000), 6, "more is what is nearest, below");
    is(alarm_of(6700000), 7, "or above");
    tap_limit();
}

static void timers(void)
{
    int64_t began = clock_ns(CLOCK_MONOTONIC);

    caught = 0;
    set_timer(10000, 10000);
    while (caught < 5)
        pause();
    ok(clock_ns(CLOCK_MONOTONIC) - began >= 50000000, "five rounds of 10 ms take at least 50");
    set_timer(0, 0);
    caught = 0;
    pause_ms(30);
    is(caught, 0, "a timer that is set to 0 is off");
    rests();
}

static volatile sig_atomic_t virtual_rounds, profile_rounds;

static void count_round(int number)
{
    if (number == SIGVTALRM)
        virtual_rounds++;
    else
        profile_rounds++;
}

/* Works, or asks the kernel, until a timer of processor time has come so often, or for so long by the same time. */
static void spend(volatile sig_atomic_t *rounds, int wanted, int64_t most_ms, bool in_kernel)
{
    int64_t end = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + most_ms * 1000000;
    int64_t last = clock_ns(CLOCK_MONOTONIC) + 60 * SECOND;
    volatile long sum = 0;
    char byte;

    while (*rounds < wanted && clock_ns(CLOCK_PROCESS_CPUTIME_ID) < end && clock_ns(CLOCK_MONOTONIC) < last)
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
    began = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    spend(&virtual_rounds, 3, 5000, false);
    ok(virtual_rounds >= 3, "work makes it come again and again");
    ok(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - began >= 16000000, "but not faster than the process's clock");
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
    ok(value_us(&left) < 5000000 && value_us(&left) > 0, "has gone on");
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
    tap_limit();
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
