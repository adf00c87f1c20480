// SPDX-License-Identifier: MIT
/*
 * pipe.h - pipes and FIFOs
 */
#pragma once
#include "kernel/file.h"

#define PIPE_BUF    4096u /* a write of at most this is atomic */
#define PIPE_FRAMES 2u
#define PIPE_SIZE   (PIPE_FRAMES * 4096u) /* capacity */

bool file_is_pipe(const struct file *f); /* a pipe or FIFO */
extern const struct file_ops fifo_file_ops;
/* Joins the FIFO f->inode by f's flags and waits for the other end as open(2) has it.  0 or -errno;
 * f is closed by its owner either way.  A scope of its own makes the pipe. */
MUST_CHECK long fifo_open(struct file *f) OUTSIDE_RESERVATION;
void pipe_init(void); /* at start-up: makes the caches known, with their maxima */
