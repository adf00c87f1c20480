// SPDX-License-Identifier: MIT
/*
 * vga.c - the console's copy on a VGA text screen of 80 x 25, when there is one
 *
 * The screen is kept in ordinary memory and only written to the device, which is slow to read.  Of ANSI's
 * sequences (ESC [ numbers letter) it knows J and K (clear) and H (cursor home); others are swallowed.
 */
#include "arch/x86_64/x86.h"

#define TEXT_BUFFER 0xb8000ul
enum { COLUMNS = 80, ROWS = 25, CELLS = COLUMNS * ROWS, BLANK = 0x0720 };
enum { CRTC_INDEX = 0x3d4, CRTC_DATA = 0x3d5, CURSOR_HIGH = 14, CURSOR_LOW = 15 };

static u16 screen[CELLS];
static volatile u16 *device; /* NULL: no screen */
static u32 cursor;           /* a cell's index */
static enum { TEXT, ESCAPE, SEQUENCE } state;

static void cell_set(u32 i, u16 v)
{
    if (screen[i] == v)
        return;
    screen[i] = v;
    device[i] = v;
}

static void clear(u32 from, u32 to)
{
    for (u32 i = from; i < to; i++)
        cell_set(i, BLANK);
}

static void scroll(void)
{
    for (u32 i = 0; i < CELLS - COLUMNS; i++)
        cell_set(i, screen[i + COLUMNS]);
    clear(CELLS - COLUMNS, CELLS);
    cursor -= COLUMNS;
}

static void sequence_end(char c)
{
    u32 row = cursor / COLUMNS;
    if (c == 'H')
        cursor = 0;
    else if (c == 'J')
        clear(cursor, CELLS);
    else if (c == 'K')
        clear(cursor, (row + 1) * COLUMNS);
}

static void text(char c)
{
    if (c == '\n')
        cursor = (cursor / COLUMNS + 1) * COLUMNS;
    else if (c == '\r')
        cursor = cursor / COLUMNS * COLUMNS;
    else if (c == '\b')
        cursor -= cursor % COLUMNS ? 1 : 0;
    else if (c == '\t')
        cursor = (cursor / 8 + 1) * 8;
    else if (c == 27)
        state = ESCAPE;
    else if ((u8)c >= 32)
        cell_set(cursor++, (BLANK & 0xff00) | (u8)c);
    if (cursor >= CELLS)
        scroll();
}

static void put(char c)
{
    if (state == TEXT)
        text(c);
    else if (state == ESCAPE)
        state = c == '[' ? SEQUENCE : TEXT;
    else if (c >= '@' && c <= '~') {
        state = TEXT;
        sequence_end(c);
    }
}

static void cursor_show(void)
{
    out8(CRTC_INDEX, CURSOR_HIGH);
    out8(CRTC_DATA, cursor >> 8);
    out8(CRTC_INDEX, CURSOR_LOW);
    out8(CRTC_DATA, cursor);
}

void vga_start(void)
{
    volatile u16 *d = phys_to_virt((phys_addr){TEXT_BUFFER});
    d[0] = 0x0741;
    d[CELLS - 1] = 0x0742;
    if (d[0] != 0x0741 || d[CELLS - 1] != 0x0742)
        return;
    device = d;
    for (u32 i = 0; i < CELLS; i++)
        device[i] = screen[i] = BLANK;
}

/* Call with the console's lock. */
void vga_write(const char *s, size_t n)
{
    if (!device)
        return;
    for (size_t i = 0; i < n; i++)
        put(s[i]);
    cursor_show();
}
