// SPDX-License-Identifier: MIT
/*
 * signal.c - sending signals, waiting for them, and what a task does with each
 *
 * A pending signal is a bit, with one note of where it came from; it is acted on when the task is about to
 * return to user mode (handler.c).  Sent again while it is pending it is one signal, also a real-time one.
 *
 * Locks: sig_lock of the receiver; who sends to tasks that it searches for holds the process tree.
 */
#include "kernel/signal.h"
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"

enum { CLD_EXITED = 1, CLD_KILLED = 2, CLD_STOPPED = 5, CLD_CONTINUED = 6 };
enum { SI_USER = 0, SI_TKILL = -6 };

/* --- what is pending --- */

static bool ignored(const struct task *t, int sig)
{
    u64 h = t->actions[sig - 1].handler;
    return h == SIG_IGN || (h == SIG_DFL && SIGBIT(sig) & IGNORED_BY_DEFAULT);
}

static sigset deliverable(const struct task *t)
{
    return __atomic_load_n(&t->pending, __ATOMIC_ACQUIRE) & ~t->blocked;
}

bool signal_pending(const struct task *t)
{
    return deliverable(t) != 0;
}

static bool kills(const struct task *t, int sig)
{
    return sig == SIGKILL || (t->actions[sig - 1].handler == SIG_DFL &&
                              !(SIGBIT(sig) & (IGNORED_BY_DEFAULT | STOPS_BY_DEFAULT)));
}

bool signal_fatal(const struct task *t)
{
    sigset s = deliverable(t);
    for (int sig = 1; s && sig <= NSIG; sig++)
        if (s & SIGBIT(sig) && kills(t, sig))
            return true;
    return false;
}

void signals_init_task(struct task *t)
{
    t->alt_flags = SS_DISABLE;
}

