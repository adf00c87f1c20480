// SPDX-License-Identifier: MIT
/*
 * glob.h - names of files that match a pattern
 */
#ifndef _GLOB_H
#define _GLOB_H

#include <stddef.h>

#define GLOB_ERR      0x01
#define GLOB_MARK     0x02
#define GLOB_NOSORT   0x04
#define GLOB_DOOFFS   0x08
#define GLOB_NOCHECK  0x10
#define GLOB_APPEND   0x20
#define GLOB_NOESCAPE 0x40

#define GLOB_NOSPACE 1
#define GLOB_ABORTED 2
#define GLOB_NOMATCH 3

typedef struct {
    size_t gl_pathc;
    char **gl_pathv; /* gl_offs empty places when GLOB_DOOFFS, the names, NULL */
    size_t gl_offs;
} glob_t;

#ifdef __cplusplus
extern "C" {
#endif
/* Returns 0 or one of the three errors; failed is asked about folders that cannot be read, and not 0 from it ends. */
int glob(const char *__restrict pattern, int flags, int (*failed)(const char *path, int error),
         glob_t *__restrict found);
void globfree(glob_t *found);
#ifdef __cplusplus
}
#endif

#endif
