// SPDX-License-Identifier: MIT
/*
 * tty.h - the port of the terminal
 *
 * There is one terminal, the console.  A task whose session has it as controlling terminal points at it
 * (struct task.tty).
 */
#pragma once
#include "kernel/file.h"
#include "kernel/ports/service.h"

struct tty;

struct tty_port {
    struct service service;
    const struct file_ops *file_ops; /* open files of the console; they need no data */
    void (*session_ended)(struct tty *tty,
                          i32 sid); /* its leader exits: hangs up the foreground group; no lock held */
};
extern const struct tty_port tty_port;

static inline void tty_session_ended(struct tty *tty, i32 sid)
{
    tty_port.session_ended(tty, sid);
}
