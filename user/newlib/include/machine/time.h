// SPDX-License-Identifier: MIT
/*
 * machine/time.h - what newlib's time.h asks its machine: the unit of clock(), and functions that it does not declare
 */
#ifndef _MACHTIME_H_
#define _MACHTIME_H_

#include <sys/_types.h>

#define _CLOCKS_PER_SEC_ 1000000

#ifdef __cplusplus
extern "C" {
#endif
struct tm;
__time_t timegm(struct tm *tm);
#ifdef __cplusplus
}
#endif

#endif
