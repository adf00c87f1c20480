// SPDX-License-Identifier: MIT
/*
 * filelock.h - locks of whole files (flock) and of byte ranges (fcntl)
 */
#pragma once
#include "kernel/file.h"
#include "kernel/user.h"

/* flock(2): op is LOCK_SH, LOCK_EX or LOCK_UN, with LOCK_NB.  Owner: the open file. */
long filelock_flock(struct file *f, u32 op) OUTSIDE_RESERVATION;
/* fcntl(2) with F_GETLK, F_SETLK, F_SETLKW.  Owner: the process, by its descriptor table. */
long filelock_fcntl(struct file *f, u32 cmd, user_ptr arg) OUTSIDE_RESERVATION;
/* The last reference to f goes: its flock goes.  Needs nothing. */
void filelock_file_closed(struct file *f);
/* Owner closed a descriptor of f's inode: all its range locks there go, as POSIX has it.  Needs nothing. */
void filelock_descriptor_closed(struct file *f, struct files *owner);
void filelock_init(void);
