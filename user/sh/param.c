// SPDX-License-Identifier: MIT
/*
 * param.c - ${...}: values of parameters and the operators on them
 */
#include "user/sh/sh.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *number_text(long n)
{
    static char text[24];

    snprintf(text, sizeof text, "%ld", n);
    return text;
}

static const char *special_value(char c)
{
    switch (c) {
    case '#':
        return number_text(sh.param_count);
    case '?':
        return number_text(sh.status);
    case '$':
        return number_text(sh.pid);
    case '!':
        return sh.last_back ? number_text(sh.last_back) : NULL;
    default:
        return option_letters();
    }
}

/* The value of any parameter but @ and *, or NULL. */
static const char *param_value(const char *name)
{
    if (isdigit((unsigned char)*name)) {
        long n = strtol(name, NULL, 10);

        if (n == 0)
            return sh.name;
        return n <= sh.param_count ? sh.params[n - 1] : NULL;
    }
    return name_start((unsigned char)*name) ? var_get(name) : special_value(*name);
}

static void add_value(struct marked *m, const char *text, bool quoted)
{
    if (quoted && !*text)
        marked_add(m, "", 1, MARK_EMPTY);
    marked_add(m, text, strlen(text), quoted ? MARK_QUOTED : MARK_SPLIT);
}

/* $@ and $*: "$*" joins the values by the first character of IFS, all else keeps them apart. */
static void add_all(struct marked *m, const struct part *part)
{
    const char *ifs = var_get("IFS");
    bool joins = *part->text == '*' && part->quoted;
    int i;

    if (joins && sh.param_count == 0)
        marked_add(m, "", 1, MARK_EMPTY);
    for (i = 0; i < sh.param_count; i++) {
        if (i > 0 && joins)
            marked_add(m, ifs ? ifs : " ", ifs && !*ifs ? 0 : 1, MARK_QUOTED);
        else if (i > 0)
            marked_add(m, "", 1, MARK_BREAK);
        add_value(m, sh.params[i], part->quoted);
    }
}

/*
 * The length of what `pattern` takes from the start (`#`) or the end (`%`) of `text`; `most` takes all it
 * can.
 */
static size_t trim_length(const char *text, const char *pattern, bool at_end, bool most)
{
    size_t len = strlen(text), n, i;

    for (i = 0; i <= len; i++) {
        char *piece;

        n = most ? len - i : i;
        piece = at_end ? scratch_dup(text + len - n, n) : scratch_dup(text, n);
        if (match(pattern, piece))
            return n;
    }
    return 0;
}

static void add_trimmed(struct marked *m, const struct part *part, const char *value)
{
    bool at_end = part->op == '%' || part->op == 'P', most = part->op == 'P' || part->op == 'H';
    struct arena *before;
    char *text = scratch_dup(value, strlen(value));
    const char *pattern = expand_pattern(part->arg);
    size_t n;

    before = scratch_push();
    n = trim_length(text, pattern, at_end, most);
    scratch_pop(before);
    if (at_end)
        text[strlen(text) - n] = '\0';
    else
        text += n;
    add_value(m, text, part->quoted);
}

static void fail_unset(const struct part *part)
{
    const char *text = expand_string(part->arg);

    sh_fail("%s: %s", part->text, *text ? text : "parameter is not set");
}

/* The operators that use their word in place of the value: - = + ? */
static void add_default(struct marked *m, const struct part *part, bool have)
{
    if (part->op == '+' ? !have : have) {
        if (part->quoted)
            marked_add(m, "", 1, MARK_EMPTY);
        return;
    }
    if (part->op == '?')
        fail_unset(part);
    if (part->op == '=') {
        if (!name_start((unsigned char)*part->text))
            sh_fail("%s: cannot be assigned", part->text);
        var_set(part->text, expand_string(part->arg));
        add_value(m, var_get(part->text), part->quoted);
        return;
    }
    if (part->quoted && !part->arg->parts)
        marked_add(m, "", 1, MARK_EMPTY);
    expand_parts(m, part->arg->parts, !part->quoted);
}

static bool is_all(const struct part *part)
{
    return *part->text == '@' || *part->text == '*';
}

/* Adds the value of one ${...} or $name. */
void expand_param(struct marked *m, const struct part *part)
{
    bool all = is_all(part), have;
    const char *value = all ? (sh.param_count ? "x" : NULL) : param_value(part->text);

    if (all && sh.param_count == 1)
        value = sh.params[0];
    have = value && (!part->colon || *value);
    if (part->op == '+' || (part->op && strchr("-=?", part->op) && !have)) {
        add_default(m, part, have);
        return;
    }
    if (!value && !all && sh.option[OPT_U] && *part->text != '!')
        sh_fail("%s: parameter is not set", part->text);
    if (part->op == 'L')
        value = number_text(all ? sh.param_count : value ? (long)strlen(value) : 0);
    if (part->op && strchr("%P#H", part->op) && value && !all)
        add_trimmed(m, part, value);
    else if (all && part->op != 'L')
        add_all(m, part);
    else
        add_value(m, value ? value : "", part->quoted);
}
