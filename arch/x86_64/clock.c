// SPDX-License-Identifier: MIT
/*
 * clock.c - time: the TSC counts it, the PIT says how fast, the RTC says where it began
 *
 * At start-up the TSC and the local APIC's timer run for five milliseconds beside channel 2 of the PIT,
 * whose rate is known.  A reading of the three counters is kept from the try in which the TSC moved least
 * between the first and the last, so that a host that steals the processor for a moment does no harm.
 *
 *   ns = (tsc - tsc at start) * mult / 2^32, with mult = 10^9 * 2^32 / TSC rate
 */
#include "arch/x86_64/x86.h"

enum { PIT_HZ = 1193182, PIT_CHANNEL2 = 0x42, PIT_COMMAND = 0x43, PIT_GATE = 0x61, PIT_RAN_OUT = 0x20 };
enum { CALIBRATION_TICKS = PIT_HZ / 200, TRIES = 4, CALIBRATIONS = 20 };
enum { RTC_SECONDS = 0, RTC_MINUTES = 2, RTC_HOURS = 4, RTC_DAY = 7, RTC_MONTH = 8, RTC_YEAR = 9,
       RTC_STATUS_A = 10, RTC_STATUS_B = 11 };
enum { RTC_UPDATING = 0x80, RTC_BINARY = 4, RTC_24_HOURS = 2, RTC_PM = 0x80 };
#define NS_PER_S 1000000000ul

struct reading {
    u64 tsc;
    u32 pit, timer; /* both count down */
};

struct rtc_time {
    u8 second, minute, hour, day, month, year;
};

static u64 tsc_start, mult, boot_wall;
static u32 timer_period;

static u16 pit_count(void)
{
    out8(PIT_COMMAND, 0x80); /* latch channel 2 */
    u8 low = in8(PIT_CHANNEL2);
    return low | in8(PIT_CHANNEL2) << 8;
}

static struct reading reading_take(void)
{
    struct reading best = {0, 0, 0};
    u64 least = ~0ul;
    for (int i = 0; i < TRIES; i++) {
        u64 before = tsc_read();
        struct reading r = {0, pit_count(), apic_timer_count()};
        r.tsc = tsc_read();
        if (r.tsc - before >= least)
            continue;
        least = r.tsc - before;
        best = r;
    }
    return best;
}

static u8 rtc_read(u8 reg)
{
    out8(0x70, reg);
    return in8(0x71);
}

static struct rtc_time rtc_take(void)
{
    while (rtc_read(RTC_STATUS_A) & RTC_UPDATING)
        cpu_relax();
    return (struct rtc_time){rtc_read(RTC_SECONDS), rtc_read(RTC_MINUTES), rtc_read(RTC_HOURS),
                             rtc_read(RTC_DAY),     rtc_read(RTC_MONTH),   rtc_read(RTC_YEAR)};
}

static u8 from_bcd(u8 v)
{
    return (v >> 4) * 10 + (v & 15);
}

/* Days from 1970-01-01 to the given day; the year begins in March, so that the leap day is its last. */
static u64 days_since_1970(u64 year, u64 month, u64 day)
{
    u64 y = month > 2 ? year : year - 1;
    u64 m = (month + 9) % 12;
    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

/* The date is taken twice until both agree: an update may come in between. */
static u64 rtc_seconds(void)
{
    struct rtc_time t = rtc_take(), again = rtc_take();
    while (t.second != again.second) {
        t = again;
        again = rtc_take();
    }
    u8 mode = rtc_read(RTC_STATUS_B);
    bool pm = !(mode & RTC_24_HOURS) && t.hour & RTC_PM;
    if (!(mode & RTC_24_HOURS))
        t.hour &= ~RTC_PM;
    if (!(mode & RTC_BINARY))
        t = (struct rtc_time){from_bcd(t.second), from_bcd(t.minute), from_bcd(t.hour),
                              from_bcd(t.day),    from_bcd(t.month),  from_bcd(t.year)};
    if (!(mode & RTC_24_HOURS))
        t.hour = t.hour % 12 + (pm ? 12 : 0);
    u64 days = days_since_1970(2000 + t.year, t.month, t.day);
    return ((days * 24 + t.hour) * 60 + t.minute) * 60 + t.second;
}

/* False when the PIT has counted down to 0 meanwhile, which takes it 55 ms: it says so, and what it shows then says nothing. */
static bool measure(struct reading *from, struct reading *to)
{
    out8(PIT_GATE, (in8(PIT_GATE) & ~2) | 1); /* channel 2 counts, the speaker is off */
    out8(PIT_COMMAND, 0xb0);                  /* channel 2, both bytes, mode 0 */
    out8(PIT_CHANNEL2, 0xff);
    out8(PIT_CHANNEL2, 0xff);
    apic_timer_set(~0u, false);
    *from = reading_take();
    while ((u16)(from->pit - pit_count()) < CALIBRATION_TICKS)
        cpu_relax();
    *to = reading_take();
    return !(in8(PIT_GATE) & PIT_RAN_OUT);
}

void clock_calibrate(void)
{
    struct reading from, to;
    for (int i = 0; !measure(&from, &to) && i < CALIBRATIONS; i++)
        ;
    u64 ticks = from.pit - to.pit;
    u64 hz = (to.tsc - from.tsc) * PIT_HZ / ticks;
    mult = (NS_PER_S << 32) / hz;
    timer_period = (u64)(from.timer - to.timer) * PIT_HZ / ticks / TICK_HZ;
    tsc_start = to.tsc;
    boot_wall = rtc_seconds();
}

u32 clock_timer_period(void)
{
    return timer_period;
}

u64 clock_ns(void)
{
    return (unsigned __int128)(tsc_read() - tsc_start) * mult >> 32;
}

u64 clock_boot_wall(void)
{
    return boot_wall;
}
