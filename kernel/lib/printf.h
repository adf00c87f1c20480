// SPDX-License-Identifier: MIT
/*
 * printf.h - text for people: the console log
 *
 * kprintf writes to the console and to the log ring that dmesg reads.  Takes no memory and never sleeps; may
 * be called anywhere, interrupts included.  Formats: %d %i %u %x %X %p %s %c %% with width, 0, -, precision
 * and l, ll, z.
 */
#pragma once
#include <stdarg.h>
#include "kernel/lib/types.h"

void kprintf(const char *fmt, ...) PRINTF(1, 2);
void kvprintf(const char *fmt, va_list ap);
/* Always terminates (size > 0); returns the length the whole text would have had. */
int ksnprintf(char *dst, size_t size, const char *fmt, ...) PRINTF(3, 4);
int kvsnprintf(char *dst, size_t size, const char *fmt, va_list ap);
/* Copies the newest log text, at most `size` bytes, into dst; returns its length. */
size_t klog_read(char *dst, size_t size);
/* Copies text from byte number *pos of all that was ever logged, which moves up to the oldest text still there. */
size_t klog_read_at(u64 *pos, char *dst, size_t size);
size_t klog_size(void); /* bytes in the log ring now */
/* After this, kprintf goes to the log ring only (boot word `quiet`); panics still reach the console. */
void klog_quiet(bool on);
