// SPDX-License-Identifier: MIT
/*
 * Signals must be delivered once, with their masks, to their handlers, and interrupt or restart the call they met.
 */
#include "tests/user/calls/tap.h"

#include <sys/time.h>

static volatile sig_atomic_t count, last, nested, order[8];

static void handler(int number)
{
    if (count < 8)
        order[count] = number;
    count++;
    last = number;
}

static void set(int number, void (*to)(int), int flags)
{
    struct sigaction action = {.sa_handler = to, .sa_flags = flags};

    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

static void block(int how, int number)
{
    sigset_t one;

    sigemptyset(&one);
    sigaddset(&one, number);
    sigprocmask(how, &one, NULL);
}

static void handling(void)
{
    struct sigaction old;

    set(SIGUSR1, handler, 0);
    count = 0;
    is(raise(SIGUSR1), 0, "raise");
    ok(count == 1 && last == SIGUSR1, "runs the handler once");
    is(kill(getpid(), SIGUSR1), 0, "kill to oneself");
    is(count, 2, "has run it when it returns");
    sigaction(SIGUSR1, NULL, &old);
    ok(old.sa_handler == handler, "sigaction tells the handler");
    ok(signal(SIGUSR1, SIG_IGN) == handler, "signal gives the old one");
    raise(SIGUSR1);
    is(count, 2, "an ignored signal is ignored");
    set(SIGUSR1, handler, (int)SA_RESETHAND);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &old);
    ok(count == 3 && old.sa_handler == SIG_DFL, "SA_RESETHAND goes back to the default");
    fails(sigaction(SIGKILL, &old, NULL), EINVAL, "SIGKILL has no handler");
    fails(sigaction(SIGSTOP, &old, NULL), EINVAL, "nor has SIGSTOP");
    fails(sigaction(65, &old, NULL), EINVAL, "nor has number 65");
}

static void masks(void)
{
    sigset_t pending, now;

    set(SIGUSR1, handler, 0);
    count = 0;
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    raise(SIGUSR1);
    is(count, 0, "a blocked signal waits");
    sigpending(&pending);
    ok(sigismember(&pending, SIGUSR1) && !sigismember(&pending, SIGUSR2), "sigpending shows it");
    block(SIG_UNBLOCK, SIGUSR1);
    is(count, 1, "and comes once");
    sigpending(&pending);
    ok(!sigismember(&pending, SIGUSR1), "then it is gone");
    sigfillset(&now);
    sigprocmask(SIG_SETMASK, &now, NULL);
    sigprocmask(SIG_BLOCK, NULL, &now);
    ok(sigismember(&now, SIGTERM) && !sigismember(&now, SIGKILL) && !sigismember(&now, SIGSTOP),
       "SIGKILL and SIGSTOP are never blocked");
    sigemptyset(&now);
    sigprocmask(SIG_SETMASK, &now, NULL);
    fails(sigprocmask(77, &now, NULL), EINVAL, "an unknown way to set the mask");
    block(SIG_BLOCK, SIGUSR1);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_IGN);
    sigpending(&pending);
    ok(!sigismember(&pending, SIGUSR1), "ignoring a waiting signal drops it");
    block(SIG_UNBLOCK, SIGUSR1);
}

/* Sends its own signal again, twice in all; `nested` is the greatest depth. */
static void nest(int number)
{
    static volatile int depth;

    depth++;
    nested = depth > nested ? depth : nested;
    if (count++ < 2)
        raise(number);
    depth--;
}

