// SPDX-License-Identifier: MIT
/*
 * word.c - from characters to the parts of a word
 *
 * A word is read once, into parts: text (with or without quotes), parameters, command substitutions (already
 * as trees) and arithmetic.  What ends a word and what quotes mean in it depends on where it stands, the
 * mode:
 *
 *     PLAIN         an ordinary word            ends before a blank or an operator
 *     QUOTED        inside "..."                ends with "
 *     BRACE         behind ${x:- and so on      ends with }
 *     BRACE_QUOTED  the same inside "..."       ends with }
 *     ARITH         inside $((...))             ends with ))
 *     HERE          a here-document             ends with its text
 */
#include "user/sh/sh.h"

#include <ctype.h>
#include <string.h>

struct build {
    struct parser *p;
    struct word *word;
    struct part **tail;
    struct strbuf text; // characters that are not yet a part
    bool text_quoted;
    int depth; // ARITH: open parentheses
};

bool name_start(int c)
{
    return c == '_' || (c >= 0 && isalpha(c));
}

bool name_char(int c)
{
    return c == '_' || (c >= 0 && isalnum(c));
}

/* How many characters at the start of `text` make a variable's name. */
size_t name_length(const char *text)
{
    size_t n = 0;

    if (!name_start((unsigned char)*text))
        return 0;
    while (name_char((unsigned char)text[n]))
        n++;
    return n;
}

static void word_fail(const struct build *b, const char *what)
{
    syntax_fail(b->p->tok.line, "%s", what);
}

static bool mode_quotes(enum word_mode mode)
{
    return mode != WORD_PLAIN && mode != WORD_BRACE;
}

static struct part *part_link(struct build *b, enum part_type type, bool quoted)
{
    struct part *part = arena_alloc(b->p->arena, sizeof *part);

    *part = (struct part){.type = type, .quoted = quoted, .text = ""};
    *b->tail = part;
    b->tail = &part->next;
    return part;
}

static void text_flush(struct build *b)
{
    if (b->text.len == 0)
        return;
    part_link(b, PART_TEXT, b->text_quoted)->text = arena_dup(b->p->arena, b->text.data, b->text.len);
    b->text.len = 0;
}

static struct part *part_add(struct build *b, enum part_type type, bool quoted)
{
    text_flush(b);
    return part_link(b, type, quoted);
}

static void text_put(struct build *b, int c, bool quoted)
{
    if (b->text_quoted != quoted)
        text_flush(b);
    b->text_quoted = quoted;
    buf_char(&b->text, (char)c);
}

static void read_backslash(struct build *b, enum word_mode mode)
{
    int c = lex_peek();

    if (mode_quotes(mode) && (c == SOURCE_END || !strchr(mode == WORD_HERE ? "$`\\" : "$`\"\\}", c))) {
        text_put(b, '\\', true);
    } else if (mode == WORD_QUOTED && c == '}') {
        text_put(b, '\\', true);
    } else if (c == SOURCE_END) {
        text_put(b, '\\', true);
    } else {
        text_put(b, lex_char(), true);
    }
}

static void read_single(struct build *b)
{
    int c;

    text_flush(b);
    if (source_peek() == '\'')
        part_add(b, PART_TEXT, true);
    while ((c = source_get()) != '\'') {
        if (c == SOURCE_END)
            word_fail(b, "' is not closed");
        text_put(b, c, true);
    }
}

static void read_backquote(struct build *b, enum word_mode mode)
{
    struct strbuf text = {0};
    const char *escaped = mode == WORD_QUOTED ? "$`\\\"" : "$`\\";
    int c;

    buf_text(&text, "");
    while ((c = source_get()) != '`') {
        if (c == SOURCE_END)
            word_fail(b, "` is not closed");
        if (c == '\\' && source_peek() != SOURCE_END && strchr(escaped, source_peek()))
            c = source_get();
        buf_char(&text, (char)c);
    }
    part_add(b, PART_COMMAND, mode_quotes(mode))->body = parse_string(b->p, text.data);
    buf_free(&text);
}

static char *read_name(struct build *b)
{
    struct strbuf name = {0};
    int c = lex_peek();
    char *copy;

    if (name_start(c)) {
        while (name_char(lex_peek()))
            buf_char(&name, (char)lex_char());
    } else if (isdigit(c)) {
        while (isdigit(lex_peek()))
            buf_char(&name, (char)lex_char());
    } else if (c != SOURCE_END && strchr("@*#?-$!", c)) {
        buf_char(&name, (char)lex_char());
    } else {
        word_fail(b, "bad substitution");
    }
    copy = arena_dup(b->p->arena, name.data, name.len);
    buf_free(&name);
    return copy;
}

