// SPDX-License-Identifier: MIT
/*
 * builtin_vars.c - builtins on variables and options: export readonly local unset set read getopts
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char option_chars[] = "euxfnamC"; // in the order of the OPT_ constants

static const char *const option_names[] = {
    "errexit", "nounset", "xtrace", "noglob", "noexec", "allexport", "monitor", "noclobber",
};

/* The letters of $-. */
const char *option_letters(void)
{
    static char text[OPT_COUNT + 2];
    size_t n = 0;
    int i;

    for (i = 0; i < OPT_COUNT; i++)
        if (sh.option[i])
            text[n++] = option_chars[i];
    if (sh.interactive)
        text[n++] = 'i';
    text[n] = '\0';
    return text;
}

/* Sets options by a word such as -eu or +x; letters that only mean something at the start are let through. */
bool set_option(const char *arg)
{
    bool on = *arg == '-';

    while (*++arg) {
        const char *at = strchr(option_chars, *arg);

        if (at)
            sh.option[at - option_chars] = on;
        else if (!strchr("csilb", *arg))
            return false;
    }
    return true;
}

static int options_print(void)
{
    int i;

    for (i = 0; i < OPT_COUNT; i++)
        printf("%-10s %s\n", option_names[i], sh.option[i] ? "on" : "off");
    return 0;
}

static bool option_named(const char *name, bool on)
{
    int i;

    for (i = 0; i < OPT_COUNT; i++)
        if (strcmp(option_names[i], name) == 0) {
            sh.option[i] = on;
            return true;
        }
    return false;
}

int b_set(int argc, char **argv)
{
    int i;

    if (argc == 1) {
        vars_print(0, "");
        return 0;
    }
    for (i = 1; i < argc && (argv[i][0] == '-' || argv[i][0] == '+') && argv[i][1]; i++) {
        if (strcmp(argv[i], "--") == 0) {
            params_set(argv + i + 1, argc - i - 1);
            return 0;
        }
        if (argv[i][1] == 'o' && !argv[i][2]) {
            if (!argv[i + 1])
                return options_print();
            if (!option_named(argv[i + 1], argv[i][0] == '-'))
                sh_fail("set: %s: no such option", argv[i + 1]);
            i++;
        } else if (!set_option(argv[i])) {
            sh_fail("set: %s: no such option", argv[i]);
        }
    }
    if (i < argc)
        params_set(argv + i, argc - i);
    return 0;
}

static bool name_check(const char *command, const char *text)
{
    size_t n = name_length(text);

    if (n && (!text[n] || text[n] == '='))
        return true;
    sh_say("%s: %s: not a name", command, text);
    return false;
}

/* export and readonly: assigns where asked, then sets the flag. */
static int flag_all(char **argv, int flag)
{
    const char *command = argv[0];
    int status = 0;

    if (argv[1] && strcmp(argv[1], "-p") == 0)
        argv++;
    if (!argv[1])
        vars_print(flag, flag == VAR_EXPORT ? "export " : "readonly ");
    while (*++argv) {
        if (!name_check(command, *argv)) {
            status = 1;
            continue;
        }
        if (strchr(*argv, '='))
            var_assign(*argv);
        var_flag(scratch_dup(*argv, strcspn(*argv, "=")), flag);
    }
    return status;
}

int b_export(int argc, char **argv)
{
    (void)argc;
    return flag_all(argv, VAR_EXPORT);
}

int b_readonly(int argc, char **argv)
{
    (void)argc;
    return flag_all(argv, VAR_READONLY);
}

int b_local(int argc, char **argv)
{
    (void)argc;
    if (sh.calls == 0)
        sh_fail("local: not in a function");
    while (*++argv) {
        if (!name_check("local", *argv))
            return 1;
        scope_local(scratch_dup(*argv, strcspn(*argv, "=")));
        if (strchr(*argv, '='))
            var_assign(*argv);
    }
    return 0;
}

int b_unset(int argc, char **argv)
{
    bool functions = argc > 1 && strcmp(argv[1], "-f") == 0;

    if (functions || (argc > 1 && strcmp(argv[1], "-v") == 0))
        argv++;
    while (*++argv) {
        if (functions)
            function_unset(*argv);
        else
            var_unset(*argv);
    }
    return 0;
}

/* ---- read ---- */

/* One character of the line, -1 at its end; *more is false when the input ended before a newline did. */
static int read_char(bool *more)
{
    unsigned char c;
    ssize_t got;

    while ((got = trap_read(0, &c, 1)) < 0 && errno == EINTR)
        trap_run();
    if (got <= 0) {
        *more = false;
        return -1;
    }
    return c == '\n' ? -1 : c;
}

/* Reads a line; the characters that a backslash made ordinary are marked. */
static bool read_line(struct marked *m, bool raw)
{
    bool more = true;
    int c;

    while ((c = read_char(&more)) >= 0 || more) {
        char one = (char)c;

        if (c < 0)
            break;
        if (c != '\\' || raw) {
            marked_add(m, &one, 1, MARK_SPLIT);
            continue;
        }
        c = read_char(&more);
        one = (char)c;
        if (c >= 0)
            marked_add(m, &one, 1, MARK_QUOTED);
    }
    return more;
}

