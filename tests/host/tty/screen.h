// SPDX-License-Identifier: MIT
/*
 * screen.h - a screen of one line, and what must hold of a line discipline at any time
 */
#pragma once
#include "drivers/tty/line.h"

enum { WIDTH = 20000 };

struct screen {
    char cell[WIDTH];
    u32 at, newlines;
    char raw[WIDTH]; /* everything, as it was sent */
    u32 bytes;
    bool eight_bit;  /* each byte is a character: no UTF-8 */
};
extern struct screen screen;
extern const struct line_sink sink; /* echo goes to the screen; the test fails when it goes left of the first column */

void screen_clear(void);
void screen_write(const char *s, u32 n);
void check_counts(const struct line *l);
