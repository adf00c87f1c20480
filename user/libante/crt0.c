// SPDX-License-Identifier: MIT
/*
 * crt0.c - the first instructions of a program
 *
 * The kernel enters with the stack pointer at: argc, argv[0..argc-1], NULL, the environment, NULL, pairs of the
 * auxiliary vector, AT_NULL (System V ABI for AMD64, 3.4.1).
 *
 *      rsp -> | argc | argv ... 0 | envp ... 0 | type value ... 0 0 | strings |
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

__asm__(".globl _start\n"
        ".type _start, @function\n"
        "_start:\n"
        "    xor %ebp, %ebp\n"
        "    mov %rsp, %rdi\n"
        "    and $-16, %rsp\n"
        "    call __libante_start\n");

extern int main(int argc, char **argv, char **envp);
extern void __libc_init_array(void);
extern void __libc_fini_array(void);
extern unsigned long *__libante_auxv;
extern char *program_invocation_name;
extern char *program_invocation_short_name;
void __libante_start(long *stack) __attribute__((__noreturn__));
void _init(void);
void _fini(void);

/* newlib calls these around the arrays of constructors and destructors; nothing is left for them to do. */
void _init(void) {}

void _fini(void) {}

static void remember_name(char *name)
{
    char *slash = strrchr(name, '/');
    program_invocation_name = name;
    program_invocation_short_name = slash ? slash + 1 : name;
}

void __libante_start(long *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1);
    char **end;

    environ = argv + argc + 1;
    for (end = environ; *end; end++)
        ;
    __libante_auxv = (unsigned long *)(end + 1);
    if (argc > 0)
        remember_name(argv[0]);
    atexit(__libc_fini_array);
    __libc_init_array();
    exit(main(argc, argv, environ));
}
