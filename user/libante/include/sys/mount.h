// SPDX-License-Identifier: MIT
/*
 * sys/mount.h - adding file systems to the tree and taking them away
 */
#ifndef _SYS_MOUNT_H
#define _SYS_MOUNT_H

#define MS_RDONLY      1
#define MS_NOSUID      2
#define MS_NODEV       4
#define MS_NOEXEC      8
#define MS_SYNCHRONOUS 16
#define MS_REMOUNT     32
#define MS_NOATIME     1024
#define MS_NODIRATIME  2048
#define MS_BIND        4096
#define MS_MOVE        8192

#define MNT_FORCE  1
#define MNT_DETACH 2

#ifdef __cplusplus
extern "C" {
#endif
int mount(const char *device, const char *at, const char *type, unsigned long flags, const void *data);
int umount(const char *at);
int umount2(const char *at, int flags);
#ifdef __cplusplus
}
#endif

#endif
