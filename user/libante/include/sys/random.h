// SPDX-License-Identifier: MIT
/*
 * sys/random.h - random bytes from the kernel
 */
#ifndef _SYS_RANDOM_H
#define _SYS_RANDOM_H

#include <sys/types.h>

#define GRND_NONBLOCK 1
#define GRND_RANDOM   2

#ifdef __cplusplus
extern "C" {
#endif
ssize_t getrandom(void *buffer, size_t length, unsigned flags);
int getentropy(void *buffer, size_t length);
#ifdef __cplusplus
}
#endif

#endif
