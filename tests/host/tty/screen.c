// SPDX-License-Identifier: MIT
/*
 * screen.c - see screen.h
 */
#include "tests/host/tty/screen.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

struct screen screen;

void screen_clear(void)
{
    memset(&screen, 0, sizeof(screen));
    memset(screen.cell, ' ', WIDTH);
}

static void screen_put(char c)
{
    screen.raw[screen.bytes++ % WIDTH] = c;
    if (c == '\b') {
        assert_true(screen.at > 0);
        screen.at--;
    } else if (c == '\r') {
        screen.at = 0;
    } else if (c == '\n') {
        screen.newlines++;
        memset(screen.cell, ' ', WIDTH);
    } else if (c == '\t') {
        screen.at = (screen.at / 8 + 1) * 8;
    } else if (screen.eight_bit || (c & 0xc0) != 0x80) {
        screen.cell[screen.at++ % WIDTH] = c;
    }
}

void screen_write(const char *s, u32 n)
{
    for (u32 i = 0; i < n; i++)
        screen_put(s[i]);
}

const struct line_sink sink = {.write = screen_write};

void check_counts(const struct line *l)
{
    u32 ends = 0;
    for (u32 i = l->head; i != l->committed; i++)
        ends += (l->ring[i % LINE_RING] & ENTRY_END) != 0;
    assert_int_equal(ends, l->lines);
    assert_true(l->tail - l->head <= LINE_RING);
    assert_true(l->committed - l->head <= l->tail - l->head);
}