static void inside(void)
{
    struct sigaction action = {.sa_handler = nest};

    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    nested = count = 0;
    raise(SIGUSR1);
    is(nested, 1, "a handler is not interrupted by its own signal");
    action.sa_flags = (int)SA_NODEFER;
    sigaction(SIGUSR1, &action, NULL);
    nested = count = 0;
    raise(SIGUSR1);
    is(nested, 3, "unless SA_NODEFER says so");
    set(SIGUSR1, handler, 0);
    set(SIGUSR2, handler, 0);
    count = 0;
    block(SIG_BLOCK, SIGUSR1);
    block(SIG_BLOCK, SIGUSR2);
    raise(SIGUSR2);
    raise(SIGUSR1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    is(count, 2, "two that waited both come");
}

static int ends[2], acks[2];
static bool acknowledged;

/* When it runs, what becomes of the call that it met is decided: that call's data may come. */
static void acknowledging(int number)
{
    handler(number);
    (void)!write(acks[1], "a", 1);
}

/* Data that comes with the signal would be a call's answer instead of it. */
static int sender(void)
{
    char c;

    tap_until_sleeps(getppid());
    NEED(kill(getppid(), SIGUSR1) == 0);
    if (acknowledged)
        NEED(read(acks[0], &c, 1) == 1);
    else
        pause_ms(40);
    NEED(write(ends[1], "x", 1) == 1);
    return 0;
}

static void interrupting(void)
{
    char c;
    pid_t child;
    int status;

    tap_pipe(ends);
    tap_pipe(acks);
    acknowledged = true;
    set(SIGUSR1, acknowledging, 0);
    count = 0;
    child = tap_start(sender);
    fails(read(ends[0], &c, 1), EINTR, "a signal interrupts a read");
    is(count, 1, "after its handler");
    is(read(ends[0], &c, 1), 1, "the next read works");
    tap_wait(child);
    set(SIGUSR1, acknowledging, SA_RESTART);
    child = tap_start(sender);
    is(read(ends[0], &c, 1), 1, "with SA_RESTART the read goes on");
    is(count, 2, "after the handler");
    tap_wait(child);
    set(SIGUSR1, acknowledging, 0);
    child = tap_start(sender);
    fails(waitpid(child, &status, 0), EINTR, "wait is interrupted");
    is(tap_wait(child), 0, "and can be asked again");
    set(SIGUSR1, SIG_IGN, 0);
    acknowledged = false;
    child = tap_start(sender);
    is(read(ends[0], &c, 1), 1, "nothing reads");
    is(read(ends[0], &c, 1), 1, "an ignored signal interrupts nothing");
    tap_wait(child);
    close(ends[0]);
    close(ends[1]);
    close(acks[0]);
    close(acks[1]);
}

static int just_kills(void)
{
    tap_until_sleeps(getppid());
    return kill(getppid(), SIGUSR1);
}

static void suspending(void)
{
    sigset_t mask, now;
    pid_t child;

    set(SIGUSR1, handler, SA_RESTART);
    count = 0;
    block(SIG_BLOCK, SIGUSR1);
    child = tap_start(just_kills);
    sigemptyset(&mask);
    fails(sigsuspend(&mask), EINTR, "sigsuspend waits for a signal");
    is(count, 1, "that its mask lets in");
    sigprocmask(SIG_BLOCK, NULL, &now);
    ok(sigismember(&now, SIGUSR1), "and puts the old mask back");
    tap_wait(child);
    raise(SIGUSR1);
    fails(sigsuspend(&mask), EINTR, "one that waits already");
    is(count, 2, "ends it at once");
    block(SIG_UNBLOCK, SIGUSR1);
    child = tap_start(just_kills);
    fails(pause(), EINTR, "pause");
    is(count, 3, "waits for a handler");
    tap_wait(child);
}

static volatile pid_t told_pid;
static volatile int told_code, told_status;

static void with_info(int number, siginfo_t *info, void *context)
{
    (void)context;
    last = number;
    told_pid = info->si_pid;
    told_code = info->si_code;
    told_status = info->si_status;
}

static int exits_with_5(void)
{
    return 5;
}

static int waits_for_ever(void)
{
    for (;;)
        pause();
    return 0;
}

static void children(void)
{
    struct sigaction action = {.sa_sigaction = with_info, .sa_flags = SA_SIGINFO};
    pid_t child;
    sigset_t none;

    sigemptyset(&action.sa_mask);
    sigemptyset(&none);
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    last = 0;
    block(SIG_BLOCK, SIGCHLD);
    child = tap_start(exits_with_5);
    sigsuspend(&none);
    ok(last == SIGCHLD && told_pid == child, "SIGCHLD tells which child ended");
    ok(told_code == CLD_EXITED && told_status == 5, "and how");
    tap_wait(child);
    child = tap_start(waits_for_ever);
    kill(child, SIGKILL);
    sigsuspend(&none);
    ok(told_pid == child && told_code == CLD_KILLED && told_status == SIGKILL, "or which signal ended it");
    tap_wait(child);
    block(SIG_UNBLOCK, SIGCHLD);
    kill(getpid(), SIGUSR1);
    ok(told_pid == getpid() && told_code == SI_USER, "kill tells who sent it");
    signal(SIGCHLD, SIG_DFL);
}

static int in_group(void)
{
    block(SIG_UNBLOCK, SIGTERM);
    return waits_for_ever();
}

static int group_leader(void)
{
    pid_t child[3];
    int i;

    NEED(setpgid(0, 0) == 0);
    block(SIG_BLOCK, SIGTERM);
    for (i = 0; i < 3; i++)
        child[i] = tap_start(in_group);
    NEED(kill(0, SIGTERM) == 0);
    for (i = 0; i < 3; i++)
        NEED(tap_wait(child[i]) == SIGTERM);
    return 0;
}

static void killing(void)
{
    child_ok(group_leader, "kill(0) reaches the whole group");
    fails(kill(1 << 22, SIGTERM), ESRCH, "kill of nobody");
    fails(kill(getpid(), 65), EINVAL, "kill with an unknown signal");
    fails(kill(getpid(), -1), EINVAL, "kill with a negative one");
    is(kill(getpid(), 0), 0, "kill with 0 only looks");
}

static char other_stack[16384];
static volatile uintptr_t stack_seen;

static void look_at_stack(int number)
{
    char here;

    (void)number;
    stack_seen = (uintptr_t)&here;
}

static void alternate(void)
{
    stack_t stack = {.ss_sp = other_stack, .ss_size = sizeof other_stack}, old;

    is(sigaltstack(&stack, NULL), 0, "sigaltstack");
    set(SIGUSR1, look_at_stack, SA_ONSTACK);
    raise(SIGUSR1);
    ok(stack_seen - (uintptr_t)other_stack < sizeof other_stack, "the handler runs on the other stack");
    set(SIGUSR1, look_at_stack, 0);
    raise(SIGUSR1);
    ok(stack_seen - (uintptr_t)other_stack >= sizeof other_stack, "without SA_ONSTACK on the usual one");
    memset(&old, 0xff, sizeof old);
    sigaltstack(NULL, &old);
    ok((&old.ss_flags)[1] == 0, "what lies between its fields is nothing of the kernel's");
    ok(old.ss_sp == other_stack && old.ss_size == sizeof other_stack, "it can be asked for");
    stack.ss_size = 100;
    fails(sigaltstack(&stack, NULL), ENOMEM, "a stack that is too small");
    stack = (stack_t){.ss_flags = SS_DISABLE};
    is(sigaltstack(&stack, NULL), 0, "it can be given up");
}

/* Registers, also those of floating point, are as before when a handler has used them. */
static void spoil(int number)
{
    volatile double x = 3.25 * number;

    x = x * x / 7;
    last = (int)x;
}

static void registers(void)
{
    double a = 1.5, b = 2.5;
    long i, sum = 0;
    struct itimerval often = {{0, 500}, {0, 500}}, never = {{0, 0}, {0, 0}};

    set(SIGALRM, spoil, SA_RESTART);
    setitimer(ITIMER_REAL, &often, NULL);
    for (i = 0; i < 3000000; i++) {
        a = a * b;
        sum += i ^ (sum >> 3);
        a = a / b;
    }
    setitimer(ITIMER_REAL, &never, NULL);
    long again = 0;
    for (i = 0; i < 3000000; i++)
        again += i ^ (again >> 3);
    ok(a == 1.5 && sum == again, "handlers that run at any moment spoil no register");
    tap_limit();
}

int main(void)
{
    tap_begin("signal");
    handling();
    masks();
    inside();
    interrupting();
    suspending();
    children();
    killing();
    alternate();
    registers();
    return tap_end();
}
