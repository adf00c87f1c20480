// SPDX-License-Identifier: MIT
/*
 * err.h - messages with the program's name and the reason, on standard error
 *
 * The x forms leave out the reason (strerror of errno); err and errx also exit.
 */
#ifndef _ERR_H
#define _ERR_H

#include <stdarg.h>

#define __ERR_FORMAT(text, first) __attribute__((__format__(__printf__, text, first)))

#ifdef __cplusplus
extern "C" {
#endif
void warn(const char *format, ...) __ERR_FORMAT(1, 2);
void warnx(const char *format, ...) __ERR_FORMAT(1, 2);
void vwarn(const char *format, va_list args) __ERR_FORMAT(1, 0);
void vwarnx(const char *format, va_list args) __ERR_FORMAT(1, 0);
void err(int status, const char *format, ...) __ERR_FORMAT(2, 3) __attribute__((__noreturn__));
void errx(int status, const char *format, ...) __ERR_FORMAT(2, 3) __attribute__((__noreturn__));
void verr(int status, const char *format, va_list args) __ERR_FORMAT(2, 0) __attribute__((__noreturn__));
void verrx(int status, const char *format, va_list args) __ERR_FORMAT(2, 0) __attribute__((__noreturn__));
#ifdef __cplusplus
}
#endif

#endif