/* The operator behind the name in ${...} and its word. */
static void read_operator(struct build *b, struct part *part)
{
    int c = lex_char();
    bool trims;

    if (c == ':') {
        part->colon = true;
        c = lex_char();
    }
    if (c == SOURCE_END || !strchr(part->colon ? "-=+?" : "-=+?%#", c))
        word_fail(b, "bad substitution");
    trims = c == '%' || c == '#';
    part->op = (char)c;
    if (trims && lex_peek() == c) {
        lex_char();
        part->op = c == '%' ? 'P' : 'H';
    }
    part->arg = word_read(b->p, part->quoted && !trims ? WORD_BRACE_QUOTED : WORD_BRACE);
}

/* ${...}, behind its brace. */
static void read_brace(struct build *b, bool quoted)
{
    struct part *part = part_add(b, PART_PARAM, quoted);

    part->text = read_name(b);
    if (strcmp(part->text, "#") == 0 && lex_peek() != '}' && !strchr(":-=+?%", lex_peek())) {
        part->op = 'L';
        part->text = read_name(b);
    }
    if (lex_peek() != '}') {
        if (part->op == 'L')
            word_fail(b, "bad substitution");
        read_operator(b, part);
    } else {
        lex_char();
    }
}

static void read_paren(struct build *b, bool quoted)
{
    if (lex_peek() == '(') {
        lex_char();
        part_add(b, PART_ARITH, quoted)->arg = word_read(b->p, WORD_ARITH);
    } else {
        text_flush(b);
        part_add(b, PART_COMMAND, quoted)->body = parse_inside(b->p);
    }
}

static void read_dollar(struct build *b, enum word_mode mode)
{
    bool quoted = mode_quotes(mode);
    int c = lex_peek();

    if (c == '{') {
        lex_char();
        read_brace(b, quoted);
    } else if (c == '(') {
        lex_char();
        read_paren(b, quoted);
    } else if (isdigit(c)) {
        char digit = (char)lex_char();

        part_add(b, PART_PARAM, quoted)->text = arena_dup(b->p->arena, &digit, 1);
    } else if (name_start(c) || (c > 0 && strchr("@*#?-$!", c))) {
        struct part *part = part_add(b, PART_PARAM, quoted);

        part->text = read_name(b);
    } else {
        text_put(b, '$', quoted);
    }
}

/* Whether `c` ends the word; takes it, but for an ordinary word. */
static bool word_ends(struct build *b, enum word_mode mode, int c)
{
    switch (mode) {
    case WORD_PLAIN:
        if (c != SOURCE_END && !strchr(" \t\r\n<>&|;()", c))
            return false;
        if (c != SOURCE_END)
            source_back();
        return true;
    case WORD_QUOTED:
        return c == '"';
    case WORD_HERE:
        return c == SOURCE_END;
    case WORD_ARITH:
        b->depth += c == '(' ? 1 : c == ')' ? -1 : 0;
        if (b->depth >= 0)
            return false;
        if (lex_char() != ')')
            word_fail(b, "$(( is not closed by ))");
        return true;
    default:
        return c == '}';
    }
}

static bool word_step(struct build *b, enum word_mode mode);

static void read_double(struct build *b)
{
    struct part **before;

    text_flush(b);
    before = b->tail;
    while (word_step(b, WORD_QUOTED))
        continue;
    text_flush(b);
    if (before == b->tail)
        part_add(b, PART_TEXT, true);
}

/* Reads one character and what belongs to it; false when the word has ended. */
static bool word_step(struct build *b, enum word_mode mode)
{
    int c = lex_char();

    if (word_ends(b, mode, c))
        return false;
    if (c == SOURCE_END)
        word_fail(b, mode == WORD_QUOTED  ? "\" is not closed"
                     : mode == WORD_ARITH ? "$(( is not closed"
                                          : "${ is not closed");
    if (c == '\\')
        read_backslash(b, mode);
    else if (c == '\'' && !mode_quotes(mode))
        read_single(b);
    else if (c == '"' && mode != WORD_HERE && mode != WORD_ARITH)
        read_double(b);
    else if (c == '$')
        read_dollar(b, mode);
    else if (c == '`')
        read_backquote(b, mode);
    else
        text_put(b, c, mode_quotes(mode));
    return true;
}

/* Reads a word to its end; in every mode but PLAIN the character that ends it is taken too. */
struct word *word_read(struct parser *p, enum word_mode mode)
{
    struct build b = {.p = p, .word = arena_alloc(p->arena, sizeof *b.word)};

    b.tail = &b.word->parts;
    while (word_step(&b, mode))
        continue;
    text_flush(&b);
    buf_free(&b.text);
    return b.word;
}
