// SPDX-License-Identifier: MIT
/*
 * clock.c - clocks, sleeping and timers
 */
#include "kernel.h"
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now)
{
    return result(kernel2(SYS_clock_gettime, clock, now));
}

int clock_settime(clockid_t clock, const struct timespec *now)
{
    return result(kernel2(SYS_clock_settime, clock, now));
}

int clock_getres(clockid_t clock, struct timespec *resolution)
{
    return result(kernel2(SYS_clock_getres, clock, resolution));
}

/* Returns the errno instead of storing it. */
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *time, struct timespec *left)
{
    return (int)-kernel4(SYS_clock_nanosleep, clock, flags, time, left);
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
    return result(kernel2(SYS_nanosleep, time, left));
}

int gettimeofday(struct timeval *__restrict now, void *__restrict zone)
{
    return result(kernel2(SYS_gettimeofday, now, zone));
}

int settimeofday(const struct timeval *now, const struct timezone *zone)
{
    return result(kernel2(SYS_settimeofday, now, zone));
}

clock_t times(struct tms *used)
{
    return result(kernel1(SYS_times, used));
}

clock_t clock(void)
{
    struct timespec used;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used) < 0)
        return -1;
    return used.tv_sec * CLOCKS_PER_SEC + used.tv_nsec / (1000000000 / CLOCKS_PER_SEC);
}

int getitimer(int which, struct itimerval *value)
{
    return result(kernel2(SYS_getitimer, which, value));
}

int setitimer(int which, const struct itimerval *__restrict value, struct itimerval *__restrict old)
{
    return result(kernel3(SYS_setitimer, which, value, old));
}

unsigned alarm(unsigned seconds)
{
    return (unsigned)kernel1(SYS_alarm, seconds);
}

useconds_t ualarm(useconds_t first, useconds_t interval)
{
    struct itimerval set = {
        .it_value = {first / 1000000, first % 1000000},
        .it_interval = {interval / 1000000, interval % 1000000},
    };
    struct itimerval old;

    if (setitimer(ITIMER_REAL, &set, &old) < 0)
        return (useconds_t)-1;
    return (useconds_t)(old.it_value.tv_sec * 1000000 + old.it_value.tv_usec);
}

/* Days from 1970-01-01 to the first of March of a year; March starts the year, so a leap day is its last. */
static long days_before(long year)
{
    long era = (year >= 0 ? year : year - 399) / 400;
    long of_era = year - era * 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 - 719468;
}

/* Days from the first of March to the first of the month (0 is March): 153 days in each five months. */
static long days_in(long month)
{
    return (153 * month + 2) / 5;
}

time_t timegm(struct tm *tm)
{
    long months = (tm->tm_year + 1900L) * 12 + tm->tm_mon - 2; /* since the March of year 0 */
    long year = months / 12;
    long days = days_before(year) + days_in(months % 12) + tm->tm_mday - 1;
    time_t seconds = ((days * 24 + tm->tm_hour) * 60 + tm->tm_min) * 60 + tm->tm_sec;

    gmtime_r(&seconds, tm);
    return seconds;
}
