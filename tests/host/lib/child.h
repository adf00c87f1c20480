// SPDX-License-Identifier: MIT
/*
 * child.h - each schedule in a process of its own
 */
#pragma once

/* Runs f(arg) in a child.  NULL when it ended well; else the invariant that broke, a text that the next call overwrites. */
const char *machine_child(void (*f)(void *arg), void *arg);
