// SPDX-License-Identifier: MIT
/*
 * kernel.c - results of system calls, and the calls that C cannot write
 */
#include "kernel.h"
#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

long result(long value)
{
    if ((unsigned long)value > -4096UL) {
        errno = (int)-value;
        return -1;
    }
    return value;
}

long syscall(long number, ...)
{
    long arg[6];
    va_list args;

    va_start(args, number);
    for (int i = 0; i < 6; i++)
        arg[i] = va_arg(args, long);
    va_end(args);
    return result(kernel6(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]));
}

/*
 * The child of vfork() runs on the parent's stack and overwrites what lies below, the return address included, so
 * that address waits in rdx, which the kernel keeps.
 */
__asm__(".section .text.vfork, \"ax\", @progbits\n"
        ".globl vfork\n"
        ".type vfork, @function\n"
        "vfork:\n"
        "    pop %rdx\n"
        "    mov $58, %eax\n"
        "    syscall\n"
        "    push %rdx\n"
        "    mov %rax, %rdi\n"
        "    jmp __libante_result\n"
        ".size vfork, . - vfork\n"
        ".text\n");
