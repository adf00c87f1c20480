// SPDX-License-Identifier: MIT
/*
 * signals.c - signals arrive where, when and as the program asked
 */
#include "tap.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>

static volatile int count;
static volatile int last;
static volatile siginfo_t last_info;
static char *volatile stack_at;

static void on_signal(int sig)
{
    count++;
    last = sig;
    stack_at = __builtin_frame_address(0);
}

static void on_info(int sig, siginfo_t *info, void *context)
{
    (void)context;
    last = sig;
    last_info = *info;
}

static void test_handlers(void)
{
    count = 0;
    ok(signal(SIGUSR1, on_signal) == SIG_DFL, "signal returns the action before");
    is(raise(SIGUSR1), 0, "raise");
    ok(count == 1 && last == SIGUSR1, "the handler has run");
    raise(SIGUSR1);
    is(count, 2, "and stays installed");
    ok(signal(SIGUSR1, SIG_IGN) == on_signal, "signal returns the handler");
    raise(SIGUSR1);
    is(count, 2, "an ignored signal does nothing");
    ok(signal(SIGKILL, SIG_IGN) == SIG_ERR && errno == EINVAL, "SIGKILL cannot be ignored");
    struct sigaction once = {.sa_handler = on_signal, .sa_flags = SA_RESETHAND}, now;
    sigaction(SIGUSR1, &once, NULL);
    raise(SIGUSR1);
    sigaction(SIGUSR1, NULL, &now);
    ok(count == 3 && now.sa_handler == SIG_DFL, "SA_RESETHAND resets the handler");
}

static void test_masks(void)
{
    sigset_t set, old, pending;

    count = 0;
    signal(SIGUSR1, on_signal);
    sigemptyset(&set);
    is(sigaddset(&set, SIGUSR1), 0, "sigaddset");
    ok(sigismember(&set, SIGUSR1) == 1 && sigismember(&set, SIGUSR2) == 0, "sigismember");
    fails(sigaddset(&set, 65), EINVAL, "there is no signal 65");
    sigprocmask(SIG_BLOCK, &set, &old);
    raise(SIGUSR1);
    is(count, 0, "a blocked signal waits");
    ok(sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1), "sigpending shows it");
    fails(sigsuspend(&old), EINTR, "sigsuspend lets it through");
    is(count, 1, "once");
    raise(SIGUSR1);
    int sig = 0;
    ok(sigwait(&set, &sig) == 0 && sig == SIGUSR1, "sigwait takes it without the handler");
    is(count, 1, "which has not run again");
    struct timespec soon = {0, 1000000};
    fails(sigtimedwait(&set, NULL, &soon), EAGAIN, "sigtimedwait gives up");
    sigprocmask(SIG_SETMASK, &old, NULL);
    sigprocmask(SIG_BLOCK, NULL, &set);
    is(sigismember(&set, SIGUSR1), 0, "SIG_SETMASK restores the mask");
}

static void test_info(void)
{
    struct sigaction action = {.sa_sigaction = on_info, .sa_flags = SA_SIGINFO};

    sigaction(SIGUSR2, &action, NULL);
    kill(getpid(), SIGUSR2);
    ok(last == SIGUSR2 && last_info.si_code == SI_USER && last_info.si_pid == getpid(),
       "siginfo tells the sender");
    union sigval value = {.sival_int = 42};
    is(sigqueue(getpid(), SIGUSR2, value), 0, "sigqueue");
    ok(last_info.si_code == SI_QUEUE && last_info.si_value.sival_int == 42, "brings its value");
}

static void test_stack(void)
{
    static char memory[16384];
    stack_t set = {.ss_sp = memory, .ss_size = sizeof memory}, now;
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

    is(sigaltstack(&set, NULL), 0, "sigaltstack");
    sigaction(SIGUSR1, &action, NULL);
    raise(SIGUSR1);
    ok(stack_at >= memory && stack_at < memory + sizeof memory, "the handler runs on the other stack");
    ok(sigaltstack(NULL, &now) == 0 && now.ss_sp == memory, "sigaltstack tells it");
    set.ss_flags = SS_DISABLE;
    is(sigaltstack(&set, NULL), 0, "and takes it away");
}

static sigjmp_buf back;

static void jump_back(int sig)
{
    siglongjmp(back, sig);
}

static void test_jumps(void)
{
    sigset_t now;
    jmp_buf plain;
    volatile int round = 0;

    signal(SIGUSR1, jump_back);
    if (sigsetjmp(back, 1) == 0)
        raise(SIGUSR1);
    sigprocmask(SIG_BLOCK, NULL, &now);
    is(sigismember(&now, SIGUSR1), 0, "siglongjmp restores the mask");
    int value = setjmp(plain);
    if (round++ == 0)
        longjmp(plain, 7);
    is(value, 7, "longjmp brings its value");
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *at = context;
    (void)sig;
    last_info = *info;
    at->uc_mcontext.gregs[REG_RIP] += 2; /* "div %ecx" has two bytes */
}

static void test_faults(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    int answer = 5;

    sigaction(SIGFPE, &action, NULL);
    __asm__ volatile("div %%ecx" : "+a"(answer) : "c"(0), "d"(0));
    ok(last_info.si_signo == SIGFPE && last_info.si_code == FPE_INTDIV, "dividing by zero is a SIGFPE");
    is(answer, 5, "a handler may step over the instruction");
    signal(SIGFPE, SIG_DFL);
}

/* Reads while SIGALRM comes again and again, the first time perhaps before the read. */
static ssize_t read_with_alarms(int fd, char *byte)
{
    struct itimerval often = {{0, 100000}, {0, 100000}}, never = {{0, 0}, {0, 0}};

    setitimer(ITIMER_REAL, &often, NULL);
    ssize_t got = read(fd, byte, 1);
    int error = errno;
    setitimer(ITIMER_REAL, &never, NULL);
    errno = error;
    return got;
}

static void test_interruption(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    int ends[2], status;
    char byte;

    pipe(ends);
    sigaction(SIGALRM, &action, NULL);
    count = 0;
    is(alarm(1), 0, "alarm");
    for (int i = 0; i < 60000 && count == 0; i++)
        usleep(1000);
    is(count, 1, "rings");
    fails(read_with_alarms(ends[0], &byte), EINTR, "a signal interrupts a read");
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    count = 0;
    pid_t pid = tap_fork();
    if (pid == 0) {
        struct timespec pause = {0, 100000000};
        nanosleep(&pause, NULL);
        kill(getppid(), SIGALRM);
        nanosleep(&pause, NULL);
        _exit(write(ends[1], "x", 1) != 1);
    }
    is(read(ends[0], &byte, 1), 1, "SA_RESTART reads on");
    is(count, 1, "though the handler has run");
    waitpid(pid, &status, 0);
    close(ends[0]);
    signal(SIGPIPE, SIG_IGN);
    fails(write(ends[1], "x", 1), EPIPE, "a pipe without reader answers EPIPE");
    close(ends[1]);
}

int main(void)
{
    ok(SIGCHLD == 17 && SIGUSR1 == 10 && SIGBUS == 7, "signals have Linux's numbers");
    test_handlers();
    test_masks();
    test_info();
    test_stack();
    test_jumps();
    test_faults();
    test_interruption();
    return done();
}
