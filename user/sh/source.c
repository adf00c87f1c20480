// SPDX-License-Identifier: MIT
/*
 * source.c - where the shell's characters come from
 *
 * Sources form a stack: the script, an eval inside it, a trap inside that.  A source holds little more than a
 * line; source_back() therefore goes back by one character only.  A descriptor that commands share with the
 * shell (its standard input) is read byte by byte, so that `sh <script` leaves what follows a command to the
 * command.
 *
 * The terminal edits lines itself, so one read gives one line; a read that a ^C broke off gives an empty line
 * and sends the shell back to its prompt.
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct source *top;

/* Makes `s` the current source.  `text` is for a string, which need not outlive the call. */
void source_push(struct source *s, enum source_type type, int fd, const char *text)
{
    *s = (struct source){.type = type, .fd = fd, .line = 1, .below = top};
    if (type == SOURCE_STRING)
        buf_text(&s->text, text);
    top = s;
}

void source_pop(void)
{
    struct source *s = top;

    top = s->below;
    if (s->arena)
        arena_put(s->arena);
    buf_free(&s->text);
}

/* Leaves all sources above `s`, after a jump. */
void source_pop_to(struct source *s)
{
    while (top != s)
        source_pop();
}

struct source *source_now(void)
{
    return top;
}

/*
 * Shows PS1 or PS2 with its parameters expanded; one that could not be, and so led back here, as it stands.
 */
static void prompt_show(struct source *s)
{
    static bool expanding;
    const char *text = var_get(s->inside ? "PS2" : "PS1");
    struct arena *before = scratch_push();

    if (text && !expanding) {
        expanding = true;
        text = expand_text(text);
    }
    expanding = false;
    if (text && write(2, text, strlen(text)) < 0)
        s->ended = true;
    scratch_pop(before);
}

static ssize_t read_some(struct source *s, char *block, size_t size)
{
    ssize_t got;

    while ((got = trap_read(s->fd, block, size)) < 0 && errno == EINTR) {
        if (interrupt_seen()) {
            if (write(2, "\n", 1) < 0)
                return 0;
            sh_abort(130);
        }
        trap_run();
    }
    if (got < 0)
        sh_say("read: %s", strerror(errno));
    return got < 0 ? 0 : got;
}

/* Empties the line but for the character that was used last, which source_back() may want. */
static void last_keep(struct source *s)
{
    if (s->at == 0)
        return;
    s->text.data[0] = s->text.data[s->at - 1];
    s->text.len = s->at = 1;
}

/* Reads up to the next newline; a file is read in blocks, the rest by what one read may take. */
static bool line_fill(struct source *s)
{
    static char block[1024];
    size_t size = s->type == SOURCE_SHARED ? 1 : sizeof block;

    if (s->type == SOURCE_STRING || s->ended)
        return false;
    last_keep(s);
    if (sh.interactive && s->type != SOURCE_FILE)
        prompt_show(s);
    do {
        ssize_t got = read_some(s, block, size);

        if (got == 0) {
            s->ended = true;
            break;
        }
        buf_add(&s->text, block, (size_t)got);
    } while (s->text.data[s->text.len - 1] != '\n' && s->type != SOURCE_FILE);
    return s->text.len > s->at;
}

/* The next character, or SOURCE_END. */
int source_get(void)
{
    struct source *s = top;
    int c = source_peek();

    if (c == SOURCE_END)
        return c;
    s->at++;
    if (c == '\n')
        s->line++;
    return c;
}

int source_peek(void)
{
    struct source *s = top;

    if (s->at < s->text.len || line_fill(s))
        return (unsigned char)s->text.data[s->at];
    return SOURCE_END;
}

/* Takes back the character that source_get() gave last. */
void source_back(void)
{
    if (top->text.data[--top->at] == '\n')
        top->line--;
}
