// SPDX-License-Identifier: MIT
/*
 * sys/file.h - whole-file locks; all of it stands in sys/fcntl.h
 */
#ifndef _SYS_FILE_H
#define _SYS_FILE_H

#include <sys/fcntl.h>

#endif
