// SPDX-License-Identifier: MIT
/*
 * fibers.c - the scheduler of host tests: tasks as coroutines, the next one drawn by lot
 *
 * It keeps the contract of kernel/sched.c: no wake-up is lost, a sleep without a time limit makes a task immovable until it is
 * woken, a task that waits at the entry is immovable until it says otherwise itself.
 */
#include <sanitizer/common_interface_defs.h>
#include "tests/host/lib/machine.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/sched.h"
#include "mm/pin.h"
#include "tests/host/lib/machine_core.h"

#define STACK_BYTES (256u << 10)

struct task *host_current;
struct cpu host_cpu;

/* Saves the registers that a function must keep and the stack pointer, continues where `to` was saved. */
void stack_switch(void **from, void *to);
__asm__("stack_switch:\n"
        "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
        "movq %rsp, (%rdi)\n"
        "movq %rsi, %rsp\n"
        "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"
        "ret\n");

static struct {
    void *sp, *asan; /* the loop's own, while a task runs */
    const void *stack;
    size_t stack_bytes;
    u32 no_preempt;
    u64 rng;
} loop;

void fibers_seed(u64 seed)
{
    loop.rng = (seed + 1) * 0x9e3779b97f4a7c15ul;
}

u32 machine_random(u32 below)
{
    loop.rng ^= loop.rng >> 12;
    loop.rng ^= loop.rng << 25;
    loop.rng ^= loop.rng >> 27;
    return below ? ((loop.rng * 0x2545f4914f6cdd1dul) >> 33) % below : 0;
}

bool machine_chance(u32 percent)
{
    return machine_random(100) < percent;
}

static struct fiber *running(void)
{
    return (struct fiber *)host_current;
}

/* --- switching --- */

static void to_loop(void)
{
    struct fiber *f = running();
    ASSERT(!loop.no_preempt, "a switch with a spinlock held");
    __sanitizer_start_switch_fiber(f->ended ? NULL : &f->asan, loop.stack, loop.stack_bytes);
    stack_switch(&f->sp, loop.sp);
    __sanitizer_finish_switch_fiber(f->asan, &loop.stack, &loop.stack_bytes);
}

static void to_fiber(struct fiber *f)
{
    host_current = &f->task;
    f->task.state = TASK_RUNNING;
    __sanitizer_start_switch_fiber(&loop.asan, f->stack, STACK_BYTES);
    stack_switch(&loop.sp, f->sp);
    __sanitizer_finish_switch_fiber(loop.asan, NULL, NULL);
    if (f->task.state == TASK_RUNNING)
        f->task.state = TASK_READY;
    host_current = NULL;
}

static void fiber_main(void)
{
    struct fiber *f = running();
    __sanitizer_finish_switch_fiber(NULL, &loop.stack, &loop.stack_bytes);
    f->main(f->arg);
    lock_check_none("a task's end");
    f->ended = true;
    f->task.state = TASK_ZOMBIE;
    to_loop();
}

struct fiber *machine_task(void (*main)(void *), void *arg)
{
    ASSERT(machine.count < ARRAY_SIZE(machine.fibers), "too many tasks for the test");
    struct fiber *f = host_memory(sizeof(*f));
    f->main = main;
    f->arg = arg;
    f->stack = host_memory(STACK_BYTES);
    f->task.pid = machine.count + 1;
    f->task.call = 0xffff;
    f->task.state = TASK_READY;
    list_init(&f->task.reservation.frames);
    list_init(&f->task.reservation.blocks);
    pins_add(&f->task.pins);
    void **top = (void **)((char *)f->stack + STACK_BYTES);
    *--top = NULL; /* fiber_main never returns */
    *--top = fiber_main;
    f->sp = top - 6; /* the registers that stack_switch() loads */
    machine.fibers[machine.count++] = f;
    return f;
}

struct task *thread_start(const char *name UNUSED, void (*entry)(void *), void *arg)
{
    struct fiber *f = machine_task(entry, arg);
    f->task.kernel = true;
    f->task.policy = POLICY_RETRY;
    return &f->task;
}

struct kmem_cache task_cache; /* stands in the flusher's derived need, which is not asked here */

void machine_yield(void)
{
    to_loop();
}

void preempt_disable(void)
{
    loop.no_preempt++;
}

