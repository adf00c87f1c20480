// SPDX-License-Identifier: MIT
/*
 * line.c - the line discipline (see line.h); termios(3) says what each flag means
 *
 *     keyboard --> line_input --> ring: | can be read | being edited | --> line_take --> program
 *                      |                              ^ committed by newline, ^D, or at once in raw mode
 *                      +--> echo --+
 *     program ----> line_output ---+--> screen
 *
 * A line that grows too long loses bytes, never its end: the last entry of the ring is kept for the newline.
 */
#include "drivers/tty/line.h"
#include "kernel/lib/string.h"

enum { SIGNAL_INT = 2, SIGNAL_QUIT = 3, SIGNAL_STOP = 20 }; /* SIGINT, SIGQUIT, SIGTSTP of signal(7) */
enum { TAB = 8, DELETE = 0x7f };

static const struct kernel_termios settings = {
    .iflag = ICRNL | IXON | IUTF8,
    .oflag = OPOST | ONLCR,
    .cflag = B38400 | CS8 | CREAD | HUPCL | CLOCAL,
    .lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    .cc = {[VINTR] = 'C' & 31,
           [VQUIT] = '\\' & 31,
           [VERASE] = DELETE,
           [VKILL] = 'U' & 31,
           [VEOF] = 'D' & 31,
           [VMIN] = 1,
           [VSTART] = 'Q' & 31,
           [VSTOP] = 'S' & 31,
           [VSUSP] = 'Z' & 31,
           [VREPRINT] = 'R' & 31,
           [VDISCARD] = 'O' & 31,
           [VWERASE] = 'W' & 31,
           [VLNEXT] = 'V' & 31},
};

void line_init(struct line *l)
{
    memset(l, 0, sizeof(*l));
    l->termios = settings;
}

static bool local(const struct line *l, u32 flag)
{
    return l->termios.lflag & flag;
}

/* Is c this special character?  0 switches a special character off. */
static bool is_special(const struct line *l, u8 c, u32 which)
{
    return c && c == l->termios.cc[which];
}

static bool is_erase(const struct line *l, u8 c)
{
    /* Terminals send either for the same key. */
    return is_special(l, c, VERASE) || (c == '\b' && l->termios.cc[VERASE] == DELETE);
}

/* The second and later bytes of a UTF-8 character take no column. */
static bool continues(const struct line *l, u8 c)
{
    return (l->termios.iflag & IUTF8) && (c & 0xc0) == 0x80;
}

/* --- output --- */

static void column_move(struct line *l, u8 c)
{
    if (c == '\r')
        l->column = 0;
    else if (c == '\b')
        l->column -= l->column > 0;
    else if (c == '\t')
        l->column = (l->column / TAB + 1) * TAB;
    else if (c >= ' ' && c != DELETE && !continues(l, c))
        l->column++;
}

static u32 put(struct line *l, u8 c, char *dst)
{
    column_move(l, c);
    *dst = c;
    return 1;
}

u32 line_output(struct line *l, u8 c, char dst[OUTPUT_MOST])
{
    u32 flags = l->termios.oflag;
    if (!(flags & OPOST))
        return put(l, c, dst);
    if (c == '\r' && (flags & ONOCR) && !l->column)
        return 0;
    if (c == '\r' && (flags & OCRNL))
        c = '\n';
    if (c != '\n')
        return put(l, c, dst);
    if (flags & (ONLCR | ONLRET))
        l->column = 0;
    u32 n = 0;
    if (flags & ONLCR)
        dst[n++] = '\r';
    dst[n++] = '\n';
    return n;
}

static void show(struct line *l, const struct line_sink *sink, u8 c)
{
    char out[OUTPUT_MOST];
    u32 n = line_output(l, c, out);
    sink->write(out, n);
}

/* --- echo --- */

static bool shown_as_caret(const struct line *l, u8 c)
{
    return local(l, ECHOCTL) && (c < ' ' || c == DELETE) && c != '\t' && c != '\n';
}

