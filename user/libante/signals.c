// SPDX-License-Identifier: MIT
/*
 * signals.c - signals
 *
 * A handler returns into a trampoline that asks the kernel to restore the interrupted state; x86_64 kernels have no
 * such code of their own to map, so each action carries its address (SA_RESTORER).
 */
#include "kernel.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SA_RESTORER 0x04000000
#define SET_SIZE    8

/* What rt_sigaction takes. */
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    sigset_t mask;
};

_Static_assert(sizeof(siginfo_t) == 128, "the kernel copies this much");
_Static_assert(sizeof(sigset_t) == SET_SIZE, "the kernel has 64 signals");

extern void __libante_sigreturn(void);
__asm__(".globl __libante_sigreturn\n"
        ".type __libante_sigreturn, @function\n"
        "__libante_sigreturn:\n"
        "    mov $15, %eax\n"
        "    syscall\n");

int sigaction(int sig, const struct sigaction *set, struct sigaction *old)
{
    struct kernel_action new, was;

    if (set) {
        new.handler = set->sa_handler;
        new.flags = (unsigned)set->sa_flags | SA_RESTORER;
        new.restorer = __libante_sigreturn;
        new.mask = set->sa_mask;
    }
    long status = result(kernel4(SYS_rt_sigaction, sig, set ? &new : 0, old ? &was : 0, SET_SIZE));
    if (status < 0)
        return -1;
    if (old) {
        old->sa_handler = was.handler;
        old->sa_flags = (int)(was.flags & ~(unsigned long)SA_RESTORER);
        old->sa_mask = was.mask;
    }
    return 0;
}

_sig_func_ptr signal(int sig, _sig_func_ptr handler)
{
    struct sigaction set = {.sa_handler = handler, .sa_flags = SA_RESTART}, old;
    return sigaction(sig, &set, &old) < 0 ? SIG_ERR : old.sa_handler;
}

int siginterrupt(int sig, int flag)
{
    struct sigaction action;

    if (sigaction(sig, NULL, &action) < 0)
        return -1;
    if (flag)
        action.sa_flags &= ~SA_RESTART;
    else
        action.sa_flags |= SA_RESTART;
    return sigaction(sig, &action, NULL);
}

int kill(pid_t pid, int sig)
{
    return result(kernel2(SYS_kill, pid, sig));
}

int killpg(pid_t group, int sig)
{
    return kill(-group, sig);
}

int sigqueue(pid_t pid, int sig, const union sigval value)
{
    siginfo_t info;

    memset(&info, 0, sizeof info);
    info.si_signo = sig;
    info.si_code = SI_QUEUE;
    info.si_pid = getpid();
    info.si_uid = getuid();
    info.si_value = value;
    return result(kernel3(SYS_rt_sigqueueinfo, pid, sig, &info));
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
    return result(kernel4(SYS_rt_sigprocmask, how, set, old, SET_SIZE));
}

int sigpending(sigset_t *set)
{
    return result(kernel2(SYS_rt_sigpending, set, SET_SIZE));
}

int sigsuspend(const sigset_t *mask)
{
    return result(kernel2(SYS_rt_sigsuspend, mask, SET_SIZE));
}

int pause(void)
{
    return result(kernel0(SYS_pause));
}

int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
    return result(kernel4(SYS_rt_sigtimedwait, set, info, timeout, SET_SIZE));
}

int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
    return sigtimedwait(set, info, NULL);
}

/* Returns the errno instead of storing it. */
int sigwait(const sigset_t *set, int *sig)
{
    long got;

    do
        got = kernel4(SYS_rt_sigtimedwait, set, 0, 0, SET_SIZE);
    while (got == -EINTR);
    if (got < 0)
        return (int)-got;
    *sig = (int)got;
    return 0;
}

int sigaltstack(const stack_t *__restrict set, stack_t *__restrict old)
{
    return result(kernel2(SYS_sigaltstack, set, old));
}

/* Returns the bit of the signal, or 0 with errno. */
static sigset_t bit(int sig)
{
    if (sig > 0 && sig < NSIG)
        return 1UL << (sig - 1);
    errno = EINVAL;
    return 0;
}

int sigemptyset(sigset_t *set)
{
    *set = 0;
    return 0;
}

int sigfillset(sigset_t *set)
{
    *set = ~0UL;
    return 0;
}

int sigaddset(sigset_t *set, int sig)
{
    *set |= bit(sig);
    return bit(sig) ? 0 : -1;
}

int sigdelset(sigset_t *set, int sig)
{
    *set &= ~bit(sig);
    return bit(sig) ? 0 : -1;
}

int sigismember(const sigset_t *set, int sig)
{
    return bit(sig) ? (*set & bit(sig)) != 0 : -1;
}

_JBTYPE *__sigjmp_save(sigjmp_buf env, int save_mask)
{
    env[_JBLEN] = save_mask;
    if (save_mask)
        sigprocmask(SIG_SETMASK, NULL, (sigset_t *)&env[_JBLEN + 1]);
    return env;
}

void siglongjmp(sigjmp_buf env, int value)
{
    if (env[_JBLEN])
        sigprocmask(SIG_SETMASK, (sigset_t *)&env[_JBLEN + 1], NULL);
    longjmp(env, value);
}
