// SPDX-License-Identifier: MIT
/*
 * poll.h - waiting for several files at once
 *
 * A file's poll operation tells the events that are ready and queues the caller, by poll_add() of file.h, on
 * what changes them.
 */
#pragma once

void poll_init(void); /* at start-up: makes the cache known */
