// SPDX-License-Identifier: MIT
/*
 * expand.c - from a word's parts to strings
 *
 * All expansions of a word go into one marked text: characters, each with what may still happen to it.
 *
 *     "a b"$x*  with x='c d'     a   b   c   d   *
 *                                Q Q Q   S S S   -      Q: quoted   S: may be split   -: may be a pattern
 *
 * Splitting then cuts the text at S characters that are in IFS, and globbing reads the pattern characters
 * that are not Q.  Two marks carry no character: BREAK parts the values of "$@", EMPTY keeps an empty "" a
 * field.
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void marked_add(struct marked *m, const char *text, size_t len, int mark)
{
    buf_add(&m->text, text, len);
    buf_fill(&m->marks, (char)mark, len);
}

void marked_free(struct marked *m)
{
    buf_free(&m->text);
    buf_free(&m->marks);
}

void fields_add(struct fields *f, char *text)
{
    if (f->count + 1 >= f->size) {
        char **list = arena_alloc(scratch_now(), (size_t)(f->size * 2 + 8) * sizeof *list);

        if (f->count)
            memcpy(list, f->list, (size_t)f->count * sizeof *list);
        f->list = list;
        f->size = f->size * 2 + 8;
    }
    f->list[f->count++] = text;
    f->list[f->count] = NULL;
}

static void add_result(struct marked *m, const char *text, size_t len, bool quoted)
{
    if (quoted && len == 0)
        marked_add(m, "", 1, MARK_EMPTY);
    marked_add(m, text, len, quoted ? MARK_QUOTED : MARK_SPLIT);
}

static void output_read(int fd, struct strbuf *out)
{
    static char block[1024];
    ssize_t got;

    buf_text(out, "");
    while ((got = read(fd, block, sizeof block)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        for (ssize_t i = 0; i < got; i++)
            if (block[i])
                buf_char(out, block[i]);
    }
    while (out->len && out->data[out->len - 1] == '\n')
        out->data[--out->len] = '\0';
}

static void output_child(struct node *body, const int ends[2])
{
    close(ends[0]);
    if (ends[1] != 1) {
        dup2(ends[1], 1);
        close(ends[1]);
    }
    sh_exit(exec_node(body, EXEC_LAST));
}

/* Runs the commands in a child and adds what they print, without the newlines at its end. */
static void expand_command(struct marked *m, const struct part *part)
{
    struct strbuf out = {0};
    struct job *j;
    int ends[2];

    if (!part->body) {
        add_result(m, "", 0, part->quoted);
        sh.assign_status = 0;
        return;
    }
    j = job_new(NULL, false);
    if (pipe(ends) < 0) {
        job_fail(j, "pipe");
    } else {
        if (job_fork(j) == 0)
            output_child(part->body, ends);
        close(ends[1]);
        output_read(ends[0], &out);
        close(ends[0]);
    }
    sh.assign_status = sh.status = job_wait(j);
    add_result(m, out.data, out.len, part->quoted);
    buf_free(&out);
}

static void expand_arith(struct marked *m, const struct part *part)
{
    char number[24];
    int len = snprintf(number, sizeof number, "%ld", arith_eval(expand_string(part->arg)));

    add_result(m, number, (size_t)len, part->quoted);
}

/* Adds the parts of a word; `in_arg` when it stands inside ${...}, whose plain text may be split. */
void expand_parts(struct marked *m, const struct part *part, bool in_arg)
{
    for (; part; part = part->next) {
        size_t len = strlen(part->text);

        switch (part->type) {
        case PART_TEXT:
            if (len == 0)
                marked_add(m, "", 1, MARK_EMPTY);
            marked_add(m, part->text, len, part->quoted ? MARK_QUOTED : in_arg ? MARK_SPLIT : 0);
            break;
        case PART_PARAM:
            expand_param(m, part);
            break;
        case PART_COMMAND:
            expand_command(m, part);
            break;
        case PART_ARITH:
            expand_arith(m, part);
            break;
        }
    }
}

/* The home directory of a user, from /etc/passwd, in the scratch; NULL when there is no such user. */
static const char *user_home(const char *name, size_t len)
{
    char line[256], *home = NULL;
    FILE *file = fopen("/etc/passwd", "r");

    while (file && !home && fgets(line, sizeof line, file)) {
        char *at = line;
        int field;

        if (strncmp(line, name, len) != 0 || line[len] != ':')
            continue;
        for (field = 0; field < 5 && at; field++) {
            at = strchr(at, ':');
            at = at ? at + 1 : NULL;
        }
        home = at ? scratch_dup(at, strcspn(at, ":\n")) : NULL;
    }
    if (file)
        fclose(file);
    return home;
}

/* The home directory that a leading ~ or ~user of `len` characters stands for, or NULL. */
static const char *tilde_home(const char *text, size_t len)
{
    return len == 1 ? var_get("HOME") : user_home(text + 1, len - 1);
}

