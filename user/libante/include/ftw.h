// SPDX-License-Identifier: MIT
/*
 * ftw.h - walking a tree of files
 */
#ifndef _FTW_H
#define _FTW_H

#include <sys/stat.h>

enum { FTW_F, FTW_D, FTW_DNR, FTW_NS, FTW_SL, FTW_DP, FTW_SLN };

#define FTW_PHYS  1
#define FTW_MOUNT 2
#define FTW_CHDIR 4
#define FTW_DEPTH 8

struct FTW {
    int base;  /* where the last component starts in the path */
    int level; /* 0 for the root of the walk */
};

typedef int (*__ftw_visit)(const char *path, const struct stat *st, int type);
typedef int (*__nftw_visit)(const char *path, const struct stat *st, int type, struct FTW *where);

#ifdef __cplusplus
extern "C" {
#endif
/* Both return what a visit returned other than 0, 0 at the end of the tree, or -1 with errno. */
int ftw(const char *path, __ftw_visit visit, int max_open);
int nftw(const char *path, __nftw_visit visit, int max_open, int flags);
#ifdef __cplusplus
}
#endif

#endif
