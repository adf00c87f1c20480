// SPDX-License-Identifier: MIT
/*
 * sys/sysmacros.h - device numbers: 12 bits of major in the middle, minor around them, as Linux splits them
 */
#ifndef _SYS_SYSMACROS_H
#define _SYS_SYSMACROS_H

#define major(dev) ((unsigned)(((dev) >> 8 & 0xfff) | ((dev) >> 32 & ~0xfffUL)))
#define minor(dev) ((unsigned)(((dev)&0xff) | ((dev) >> 12 & ~0xffUL)))
#define makedev(ma, mi)                                                                                      \
    (((ma)&0xfffUL) << 8 | ((ma) & ~0xfffUL) << 32 | ((mi)&0xffUL) | ((mi) & ~0xffUL) << 12)

#endif
