// SPDX-License-Identifier: MIT
/*
 * line.h - the line discipline: from keys to lines, and from a program's bytes to the screen's
 *
 * Pure bookkeeping in one structure: no locks, no sleeping, no memory.  The caller holds the terminal's lock.
 */
#pragma once
#include "kernel/abi/termios.h"
#include "kernel/lib/types.h"

#define LINE_RING   4096u /* entries; a line has at most LINE_RING - 1 bytes with its end */
#define OUTPUT_MOST 2     /* bytes that one byte of output can become */

enum { ENTRY_END = 0x100, ENTRY_EOF = 0x200 }; /* beside the byte: it ends a line; it is ^D and not a byte */

struct line {
    struct kernel_termios termios;
    /* --- input: ring[head, committed) can be read, ring[committed, tail) is the line being edited --- */
    u16 ring[LINE_RING];
    u32 head, committed, tail; /* run on; ring index is modulo LINE_RING */
    u32 lines;                 /* entries with ENTRY_END in what can be read */
    bool literal;              /* the next byte is taken as it is (^V) */
    bool stopped;              /* ^S: output waits */
    /* --- output --- */
    u32 column;      /* where the cursor stands */
    u32 line_column; /* where the line being edited began */
};

/* Where echo goes. */
struct line_sink {
    void (*write)(const char *s, u32 n);
};

void line_init(struct line *l);
/* One byte from the keyboard; echoes into sink.  The signal to send to the foreground group, or 0. */
int line_input(struct line *l, const struct line_sink *sink, u8 c);
/* One byte of a program's output: writes 0 to OUTPUT_MOST bytes to dst, returns how many. */
u32 line_output(struct line *l, u8 c, char dst[OUTPUT_MOST]);
/* Bytes that a read can have now: of whole lines in canonical mode (an end of file counts as one). */
u32 line_readable(const struct line *l);
/* Moves up to n bytes to dst, in canonical mode of one line at most.  *ended: the line has ended here. */
u32 line_take(struct line *l, u8 *dst, u32 n, bool *ended);
/* New settings: what was being edited becomes readable when lines are no longer gathered. */
void line_set(struct line *l, const struct kernel_termios *t);
void line_flush_input(struct line *l);
