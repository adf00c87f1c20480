// SPDX-License-Identifier: MIT
/*
 * machine/_types.h - the widths that Linux on x86_64 gives to the types in system calls
 *
 * newlib lets a machine choose most of its internal types by defining a marker next to each.  The link count has
 * no marker; overlay.sh changes that one line of sys/_types.h.
 */
#ifndef _MACHINE__TYPES_H
#define _MACHINE__TYPES_H

#include <machine/_default_types.h>

typedef unsigned long __dev_t;
#define __machine_dev_t_defined
typedef unsigned long __ino_t;
#define __machine_ino_t_defined
typedef unsigned int __mode_t;
#define __machine_mode_t_defined
typedef unsigned int __uid_t;
#define __machine_uid_t_defined
typedef unsigned int __gid_t;
#define __machine_gid_t_defined
typedef unsigned long __fsblkcnt_t;
#define __machine_fsblkcnt_t_defined
typedef unsigned long __fsfilcnt_t;
#define __machine_fsfilcnt_t_defined

#define _CLOCK_T_ long
#define __machine_clock_t_defined
#define _CLOCKID_T_ int
#define __machine_clockid_t_defined

#endif
