// SPDX-License-Identifier: MIT
/*
 * signal.h - between signal.c, which sends and takes signals, and handler.c, which acts on them
 */
#pragma once
#include "kernel/process.h"

#define UNBLOCKABLE        (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define IGNORED_BY_DEFAULT (SIGBIT(SIGCHLD) | SIGBIT(SIGCONT) | SIGBIT(SIGURG) | SIGBIT(SIGWINCH))
#define STOPS_BY_DEFAULT   (SIGBIT(SIGSTOP) | SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define SYNCHRONOUS                                                                                          \
    (SIGBIT(SIGSEGV) | SIGBIT(SIGBUS) | SIGBIT(SIGILL) | SIGBIT(SIGFPE) | SIGBIT(SIGTRAP) | SIGBIT(SIGSYS))

enum { SS_ONSTACK = 1, SS_DISABLE = 2 };
enum { SI_KERNEL = 0x80, SIGINFO_BYTES = 128 };

/* Was it a fault of the task's own, and not sent by a program? */
static inline bool signal_by_fault(int sig, const struct sig_origin *o)
{
    return SIGBIT(sig) & SYNCHRONOUS && o->code > 0;
}

/* Takes the signal that is to be acted on next out of the pending ones; 0: there is none. */
int signal_take(struct task *t);

void siginfo_fill(u8 info[SIGINFO_BYTES], int sig, const struct sig_origin *o);
