// SPDX-License-Identifier: MIT
/*
 * parser.c - from tokens to the tree of a command
 *
 * Recursive descent along the grammar of POSIX (XCU 2.10): a list of and-or lists, of pipelines, of commands.
 * Each function reads one rule and returns its node; what does not fit ends in token_fail(), which names line
 * and token. Nothing has run by then, so a line with an error has no effect at all.
 */
#include "user/sh/sh.h"

#include <string.h>

static struct node *list_read(struct parser *p, bool lines);
static struct node *command_read(struct parser *p);

static struct node *node_new(struct parser *p, enum node_type type)
{
    struct node *n = arena_alloc(p->arena, sizeof *n);

    n->type = type;
    n->line = token_peek(p)->line;
    return n;
}

static struct node *node_pair(struct parser *p, enum node_type type, struct node *a, struct node *b)
{
    struct node *n = node_new(p, type);

    n->a = a;
    n->b = b;
    return n;
}

static bool token_is(struct parser *p, enum token_type type)
{
    return token_peek(p)->type == type;
}

/* Whether the next token is the reserved word `text`. */
static bool word_is(struct parser *p, const char *text)
{
    return token_is(p, TOK_WORD) && strcmp(p->tok.text, text) == 0;
}

static bool word_among(struct parser *p, const char *const *words)
{
    for (; *words; words++)
        if (word_is(p, *words))
            return true;
    return false;
}

static void expect_word(struct parser *p, const char *text)
{
    if (!word_is(p, text))
        token_fail(p);
    token_next(p);
}

static void expect(struct parser *p, enum token_type type)
{
    if (!token_is(p, type))
        token_fail(p);
    token_next(p);
}

static void newlines_skip(struct parser *p)
{
    while (token_is(p, TOK_NEWLINE))
        token_next(p);
}

/* A list that must hold at least one command. */
static struct node *body_read(struct parser *p)
{
    struct node *n = list_read(p, true);

    if (!n)
        token_fail(p);
    return n;
}

static struct word *word_take(struct parser *p)
{
    struct word *w = token_peek(p)->word;

    if (!token_is(p, TOK_WORD))
        token_fail(p);
    token_next(p);
    return w;
}

static char *name_take(struct parser *p)
{
    const char *text = token_peek(p)->text;

    if (!token_is(p, TOK_WORD) || !*text || text[name_length(text)])
        token_fail(p);
    token_next(p);
    return arena_dup(p->arena, text, strlen(text));
}

static void redir_read(struct parser *p, struct redir ***tail)
{
    struct redir *r = arena_alloc(p->arena, sizeof *r);
    bool strip = token_peek(p)->here_strip;

    r->type = p->tok.redir;
    r->fd = p->tok.fd;
    token_next(p);
    r->target = word_take(p);
    if (r->type == REDIR_HERE)
        here_add(p, r, r->target, strip);
    **tail = r;
    *tail = &r->next;
}

static bool is_assignment(const struct word *w)
{
    const struct part *first = w->parts;
    size_t n;

    if (!first || first->type != PART_TEXT || first->quoted)
        return false;
    n = name_length(first->text);
    return n && first->text[n] == '=';
}

static struct node *function_read(struct parser *p, const char *name)
{
    struct node *n = node_new(p, NODE_FUNCTION);

    expect(p, TOK_LPAREN);
    expect(p, TOK_RPAREN);
    newlines_skip(p);
    n->name = arena_dup(p->arena, name, strlen(name));
    n->home = p->arena;
    n->a = command_read(p);
    return n;
}

static struct node *simple_read(struct parser *p)
{
    struct node *n = node_new(p, NODE_SIMPLE);
    struct redir **redirs = &n->redirs;
    struct word **words = &n->words, **assigns = &n->assigns;

