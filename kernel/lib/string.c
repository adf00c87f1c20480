// SPDX-License-Identifier: MIT
/*
 * string.c - memory and text in the kernel
 *
 * The compiler turns structure copies into calls of memcpy and memset, so these may not be written with
 * either.  Blocks of 64 bytes go through eight 64-bit registers; x86 allows any alignment.
 */
#include "kernel/lib/string.h"

enum { BLOCK = 64 };

typedef u64 ALIGNED(1) word; /* any alignment */

void *memcpy(void *dst, const void *src, size_t n)
{
    u8 *d = dst;
    const u8 *s = src;
    for (; n >= BLOCK; n -= BLOCK, d += BLOCK, s += BLOCK) {
        const word *from = (const word *)s;
        word *to = (word *)d;
        u64 a = from[0], b = from[1], c = from[2], e = from[3];
        u64 f = from[4], g = from[5], h = from[6], i = from[7];
        to[0] = a, to[1] = b, to[2] = c, to[3] = e, to[4] = f, to[5] = g, to[6] = h, to[7] = i;
    }
    for (; n >= 8; n -= 8, d += 8, s += 8)
        *(word *)d = *(const word *)s;
    while (n--)
        *d++ = *s++;
    return dst;
}

static void copy_backwards(u8 *d, const u8 *s, size_t n)
{
    for (; n >= 8; n -= 8)
        *(word *)(d + n - 8) = *(const word *)(s + n - 8);
    while (n--)
        d[n] = s[n];
}

/* Forwards is right whenever dst lies below src: memcpy reads each block before it writes it. */
void *memmove(void *dst, const void *src, size_t n)
{
    if ((u64)dst - (u64)src >= n)
        return memcpy(dst, src, n);
    copy_backwards(dst, src, n);
    return dst;
}

void *memset(void *dst, int byte, size_t n)
{
    u8 *d = dst;
    u64 v = (u8)byte * 0x0101010101010101ul;
    for (; n >= BLOCK; n -= BLOCK, d += BLOCK) {
        word *to = (word *)d;
        to[0] = v, to[1] = v, to[2] = v, to[3] = v, to[4] = v, to[5] = v, to[6] = v, to[7] = v;
    }
    for (; n >= 8; n -= 8, d += 8)
        *(word *)d = v;
    while (n--)
        *d++ = byte;
    return dst;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const u8 *x = a, *y = b;
    for (; n >= 8 && *(const word *)x == *(const word *)y; n -= 8) {
        x += 8;
        y += 8;
    }
    for (; n; n--, x++, y++)
        if (*x != *y)
            return *x - *y;
    return 0;
}

size_t strlen(const char *s)
{
    return strnlen(s, ~0ul);
}

size_t strnlen(const char *s, size_t max)
{
    size_t n = 0;
    while (n < max && s[n])
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, ~0ul);
}

int strncmp(const char *a, const char *b, size_t n)
{
    for (; n; n--, a++, b++)
        if (*a != *b || !*a)
            return (u8)*a - (u8)*b;
    return 0;
}

char *strchr(const char *s, int c)
{
    for (;; s++) {
        if (*s == (char)c)
            return (char *)s;
        if (!*s)
            return NULL;
    }
}

char *strrchr(const char *s, int c)
{
    for (const char *p = s + strlen(s);; p--) {
        if (*p == (char)c)
            return (char *)p;
        if (p == s)
            return NULL;
    }
}

char *strstr(const char *s, const char *what)
{
    size_t len = strlen(what);
    for (;; s++) {
        if (!strncmp(s, what, len))
            return (char *)s;
        if (!*s)
            return NULL;
    }
}

size_t strlcpy(char *dst, const char *src, size_t size)
{
    size_t len = strlen(src);
    if (size) {
        size_t n = MIN(len, size - 1);
        memcpy(dst, src, n);
        dst[n] = 0;
    }
    return len;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    char lower = c | 32;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

/* C's prefixes: 0x for base 16, 0 for base 8. */
static int base_read(const char **s)
{
    const char *p = *s;
    if (p[0] != '0')
        return 10;
    if ((p[1] | 32) == 'x' && digit_value(p[2]) < 16) {
        *s += 2;
        return 16;
    }
    return 8;
}

bool parse_u64(const char *s, u64 *out, const char **end)
{
    int base = base_read(&s);
    const char *first = s;
    u64 v = 0;
    bool fits = true;
    for (; digit_value(*s) < base; s++) {
        fits &= !__builtin_mul_overflow(v, (u64)base, &v);
        fits &= !__builtin_add_overflow(v, (u64)digit_value(*s), &v);
    }
    *out = v;
    *end = s;
    return fits && s > first;
}
