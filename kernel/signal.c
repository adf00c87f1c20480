// SPDX-License-Identifier: MIT
/*
 * signal.c - sending signals, and running their handlers on the way back to user mode
 *
 * A pending signal is a bit; it is acted on when the task is about to return to user mode (trap_to_user).  A handler's frame is
 * what Linux puts on the stack (struct rt_sigframe), so that any libc's restorer and unwinder find what they expect.
 * Delivery takes no memory: the frame is written to the user's own stack.
 */
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/syscall.h"

#define UNBLOCKABLE (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define IGNORED_BY_DEFAULT (SIGBIT(SIGCHLD) | SIGBIT(SIGCONT) | SIGBIT(SIGURG) | SIGBIT(SIGWINCH))
#define STOPS_BY_DEFAULT (SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define SYNCHRONOUS (SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGILL) | SIGBIT(SIGFPE) | SIGBIT(SIGTRAP) | SIGBIT(SIGSYS))

enum { SS_ONSTACK = 1, SS_DISABLE = 2, MINSIGSTKSZ = 2048, RED_ZONE = 128 };
enum { SI_USER = 0, SI_KERNEL = 0x80 };

struct stack_setting { /* stack_t */
    u64 sp;
    i32 flags;
    u64 size;
};

struct sig_context {
    u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
    u16 cs, gs, fs, ss;
    u64 err, trapno, oldmask, cr2, fpstate;
    u64 reserved[8];
};

