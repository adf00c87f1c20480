// SPDX-License-Identifier: MIT
/*
 * calls_time.c - clocks, sleeping, alarms
 *
 * None of these needs memory.  Alarms are looked for at every tick in the list of tasks that have one; the timers of a task's
 * processor time count the very ticks that times() tells.
 */
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"
#include "kernel/time.h"

#define NS 1000000000l

enum { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID, CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE,
       CLOCK_MONOTONIC_COARSE, CLOCK_BOOTTIME };
enum { TIMER_ABSTIME = 1 };
enum { ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF };

static i64 wall_offset; /* ns between the monotonic clock and the wall clock, beyond the RTC at boot; set by clock_settime */

u64 wall_ns(void)
{
    return clock_boot_wall() * (u64)NS + clock_ns() + wall_offset;
}

static u64 ticks_ns(u64 ticks)
{
    return ticks * (NS / TICK_HZ);
}

static int clock_read(int clock, u64 *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        *ns = wall_ns();
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
        *ns = clock_ns();
        return 0;
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
        *ns = ticks_ns(current->user_ticks + current->system_ticks);
        return 0;
    default:
        return -EINVAL;
    }
}

static int put_timespec(user_ptr to, u64 ns)
{
    struct timespec ts = {ns / NS, ns % NS};
    return copy_to_user(to, &ts, sizeof(ts)) ? -EFAULT : 0;
}

static int get_timespec(user_ptr from, u64 *ns)
{
    struct timespec ts;
    if (copy_from_user(&ts, from, sizeof(ts)))
        return -EFAULT;
    if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= NS)
        return -EINVAL;
    *ns = ts.sec > (i64)(NO_DEADLINE / 2 / NS) ? NO_DEADLINE / 2 : (u64)ts.sec * NS + ts.nsec;
    return 0;
}

long sys_clock_gettime(int clock, user_ptr to)
{
    u64 ns;
    int rc = clock_read(clock, &ns);
    return rc ? rc : put_timespec(to, ns);
}

long sys_clock_getres(int clock, user_ptr to)
{
    u64 ns;
    int rc = clock_read(clock, &ns);
    bool coarse = clock == CLOCK_REALTIME_COARSE || clock == CLOCK_MONOTONIC_COARSE;
    return rc || !to.addr ? rc : put_timespec(to, coarse ? NS / TICK_HZ : 1);
}

static long set_wall(u64 ns)
{
    if (current->cred.euid)
        return -EPERM;
    wall_offset += (i64)(ns - wall_ns());
    return 0;
}

long sys_clock_settime(int clock, user_ptr from)
{
    u64 ns;
    int rc = get_timespec(from, &ns);
    if (rc)
        return rc;
    return clock == CLOCK_REALTIME ? set_wall(ns) : -EINVAL;
}

struct timeval {
    i64 sec, usec;
};

long sys_gettimeofday(user_ptr tv, user_ptr tz)
{
    u64 ns = wall_ns();
    struct timeval v = {ns / NS, ns % NS / 1000};
    i32 zone[2] = {0, 0};
    if ((tv.addr && copy_to_user(tv, &v, sizeof(v))) || (tz.addr && copy_to_user(tz, zone, sizeof(zone))))
        return -EFAULT;
    return 0;
}

long sys_settimeofday(user_ptr tv, user_ptr tz UNUSED)
{
    struct timeval v;
    if (!tv.addr)
        return 0;
    if (copy_from_user(&v, tv, sizeof(v)))
        return -EFAULT;
    if (v.sec < 0 || v.usec < 0 || v.usec >= 1000000)
        return -EINVAL;
    return set_wall((u64)v.sec * NS + (u64)v.usec * 1000);
}

long sys_time(user_ptr to)
{
    i64 sec = wall_ns() / NS;
    return to.addr && copy_to_user(to, &sec, sizeof(sec)) ? -EFAULT : sec;
}

long sys_times(user_ptr to)
{
    const struct task *t = current;
    u64 per = TICK_HZ / 100 ? TICK_HZ : 100;
    u64 v[4] = {t->user_ticks * 100 / per, t->system_ticks * 100 / per, t->children_user * 100 / per, t->children_system * 100 / per};
    if (to.addr && copy_to_user(to, v, sizeof(v)))
        return -EFAULT;
    return clock_ns() / (NS / 100);
}

/* --- sleeping --- */

static int sleep_till(u64 deadline)
{
    struct wait_queue never;
    struct waiter w;
    wait_init(&never, "sleep");
    wait_prepare(&w, &never);
    int rc = wait_sleep(&w, SLEEP_SIGNALS, deadline);
    wait_finish(&w);
    return rc == -ETIMEDOUT ? 0 : rc;
}

static long sleep_relative(u64 ns, user_ptr left)
{
    u64 deadline = clock_ns() + ns;
    int rc = sleep_till(deadline);
    if (!rc)
        return 0;
    u64 now = clock_ns();
    if (left.addr && put_timespec(left, deadline > now ? deadline - now : 0))
        return -EFAULT;
    return -EINTR;
}

long sys_nanosleep(user_ptr want, user_ptr left)
{
    u64 ns;
    int rc = get_timespec(want, &ns);
    return rc ? rc : sleep_relative(ns, left);
}