static void echo(struct line *l, const struct line_sink *sink, u8 c)
{
    if (!local(l, ECHO) && !(c == '\n' && local(l, ECHONL) && local(l, ICANON)))
        return;
    if (l->committed == l->tail)
        l->line_column = l->column;
    if (shown_as_caret(l, c)) {
        show(l, sink, '^');
        show(l, sink, c ^ 0x40);
    } else if (c != '\b' || l->column) {
        show(l, sink, c);
    }
}

static u32 width_after(const struct line *l, u32 column, u8 c)
{
    if (c == '\t')
        return (column / TAB + 1) * TAB;
    return column + (shown_as_caret(l, c) ? 2 : continues(l, c) || c < ' ' ? 0 : 1);
}

/* Wipes what the screen shows behind the line as it is now. */
static void wipe_behind(struct line *l, const struct line_sink *sink)
{
    u32 column = l->line_column;
    for (u32 i = l->committed; i != l->tail; i++)
        column = width_after(l, column, l->ring[i % LINE_RING]);
    while (l->column > column) {
        show(l, sink, '\b');
        show(l, sink, ' ');
        show(l, sink, '\b');
    }
}

/* --- editing --- */

/* A character, with all bytes of its UTF-8 form. */
static void drop_character(struct line *l)
{
    while (l->tail != l->committed && continues(l, l->ring[(l->tail - 1) % LINE_RING]))
        l->tail--;
    if (l->tail != l->committed)
        l->tail--;
}

static u8 last_byte(const struct line *l)
{
    return l->ring[(l->tail - 1) % LINE_RING];
}

static bool is_blank(u8 c)
{
    return c == ' ' || c == '\t';
}

static void drop_word(struct line *l)
{
    while (l->tail != l->committed && is_blank(last_byte(l)))
        l->tail--;
    while (l->tail != l->committed && !is_blank(last_byte(l)))
        l->tail--;
}

static void erase(struct line *l, const struct line_sink *sink, u8 c)
{
    bool all = is_special(l, c, VKILL);
    if (l->tail == l->committed)
        return;
    if (all)
        l->tail = l->committed;
    else if (is_special(l, c, VWERASE))
        drop_word(l);
    else
        drop_character(l);
    if (!local(l, ECHO))
        return;
    if (local(l, ECHOE) && (!all || local(l, ECHOKE))) {
        wipe_behind(l, sink);
        return;
    }
    echo(l, sink, c);
    if (all && local(l, ECHOK))
        show(l, sink, '\n');
}

static void reprint(struct line *l, const struct line_sink *sink)
{
    echo(l, sink, l->termios.cc[VREPRINT]);
    show(l, sink, '\n');
    l->line_column = l->column;
    for (u32 i = l->committed; i != l->tail; i++)
        echo(l, sink, l->ring[i % LINE_RING]);
}

/* --- input --- */

static bool push(struct line *l, u16 entry, u32 room_left)
{
    if (l->tail - l->head + room_left >= LINE_RING)
        return false;
    l->ring[l->tail++ % LINE_RING] = entry;
    return true;
}

static void commit(struct line *l)
{
    for (u32 i = l->committed; i != l->tail; i++)
        l->lines += (l->ring[i % LINE_RING] & ENTRY_END) != 0;
    l->committed = l->tail;
}

static void input_byte(struct line *l, const struct line_sink *sink, u8 c)
{
    if (push(l, c, 1)) {
        l->tail--; /* echo wants to know whether the line is still empty */
        echo(l, sink, c);
        l->tail++;
    }
    if (!local(l, ICANON))
        commit(l);
}

static bool ends_line(const struct line *l, u8 c)
{
    return c == '\n' || is_special(l, c, VEOL) || (local(l, IEXTEN) && is_special(l, c, VEOL2));
}