    for (;;) {
        if (token_is(p, TOK_REDIR)) {
            redir_read(p, &redirs);
        } else if (token_is(p, TOK_WORD) && !n->words && is_assignment(p->tok.word)) {
            *assigns = word_take(p);
            assigns = &(*assigns)->next;
        } else if (token_is(p, TOK_WORD)) {
            const char *name = p->tok.text;

            *words = word_take(p);
            if (words == &n->words && !n->assigns && *name && token_is(p, TOK_LPAREN))
                return function_read(p, name);
            words = &(*words)->next;
        } else {
            break;
        }
    }
    if (!n->words && !n->assigns && !n->redirs)
        token_fail(p);
    return n;
}

/* if and elif, behind the word. */
static struct node *if_read(struct parser *p)
{
    struct node *n = node_new(p, NODE_IF);

    n->a = body_read(p);
    expect_word(p, "then");
    n->b = body_read(p);
    if (word_is(p, "elif")) {
        token_next(p);
        n->c = if_read(p);
        return n;
    }
    if (word_is(p, "else")) {
        token_next(p);
        n->c = body_read(p);
    }
    expect_word(p, "fi");
    return n;
}

static struct node *do_read(struct parser *p)
{
    struct node *body;

    expect_word(p, "do");
    body = body_read(p);
    expect_word(p, "done");
    return body;
}

static struct node *while_read(struct parser *p, enum node_type type)
{
    struct node *n = node_new(p, type);

    n->a = body_read(p);
    n->b = do_read(p);
    return n;
}

static struct node *for_read(struct parser *p)
{
    struct node *n = node_new(p, NODE_FOR);
    struct word **tail = &n->words;

    n->name = name_take(p);
    newlines_skip(p);
    if (word_is(p, "in")) {
        n->listed = true;
        token_next(p);
        for (; token_is(p, TOK_WORD); tail = &(*tail)->next)
            *tail = word_take(p);
        if (!token_is(p, TOK_SEMI) && !token_is(p, TOK_NEWLINE))
            token_fail(p);
    }
    if (token_is(p, TOK_SEMI))
        token_next(p);
    newlines_skip(p);
    n->b = do_read(p);
    return n;
}

static struct case_item *item_read(struct parser *p)
{
    struct case_item *item = arena_alloc(p->arena, sizeof *item);
    struct word **tail = &item->patterns;

    if (token_is(p, TOK_LPAREN))
        token_next(p);
    *tail = word_take(p);
    while (token_is(p, TOK_PIPE)) {
        token_next(p);
        tail = &(*tail)->next;
        *tail = word_take(p);
    }
    expect(p, TOK_RPAREN);
    item->body = list_read(p, true);
    if (token_is(p, TOK_DSEMI))
        token_next(p);
    else if (!word_is(p, "esac"))
        token_fail(p);
    newlines_skip(p);
    return item;
}

static struct node *case_read(struct parser *p)
{
    struct node *n = node_new(p, NODE_CASE);
    struct case_item **tail = &n->items;

    n->words = word_take(p);
    newlines_skip(p);
    expect_word(p, "in");
    newlines_skip(p);
    for (; !word_is(p, "esac"); tail = &(*tail)->next)
        *tail = item_read(p);
    token_next(p);
    return n;
}

static struct node *group_read(struct parser *p, enum node_type type)
{
    struct node *n = node_new(p, type);

    n->a = body_read(p);
    if (type == NODE_GROUP)
        expect_word(p, "}");
    else
        expect(p, TOK_RPAREN);
    return n;
}

/* A compound command, or NULL when none begins here. */
static struct node *compound_read(struct parser *p)
{
    static const char *const words[] = {"if", "while", "until", "for", "case", "{", NULL};
    char first;

    if (token_is(p, TOK_LPAREN)) {
        token_next(p);
        return group_read(p, NODE_SUBSHELL);
    }
    if (!word_among(p, words))
        return NULL;
    first = p->tok.text[0];
    token_next(p);
    switch (first) {
    case 'i':
        return if_read(p);
    case 'w':
        return while_read(p, NODE_WHILE);
    case 'u':
        return while_read(p, NODE_UNTIL);
    case 'f':
        return for_read(p);
    case 'c':
        return case_read(p);
    default:
        return group_read(p, NODE_GROUP);
    }
}

