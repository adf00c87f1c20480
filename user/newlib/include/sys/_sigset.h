// SPDX-License-Identifier: MIT
/*
 * sys/_sigset.h - a set of signals: bit n - 1 stands for signal n, as in Linux's rt_sig calls
 */
#ifndef _SYS__SIGSET_H_
#define _SYS__SIGSET_H_

typedef unsigned long __sigset_t;

#endif
