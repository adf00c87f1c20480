// SPDX-License-Identifier: MIT
/*
 * uio.h - readv(2) and its relatives, close_range(2), as Linux has them on x86_64
 */
#pragma once

#define IOV_MAX 1024 /* most buffers of one call */

#define CLOSE_RANGE_UNSHARE 2
#define CLOSE_RANGE_CLOEXEC 4

#define POSIX_FADV_MOST 5 /* largest advice of fadvise64 */

#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_NB 4
#define LOCK_UN 8
