// SPDX-License-Identifier: MIT
/*
 * lexer.c - from characters to tokens, and the text of here-documents
 *
 * A token is an operator, a redirection with its descriptor, a newline, or a word, which word.c reads.
 * Whether a word is reserved (`if`, `done`) depends on where it stands, so the parser decides that.
 *
 * The text of a here-document begins behind the next newline: the parser announces it with here_add(), and
 * the newline token reads what was announced.
 */
#include "user/sh/sh.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct here {
    struct redir *redir; // whose target the text becomes
    char *end;
    bool quoted, strip;
    struct here *next;
};

static const struct symbol {
    const char *text;
    enum token_type type;
    enum redir_type redir;
    int fd;
} symbols[] = {
    // longer ones first
    {"<<-", TOK_REDIR, REDIR_HERE, 0},
    {"<<", TOK_REDIR, REDIR_HERE, 0},
    {"<&", TOK_REDIR, REDIR_DUP, 0},
    {"<>", TOK_REDIR, REDIR_BOTH, 0},
    {">>", TOK_REDIR, REDIR_APPEND, 1},
    {">&", TOK_REDIR, REDIR_DUP, 1},
    {">|", TOK_REDIR, REDIR_CLOBBER, 1},
    {"&&", TOK_AND, 0, 0},
    {"||", TOK_OR, 0, 0},
    {";;", TOK_DSEMI, 0, 0},
    {"<", TOK_REDIR, REDIR_IN, 0},
    {">", TOK_REDIR, REDIR_OUT, 1},
    {"|", TOK_PIPE, 0, 0},
    {"&", TOK_AMP, 0, 0},
    {";", TOK_SEMI, 0, 0},
    {"(", TOK_LPAREN, 0, 0},
    {")", TOK_RPAREN, 0, 0},
};

/* The next character, with continued lines joined. */
int lex_char(void)
{
    int c;

    while ((c = source_get()) == '\\' && source_peek() == '\n')
        source_get();
    return c;
}

/* The character that lex_char() would give. */
int lex_peek(void)
{
    int c = lex_char();

    if (c != SOURCE_END)
        source_back();
    return c;
}

/* Ends the reading with a message about the current token. */
void token_fail(struct parser *p)
{
    const char *text = p->tok.text;

    syntax_fail(p->tok.line, "unexpected `%s'", *text ? text : "word");
}

static bool symbol_fits(const char *text, const char *have, size_t len)
{
    return strncmp(text, have, len) == 0;
}

/* Reads the longest operator that begins with `c`; the caller has seen that one does. */
static const struct symbol *symbol_read(int c)
{
    char have[4] = {(char)c};
    size_t len = 1, i;

    for (i = 0; i < sizeof symbols / sizeof *symbols && len < 3;) {
        if (!symbol_fits(symbols[i].text, have, len) || strlen(symbols[i].text) == len) {
            i++;
            continue;
        }
        have[len] = (char)lex_peek();
        if (symbol_fits(symbols[i].text, have, len + 1)) {
            lex_char();
            len++;
        } else {
            have[len] = '\0';
            i++;
        }
    }
    for (i = 0; strcmp(symbols[i].text, have) != 0;)
        i++;
    return &symbols[i];
}

static void token_operator(struct parser *p, int c)
{
    const struct symbol *o = symbol_read(c);

    p->tok.type = o->type;
    p->tok.text = o->text;
    p->tok.redir = o->redir;
    p->tok.fd = o->fd;
    p->tok.here_strip = o->redir == REDIR_HERE && o->text[2] == '-';
}

static bool all_digits(const char *text)
{
    if (!*text)
        return false;
    while (isdigit((unsigned char)*text))
        text++;
    return !*text;
}

/* A word, or the descriptor before a redirection. */
static void token_word(struct parser *p)
{
    struct word *w = word_read(p, WORD_PLAIN);
    struct part *first = w->parts;
    int c = lex_peek(), fd;

    p->tok.type = TOK_WORD;
    p->tok.word = w;
    if (!first || first->next || first->type != PART_TEXT || first->quoted)
        return;
    p->tok.text = first->text;
    if ((c != '<' && c != '>') || !all_digits(first->text))
        return;
    fd = atoi(first->text);
    token_operator(p, lex_char());
    p->tok.fd = fd;
}

static int blanks_skip(void)
{
    int c;

    while ((c = lex_char()) == ' ' || c == '\t' || c == '\r')
        continue;
    if (c != '#')
        return c;
    while ((c = source_get()) != '\n' && c != SOURCE_END)
        continue;
    return c;
}

/* Reads one line without its newline; false at the end of the source. */
static bool here_line(struct strbuf *line, bool strip)
{
    int c;

    line->len = 0;
    buf_text(line, "");
    if (source_peek() == SOURCE_END)
        return false;
    while (strip && source_peek() == '\t')
        source_get();
    while ((c = source_get()) != '\n' && c != SOURCE_END)
        buf_char(line, (char)c);
    return true;
}

static struct word *here_word(struct parser *p, const struct here *h, const char *text)
{
    struct source s;
    struct word *w;

    if (h->quoted) {
        w = arena_alloc(p->arena, sizeof *w);
        w->parts = arena_alloc(p->arena, sizeof *w->parts);
        *w->parts = (struct part){.type = PART_TEXT, .quoted = true};
        w->parts->text = arena_dup(p->arena, text, strlen(text));
        return w;
    }
    source_push(&s, SOURCE_STRING, -1, text);
    w = word_read(p, WORD_HERE);
    source_pop();
    return w;
}

static void heres_read(struct parser *p)
{
    while (p->heres) {
        struct here *h = p->heres;
        struct strbuf text = {0}, line = {0};

        p->heres = h->next;
        buf_text(&text, "");
        while (here_line(&line, h->strip) && strcmp(line.data, h->end) != 0) {
            buf_add(&text, line.data, line.len);
            buf_char(&text, '\n');
        }
        h->redir->target = here_word(p, h, text.data);
        buf_free(&line);
        buf_free(&text);
    }
}

/* Announces a here-document that ends with a line equal to `end`. */
void here_add(struct parser *p, struct redir *r, struct word *end, bool strip)
{
    struct here *h = arena_alloc(p->arena, sizeof *h), **at = &p->heres;
    struct strbuf text = {0};
    const struct part *part;

    *h = (struct here){.redir = r, .strip = strip};
    buf_text(&text, "");
    for (part = end->parts; part; part = part->next) {
        if (part->type == PART_TEXT)
            buf_text(&text, part->text);
        h->quoted |= part->quoted;
    }
    h->end = arena_dup(p->arena, text.data, text.len);
    buf_free(&text);
    while (*at)
        at = &(*at)->next;
    *at = h;
}

static void token_read(struct parser *p)
{
    int c = blanks_skip();

    p->tok = (struct token){.text = "", .line = source_now()->line};
    if (c == SOURCE_END) {
        p->tok.type = TOK_END;
        p->tok.text = "end of file";
        heres_read(p);
    } else if (c == '\n') {
        p->tok.type = TOK_NEWLINE;
        p->tok.text = "newline";
        p->tok.line--;
        heres_read(p);
    } else if (strchr("<>&|;()", c)) {
        token_operator(p, c);
    } else {
        source_back();
        token_word(p);
    }
    source_now()->inside = true;
}

/* The token that comes next; it stays until token_next(). */
struct token *token_peek(struct parser *p)
{
    if (!p->have)
        token_read(p);
    p->have = true;
    return &p->tok;
}

void token_next(struct parser *p)
{
    token_peek(p);
    p->have = false;
}
