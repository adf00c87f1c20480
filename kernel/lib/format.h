// SPDX-License-Identifier: MIT
/*
 * format.h - the formatter behind kprintf and ksnprintf, which differ only in where the characters go
 */
#pragma once
#include <stdarg.h>
#include "kernel/lib/types.h"

struct sink {
    void (*put)(struct sink *s, char c);
};

void format(struct sink *s, const char *fmt, va_list ap);