/* Adds a plain text part with its tilde expanded; returns false when it has none. */
static bool expand_tilde(struct marked *m, const struct part *part, const char *text)
{
    size_t len = strcspn(text, "/:");
    const char *home;

    if (*text != '~' || part->quoted || (!text[len] && part->next))
        return false;
    home = tilde_home(text, len);
    if (!home)
        return false;
    marked_add(m, home, strlen(home), MARK_QUOTED);
    marked_add(m, text + len, strlen(text + len), 0);
    return true;
}

static void expand_word(struct marked *m, const struct word *w)
{
    const struct part *first = w->parts;

    if (first && first->type == PART_TEXT && expand_tilde(m, first, first->text))
        first = first->next;
    expand_parts(m, first, false);
}

/* ---- splitting ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

/* Whether the characters [from, to) hold unquoted ones that mean something to glob: * or ? or [ before ]. */
static bool wants_glob(const struct marked *m, size_t from, size_t to)
{
    bool open = false;

    for (; from < to; from++) {
        char c = m->text.data[from];

        if (m->marks.data[from] & (MARK_QUOTED | MARK_EMPTY))
            continue;
        if (c == '*' || c == '?' || (c == ']' && open))
            return true;
        open |= c == '[';
    }
    return false;
}

static void slice_copy(struct strbuf *b, const struct marked *m, size_t from, size_t to, bool pattern)
{
    buf_text(b, "");
    for (; from < to; from++) {
        char c = m->text.data[from];
        int mark = m->marks.data[from];

        if (mark & MARK_EMPTY)
            continue;
        if (mark & MARK_BREAK)
            c = ' ';
        if (pattern && (mark & MARK_QUOTED) && strchr("*?[]\\-!^", c))
            buf_char(b, '\\');
        buf_char(b, c);
    }
}

static char *slice_text(const struct marked *m, size_t from, size_t to, bool pattern)
{
    struct strbuf b = {0};
    char *copy;

    slice_copy(&b, m, from, to, pattern);
    copy = scratch_dup(b.data, b.len);
    buf_free(&b);
    return copy;
}

static void field_end(struct fields *f, const struct marked *m, size_t from, size_t to)
{
    if (!sh.option[OPT_F] && wants_glob(m, from, to) && glob_fields(f, slice_text(m, from, to, true)))
        return;
    fields_add(f, slice_text(m, from, to, false));
}

/*
 * Cuts the marked text into fields.  `from` is where the current field began, or NONE; `after_blank` says
 * that blanks ended the field before, so that the separator behind them belongs to them.
 */
static void fields_split(struct fields *f, const struct marked *m)
{
    const size_t none = (size_t)-1;
    const char *ifs = var_get("IFS");
    size_t from = none, i;
    bool after_blank = false;

    ifs = ifs ? ifs : " \t\n";
    for (i = 0; i < m->text.len; i++) {
        char c = m->text.data[i];
        int mark = m->marks.data[i];
        bool cuts = mark == MARK_SPLIT && strchr(ifs, c);

        if (!cuts && mark != MARK_BREAK) {
            from = from == none ? i : from;
            continue;
        }
        if (from != none)
            field_end(f, m, from, i);
        else if (cuts && !is_blank(c) && !after_blank)
            fields_add(f, scratch_dup("", 0));
        after_blank = cuts && is_blank(c) && (from != none || after_blank);
        from = none;
    }
    if (from != none)
        field_end(f, m, from, i);
}

/* ---- for the rest of the shell ---- */

/* Expands a word of a command: splits, globs, adds the fields. */
void expand_fields(struct fields *f, const struct word *w)
{
    struct marked m = {0};

    expand_word(&m, w);
    fields_split(f, &m);
    marked_free(&m);
}

static char *expand_whole(const struct word *w, bool pattern)
{
    struct marked m = {0};
    char *text;

    expand_word(&m, w);
    text = slice_text(&m, 0, m.text.len, pattern);
    marked_free(&m);
    return text;
}

/* Expands to one string, without splitting and globbing. */
char *expand_string(const struct word *w)
{
    return expand_whole(w, false);
}

/* The same as a pattern for match(): quoted characters that could mean something get a backslash. */
char *expand_pattern(const struct word *w)
{
    return expand_whole(w, true);
}

/* Expands name=value, with a tilde behind the = too. */
char *expand_assign(const struct word *w)
{
    const struct part *first = w->parts;
    size_t len = strcspn(first->text, "=") + 1;
    struct marked m = {0};
    char *text;

    marked_add(&m, first->text, len, 0);
    if (!expand_tilde(&m, first, first->text + len))
        marked_add(&m, first->text + len, strlen(first->text + len), 0);
    expand_parts(&m, first->next, false);
    text = slice_text(&m, 0, m.text.len, false);
    marked_free(&m);
    return text;
}

/* Expands a text that stands in a variable, such as a prompt; in the scratch. */
char *expand_text(const char *text)
{
    struct parser p = {.arena = scratch_now()};
    struct source s;
    const struct word *w;

    source_push(&s, SOURCE_STRING, -1, text);
    w = word_read(&p, WORD_HERE);
    source_pop();
    return expand_string(w);
}