void signals_exec(struct task *t)
{
    u64 flags = spin_lock_irq(&t->sig_lock);
    for (int i = 0; i < NSIG; i++) {
        u64 keep = t->actions[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;
        t->actions[i] = (struct sigaction){.handler = keep};
    }
    t->alt_stack = t->alt_size = 0;
    t->alt_flags = SS_DISABLE;
    spin_unlock_irq(&t->sig_lock, flags);
}

/* --- sending --- */

/* SIGCONT and the stop signals cancel each other; SIGKILL and SIGCONT wake a stopped task. */
static void send_with(struct task *t, int sig, const struct sig_origin *origin)
{
    bool spare = t == init_task && t->actions[sig - 1].handler == SIG_DFL &&
                 !(SIGBIT(sig) & SYNCHRONOUS && t == current);
    if (t->kernel || t->ended || spare) /* process 1 only gets what it handles */
        return;
    u64 flags = spin_lock_irq(&t->sig_lock);
    if (sig == SIGCONT)
        t->pending &= ~(sigset)STOPS_BY_DEFAULT;
    if (SIGBIT(sig) & STOPS_BY_DEFAULT)
        t->pending &= ~SIGBIT(SIGCONT);
    if (!ignored(t, sig) || t->blocked & SIGBIT(sig)) {
        __atomic_or_fetch(&t->pending, SIGBIT(sig), __ATOMIC_ACQ_REL);
        t->origin[sig - 1] = *origin;
    }
    bool go_on = (sig == SIGCONT || sig == SIGKILL) && t->stop_signal;
    if (go_on) {
        t->stop_signal = 0;
        t->continued = sig == SIGCONT;
    }
    bool wake = go_on || (signal_pending(t) && (t->sleep_mode == SLEEP_SIGNALS || signal_fatal(t)));
    spin_unlock_irq(&t->sig_lock, flags);
    if (t == current)
        this_cpu()->resched = 1; /* looked at on the way back to user mode */
    if (wake && (go_on || (!t->stop_signal && t->sleep_mode != SLEEP_DEEP)))
        sched_wake(t);
}

void signal_send(struct task *t, int sig)
{
    send_with(t, sig, &(struct sig_origin){.code = SI_KERNEL});
}

void signal_send_current(int sig, int code, u64 addr)
{
    struct task *t = current;
    u64 flags = spin_lock_irq(&t->sig_lock);
    if (t->blocked & SIGBIT(sig) ||
        t->actions[sig - 1].handler ==
            SIG_IGN) { /* it cannot be put off: the instruction would fault for ever */
        t->blocked &= ~SIGBIT(sig);
        t->actions[sig - 1].handler = SIG_DFL;
    }
    spin_unlock_irq(&t->sig_lock, flags);
    send_with(t, sig, &(struct sig_origin){.code = code, .value = addr});
}

int signal_send_group(i32 pgid, int sig)
{
    int rc = -ESRCH;
    mutex_lock(&process_tree);
    list_each(t, &all_tasks, struct task, all)
    {
        if (t->kernel || t->pgid != pgid)
            continue;
        send_with(t, sig, &(struct sig_origin){.code = SI_KERNEL});
        rc = 0;
    }
    mutex_unlock(&process_tree);
    return rc;
}

static struct sig_origin child_news(const struct task *child)
{
    struct sig_origin o = {.pid = child->pid, .uid = child->cred.uid};
    u32 killer = child->exit_status & 0x7f;
    if (child->ended) {
        o.code = killer ? CLD_KILLED : CLD_EXITED;
        o.value = killer ? killer : (u32)child->exit_status >> 8 & 0xff;
    } else {
        o.code = child->stop_signal ? CLD_STOPPED : CLD_CONTINUED;
        o.value = child->stop_signal ? child->stop_signal : SIGCONT;
    }
    return o;
}

void signal_child_changed(struct task *child)
{
    struct task *p = child->parent;
    if (!p)
        return;
    struct sig_origin o = child_news(child);
    if (child->ended || !(p->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP))
        send_with(p, SIGCHLD, &o);
    wake_all(&p->child_exit);
}

/* --- taking --- */

int signal_take(struct task *t)
{
    u64 flags = spin_lock_irq(&t->sig_lock);
    sigset s = deliverable(t);
    sigset first = s & SYNCHRONOUS ? s & SYNCHRONOUS : s & SIGBIT(SIGKILL) ? SIGBIT(SIGKILL) : s;
    int sig = first ? __builtin_ctzl(first) + 1 : 0;
    if (sig)
        __atomic_and_fetch(&t->pending, ~SIGBIT(sig), __ATOMIC_ACQ_REL);
    spin_unlock_irq(&t->sig_lock, flags);
    return sig;
}

/* siginfo_t of Linux x86_64: number, errno, code; then the address of a fault, or sender and value. */
void siginfo_fill(u8 info[SIGINFO_BYTES], int sig, const struct sig_origin *o)
{
    i32 head[4] = {sig, 0, o->code, 0};
    u32 who[2] = {o->pid, o->uid};
    memset(info, 0, SIGINFO_BYTES);
    memcpy(info, head, sizeof(head));
    if (signal_by_fault(sig, o)) {
        memcpy(info + 16, &o->value, sizeof(o->value));
    } else {
        memcpy(info + 16, who, sizeof(who));
        memcpy(info + 24, &o->value, sizeof(o->value));
    }
}

/* --- calls --- */

long sys_rt_sigaction(int sig, user_ptr act, user_ptr old, u64 size)
{
    struct sigaction a;
    struct task *t = current;
    if (sig < 1 || sig > NSIG || size != sizeof(sigset))
        return -EINVAL;
    struct sigaction before = t->actions[sig - 1];
    if (act.addr) {
        if (copy_from_user(&a, act, sizeof(a)))
            return -EFAULT;
        if (SIGBIT(sig) & UNBLOCKABLE)
            return -EINVAL;
        a.mask &= ~(sigset)UNBLOCKABLE;
        u64 flags = spin_lock_irq(&t->sig_lock);
        t->actions[sig - 1] = a;
        if (ignored(t, sig))
            t->pending &= ~SIGBIT(sig);
        spin_unlock_irq(&t->sig_lock, flags);
    }
    return old.addr && copy_to_user(old, &before, sizeof(before)) ? -EFAULT : 0;
}

long sys_rt_sigprocmask(int how, user_ptr set, user_ptr old, u64 size)
{
    struct task *t = current;
    sigset before = t->blocked, s;
    if (size != sizeof(sigset))
        return -EINVAL;
    if (set.addr) {
        if (copy_from_user(&s, set, sizeof(s)))
            return -EFAULT;
        if (how < 0 || how > 2)
            return -EINVAL;
        sigset now = how == 0 ? before | s : how == 1 ? before & ~s : s;
        t->blocked = now & ~(sigset)UNBLOCKABLE;
    }
    return old.addr && copy_to_user(old, &before, sizeof(before)) ? -EFAULT : 0;
}

long sys_rt_sigpending(user_ptr set, u64 size)
{
    sigset s = current->pending & current->blocked;
    if (size > sizeof(s))
        return -EINVAL;
    return copy_to_user(set, &s, size) ? -EFAULT : 0;
}

static int sleep_for_signal(void)
{
    struct wait_queue never;
    struct waiter w;
    wait_init(&never, "signal");
    wait_prepare(&w, &never);
    wait_sleep(&w, SLEEP_SIGNALS, NO_DEADLINE);
    wait_finish(&w);
    return -EINTR;
}

long sys_rt_sigsuspend(user_ptr set, u64 size)
{
    struct task *t = current;
    sigset s;
    if (size != sizeof(s))
        return -EINVAL;
    if (copy_from_user(&s, set, sizeof(s)))
        return -EFAULT;
    t->saved_mask = t->blocked;
    t->restore_mask = true;
    t->blocked = s & ~(sigset)UNBLOCKABLE;
    return sleep_for_signal();
}

long sys_pause(void)
{
    return sleep_for_signal();
}

long sys_rt_sigtimedwait(user_ptr set, user_ptr info, user_ptr timeout, u64 size)
{
    struct task *t = current;
    sigset s, blocked = t->blocked;
    struct timespec ts = {0};
    u8 out[SIGINFO_BYTES];
    if (size != sizeof(s))
        return -EINVAL;
    if (copy_from_user(&s, set, sizeof(s)) || (timeout.addr && copy_from_user(&ts, timeout, sizeof(ts))))
        return -EFAULT;
    s &= ~(sigset)UNBLOCKABLE;
    u64 deadline = timeout.addr ? clock_ns() + (u64)ts.sec * 1000000000ul + (u64)ts.nsec : NO_DEADLINE;
    struct wait_queue never;
    struct waiter w;
    int rc = 0;
    wait_init(&never, "sigwait");
    wait_prepare(&w, &never);
    t->blocked = blocked & ~s;
    while (!(t->pending & s) && !rc)
        rc = wait_sleep(&w, SLEEP_SIGNALS, deadline);
    t->blocked = blocked;
    wait_finish(&w);
    sigset got = t->pending & s;
    if (!got)
        return rc == -ETIMEDOUT ? -EAGAIN : -EINTR;
    int sig = __builtin_ctzl(got) + 1;
    __atomic_and_fetch(&t->pending, ~SIGBIT(sig), __ATOMIC_ACQ_REL);
    siginfo_fill(out, sig, &t->origin[sig - 1]);
    return info.addr && copy_to_user(info, out, sizeof(out)) ? -EFAULT : sig;
}

/* --- kill --- */

static bool may_signal(const struct task *t, int sig)
{
    const struct cred *c = &current->cred;
    if (!c->euid || c->euid == t->cred.uid || c->euid == t->cred.suid || c->uid == t->cred.uid ||
        c->uid == t->cred.suid)
        return true;
    return sig == SIGCONT && t->sid == current->sid;
}

static bool kill_selects(const struct task *t, i32 pid)
{
    if (pid > 0)
        return t->pid == pid;
    if (pid == 0)
        return t->pgid == current->pgid;
    return pid == -1 ? t->pid > 1 && t != current : t->pgid == -pid;
}

static long send_to(i32 pid, int sig, const struct sig_origin *origin)
{
    long rc = -ESRCH;
    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    mutex_lock(&process_tree);
    list_each(t, &all_tasks, struct task, all)
    {
        if (t->kernel || !kill_selects(t, pid))
            continue;
        if (!may_signal(t, sig)) {
            rc = rc ? -EPERM : rc;
            continue;
        }
        rc = 0;
        if (sig)
            send_with(t, sig, origin);
    }
    mutex_unlock(&process_tree);
    return rc;
}

static struct sig_origin from_current(int code)
{
    return (struct sig_origin){.code = code, .pid = current->pid, .uid = current->cred.uid};
}

long sys_kill(i32 pid, int sig)
{
    struct sig_origin o = from_current(SI_USER);
    return send_to(pid, sig, &o);
}

long sys_tkill(i32 tid, int sig)
{
    struct sig_origin o = from_current(SI_TKILL);
    return tid > 0 ? send_to(tid, sig, &o) : -EINVAL;
}

/* A process has one thread. */
long sys_tgkill(i32 tgid, i32 tid, int sig)
{
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    return tgid == tid ? sys_tkill(tid, sig) : -ESRCH;
}

/* The sender says itself who it is; only to itself may it claim to be the kernel or kill. */
long sys_rt_sigqueueinfo(i32 pid, int sig, user_ptr info)
{
    u8 in[32];
    struct sig_origin o;
    if (copy_from_user(in, info, sizeof(in)))
        return -EFAULT;
    memcpy(&o.code, in + 8, sizeof(o.code));
    memcpy(&o.pid, in + 16, sizeof(o.pid));
    memcpy(&o.uid, in + 20, sizeof(o.uid));
    memcpy(&o.value, in + 24, sizeof(o.value));
    if ((o.code >= 0 || o.code == SI_TKILL) && pid != current->pid)
        return -EPERM;
    return pid > 0 ? send_to(pid, sig, &o) : -ESRCH;
}

long sys_rt_tgsigqueueinfo(i32 tgid, i32 tid, int sig, user_ptr info)
{
    if (tgid <= 0 || tid <= 0)
        return -EINVAL;
    return tgid == tid ? sys_rt_sigqueueinfo(tid, sig, info) : -ESRCH;
}
