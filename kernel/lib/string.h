// SPDX-License-Identifier: MIT
/*
 * string.h - memory and text in the kernel
 *
 * memcpy and memset move 64 bits at a time through general registers: `rep movsb` costs seven times as much
 * under QEMU's TCG.
 */
#pragma once
#include "kernel/lib/types.h"

void *memcpy(void *dst, const void *src, size_t n);
void *memmove(void *dst, const void *src, size_t n);
void *memset(void *dst, int byte, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
size_t strnlen(const char *s, size_t max);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t n);
char *strchr(const char *s, int c);
char *strrchr(const char *s, int c);
char *strstr(const char *s, const char *what);
/* Copies with a terminating NUL, cutting at `size`; returns strlen(src), >= size when the text was cut. */
size_t strlcpy(char *dst, const char *src, size_t size);
/* Reads a number in C notation; *end is the first byte after it.  False: there is none, or it overflows. */
bool parse_u64(const char *s, u64 *out, const char **end);
