// SPDX-License-Identifier: MIT
/*
 * machine/unistd.h - functions that programs for Linux expect in unistd.h and newlib's does not declare
 */
#ifndef _MACHINE_UNISTD_H
#define _MACHINE_UNISTD_H

#include <sys/types.h>

#define L_SET  SEEK_SET
#define L_INCR SEEK_CUR
#define L_XTND SEEK_END

#ifdef __cplusplus
extern "C" {
#endif
long syscall(long number, ...);
int brk(void *end);
pid_t gettid(void);
int syncfs(int fd);
int getresuid(uid_t *real, uid_t *effective, uid_t *saved);
int getresgid(gid_t *real, gid_t *effective, gid_t *saved);
int setresuid(uid_t real, uid_t effective, uid_t saved);
int setresgid(gid_t real, gid_t effective, gid_t saved);
ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t length, unsigned flags);
#ifdef __cplusplus
}
#endif

#endif
