// SPDX-License-Identifier: MIT
/*
 * sys/dirent.h - one name in a directory, laid out as getdents64 of Linux does
 */
#ifndef _SYS_DIRENT_H
#define _SYS_DIRENT_H

#include <sys/types.h>

#define MAXNAMLEN 255

struct dirent {
    ino_t d_ino;
    off_t d_off;             /* cookie of the next entry */
    unsigned short d_reclen; /* length of this record */
    unsigned char d_type;
    char d_name[MAXNAMLEN + 1];
};

typedef struct dir_stream DIR;

#define DT_UNKNOWN   0
#define DT_FIFO      1
#define DT_CHR       2
#define DT_DIR       4
#define DT_BLK       6
#define DT_REG       8
#define DT_LNK       10
#define DT_SOCK      12
#define IFTODT(mode) (((mode)&0170000) >> 12)
#define DTTOIF(type) ((type) << 12)

#endif
