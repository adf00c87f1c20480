// SPDX-License-Identifier: MIT
/*
 * tty.h - the terminal, between its files
 */
#pragma once
#include "drivers/tty/line.h"
#include "kernel/file.h"
#include "kernel/lib/wait.h"
#include "kernel/task.h"

struct tty {
    struct mutex lock; /* RANK_TERMINAL */
    /* --- guarded by lock; sleepers and poll read single words without it --- */
    struct line line;
    struct winsize size;
    /* --- guarded by the process tree --- */
    i32 session;    /* whose controlling terminal this is, 0: nobody's */
    i32 foreground; /* the process group that keys like ^C go to */
    /* --- woken when --- */
    struct wait_queue readable; /* input came */
    struct wait_queue writable; /* ^Q lets output go on */
};
extern struct tty console;

/* --- input.c --- */
void input_init(void);
void input_thread(void *unused);
void input_taken(void); /* a read made room */
extern const struct line_sink console_sink;

/* --- job.c: sessions and job control --- */
/* May current touch the terminal now?  0; -EIO; -ERESTART after it stopped its group with sig. */
MUST_CHECK int job_check(int sig);
/* Is current's session the terminal's, and its group not in the foreground? */
bool job_in_background(void);
long job_ioctl(u32 cmd, u64 arg); /* the TIOC* requests about sessions and groups; -ENOTTY: another one */
void job_session_ended(struct tty *t, i32 sid);
void job_signal_foreground(int sig);

/* --- settings.c --- */
long tty_ioctl(struct file *f, u32 cmd, u64 arg);
