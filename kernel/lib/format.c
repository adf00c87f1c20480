// SPDX-License-Identifier: MIT
/*
 * format.c - printf's little language
 *
 * %[flags][width][.precision][length]conversion, with flags `-` and `0`, lengths l, ll and z, conversions d
 * i u x X p s c %. Width and precision may be `*`.  Characters go one by one to a sink, so the text may have
 * any length.
 */
#include "kernel/lib/format.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"

struct spec {
    bool left, zero, is_long;
    int width;
    int precision; /* -1: none */
};

static void pad(struct sink *s, char c, int n)
{
    while (n-- > 0)
        s->put(s, c);
}

static void put_text(struct sink *s, const struct spec *sp, const char *text)
{
    if (!text)
        text = "(null)";
    int len = strnlen(text, sp->precision >= 0 ? (size_t)sp->precision : ~0ul);
    pad(s, ' ', sp->left ? 0 : sp->width - len);
    for (int i = 0; i < len; i++)
        s->put(s, text[i]);
    pad(s, ' ', sp->left ? sp->width - len : 0);
}

/* `sign` is put before the digits: "", "-" or "0x". */
static void put_number(struct sink *s, const struct spec *sp, u64 v, const char *sign, char conversion)
{
    char buf[24];
    int n = 0, base = conversion == 'x' || conversion == 'X' || conversion == 'p' ? 16 : 10;
    const char *digits = conversion == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    for (; v; v /= base)
        buf[n++] = digits[v % base];
    int signs = strlen(sign), zeros = MAX((sp->precision >= 0 ? sp->precision : 1) - n, 0);
    if (sp->zero && !sp->left && sp->precision < 0)
        zeros = MAX(zeros, sp->width - n - signs);
    int len = signs + zeros + n;
    pad(s, ' ', sp->left ? 0 : sp->width - len);
    for (const char *p = sign; *p; p++)
        s->put(s, *p);
    pad(s, '0', zeros);
    while (n)
        s->put(s, buf[--n]);
    pad(s, ' ', sp->left ? sp->width - len : 0);
}

static int int_read(const char **fmt, va_list *ap)
{
    int v = 0;
    if (**fmt == '*') {
        ++*fmt;
        return va_arg(*ap, int);
    }
    while (**fmt >= '0' && **fmt <= '9')
        v = v * 10 + *(*fmt)++ - '0';
    return v;
}

static struct spec spec_read(const char **fmt, va_list *ap)
{
    struct spec sp = {.precision = -1};
    for (; **fmt == '-' || **fmt == '0'; ++*fmt) {
        sp.left |= **fmt == '-';
        sp.zero |= **fmt == '0';
    }
    sp.width = int_read(fmt, ap);
    if (**fmt == '.') {
        ++*fmt;
        sp.precision = int_read(fmt, ap);
    }
    for (; **fmt == 'l' || **fmt == 'z'; ++*fmt)
        sp.is_long = true;
    return sp;
}

static void put_conversion(struct sink *s, struct spec *sp, char c, va_list *ap)
{
    i64 v;
    char one[2] = {0, 0};
    switch (c) {
    case 'd':
    case 'i':
        v = sp->is_long ? va_arg(*ap, i64) : va_arg(*ap, int);
        return put_number(s, sp, v < 0 ? -(u64)v : (u64)v, v < 0 ? "-" : "", c);
    case 'u':
    case 'x':
    case 'X':
        return put_number(s, sp, sp->is_long ? va_arg(*ap, u64) : va_arg(*ap, u32), "", c);
    case 'p':
        return put_number(s, sp, va_arg(*ap, u64), "0x", c);
    case 's':
        return put_text(s, sp, va_arg(*ap, const char *));
    case 'c':
        one[0] = va_arg(*ap, int);
        return put_text(s, sp, one);
    default: /* %% and what the compiler's format check does not let through */
        s->put(s, c);
    }
}

void format(struct sink *s, const char *fmt, va_list ap)
{
    va_list args;
    va_copy(args, ap);
    while (*fmt) {
        if (*fmt != '%') {
            s->put(s, *fmt++);
            continue;
        }
        fmt++;
        struct spec sp = spec_read(&fmt, &args);
        if (*fmt)
            put_conversion(s, &sp, *fmt++, &args);
    }
    va_end(args);
}

struct buffer_sink {
    struct sink sink;
    char *dst;
    size_t size, len;
};

static void buffer_put(struct sink *s, char c)
{
    struct buffer_sink *b = container_of(s, struct buffer_sink, sink);
    if (b->len + 1 < b->size)
        b->dst[b->len] = c;
    b->len++;
}

int kvsnprintf(char *dst, size_t size, const char *fmt, va_list ap)
{
    struct buffer_sink b = {{buffer_put}, dst, size, 0};
    format(&b.sink, fmt, ap);
    dst[MIN(b.len, size - 1)] = 0;
    return b.len;
}

int ksnprintf(char *dst, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int len = kvsnprintf(dst, size, fmt, ap);
    va_end(ap);
    return len;
}
