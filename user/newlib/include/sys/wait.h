// SPDX-License-Identifier: MIT
/*
 * sys/wait.h - waiting for children
 *
 * A status is: exit code in bits 8-15 and 0 below; or the signal that killed in bits 0-6, with 0x80 for a core
 * dump; or 0x7f below and the signal that stopped in bits 8-15; or 0xffff for continued.
 */
#ifndef _SYS_WAIT_H
#define _SYS_WAIT_H

#include <sys/types.h>
#include <signal.h>

#define WNOHANG    1
#define WUNTRACED  2
#define WSTOPPED   2
#define WEXITED    4
#define WCONTINUED 8
#define WNOWAIT    0x1000000

#define WTERMSIG(s)     ((s)&0x7f)
#define WEXITSTATUS(s)  (((s) >> 8) & 0xff)
#define WSTOPSIG(s)     WEXITSTATUS(s)
#define WCOREDUMP(s)    ((s)&0x80)
#define WIFEXITED(s)    (WTERMSIG(s) == 0)
#define WIFSIGNALED(s)  (((s)&0xffff) != 0xffff && WTERMSIG(s) != 0 && WTERMSIG(s) != 0x7f)
#define WIFSTOPPED(s)   (((s)&0xff) == 0x7f)
#define WIFCONTINUED(s) ((s) == 0xffff)

typedef enum { P_ALL, P_PID, P_PGID } idtype_t;
struct rusage;

#ifdef __cplusplus
extern "C" {
#endif
pid_t wait(int *status);
pid_t waitpid(pid_t pid, int *status, int options);
pid_t wait3(int *status, int options, struct rusage *usage);
pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage);
int waitid(idtype_t type, id_t id, siginfo_t *info, int options);
pid_t _wait(int *status);
#ifdef __cplusplus
}
#endif

#endif
