// SPDX-License-Identifier: MIT
/*
 * task.h - one thread of control, with all that belongs to it
 *
 * A task is a process with one thread (or a kernel thread).  Its task structure, kernel stack and page-table root are paid for by
 * the fork that made it, and so are two path buffers: decode never takes memory.
 *
 *     RUNNING <-> READY      the scheduler's
 *        |  \-> SLEEPING     in a wait queue
 *        v
 *      ZOMBIE                exited, until its parent has waited for it
 */
#pragma once
#include "arch/arch.h"
#include "kernel/gate.h"
#include "kernel/lib/lock.h"
#include "kernel/lib/wait.h"
#include "kernel/ports/inode.h"
#include "mm/reserve.h"

struct space;
struct files;

enum task_state { TASK_READY, TASK_RUNNING, TASK_SLEEPING, TASK_ZOMBIE, TASK_DEAD };

#define NSIG 64
typedef u64 sigset;
#define SIGBIT(n) (1ul << ((n) - 1))

struct sigaction {            /* Linux x86_64 layout (rt_sigaction) */
    u64 handler, flags, restorer;
    sigset mask;
};

struct sig_origin {           /* why a pending signal was sent */
    i32 code;                 /* SI_..., or why a fault happened */
    i32 pid;
    u32 uid;
    u64 value;                /* address of a fault, status of a child, sigqueue's value */
};

#define GROUPS_MAX 16
struct cred {
    u32 uid, euid, suid, fsuid, gid, egid, sgid, fsgid;
    u32 group_count;
    u32 groups[GROUPS_MAX];
};

struct rlimit {
    u64 cur, max;
};
enum { RLIMIT_CPU, RLIMIT_FSIZE, RLIMIT_DATA, RLIMIT_STACK, RLIMIT_CORE, RLIMIT_RSS, RLIMIT_NPROC, RLIMIT_NOFILE, RLIMIT_MEMLOCK,
       RLIMIT_AS, RLIMIT_LOCKS, RLIMIT_SIGPENDING, RLIMIT_MSGQUEUE, RLIMIT_NICE, RLIMIT_RTPRIO, RLIMIT_RTTIME, RLIM_COUNT };
#define RLIM_INFINITY (~0ul)

/* Where decode works, and what would make the task structure larger than a frame: in the task's vmalloc slot, behind its stack. */
struct path_buffers {
    char path[2][PATH_LEN_MAX];
    char scratch[512];        /* exec: words of `#!` lines */
    struct sigaction actions[NSIG];
    struct sig_origin origin[NSIG];
};

