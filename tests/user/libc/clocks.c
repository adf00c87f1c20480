// SPDX-License-Identifier: MIT
/*
 * clocks.c - clocks go forward, sleeps last, timers ring, dates are right
 */
#include "tap.h"
#include <signal.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

static volatile int rings;

static void on_alarm(int sig)
{
    (void)sig;
    rings++;
}

static double now(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void test_clocks(void)
{
    struct timeval day;
    struct timespec fine;
    double before = now(CLOCK_MONOTONIC);

    ok(before > 0 && now(CLOCK_MONOTONIC) >= before, "the monotonic clock does not go back");
    long first = (long)now(CLOCK_REALTIME), result = gettimeofday(&day, NULL);
    long seconds = time(NULL), end = (long)now(CLOCK_REALTIME);
    ok(result == 0 && day.tv_sec >= first && day.tv_sec <= end && seconds >= day.tv_sec - 1,
       "gettimeofday and time agree");
    ok(seconds >= first - 1 && seconds <= end, "so does CLOCK_REALTIME");
    ok(clock_getres(CLOCK_MONOTONIC, &fine) == 0 && fine.tv_sec == 0 && fine.tv_nsec > 0, "clock_getres");
    fails(clock_gettime(999, &fine), EINVAL, "there is no clock 999");
}

static void test_sleep(void)
{
    struct timespec time = {0, 50000000}, wrong = {0, -1};
    double before = now(CLOCK_MONOTONIC);

    is(nanosleep(&time, NULL), 0, "nanosleep");
    ok(now(CLOCK_MONOTONIC) - before >= 0.05, "lasts at least as long as asked");
    fails(nanosleep(&wrong, NULL), EINVAL, "not a negative time");
    before = now(CLOCK_MONOTONIC);
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec++;
    is(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL), 0, "clock_nanosleep until a time");
    double slept = now(CLOCK_MONOTONIC) - before;
    ok(slept >= 0.99 && slept < 10, "lasts a second");
}

static void test_timer(void)
{
    struct itimerval often = {.it_interval = {0, 20000}, .it_value = {0, 20000}}, left;

    signal(SIGALRM, on_alarm);
    is(setitimer(ITIMER_REAL, &often, NULL), 0, "setitimer");
    while (rings < 3)
        pause();
    ok(getitimer(ITIMER_REAL, &left) == 0 && left.it_interval.tv_usec == 20000, "getitimer");
    memset(&often, 0, sizeof often);
    is(setitimer(ITIMER_REAL, &often, NULL), 0, "and it stops");
    double set = now(CLOCK_MONOTONIC);
    alarm(100);
    unsigned rest = alarm(0);
    ok(rest <= 100 && rest >= 99.5 - (now(CLOCK_MONOTONIC) - set), "alarm tells what was left");
}

static void test_cpu(void)
{
    struct tms used;
    clock_t before = clock();

    for (volatile int i = 0; i < 20000000; i++)
        ;
    ok(clock() > before, "clock counts work");
    ok(times(&used) != (clock_t)-1 && used.tms_utime >= 0, "so does times");
    is(CLOCKS_PER_SEC, 1000000, "in millionths of a second");
    is(sysconf(_SC_CLK_TCK), 100, "and hundredths");
}

/* Does timegm() give the seconds back that gmtime_r() took apart, over the years? */
static int round_trip(void)
{
    struct tm tm;
    for (time_t t = -5000000000; t < 10000000000; t += 86400 * 7 + 3661)
        if (!gmtime_r(&t, &tm) || timegm(&tm) != t)
            return 0;
    return 1;
}

static void test_dates(void)
{
    char text[64];
    time_t t = 951782400; /* 2000-02-29 */
    struct tm tm = *gmtime(&t);

    ok(tm.tm_year == 100 && tm.tm_mon == 1 && tm.tm_mday == 29 && tm.tm_wday == 2, "a leap day");
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %a", &tm);
    ok(strcmp(text, "2000-02-29 00:00:00 Tue") == 0, "strftime writes it");
    ok(round_trip(), "timegm undoes gmtime");
    tm.tm_mon = 25;
    tm.tm_mday = 0;
    ok(timegm(&tm) == 1011225600 + 86400 * 14 && tm.tm_mon == 0,
       "timegm puts 26 months and no days in order");
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    t = 1688212800; /* 2023-07-01 12:00 UTC */
    ok(localtime(&t)->tm_hour == 14, "summer time is two hours ahead in CET");
    tm = *localtime(&t);
    is(mktime(&tm), t, "mktime goes back");
}

int main(void)
{
    test_clocks();
    test_sleep();
    test_timer();
    test_cpu();
    test_dates();
    return done();
}
