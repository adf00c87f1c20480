// SPDX-License-Identifier: MIT
/*
 * escape.h - the backslash sequences of echo, printf and tr
 */
#ifndef USER_BIN_ESCAPE_H
#define USER_BIN_ESCAPE_H

#include <string.h>

enum { ESCAPE_NONE = -1, ESCAPE_STOP = -2 };

/*
 * Reads one sequence, *at standing behind its backslash, and moves *at behind it.  Returns the character,
 * STOP for \c, or NONE, with *at unmoved, when the backslash stands for itself.
 */
static inline int escape_read(const char **at)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char *p = *at, *found = *p ? strchr(names, *p) : NULL;
    int n = 0, digits = 0;

    if (found) {
        ++*at;
        return values[found - names];
    }
    if (*p == 'c') {
        ++*at;
        return ESCAPE_STOP;
    }
    for (; digits < (*p == '0' ? 4 : 3) && p[digits] >= '0' && p[digits] <= '7'; digits++)
        n = n * 8 + p[digits] - '0';
    *at += digits;
    return digits ? n & 255 : ESCAPE_NONE;
}

#endif