void preempt_enable(void)
{
    ASSERT(loop.no_preempt, "preemption enabled too often");
    if (--loop.no_preempt == 0 && host_current && machine.preempt && !machine_random(machine.preempt))
        to_loop();
}

/* --- sleeping --- */

bool signal_pending(const struct task *t)
{
    return ((const struct fiber *)t)->signalled;
}

bool signal_fatal(const struct task *t)
{
    return ((const struct fiber *)t)->killed;
}

static bool interrupted(enum sleep_mode mode)
{
    return (mode == SLEEP_SIGNALS && signal_pending(current)) || (mode != SLEEP_DEEP && signal_fatal(current));
}

int sched_sleep(struct waiter *w, enum sleep_mode mode, u64 deadline)
{
    struct fiber *f = running();
    if (mode == SLEEP_SIGNALS) {
        lock_check_none("sleep without a time limit (I4)");
        ASSERT(!current->reservation.scope && !current->pins.ranges && !current->pins.blocks, "I4: sleep with a reservation");
    }
    while (!w->woken) {
        if (interrupted(mode))
            return -EINTR;
        if (machine.now >= deadline)
            return -ETIMEDOUT;
        f->task.state = TASK_SLEEPING;
        f->task.wake_at = deadline;
        f->task.sleep_mode = mode;
        f->task.unlimited = mode == SLEEP_SIGNALS && deadline == NO_DEADLINE;
        to_loop();
        f->task.unlimited = false;
    }
    return 0;
}

void sched_wake(struct task *t)
{
    if (machine.woken)
        machine.woken(t);
    if (t->state != TASK_SLEEPING)
        return;
    t->state = TASK_READY;
    t->unlimited = false;
}

void machine_signal(struct fiber *f, bool fatal)
{
    f->signalled = true;
    f->killed |= fatal;
    sched_wake(&f->task);
}

i32 sched_movable(void)
{
    i32 n = 0;
    for (u32 i = 0; i < machine.count; i++) {
        struct fiber *f = machine.fibers[i];
        n += !f->task.kernel && !f->ended && !f->task.immovable && !f->task.unlimited;
    }
    return n;
}

void sched_set_immovable(bool on)
{
    struct reservation *r = &current->reservation;
    if (on) {
        lock_check_none("waiting at the entry (I5)");
        ASSERT(need_is_zero(&r->left) || (r->left.objects && !r->left.frames && !r->left.charge), "I5: a reservation is held");
        ASSERT(!current->pins.ranges && !current->pins.blocks, "I5: a pin is held");
    }
    current->immovable = on;
}

/* --- the loop --- */

static bool user_tasks_left(void)
{
    for (u32 i = 0; i < machine.count; i++)
        if (!machine.fibers[i]->task.kernel && !machine.fibers[i]->ended)
            return true;
    return false;
}

static struct fiber *pick_ready(void)
{
    struct fiber *ready[ARRAY_SIZE(machine.fibers)];
    u32 n = 0;
    for (u32 i = 0; i < machine.count; i++) {
        struct fiber *f = machine.fibers[i];
        if (f->task.state == TASK_SLEEPING && f->task.wake_at <= machine.now)
            f->task.state = TASK_READY;
        if (f->task.state == TASK_READY)
            ready[n++] = f;
    }
    return n ? ready[machine_random(n)] : NULL;
}

/* Nobody is ready: time moves on to whatever comes first. */
static void pass_time(void)
{
    u64 soonest = disk_next_end();
    bool limited = soonest != NO_DEADLINE;
    for (u32 i = 0; i < machine.count; i++) {
        const struct task *t = &machine.fibers[i]->task;
        if (t->state != TASK_SLEEPING)
            continue;
        soonest = MIN(soonest, t->wake_at);
        limited |= !t->kernel && !t->unlimited;
    }
    if (!limited && machine.idle && machine.idle())
        return;
    ASSERT(soonest != NO_DEADLINE, "everybody sleeps for ever");
    machine.now = MAX(machine.now, soonest);
    if (machine.slept)
        machine.slept();
}

void machine_run(void)
{
    while (user_tasks_left()) {
        machine.now += machine.step_ns;
        disk_step();
        struct fiber *f = pick_ready();
        if (!f) {
            pass_time();
            continue;
        }
        machine.switches++;
        to_fiber(f);
        if (machine.check)
            machine.check();
    }
}