struct task {
    struct held_locks held;   /* first: kernel/lib/lock.c knows */
    /* --- fixed at creation --- */
    i32 pid;
    bool kernel;              /* a kernel thread */
    void *stack;              /* vmalloc slot */
    struct path_buffers *paths; /* two frames, direct map; NULL for kernel threads */
    /* --- the scheduler's, guarded by the run-queue lock --- */
    struct arch_task arch;
    enum task_state state;
    struct list run;          /* ready queue */
    struct list sleep;        /* timed sleepers */
    u64 wake_at;
    bool timed_out;
    u32 slice;                /* ticks left */
    u64 user_ticks, system_ticks;
    enum sleep_mode sleep_mode;
    bool immovable;           /* sleeps without a time limit or waits at the entry (stall rule) */
    bool unlimited;           /* in a sleep without a time limit: any wake-up makes it movable */
    /* --- the running task only --- */
    struct reservation reservation;
    struct scope_pins pins;   /* what the running scope keeps in the cache */
    u32 faults_off;           /* > 0: user copies come up short instead of faulting in */
    bool needs_nothing;       /* the call under way must not reserve anything (I6) */
    u16 call;                 /* system-call number under way, 0xffff: none */
    u64 call_args[6];
    u64 call_needed, call_used; /* bytes, summed over the call's scopes: for the trace */
    bool restarted;
    /* --- AMA --- */
    enum ama_policy policy;
    struct inject {
        bool on;              /* the injector looks at this task */
        bool alone;           /* and refuses its point `nth`, 0: none, whatever is set for the machine */
        bool at_try;          /* the last refusal was of a try */
        u64 rng;              /* its own seeded state */
        u64 nth, count;       /* points so far */
        const struct scope *refused; /* where the last refusal was, or NULL */
    } inject;
    /* --- guarded by the process-tree lock --- */
    struct task *parent;
    struct list children, sibling;
    struct list all;          /* every task; changed under tasks_lock too */
    i32 pgid, sid;
    struct tty *tty;          /* controlling terminal */
    i32 exit_status;          /* as wait4 reports it */
    struct wait_queue child_exit;
    bool auto_reap;           /* its parent ignores SIGCHLD */
    bool execed;              /* has run another program since its fork */
    bool ended;               /* exit is done: may be waited for */
    bool off_cpu;             /* a zombie that has left its stack for good */
    bool vforked;             /* the parent sleeps until exec or exit */
    struct wait_queue vfork_done;
    char name[16];
    char command[64];         /* for ps: the arguments' start */
    /* --- shared or own, by reference; changed by the task itself under tasks_lock, where others take references --- */
    struct space *space;      /* NULL for kernel threads and zombies */
    struct files *files;
    struct inode *cwd, *root;
    /* --- the task's own; others may look at single words --- */
    u32 umask;
    struct cred cred;
    struct rlimit limits[RLIM_COUNT];
    u64 start_time;
    u64 children_user, children_system;
    /* --- signals: guarded by sig_lock --- */
    struct spinlock sig_lock;
    sigset pending, blocked, saved_mask;
    bool restore_mask;        /* sigsuspend: put saved_mask back after the handler's frame is made */
    struct sigaction *actions; /* NSIG of them, in paths */
    struct sig_origin *origin; /* NSIG of them, in paths */
    u64 alt_stack, alt_size;
    u32 alt_flags;
    u64 alarm_at, alarm_every; /* guarded by the alarms' lock */
    struct list alarm;        /* in the list of those that have one */
    struct cpu_timer {        /* ITIMER_VIRTUAL, ITIMER_PROF: the task's own and its ticks', interrupts off */
        u64 left, every;      /* ns of processor time; left 0: off */
    } cpu_timers[2];
    u64 clear_tid;            /* set_tid_address */
    u64 set_tid;              /* clone: where its first return to user mode stores its number */
    i32 stop_signal;          /* stopped by job control: the signal, else 0 */
    bool stop_reported, continued;
};

extern struct kmem_cache task_cache;

bool signal_pending(const struct task *t);      /* any unblocked signal */
bool signal_fatal(const struct task *t);        /* one that kills */
void signal_send(struct task *t, int sig);      /* from the kernel; any context but interrupts with locks above RANK_WAIT */
int signal_send_group(i32 pgid, int sig);       /* 0, -ESRCH */
/* A fault of the running program's own: cannot be blocked or ignored. */
void signal_send_current(int sig, int code, u64 addr);

struct task *task_find(i32 pid);                /* call with process_tree or tasks_lock held */
extern struct mutex process_tree;
/* Rank TASKS: for those who cannot take process_tree, since they hold a lock already. */
extern struct spinlock tasks_lock;
extern struct list all_tasks;
/* They set what others look at and return what was there before, which is the caller's. */
struct space *task_set_space(struct task *t, struct space *s);
struct files *task_set_files(struct task *t, struct files *f);
struct inode *task_set_inode(struct inode **cwd_or_root, struct inode *i);
extern struct task *init_task;
static inline bool is_root(void)
{
    return current->cred.euid == 0;
}
bool in_group(u32 gid);                         /* effective or supplementary */

/* A kernel thread; only in a start-up scope.  */
struct task *thread_start(const char *name, void (*entry)(void *), void *arg) NEEDS_RESERVATION;
