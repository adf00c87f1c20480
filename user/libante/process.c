// SPDX-License-Identifier: MIT
/*
 * process.c - processes: making them, waiting for them, their groups, limits, priority and use
 */
#include "kernel.h"
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t fork(void)
{
    return result(kernel0(SYS_fork));
}

void _exit(int status)
{
    for (;;)
        kernel1(SYS_exit_group, status);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
    return result(kernel3(SYS_execve, path, argv, envp));
}

pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    return result(kernel4(SYS_wait4, pid, status, options, usage));
}

pid_t wait3(int *status, int options, struct rusage *usage)
{
    return wait4(-1, status, options, usage);
}

pid_t waitpid(pid_t pid, int *status, int options)
{
    return wait4(pid, status, options, 0);
}

pid_t wait(int *status)
{
    return wait4(-1, status, 0, 0);
}

int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    return result(kernel5(SYS_waitid, type, id, info, options, 0));
}

pid_t getpid(void)
{
    return kernel0(SYS_getpid);
}

pid_t getppid(void)
{
    return kernel0(SYS_getppid);
}

pid_t gettid(void)
{
    return kernel0(SYS_gettid);
}

pid_t getpgrp(void)
{
    return kernel0(SYS_getpgrp);
}

pid_t getpgid(pid_t pid)
{
    return result(kernel1(SYS_getpgid, pid));
}

int setpgid(pid_t pid, pid_t group)
{
    return result(kernel2(SYS_setpgid, pid, group));
}

int setpgrp(void)
{
    return setpgid(0, 0);
}

pid_t getsid(pid_t pid)
{
    return result(kernel1(SYS_getsid, pid));
}

pid_t setsid(void)
{
    return result(kernel0(SYS_setsid));
}

int getrusage(int who, struct rusage *usage)
{
    return result(kernel2(SYS_getrusage, who, usage));
}

int prlimit(pid_t pid, int resource, const struct rlimit *set, struct rlimit *old)
{
    return result(kernel4(SYS_prlimit64, pid, resource, set, old));
}

int getrlimit(int resource, struct rlimit *limit)
{
    return prlimit(0, resource, 0, limit);
}

int setrlimit(int resource, const struct rlimit *limit)
{
    return prlimit(0, resource, limit, 0);
}

/* The kernel answers 20 - priority, so that its answer is never negative. */
int getpriority(int which, id_t who)
{
    long value = result(kernel2(SYS_getpriority, which, who));
    return value < 0 ? -1 : (int)(20 - value);
}

int setpriority(int which, id_t who, int value)
{
    return result(kernel3(SYS_setpriority, which, who, value));
}

int nice(int more)
{
    errno = 0;
    int now = getpriority(PRIO_PROCESS, 0);
    if (now == -1 && errno)
        return -1;
    if (setpriority(PRIO_PROCESS, 0, now + more) < 0) {
        errno = errno == EACCES ? EPERM : errno;
        return -1;
    }
    return getpriority(PRIO_PROCESS, 0);
}

int prctl(int option, ...)
{
    long arg[4];
    va_list args;

    va_start(args, option);
    for (int i = 0; i < 4; i++)
        arg[i] = va_arg(args, long);
    va_end(args);
    return result(kernel5(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]));
}

int sched_yield(void)
{
    return result(kernel0(SYS_sched_yield));
}

int sched_setparam(pid_t pid, const struct sched_param *param)
{
    return result(kernel2(SYS_sched_setparam, pid, param));
}

int sched_getparam(pid_t pid, struct sched_param *param)
{
    return result(kernel2(SYS_sched_getparam, pid, param));
}

int sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
    return result(kernel3(SYS_sched_setscheduler, pid, policy, param));
}

int sched_getscheduler(pid_t pid)
{
    return result(kernel1(SYS_sched_getscheduler, pid));
}

int sched_get_priority_max(int policy)
{
    return result(kernel1(SYS_sched_get_priority_max, policy));
}

int sched_get_priority_min(int policy)
{
    return result(kernel1(SYS_sched_get_priority_min, policy));
}
