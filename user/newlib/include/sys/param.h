// SPDX-License-Identifier: MIT
/*
 * sys/param.h - the old names of limits, and small arithmetic
 */
#ifndef _SYS_PARAM_H
#define _SYS_PARAM_H

#include <sys/config.h>
#include <sys/syslimits.h>
#include <machine/endian.h>

#define NBBY           8
#define HZ             100
#define NOFILE         256
#define PATHSIZE       PATH_MAX
#define MAXPATHLEN     PATH_MAX
#define MAXHOSTNAMELEN 64
#define MAXSYMLINKS    40
#define DEV_BSIZE      512

#define MAX(a, b)     ((a) > (b) ? (a) : (b))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define howmany(x, y) (((x) + ((y)-1)) / (y))
#define roundup(x, y) (howmany(x, y) * (y))

#endif