struct sig_frame {
    u64 return_to;
    u64 uc_flags, uc_link;
    struct stack_setting stack;
    struct sig_context context;
    sigset mask;
    u8 siginfo[128];
};
_Static_assert(sizeof(struct sig_context) == 256, "struct sigcontext of Linux x86_64");
_Static_assert(offsetof(struct sig_frame, mask) == 8 + 16 + 24 + 256, "ucontext as the C library knows it");

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
    return sig == SIGKILL || (t->actions[sig - 1].handler == SIG_DFL && !(SIGBIT(sig) & (IGNORED_BY_DEFAULT | STOPS_BY_DEFAULT)));
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
static void send_with(struct task *t, int sig, u64 code, u64 addr, i32 from)
{
    bool spare = t == init_task && t->actions[sig - 1].handler == SIG_DFL && !(SIGBIT(sig) & SYNCHRONOUS && t == current);
    if (t->kernel || t->ended || spare) /* process 1 only gets what it handles */
        return;
    u64 flags = spin_lock_irq(&t->sig_lock);
    if (sig == SIGCONT)
        t->pending &= ~(sigset)STOPS_BY_DEFAULT;
    if (SIGBIT(sig) & STOPS_BY_DEFAULT)
        t->pending &= ~SIGBIT(SIGCONT);
    if (!ignored(t, sig) || t->blocked & SIGBIT(sig)) {
        __atomic_or_fetch(&t->pending, SIGBIT(sig), __ATOMIC_ACQ_REL);
        t->origin[sig - 1] = (struct sig_origin){code, from, addr};
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
    send_with(t, sig, SI_KERNEL, 0, 0);
}

void signal_send_current(int sig, u64 code, u64 addr)
{
    struct task *t = current;
    u64 flags = spin_lock_irq(&t->sig_lock);
    if (t->blocked & SIGBIT(sig) || t->actions[sig - 1].handler == SIG_IGN) { /* it cannot be put off: the instruction would fault for ever */
        t->blocked &= ~SIGBIT(sig);
        t->actions[sig - 1].handler = SIG_DFL;
    }
    spin_unlock_irq(&t->sig_lock, flags);
    send_with(t, sig, code, addr, 0);
}

int signal_send_group(i32 pgid, int sig)
{
    int rc = -ESRCH;
    mutex_lock(&process_tree);
    list_each(t, &all_tasks, struct task, all) {
        if (t->kernel || t->pgid != pgid)
            continue;
        send_with(t, sig, SI_KERNEL, 0, 0);
        rc = 0;
    }
    mutex_unlock(&process_tree);
    return rc;
}

void signal_child_changed(struct task *child)
{
    struct task *p = child->parent;
    if (!p)
        return;
    bool stopped = !child->ended;
    if (!stopped || !(p->actions[SIGCHLD - 1].flags & SA_NOCLDSTOP))
        send_with(p, SIGCHLD, child->ended ? 1 /* CLD_EXITED */ : 5 /* CLD_STOPPED */, child->exit_status, child->pid);
    wake_all(&p->child_exit);
}

void trap_user_exception(struct trap_frame *f UNUSED, int sig, u64 addr)
{
    irq_on();
    signal_send_current(sig, SI_KERNEL, addr);
}

/* --- handlers --- */

static void fill_context(struct sig_context *c, const struct trap_frame *f)
{
    *c = (struct sig_context){
        .r8 = f->r8,   .r9 = f->r9,   .r10 = f->r10, .r11 = f->r11, .r12 = f->r12, .r13 = f->r13, .r14 = f->r14,  .r15 = f->r15,       .rdi = f->rdi,
        .rsi = f->rsi, .rbp = f->rbp, .rbx = f->rbx, .rdx = f->rdx, .rax = f->rax, .rcx = f->rcx, .rsp = f->rsp, .rip = f->rip, .eflags = f->rflags,
        .cs = f->cs,   .ss = f->ss,   .err = f->error, .trapno = f->vector,
    };
}

static void fill_siginfo(u8 info[128], int sig, const struct sig_origin *o)
{
    i32 head[4] = {sig, 0, o->code, 0};
    memset(info, 0, 128);
    memcpy(info, head, sizeof(head));
    if (SIGBIT(sig) & SYNCHRONOUS) {
        memcpy(info + 16, &o->addr, sizeof(o->addr));
    } else {
        u32 who[2] = {o->pid, 0};
        i32 status = o->code == 1 ? (i32)(o->addr >> 8) & 0xff : (i32)o->addr;
        memcpy(info + 16, who, sizeof(who));
        memcpy(info + 24, &status, sizeof(status));
    }
}

/* Where the FXSAVE image goes; the frame goes below it.  At the handler's first instruction rsp + 8 is a multiple of 16. */
static u64 fpu_place(const struct task *t, const struct sigaction *a, const struct trap_frame *f)
{
    bool on_alt = f->rsp - t->alt_stack < t->alt_size;
    u64 top = f->rsp - RED_ZONE;
    if (a->flags & SA_ONSTACK && !(t->alt_flags & SS_DISABLE) && !on_alt)
        top = t->alt_stack + t->alt_size;
    return (top - sizeof(t->arch.fpu)) & ~15ul;
}

static int push_frame(struct task *t, const struct sigaction *a, int sig, struct trap_frame *f, sigset mask)
{
    struct sig_frame fr;
    u64 fpu_at = fpu_place(t, a, f), at = ((fpu_at - sizeof(fr)) & ~15ul) - 8;
    memset(&fr, 0, sizeof(fr));
    fr.return_to = a->restorer;
    fr.stack = (struct stack_setting){t->alt_stack, t->alt_flags, t->alt_size};
    fill_context(&fr.context, f);
    fr.mask = mask;
    fill_siginfo(fr.siginfo, sig, &t->origin[sig - 1]);
    fr.context.fpstate = fpu_at;
    fr.context.cr2 = SIGBIT(sig) & SYNCHRONOUS ? t->origin[sig - 1].addr : 0;
    arch_fpu_save(&t->arch);
    if (copy_to_user((user_ptr){at}, &fr, sizeof(fr)) || copy_to_user((user_ptr){fpu_at}, t->arch.fpu, sizeof(t->arch.fpu)))
        return -EFAULT;
    f->rsp = at;
    f->rip = a->handler;
    f->rdi = sig;
    f->rsi = at + offsetof(struct sig_frame, siginfo);
    f->rdx = at + offsetof(struct sig_frame, uc_flags);
    f->rax = 0;
    f->rflags &= ~(u64)0x500; /* DF, TF */
    return 0;
}

static void run_handler(struct task *t, int sig, struct trap_frame *f)
{
    struct sigaction a = t->actions[sig - 1];
    sigset mask = t->restore_mask ? t->saved_mask : t->blocked;
    t->restore_mask = false;
    if (!(a.flags & SA_RESTORER) || push_frame(t, &a, sig, f, mask)) {
        task_exit(SIGSEGV);
    }
    u64 flags = spin_lock_irq(&t->sig_lock);
    t->blocked |= a.mask | (a.flags & SA_NODEFER ? 0 : SIGBIT(sig));
    t->blocked &= ~(sigset)UNBLOCKABLE;
    if (a.flags & SA_RESETHAND)
        t->actions[sig - 1].handler = SIG_DFL;
    spin_unlock_irq(&t->sig_lock, flags);
}

static void stop(struct task *t, int sig)
{
    mutex_lock(&process_tree);
    t->stop_signal = sig;
    t->stop_reported = false;
    signal_child_changed(t);
    mutex_unlock(&process_tree);
    while (t->stop_signal && !signal_fatal(t))
        sched_stop_current();
}

static int take_signal(struct task *t)
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

/* A call that a signal interrupted: again from the start, or EINTR when a handler without SA_RESTART ran. */
static void settle_call(struct trap_frame *f, const struct sigaction *handler)
{
    if (f->vector != 256 || (i64)f->rax != -ERESTART)
        return;
    if (handler && !(handler->flags & SA_RESTART)) {
        f->rax = -EINTR;
        return;
    }
    f->rax = f->error;
    f->rip -= 2; /* the syscall instruction */
}

static void act_on(struct task *t, int sig, struct trap_frame *f)
{
    const struct sigaction *a = &t->actions[sig - 1];
    if (a->handler == SIG_IGN || (a->handler == SIG_DFL && SIGBIT(sig) & IGNORED_BY_DEFAULT))
        return;
    if (a->handler != SIG_DFL) {
        settle_call(f, a);
        run_handler(t, sig, f);
    } else if (SIGBIT(sig) & STOPS_BY_DEFAULT) {
        stop(t, sig);
    } else {
        task_exit(sig);
    }
}

void trap_to_user(struct trap_frame *f)
{
    struct task *t = current;
    int sig;
    lock_check_none("return to user mode");
    if (unlikely(t->set_tid)) {
        u64 at = t->set_tid;
        t->set_tid = 0;
        if (copy_to_user((user_ptr){at}, &t->pid, sizeof(t->pid)))
            return; /* as on Linux, a bad pointer is the caller's loss */
    }
    while (unlikely(signal_pending(t)) && (sig = take_signal(t)))
        act_on(t, sig, f);
    if (unlikely(t->restore_mask)) {
        t->restore_mask = false;
        t->blocked = t->saved_mask;
    }
    settle_call(f, NULL);
    if (this_cpu()->resched)
        sched_yield_now();
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
    u8 out[128];
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
    fill_siginfo(out, sig, &t->origin[sig - 1]);
    return info.addr && copy_to_user(info, out, sizeof(out)) ? -EFAULT : sig;
}

/* Everything of the frame is checked again: user space may have changed it. */
long sys_rt_sigreturn(void)
{
    struct task *t = current;
    struct trap_frame *f = arch_user_frame(&t->arch);
    struct sig_context c;
    sigset mask;
    u8 fpu[512];
    u64 at = f->rsp - 8; /* the restorer was entered by ret */
    if (copy_from_user(&c, (user_ptr){at + offsetof(struct sig_frame, context)}, sizeof(c)) ||
        copy_from_user(&mask, (user_ptr){at + offsetof(struct sig_frame, mask)}, sizeof(mask)) ||
        (c.fpstate && copy_from_user(fpu, (user_ptr){c.fpstate}, sizeof(fpu))) || (c.fpstate && !arch_fpu_check(fpu)))
        task_exit(SIGSEGV);
    struct trap_frame n = {.r15 = c.r15, .r14 = c.r14, .r13 = c.r13, .r12 = c.r12, .r11 = c.r11, .r10 = c.r10, .r9 = c.r9, .r8 = c.r8,
                           .rbp = c.rbp, .rdi = c.rdi, .rsi = c.rsi, .rdx = c.rdx, .rcx = c.rcx, .rbx = c.rbx, .rax = c.rax, .vector = 0,
                           .rip = c.rip, .rflags = c.eflags, .rsp = c.rsp};
    if (!arch_frame_sanitise(&n))
        task_exit(SIGSEGV);
    *f = n;
    t->blocked = mask & ~(sigset)UNBLOCKABLE;
    if (c.fpstate) {
        u64 flags = irq_save(); /* a switch in between would save the old registers over it */
        memcpy(t->arch.fpu, fpu, sizeof(fpu));
        arch_fpu_restore(&t->arch);
        irq_restore(flags);
    }
    return f->rax;
}

long sys_sigaltstack(user_ptr set, user_ptr old)
{
    struct task *t = current;
    struct trap_frame *f = arch_user_frame(&t->arch);
    bool on_it = f->rsp - t->alt_stack < t->alt_size;
    struct stack_setting s, before = {t->alt_stack, t->alt_flags | (on_it ? SS_ONSTACK : 0), t->alt_size};
    if (set.addr) {
        if (copy_from_user(&s, set, sizeof(s)))
            return -EFAULT;
        if (on_it)
            return -EPERM;
        if (s.flags & ~(SS_DISABLE | SS_ONSTACK))
            return -EINVAL;
        if (!(s.flags & SS_DISABLE) && s.size < MINSIGSTKSZ)
            return -ENOMEM;
        t->alt_flags = s.flags & SS_DISABLE;
        t->alt_stack = s.flags & SS_DISABLE ? 0 : s.sp;
        t->alt_size = s.flags & SS_DISABLE ? 0 : s.size;
    }
    return old.addr && copy_to_user(old, &before, sizeof(before)) ? -EFAULT : 0;
}

/* --- kill --- */

static bool may_signal(const struct task *t, int sig)
{
    const struct cred *c = &current->cred;
    if (!c->euid || c->euid == t->cred.uid || c->euid == t->cred.suid || c->uid == t->cred.uid || c->uid == t->cred.suid)
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

long sys_kill(i32 pid, int sig)
{
    long rc = -ESRCH;
    if (sig < 0 || sig > NSIG)
        return -EINVAL;
    mutex_lock(&process_tree);
    list_each(t, &all_tasks, struct task, all) {
        if (t->kernel || !kill_selects(t, pid))
            continue;
        if (!may_signal(t, sig)) {
            rc = rc ? -EPERM : rc;
            continue;
        }
        rc = 0;
        if (sig)
            send_with(t, sig, SI_USER, current->cred.uid, current->pid);
    }
    mutex_unlock(&process_tree);
    return rc;
}

long sys_tkill(i32 tid, int sig)
{
    return tid > 0 ? sys_kill(tid, sig) : -EINVAL;
}

long sys_tgkill(i32 tgid, i32 tid, int sig)
{
    return tid > 0 && tgid == tid ? sys_kill(tid, sig) : tgid > 0 && tid > 0 ? -ESRCH : -EINVAL;
}