static struct node *command_read(struct parser *p)
{
    static const char *const closing[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}", NULL};
    struct node *n;
    struct redir **tail;

    if (word_among(p, closing))
        token_fail(p);
    n = compound_read(p);
    if (!n)
        return simple_read(p);
    tail = &n->redirs;
    while (token_is(p, TOK_REDIR))
        redir_read(p, &tail);
    return n;
}

static struct node *pipeline_read(struct parser *p)
{
    bool inverted = false;
    struct node *first, *last;

    for (; word_is(p, "!"); inverted = !inverted)
        token_next(p);
    first = last = command_read(p);
    while (token_is(p, TOK_PIPE)) {
        token_next(p);
        newlines_skip(p);
        last->next = command_read(p);
        last = last->next;
    }
    if (first->next)
        first = node_pair(p, NODE_PIPE, first, NULL);
    return inverted ? node_pair(p, NODE_NOT, first, NULL) : first;
}

static struct node *and_or_read(struct parser *p)
{
    struct node *n = pipeline_read(p);

    while (token_is(p, TOK_AND) || token_is(p, TOK_OR)) {
        enum node_type type = p->tok.type == TOK_AND ? NODE_AND : NODE_OR;

        token_next(p);
        newlines_skip(p);
        n = node_pair(p, type, n, pipeline_read(p));
    }
    return n;
}

static bool list_ends(struct parser *p)
{
    static const char *const closing[] = {"then", "else", "elif", "fi", "do", "done", "esac", "}", NULL};

    return token_is(p, TOK_END) || token_is(p, TOK_RPAREN) || token_is(p, TOK_DSEMI) ||
           word_among(p, closing);
}

/* Commands up to what cannot begin one; a newline ends the list unless `lines`.  NULL when there is none. */
static struct node *list_read(struct parser *p, bool lines)
{
    struct node *list = NULL, **tail = &list;

    for (;;) {
        struct node *n;

        if (lines)
            newlines_skip(p);
        if (list_ends(p) || token_is(p, TOK_NEWLINE))
            return list;
        n = and_or_read(p);
        if (token_is(p, TOK_AMP))
            n = node_pair(p, NODE_BACK, n, NULL);
        if (list) {
            *tail = node_pair(p, NODE_LIST, *tail, n);
            tail = &(*tail)->b;
        } else {
            list = n;
        }
        if (token_is(p, TOK_AMP) || token_is(p, TOK_SEMI))
            token_next(p);
        else if (!token_is(p, TOK_NEWLINE))
            return list;
    }
}

/*
 * The next complete command of the current source; NULL for an empty line and at the end, which tok tells
 * apart.
 */
struct node *parse_line(struct parser *p)
{
    struct node *n;

    source_now()->inside = false;
    n = list_read(p, false);
    if (!token_is(p, TOK_NEWLINE) && !token_is(p, TOK_END))
        token_fail(p);
    token_next(p);
    return n;
}

static struct node *nested(struct parser *p, enum token_type end)
{
    struct parser inner = {.arena = p->arena};
    struct node *n = list_read(&inner, true);

    if (!token_is(&inner, end))
        token_fail(&inner);
    return n;
}

/* The commands of $(...), behind the parenthesis; takes the one that closes it. */
struct node *parse_inside(struct parser *p)
{
    return nested(p, TOK_RPAREN);
}

/* All commands of `text`, which stood between backquotes. */
struct node *parse_string(struct parser *p, const char *text)
{
    struct source s, *outer = source_now();
    struct node *n;

    source_push(&s, SOURCE_STRING, -1, text);
    s.line = outer->line;
    s.name = outer->name;
    n = nested(p, TOK_END);
    source_pop();
    return n;
}
