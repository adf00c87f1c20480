// SPDX-License-Identifier: MIT
/*
 * handler.c - what signals do: acting on them on the way back to user mode, handlers and their return
 *
 * A handler's frame is what Linux puts on the stack (struct rt_sigframe), so that any libc's restorer and
 * unwinder find what they expect.  Delivery takes no memory: the frame is written to the user's own stack.
 *
 *     high   what the program had | red zone | FXSAVE image | struct sig_frame   <- rsp of the handler
 */
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/string.h"
#include "kernel/process.h"
#include "kernel/sched.h"
#include "kernel/signal.h"
#include "kernel/syscall.h"

enum { MINSIGSTKSZ = 2048, RED_ZONE = 128 };

struct stack_setting { /* stack_t */
    u64 sp;
    i32 flags;
    u32 pad; /* reaches programs: never what was on the kernel's stack */
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
    u8 siginfo[SIGINFO_BYTES];
};
_Static_assert(sizeof(struct sig_context) == 256, "struct sigcontext of Linux x86_64");
_Static_assert(offsetof(struct sig_frame, mask) == 8 + 16 + 24 + 256, "ucontext as the C library knows it");

void trap_user_exception(struct trap_frame *f UNUSED, int sig, int code, u64 addr)
{
    irq_on();
    signal_send_current(sig, code, addr);
}

/* --- handlers --- */

static void fill_context(struct sig_context *c, const struct trap_frame *f)
{
    *c = (struct sig_context){
        .r8 = f->r8,
        .r9 = f->r9,
        .r10 = f->r10,
        .r11 = f->r11,
        .r12 = f->r12,
        .r13 = f->r13,
        .r14 = f->r14,
        .r15 = f->r15,
        .rdi = f->rdi,
        .rsi = f->rsi,
        .rbp = f->rbp,
        .rbx = f->rbx,
        .rdx = f->rdx,
        .rax = f->rax,
        .rcx = f->rcx,
        .rsp = f->rsp,
        .rip = f->rip,
        .eflags = f->rflags,
        .cs = f->cs,
        .ss = f->ss,
        .err = f->error,
        .trapno = f->vector,
    };
}

/* Where the FXSAVE image goes, above the frame.  In the handler rsp + 8 is a multiple of 16 at first. */
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
    const struct sig_origin *o = &t->origin[sig - 1];
    u64 fpu_at = fpu_place(t, a, f), at = ((fpu_at - sizeof(fr)) & ~15ul) - 8;
    memset(&fr, 0, sizeof(fr));
    fr.return_to = a->restorer;
    fr.stack = (struct stack_setting){.sp = t->alt_stack, .flags = t->alt_flags, .size = t->alt_size};
    fill_context(&fr.context, f);
    fr.mask = mask;
    siginfo_fill(fr.siginfo, sig, o);
    fr.context.fpstate = fpu_at;
    fr.context.cr2 = signal_by_fault(sig, o) ? o->value : 0;
    arch_fpu_save(&t->arch);
    if (copy_to_user((user_ptr){at}, &fr, sizeof(fr)) ||
        copy_to_user((user_ptr){fpu_at}, t->arch.fpu, sizeof(t->arch.fpu)))
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
    if (!t->continued)
        return;
    mutex_lock(&process_tree);
    signal_child_changed(t);
    mutex_unlock(&process_tree);
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
    while (unlikely(signal_pending(t)) && (sig = signal_take(t)))
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
        (c.fpstate && copy_from_user(fpu, (user_ptr){c.fpstate}, sizeof(fpu))) ||
        (c.fpstate && !arch_fpu_check(fpu)))
        task_exit(SIGSEGV);
    struct trap_frame n = {.r15 = c.r15,
                           .r14 = c.r14,
                           .r13 = c.r13,
                           .r12 = c.r12,
                           .r11 = c.r11,
                           .r10 = c.r10,
                           .r9 = c.r9,
                           .r8 = c.r8,
                           .rbp = c.rbp,
                           .rdi = c.rdi,
                           .rsi = c.rsi,
                           .rdx = c.rdx,
                           .rcx = c.rcx,
                           .rbx = c.rbx,
                           .rax = c.rax,
                           .vector = 0,
                           .rip = c.rip,
                           .rflags = c.eflags,
                           .rsp = c.rsp};
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
    struct stack_setting s, before = {.sp = t->alt_stack, .flags = t->alt_flags | (on_it ? SS_ONSTACK : 0), .size = t->alt_size};
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
