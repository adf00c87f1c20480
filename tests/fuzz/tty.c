// SPDX-License-Identifier: MIT
/*
 * tty.c - keys, output, reads and settings of any kind: a program gets the lines that a plain reading of termios(3) gives it
 *
 *     each action    one byte: a key follows, or text that is typed, a read, output, settings, a flush
 *
 * The plain terminal keeps two arrays, what can be read and the line being edited, and moves bytes about in them.  Echo is
 * judged by the screen of tests/host/tty alone: it never goes left of the first column.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/fuzz/input.h"
#include "tests/host/tty/screen.h"

enum { INTERRUPT = 2, QUIT = 3, SUSPEND = 20, FLAGS = 0x1ffff };

static struct line line;

/* --- the plain terminal --- */

static struct {
    u16 ready[LINE_RING], edited[LINE_RING];
    u32 readies, edits;
    bool literal;
} plain;

static bool local(u32 flag)
{
    return line.termios.lflag & flag;
}

static bool key(u8 c, u32 which)
{
    return c && line.termios.cc[which] == c;
}

static u32 room(void)
{
    return LINE_RING - plain.readies - plain.edits;
}

static void all_ready(void)
{
    memcpy(plain.ready + plain.readies, plain.edited, plain.edits * sizeof(plain.edited[0]));
    plain.readies += plain.edits;
    plain.edits = 0;
}

static void plain_byte(u8 c)
{
    if (room() > 1)
        plain.edited[plain.edits++] = c;
    if (!local(ICANON))
        all_ready();
}

static void plain_end(u16 entry)
{
    if (!room())
        return;
    plain.edited[plain.edits++] = entry;
    all_ready();
}

static bool blank_last(void)
{
    u8 last = (u8)plain.edited[plain.edits - 1];
    return last == ' ' || last == '\t';
}

static void plain_word(void)
{
    while (plain.edits && blank_last())
        plain.edits--;
    while (plain.edits && !blank_last())
        plain.edits--;
}

static void plain_character(void)
{
    while (plain.edits && (line.termios.iflag & IUTF8) && (plain.edited[plain.edits - 1] & 0xc0) == 0x80)
        plain.edits--;
    plain.edits -= plain.edits > 0;
}

static void plain_canonical(u8 c)
{
    bool more = local(IEXTEN);
    if (key(c, VERASE) || (c == '\b' && line.termios.cc[VERASE] == 0x7f))
        plain_character();
    else if (key(c, VKILL))
        plain.edits = 0;
    else if (more && key(c, VWERASE))
        plain_word();
    else if (more && key(c, VREPRINT))
        ;
    else if (key(c, VEOF))
        plain_end(ENTRY_END | ENTRY_EOF);
    else if (c == '\n' || key(c, VEOL) || (more && key(c, VEOL2)))
        plain_end(ENTRY_END | c);
    else
        plain_byte(c);
}

static int plain_signal(u8 c)
{
    if (!local(ISIG))
        return 0;
    return key(c, VSUSP) ? SUSPEND : key(c, VINTR) ? INTERRUPT : key(c, VQUIT) ? QUIT : 0;
}

/* The byte after mapping; false when it is ignored. */
static bool plain_map(u8 *c)
{
    u32 flags = line.termios.iflag;
    *c &= flags & ISTRIP ? 0x7f : 0xff;
    if (*c == '\r' && (flags & IGNCR))
        return false;
    if (*c == '\r')
        *c = flags & ICRNL ? '\n' : '\r';
    else if (*c == '\n' && (flags & INLCR))
        *c = '\r';
    return true;
}

/* The signal that is due. */
static int plain_key(u8 c)
{
    if (plain.literal) {
        plain.literal = false;
        plain_byte(c);
        return 0;
    }
    if (!plain_map(&c) || ((line.termios.iflag & IXON) && (key(c, VSTOP) || key(c, VSTART))))
        return 0;
    int sig = plain_signal(c);
    if (sig && !local(NOFLSH))
        plain.readies = plain.edits = 0;
    if (sig)
        return sig;
    if (!local(ICANON))
        plain_byte(c);
    else if (local(IEXTEN) && key(c, VLNEXT))
        plain.literal = true;
    else
        plain_canonical(c);
    return 0;
}

