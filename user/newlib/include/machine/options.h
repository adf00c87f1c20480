// SPDX-License-Identifier: MIT
/*
 * machine/options.h - the POSIX options that Ante has, as constants that programs and newlib's headers test
 *
 * Included by sys/features.h, so these are known wherever a feature is asked for.  There are no threads;
 * the safe functions are those named ..._r().
 */
#ifndef _MACHINE_OPTIONS_H
#define _MACHINE_OPTIONS_H

#define _POSIX_VERSION               200809L
#define _POSIX_JOB_CONTROL           1
#define _POSIX_SAVED_IDS             1
#define _POSIX_NO_TRUNC              1
#define _POSIX_CHOWN_RESTRICTED      0
#define _POSIX_VDISABLE              0
#define _POSIX_FSYNC                 200809L
#define _POSIX_MAPPED_FILES          200809L
#define _POSIX_MEMORY_PROTECTION     200809L
#define _POSIX_PRIORITY_SCHEDULING   200809L
#define _POSIX_THREAD_SAFE_FUNCTIONS 200809L
#define _POSIX_TIMERS                200809L
#define _POSIX_CLOCK_SELECTION       200809L
#define _POSIX_MONOTONIC_CLOCK       200809L
#define _POSIX_CPUTIME               200809L
#define _POSIX_SPAWN                 200809L
#define _POSIX_REGEXP                1
#define _POSIX_SHELL                 1

#endif