static void input_canonical(struct line *l, const struct line_sink *sink, u8 c)
{
    bool extended = local(l, IEXTEN);
    if (is_erase(l, c) || is_special(l, c, VKILL) || (extended && is_special(l, c, VWERASE))) {
        erase(l, sink, c);
    } else if (extended && is_special(l, c, VREPRINT)) {
        reprint(l, sink);
    } else if (is_special(l, c, VEOF)) {
        if (push(l, ENTRY_END | ENTRY_EOF, 0))
            commit(l);
    } else if (ends_line(l, c)) {
        if (push(l, ENTRY_END | c, 0)) {
            echo(l, sink, c);
            commit(l);
        }
    } else {
        input_byte(l, sink, c);
    }
}

/* ^S and ^Q.  True when c was one of them. */
static bool input_flow(struct line *l, u8 c)
{
    if (!(l->termios.iflag & IXON))
        return false;
    bool stop = is_special(l, c, VSTOP), start = is_special(l, c, VSTART);
    if (stop)
        l->stopped = true;
    else if (start || (l->termios.iflag & IXANY))
        l->stopped = false;
    return stop || start;
}

static int input_signal(struct line *l, const struct line_sink *sink, u8 c)
{
    if (!local(l, ISIG))
        return 0;
    int sig = is_special(l, c, VINTR) ? SIGNAL_INT : is_special(l, c, VQUIT) ? SIGNAL_QUIT : 0;
    sig = is_special(l, c, VSUSP) ? SIGNAL_STOP : sig;
    if (!sig)
        return 0;
    if (!local(l, NOFLSH))
        line_flush_input(l);
    l->stopped = false;
    echo(l, sink, c);
    return sig;
}

/* What c becomes before anything else looks at it; -1: nothing. */
static int input_map(const struct line *l, u8 c)
{
    u32 flags = l->termios.iflag;
    if (flags & ISTRIP)
        c &= 0x7f;
    if (c == '\r')
        return flags & IGNCR ? -1 : flags & ICRNL ? '\n' : c;
    return c == '\n' && (flags & INLCR) ? '\r' : c;
}

int line_input(struct line *l, const struct line_sink *sink, u8 c)
{
    if (l->literal) {
        l->literal = false;
        input_byte(l, sink, c);
        return 0;
    }
    int mapped = input_map(l, c);
    if (mapped < 0 || input_flow(l, mapped))
        return 0;
    int sig = input_signal(l, sink, mapped);
    if (sig)
        return sig;
    if (local(l, ICANON) && local(l, IEXTEN) && is_special(l, mapped, VLNEXT))
        l->literal = true;
    else if (local(l, ICANON))
        input_canonical(l, sink, mapped);
    else
        input_byte(l, sink, mapped);
    return 0;
}

/* --- reading --- */

u32 line_readable(const struct line *l)
{
    if (local(l, ICANON) && !l->lines)
        return 0;
    return l->committed - l->head;
}

static u16 entry_take(struct line *l)
{
    u16 entry = l->ring[l->head++ % LINE_RING];
    l->lines -= (entry & ENTRY_END) != 0;
    return entry;
}

u32 line_take(struct line *l, u8 *dst, u32 n, bool *ended)
{
    u32 done = 0;
    *ended = false;
    while (done < n && l->head != l->committed && !*ended) {
        u16 entry = entry_take(l);
        *ended = (entry & ENTRY_END) && local(l, ICANON);
        if (!(entry & ENTRY_EOF))
            dst[done++] = entry;
    }
    /* A ^D right behind the last byte that fits has ended this read, not the next one. */
    if (done && !*ended && l->head != l->committed && (l->ring[l->head % LINE_RING] & ENTRY_EOF)) {
        entry_take(l);
        *ended = true;
    }
    return done;
}

void line_set(struct line *l, const struct kernel_termios *t)
{
    bool canonical = local(l, ICANON);
    l->termios = *t;
    l->literal = false;
    if (!(t->iflag & IXON))
        l->stopped = false;
    if (canonical == local(l, ICANON))
        return;
    /* Whatever is there can be read, as one line. */
    if (!canonical && l->tail != l->head)
        l->ring[(l->tail - 1) % LINE_RING] |= ENTRY_END;
    l->lines = 0;
    l->committed = l->head;
    commit(l);
}

void line_flush_input(struct line *l)
{
    l->head = l->committed = l->tail;
    l->lines = 0;
}