static u32 plain_lines(void)
{
    u32 ends = 0;
    for (u32 i = 0; i < plain.readies; i++)
        ends += (plain.ready[i] & ENTRY_END) != 0;
    return ends;
}

static u32 plain_take(u8 *to, u32 n, bool *ended)
{
    u32 at = 0, done = 0;
    for (*ended = false; done < n && at < plain.readies && !*ended; at++) {
        *ended = local(ICANON) && (plain.ready[at] & ENTRY_END);
        if (!(plain.ready[at] & ENTRY_EOF))
            to[done++] = (u8)plain.ready[at];
    }
    if (done && !*ended && at < plain.readies && (plain.ready[at] & ENTRY_EOF)) {
        at++;
        *ended = true;
    }
    plain.readies -= at;
    memmove(plain.ready, plain.ready + at, plain.readies * sizeof(plain.ready[0]));
    return done;
}

/* Everything is one line, or no line, when the mode changes. */
static void plain_mode(bool was_canonical)
{
    plain.literal = false;
    if (was_canonical == local(ICANON))
        return;
    all_ready();
    if (!was_canonical && plain.readies)
        plain.ready[plain.readies - 1] |= ENTRY_END;
}

/* --- actions --- */

static void press(u8 c)
{
    assert_int_equal(line_input(&line, &sink, c), plain_key(c));
}

static void take(u32 n)
{
    u8 got[LINE_RING], wanted[LINE_RING];
    bool ended, should_end;
    assert_int_equal(line_readable(&line), local(ICANON) && !plain_lines() ? 0 : plain.readies);
    if (!line_readable(&line))
        return;
    u32 count = line_take(&line, got, n, &ended);
    assert_int_equal(count, plain_take(wanted, n, &should_end));
    assert_memory_equal(got, wanted, count);
    assert_int_equal(ended, should_end);
}

static void output(u8 c)
{
    char out[OUTPUT_MOST];
    u32 n = line_output(&line, c, out);
    assert_true(n <= OUTPUT_MOST);
}

static void set(struct input *in)
{
    struct kernel_termios t = line.termios;
    bool canonical = local(ICANON);
    u32 which = input_number(in, 1), value = input_number(in, 3) & FLAGS;
    if (which % 4 == 0)
        t.iflag ^= value;
    else if (which % 4 == 1)
        t.oflag ^= value;
    else if (which % 4 == 2)
        t.lflag ^= value;
    else
        t.cc[value % ARRAY_SIZE(t.cc)] = (u8)(value >> 8);
    line_set(&line, &t);
    screen.eight_bit = !(t.iflag & IUTF8);
    plain_mode(canonical);
}

static void act(struct input *in)
{
    u32 what = input_number(in, 1);
    switch (what % 8) {
    case 0: take(input_number(in, 2) % LINE_RING); break;
    case 1: set(in); break;
    case 2: output((u8)input_number(in, 1)); break;
    case 3:
        for (u32 left = input_number(in, 2) % (2 * LINE_RING), c = input_number(in, 1); left; left--)
            press((u8)c);
        break;
    case 4:
        line_flush_input(&line);
        plain.readies = plain.edits = 0;
        break;
    default: press((u8)input_number(in, 1));
    }
}

/* --- one input --- */

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct input in = {data, data + size};
    memset(&plain, 0, sizeof(plain));
    screen_clear();
    line_init(&line);
    while (input_left(&in)) {
        act(&in);
        check_counts(&line);
        screen.at = MAX(screen.at, line.column); /* settings and the program's output move the cursor as well */
    }
    take(LINE_RING - 1);
    return 0;
}
