// SPDX-License-Identifier: MIT
/*
 * sys/sendfile.h - copying between descriptors inside the kernel
 */
#ifndef _SYS_SENDFILE_H
#define _SYS_SENDFILE_H

#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif
ssize_t sendfile(int out, int in, off_t *offset, size_t count);
#ifdef __cplusplus
}
#endif

#endif
