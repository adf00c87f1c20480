// SPDX-License-Identifier: MIT
/*
 * kernel.h - how libante enters the kernel; for its own files only
 *
 * The number goes in rax, arguments in rdi rsi rdx r10 r8 r9, the result comes back in rax: zero or positive, or
 * a negative errno.  rcx and r11 are lost.  kernelN() gives that result; result() makes it the -1 and errno of C.
 * Unused arguments are not loaded, so a call costs what it must.
 *
 * What libante's files share has a symbol beginning with __libante_, so that programs may use the short names.
 */
#ifndef LIBANTE_KERNEL_H
#define LIBANTE_KERNEL_H

#include <sys/syscall.h>

/* Returns value when it is not an errno (-4095 to -1); else stores the errno and returns -1. */
long result(long value) __asm__("__libante_result");

static inline long kernel_enter1(long number, long a)
{
    long ret;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(number), "D"(a) : "rcx", "r11", "memory");
    return ret;
}

static inline long kernel_enter3(long number, long a, long b, long c)
{
    long ret;
    __asm__ volatile("syscall" : "=a"(ret) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
    return ret;
}

static inline long kernel_enter6(long number, long a, long b, long c, long d, long e, long f)
{
    long ret;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(ret)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return ret;
}

#define kernel0(n)                kernel_enter1(n, 0)
#define kernel1(n, a)             kernel_enter1(n, (long)(a))
#define kernel2(n, a, b)          kernel_enter3(n, (long)(a), (long)(b), 0)
#define kernel3(n, a, b, c)       kernel_enter3(n, (long)(a), (long)(b), (long)(c))
#define kernel4(n, a, b, c, d)    kernel_enter6(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define kernel5(n, a, b, c, d, e) kernel_enter6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define kernel6(n, a, b, c, d, e, f)                                                                         \
    kernel_enter6(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* Takes "const" away where C's old interfaces return or want a plain char pointer. */
static inline char *plain(const char *text)
{
    return (char *)(unsigned long)text;
}

#endif