long sys_clock_nanosleep(int clock, int flags, user_ptr want, user_ptr left)
{
    u64 ns, now;
    if (clock == CLOCK_THREAD_CPUTIME_ID || clock_read(clock, &now))
        return -EINVAL;
    int rc = get_timespec(want, &ns);
    if (rc)
        return rc;
    if (!(flags & TIMER_ABSTIME))
        return sleep_relative(ns, left);
    return ns > now && sleep_till(clock_ns() + (ns - now)) ? -EINTR : 0;
}

/* --- alarms --- */

struct itimerval {
    struct timeval every, value;
};

static struct timeval to_timeval(u64 ns)
{
    return (struct timeval){ns / NS, ns % NS / 1000};
}

static struct {
    struct spinlock lock;
    struct list armed;
} alarms = {SPINLOCK_INIT(RANK_ALARMS, "alarms"), LIST_INIT(alarms.armed)};

/* Call with alarms.lock held. */
static void arm(struct task *t, u64 at, u64 every)
{
    t->alarm_at = at;
    t->alarm_every = every;
    list_remove(&t->alarm);
    if (at)
        list_push_back(&alarms.armed, &t->alarm);
}

static void swap_alarm(u64 value, u64 every, struct itimerval *old)
{
    struct task *t = current;
    u64 now = clock_ns(), flags = spin_lock_irq(&alarms.lock);
    u64 left = t->alarm_at > now ? t->alarm_at - now : t->alarm_at ? 1000 : 0;
    *old = (struct itimerval){to_timeval(t->alarm_every), to_timeval(left)};
    arm(t, value ? now + value : 0, every);
    spin_unlock_irq(&alarms.lock, flags);
}

void alarm_cancel(struct task *t)
{
    u64 flags = spin_lock_irq(&alarms.lock);
    arm(t, 0, 0);
    spin_unlock_irq(&alarms.lock, flags);
}

static bool valid(const struct timeval *v)
{
    return v->sec >= 0 && v->sec < (1l << 32) && v->usec >= 0 && v->usec < 1000000;
}

/* The timer of current's processor time, and what it becomes when set is not NULL. */
static struct itimerval swap_timer(int which, const struct cpu_timer *set)
{
    u64 flags = irq_save(); /* only a tick on this processor looks at it too */
    struct cpu_timer *timer = &current->cpu_timers[which - ITIMER_VIRTUAL], before = *timer;
    if (set)
        *timer = *set;
    irq_restore(flags);
    return (struct itimerval){to_timeval(before.every), to_timeval(before.left)};
}

static u64 from_timeval(const struct timeval *v)
{
    return (u64)v->sec * NS + (u64)v->usec * 1000;
}

long sys_setitimer(int which, user_ptr set, user_ptr old)
{
    struct itimerval v = {{0, 0}, {0, 0}}, before;
    if (which < ITIMER_REAL || which > ITIMER_PROF)
        return -EINVAL;
    if (set.addr && copy_from_user(&v, set, sizeof(v)))
        return -EFAULT;
    if (!valid(&v.every) || !valid(&v.value))
        return -EINVAL;
    struct cpu_timer now = {from_timeval(&v.value), from_timeval(&v.every)};
    if (which == ITIMER_REAL)
        swap_alarm(now.left, now.every, &before);
    else
        before = swap_timer(which, &now);
    return old.addr && copy_to_user(old, &before, sizeof(before)) ? -EFAULT : 0;
}

long sys_getitimer(int which, user_ptr to)
{
    struct task *t = current;
    u64 now = clock_ns();
    struct itimerval v = {to_timeval(t->alarm_every), to_timeval(t->alarm_at > now ? t->alarm_at - now : 0)};
    if (which < ITIMER_REAL || which > ITIMER_PROF)
        return -EINVAL;
    if (which != ITIMER_REAL)
        v = swap_timer(which, NULL);
    return copy_to_user(to, &v, sizeof(v)) ? -EFAULT : 0;
}

long sys_alarm(u32 seconds)
{
    struct itimerval before;
    swap_alarm((u64)seconds * NS, 0, &before);
    bool up = before.value.usec >= 500000 || (before.value.sec == 0 && before.value.usec > 0); /* as Linux rounds */
    return before.value.sec + up;
}

/* Every tick, in interrupt context: few tasks have an alarm. */
void sched_tick_alarms(u64 now)
{
    if (likely(list_empty(&alarms.armed)))
        return;
    u64 flags = spin_lock_irq(&alarms.lock);
    list_each_safe(t, &alarms.armed, struct task, alarm) {
        if (t->alarm_at > now)
            continue;
        arm(t, t->alarm_every ? now + t->alarm_every : 0, t->alarm_every);
        signal_send(t, SIGALRM);
    }
    spin_unlock_irq(&alarms.lock, flags);
}

/* One more tick of processor time; at 0 the timer sends its signal and begins anew. */
static void count_down(struct task *t, struct cpu_timer *timer, int sig)
{
    const u64 tick = NS / TICK_HZ;
    if (!timer->left)
        return;
    timer->left -= MIN(timer->left, tick);
    if (timer->left)
        return;
    timer->left = timer->every;
    signal_send(t, sig);
}

/* Every tick, in interrupt context: it was t's, in user mode or in the kernel. */
void sched_tick_timers(struct task *t, bool user)
{
    if (user)
        count_down(t, &t->cpu_timers[0], SIGVTALRM);
    count_down(t, &t->cpu_timers[1], SIGPROF);
}
