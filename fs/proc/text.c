// SPDX-License-Identifier: MIT
/*
 * text.c - a text, from an offset on, into a room
 *
 * Whoever makes a text writes all of it, from its beginning; the sink drops what lies before the reader's
 * offset and what does not fit.  So a text of any length is read through one frame, and nothing is kept
 * between two reads.
 *
 *      |.... skip ....|---- room ----|........|
 *                     offset                  end of the text
 */
#include "fs/proc/proc.h"
#include "kernel/lib/string.h"

static void put(struct sink *s, char c)
{
    struct text *t = container_of(s, struct text, sink);
    if (t->skip)
        t->skip--;
    else if (t->len < t->room)
        t->dst[t->len++] = c;
}

void text_begin(struct text *t, char *dst, u64 room, u64 offset)
{
    *t = (struct text){.sink.put = put, .dst = dst, .skip = offset, .room = room};
}

void text_put(struct text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    format(&t->sink, fmt, ap);
    va_end(ap);
}

void text_bytes(struct text *t, const char *s, u64 n)
{
    u64 dropped = MIN(n, t->skip);
    u64 kept = MIN(n - dropped, t->room - t->len);
    t->skip -= dropped;
    memcpy(t->dst + t->len, s + dropped, kept);
    t->len += kept;
}

void text_word(struct text *t, const char *s)
{
    for (; *s; s++) {
        bool plain = *s != ' ' && *s != '\t' && *s != '\n' && *s != '\\';
        if (plain)
            put(&t->sink, *s);
        else
            text_put(t, "\\%c%c%c", '0' + (*s >> 6 & 3), '0' + (*s >> 3 & 7), '0' + (*s & 7));
    }
}
