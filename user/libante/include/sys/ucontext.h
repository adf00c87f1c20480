// SPDX-License-Identifier: MIT
/*
 * sys/ucontext.h - the old name of ucontext.h
 */
#include <ucontext.h>
