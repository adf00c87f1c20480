// SPDX-License-Identifier: MIT
/*
 * process.h - making, changing and ending tasks; between task.c, fork.c, exec.c, exit.c, signal.c and boot
 */
#pragma once
#include "kernel/file.h"
#include "kernel/ports/tty.h"
#include "kernel/task.h"
#include "kernel/user.h"

void tasks_init(void);                         /* caches, the idle task from the boot thread */
/* A task structure with stack and path buffers, not yet linked or runnable.  */
struct task *task_new(void) NEEDS_RESERVATION;
void task_link(struct task *t, struct task *parent);   /* process_tree held */
void task_free(struct task *t);                /* after it has ended and was unlinked */
u64 task_count(void);
/* The first user task: runs init_program on the boot's arguments.  Its exec happens in the task itself. */
void user_init_start(void);

/* exec of a path in kernel memory with arguments in kernel memory: for the first program. */
int exec_kernel(const char *path, char *const argv[], char *const envp[]);

void task_exit(int status) NORETURN;           /* status as wait4 reports it */

/* --- exit.c --- */
void space_leave(struct task *t);              /* current leaves its address space */
bool vfork_child_gone(i32 pid);
void vfork_release(struct task *t);            /* exec or exit: the parent of a vfork goes on */
void clear_child_tid(struct task *t);
int copy_usage(user_ptr to, u64 user_ticks, u64 system_ticks); /* a struct rusage; 0 or -EFAULT */

void alarm_cancel(struct task *t);             /* calls_time.c: at exit */

/* --- main.c --- */
void user_program_start(void);                 /* in process 1's own thread: execs the boot's program, enters user mode */
void machine_end(int status) NORETURN;         /* prints the last line, unmounts, powers off */

/* Ends every other user task and collects them. */
void processes_end(void);
void tasks_collect_unwanted(void) NORETURN;    /* a kernel thread's: frees tasks whose parents ignore SIGCHLD */

/* --- baseline.c: nothing may be lost over the life of process 1 --- */
struct books {
    u64 frames;        /* in use outside slabs and the page cache */
    u64 frame_credits; /* of those that are free, promised to nobody's cache and yet not available */
    u64 promises;      /* L, less slab frames */
    u64 tasks, slots, pins;
};
void books_look(struct books *b); /* as they are now, whatever runs */
void baseline_take(void);
/* Compares and prints what differs; call in process 1 when it has given up space, files and folders.  Returns what was lost. */
u32 baseline_check(void);

/* --- signal.c --- */
void signals_init_task(struct task *t);
void signals_exec(struct task *t);             /* handlers back to default */
void signal_child_changed(struct task *child); /* process_tree held: SIGCHLD and wake-up of the parent */
enum { SIGHUP = 1, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM,
       SIGSTKFLT, SIGCHLD, SIGCONT, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGURG, SIGXCPU, SIGXFSZ, SIGVTALRM, SIGPROF, SIGWINCH, SIGIO, SIGPWR,
       SIGSYS };
enum { SA_NOCLDSTOP = 1, SA_NOCLDWAIT = 2, SA_SIGINFO = 4, SA_RESTORER = 0x04000000, SA_ONSTACK = 0x08000000, SA_RESTART = 0x10000000,
       SA_NODEFER = 0x40000000 };
#define SA_RESETHAND 0x80000000ul
#define SIG_DFL 0ul
#define SIG_IGN 1ul