static bool cuts(const struct marked *m, size_t i, const char *ifs, bool blank)
{
    char c = m->text.data[i];

    if (m->marks.data[i] != MARK_SPLIT || !strchr(ifs, c))
        return false;
    return !blank || c == ' ' || c == '\t' || c == '\n';
}

/* Sets one variable from the text at *at: a field, or all the rest when it is the last. */
static void read_field(const struct marked *m, size_t *at, const char *name, bool last)
{
    const char *ifs = var_get("IFS");
    char *separators = scratch_dup(ifs ? ifs : " \t\n", strlen(ifs ? ifs : " \t\n"));
    size_t from, to, end = m->text.len;

    while (*at < end && cuts(m, *at, separators, true))
        ++*at;
    from = to = *at;
    if (last) {
        for (to = end; to > from && cuts(m, to - 1, separators, true); to--)
            continue;
        *at = end;
    } else {
        while (to < end && !cuts(m, to, separators, false))
            to++;
        for (*at = to; *at < end && cuts(m, *at, separators, true); ++*at)
            continue;
        if (*at < end && cuts(m, *at, separators, false))
            ++*at;
    }
    var_set(name, scratch_dup(m->text.len ? m->text.data + from : "", to - from));
}

int b_read(int argc, char **argv)
{
    struct marked m = {0};
    bool raw = false, more;
    size_t at = 0;
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        if (strcmp(argv[i], "-r") == 0) {
            raw = true;
        } else if (strcmp(argv[i], "-p") == 0 && i + 1 < argc) {
            fputs(argv[++i], stderr);
        } else {
            sh_say("read: %s: unknown option", argv[i]);
            return 2;
        }
    }
    for (int k = i; k < argc; k++)
        if (!name_check("read", argv[k]))
            return 2;
    more = read_line(&m, raw);
    if (i == argc)
        read_field(&m, &at, "REPLY", true);
    for (; i < argc; i++)
        read_field(&m, &at, argv[i], i + 1 == argc);
    marked_free(&m);
    return more ? 0 : 1;
}

/* ---- getopts ---- */

struct options {
    const char *letters;
    char **args;
    int count;
    int word, letter; // where the next letter stands: args[word - 1][letter]
};

static void optind_set(int n)
{
    char text[16];

    snprintf(text, sizeof text, "%d", n);
    var_set("OPTIND", text);
}

/* The argument of the option at hand: the rest of its word or the next one; NULL when it is missing. */
static const char *option_value(struct options *o)
{
    const char *rest = o->args[o->word - 1] + o->letter;

    o->word++;
    o->letter = 1;
    if (*rest)
        return rest;
    return o->word <= o->count ? o->args[o->word++ - 1] : NULL;
}

/* Takes the next letter; returns what `name` becomes. */
static char option_take(struct options *o)
{
    char c = o->args[o->word - 1][o->letter++], text[2] = {c};
    const char *known = c == ':' ? NULL : strchr(o->letters, c), *value = NULL;
    bool quiet = o->letters[0] == ':', wants = known && known[1] == ':';

    if (wants)
        value = option_value(o);
    else if (!o->args[o->word - 1][o->letter])
        o->word++, o->letter = 1;
    if (known && (!wants || value)) {
        if (value)
            var_set("OPTARG", value);
        else
            var_unset("OPTARG");
        return c;
    }
    if (quiet) {
        var_set("OPTARG", text);
        return known ? ':' : '?';
    }
    sh_say("%s: -%c: %s", sh.name, c, known ? "needs an argument" : "unknown option");
    var_unset("OPTARG");
    return '?';
}

int b_getopts(int argc, char **argv)
{
    static int letter = 1, last_word;
    struct options o;
    const char *word;
    char name[2] = "?";

    if (argc < 3)
        sh_fail("getopts: needs letters and a name");
    o = (struct options){.letters = argv[1], .args = argc > 3 ? argv + 3 : sh.params};
    o.count = argc > 3 ? argc - 3 : sh.param_count;
    o.word = (int)arith_eval(var_get("OPTIND") ? var_get("OPTIND") : "1");
    o.word = o.word < 1 ? 1 : o.word;
    o.letter = o.word == last_word ? letter : 1;
    word = o.word <= o.count ? o.args[o.word - 1] : "";
    if (o.letter == 1 && (word[0] != '-' || !word[1] || strcmp(word, "--") == 0)) {
        optind_set(o.word + (strcmp(word, "--") == 0));
        last_word = 0;
        var_set(argv[2], "?");
        return 1;
    }
    name[0] = option_take(&o);
    optind_set(o.word);
    letter = o.letter;
    last_word = o.word;
    var_set(argv[2], name);
    return 0;
}
