// SPDX-License-Identifier: MIT
/*
 * mntent.h - reading tables of mounted file systems: device, folder, type, options, two numbers
 */
#ifndef _MNTENT_H
#define _MNTENT_H

#include <stdio.h>

#define MNTTAB        "/etc/fstab"
#define MOUNTED       "/proc/mounts"
#define _PATH_MOUNTED MOUNTED

struct mntent {
    char *mnt_fsname;
    char *mnt_dir;
    char *mnt_type;
    char *mnt_opts;
    int mnt_freq;
    int mnt_passno;
};

#ifdef __cplusplus
extern "C" {
#endif
FILE *setmntent(const char *file, const char *mode);
struct mntent *getmntent(FILE *table);
int endmntent(FILE *table);
char *hasmntopt(const struct mntent *entry, const char *option);
#ifdef __cplusplus
}
#endif

#endif
