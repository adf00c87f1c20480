// SPDX-License-Identifier: MIT
/*
 * builtin_print.c - echo and printf
 *
 * printf hands each conversion, with its flags, to the C library's printf and repeats the format while
 * arguments are left.
 */
#include "user/sh/sh.h"

#include "user/bin/escape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Prints a text with its escapes; true when \c ends all output. */
static bool print_escaped(const char *text)
{
    while (*text) {
        int c = (unsigned char)*text++;

        if (c == '\\') {
            c = escape_read(&text);
            if (c == ESCAPE_STOP)
                return true;
            c = c == ESCAPE_NONE ? '\\' : c;
        }
        putchar(c);
    }
    return false;
}

int b_echo(int argc, char **argv)
{
    bool newline = true, escapes = false;
    int i = 1;

    for (; i < argc && argv[i][0] == '-' && argv[i][1] && !argv[i][1 + strspn(argv[i] + 1, "neE")]; i++) {
        newline &= !strchr(argv[i], 'n');
        escapes |= strchr(argv[i], 'e') != NULL;
    }
    for (; i < argc; i++) {
        if (escapes && print_escaped(argv[i]))
            return 0;
        if (!escapes)
            fputs(argv[i], stdout);
        if (i + 1 < argc)
            putchar(' ');
    }
    if (newline)
        putchar('\n');
    return 0;
}

/* ---- printf ---- */

struct print {
    char **args; // those not yet used
    bool stopped;
    int status;
};

static const char *arg_take(struct print *p)
{
    return *p->args ? *p->args++ : "";
}

static long arg_number(struct print *p, bool is_signed)
{
    const char *text = arg_take(p);
    char *end;
    long n;

    if (*text == '\'' || *text == '"')
        return (unsigned char)text[1];
    errno = 0;
    n = is_signed || *text == '-' ? strtol(text, &end, 0) : (long)strtoul(text, &end, 0);
    if (*end || errno || (end == text && *text)) {
        sh_say("printf: %s: not a number", text);
        p->status = 1;
    }
    return n;
}

static double arg_real(struct print *p)
{
    const char *text = arg_take(p);
    char *end;
    double x = strtod(text, &end);

    if (*end) {
        sh_say("printf: %s: not a number", text);
        p->status = 1;
    }
    return x;
}

/* %b: escapes in the argument, which may end all output. */
static void print_b(struct print *p, const char *spec)
{
    struct strbuf out = {0};
    const char *text = arg_take(p);

    buf_text(&out, "");
    while (*text && !p->stopped) {
        int c = (unsigned char)*text++;

        if (c == '\\') {
            c = escape_read(&text);
            p->stopped = c == ESCAPE_STOP;
            c = c == ESCAPE_NONE ? '\\' : c;
        }
        if (!p->stopped)
            buf_char(&out, (char)c);
    }
    if (strcmp(spec, "%s") == 0)
        fwrite(out.data, 1, out.len, stdout);
    else
        printf(spec, out.data);
    buf_free(&out);
}

static void print_integer(struct print *p, char *spec, size_t len, char kind)
{
    long n = arg_number(p, kind == 'd' || kind == 'i');

    spec[len - 1] = 'l';
    spec[len] = kind;
    spec[len + 1] = '\0';
    printf(spec, n);
}

/* One conversion, whose flags, width and precision are in `spec` already. */
static void convert(struct print *p, char *spec, size_t len, char kind)
{
    spec[len++] = kind;
    spec[len] = '\0';
    switch (kind) {
    case 's':
        printf(spec, arg_take(p));
        break;
    case 'b':
        spec[len - 1] = 's';
        print_b(p, spec);
        break;
    case 'c':
        if (**p->args)
            printf(spec, *arg_take(p));
        break;
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        print_integer(p, spec, len, kind);
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
        printf(spec, arg_real(p));
        break;
    default:
        sh_say("printf: %s: unknown conversion", spec);
        p->status = 1;
        p->stopped = true;
    }
}

/* The conversion behind a percent sign; returns what follows it. */
static const char *conversion(struct print *p, const char *at)
{
    char spec[64] = "%";
    size_t len = 1;

    if (*at == '%') {
        putchar('%');
        return at + 1;
    }
    while (*at && strchr("-+ #0123456789.*", *at) && len < 40) {
        if (*at == '*')
            len += (size_t)snprintf(spec + len, 12, "%d", (int)arg_number(p, true));
        else
            spec[len++] = *at;
        at++;
    }
    convert(p, spec, len, *at);
    return *at ? at + 1 : at;
}

static void format_once(struct print *p, const char *at)
{
    while (*at && !p->stopped) {
        int c = (unsigned char)*at++;

        if (c == '%') {
            at = conversion(p, at);
            continue;
        }
        if (c == '\\') {
            c = escape_read(&at);
            p->stopped = c == ESCAPE_STOP;
            c = c == ESCAPE_NONE ? '\\' : c;
        }
        if (!p->stopped)
            putchar(c);
    }
}

int b_printf(int argc, char **argv)
{
    struct print p = {.args = argv + 2};
    char **before;

    if (argc > 1 && strcmp(argv[1], "--") == 0)
        argv++, argc--, p.args++;
    if (argc < 2) {
        sh_say("printf: needs a format");
        return 2;
    }
    do {
        before = p.args;
        format_once(&p, argv[1]);
    } while (*p.args && p.args != before && !p.stopped);
    return p.status;
}
