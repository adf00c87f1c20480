// SPDX-License-Identifier: MIT
/*
 * boot.c - boot words of any bytes are taken or refused by name, and arguments arrive as they were given
 *
 *     byte 0 even    the rest is the line of boot words
 *     byte 0 odd     the rest are arguments, each ended by a byte 255, which are quoted as GRUB and tools/lib/disk.py do
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arch/arch.h"
#include "kernel/boot.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "tests/fuzz/input.h"

enum { SAID = 8192, NO_START = 126, GIVEN = 7 };

struct boot_info boot_info;
struct task *host_current;
bool memory_off, memory_peek_off, memory_recycle_off, memory_window_off, memory_tight;
static struct boot_words at_first;
static jmp_buf stopped;
static char said[SAID];

/* --- what the parser stands on --- */

void panic(const char *fmt, ...)
{
    fprintf(stderr, "panic: %s\n", fmt);
    abort();
}

void kprintf(const char *fmt, ...)
{
    size_t have = strlen(said);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(said + have, sizeof(said) - have, fmt, ap);
    va_end(ap);
}

int ksnprintf(char *dst, size_t size UNUSED, const char *fmt UNUSED, ...)
{
    *dst = 0;
    return 0;
}

void console_flush(void) {}
void klog_quiet(bool quiet UNUSED) {}

void arch_poweroff(u8 status)
{
    longjmp(stopped, status);
}

/* --- judging --- */

static void need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "%s: \"%s\", said \"%s\"\n", what, boot_info.words, said);
    abort();
}

/* True when all words were taken. */
static bool parse(void)
{
    boot = at_first;
    said[0] = 0;
    int status = setjmp(stopped);
    if (!status)
        boot_words_parse();
    need(status == (*said ? NO_START : 0), "it stops when it has said why, and only then");
    need(!status || !strncmp(said, "ante: boot word \"", 17), "the message names the word");
    if (status)
        return false;
    need(memchr(boot.init, 0, sizeof(boot.init)) && memchr(boot.root, 0, sizeof(boot.root)), "texts have an end");
    need(*boot.init && *boot.root, "no text is empty");
    need(boot.arg_count >= 1 && boot.arg_count <= BOOT_ARGS + 1, "not more arguments than fit");
    need(boot.args[0] == boot.init && !boot.args[boot.arg_count], "init's own name begins the list, NULL ends it");
    return true;
}

/* --- arguments --- */

static char *append(char *to, char c)
{
    need(to < boot_info.words + sizeof(boot_info.words) - 1, "the line is long enough");
    *to++ = c;
    return to;
}

static char *append_quoted(char *to, const char *argument)
{
    if (*argument && !strpbrk(argument, " \t\"'\\"))
        return stpcpy(to, argument);
    to = append(to, '"');
    for (; *argument; argument++) {
        if (strchr("\\\"'", *argument))
            to = append(to, '\\');
        to = append(to, *argument);
    }
    return append(to, '"');
}

static void arguments(struct input *in)
{
    static char given[GIVEN][64];
    u32 count = 0, n = 0;
    memset(given, 0, sizeof(given));
    while (input_left(in) && count < GIVEN) {
        char c = (char)input_number(in, 1);
        if (c != (char)255 && c && n < sizeof(given[0]) - 1)
            given[count][n++] = c;
        else if (c == (char)255)
            count++, n = 0;
    }
    char *to = stpcpy(boot_info.words, "quiet --");
    for (u32 i = 0; i < count; i++)
        to = append_quoted(append(to, ' '), given[i]);
    *to = 0;
    need(parse() && boot.quiet && boot.arg_count == count + 1, "all arguments arrive");
    for (u32 i = 0; i < count; i++)
        need(!strcmp(boot.args[i + 1], given[i]), "each argument is as it was given");
}

/* --- one input --- */

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    at_first = boot;
    return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct input in = {data, data + size};
    memset(&boot_info, 0, sizeof(boot_info));
    if (input_number(&in, 1) % 2) {
        arguments(&in);
        return 0;
    }
    for (u32 i = 0; i < sizeof(boot_info.words) - 1 && input_left(&in); i++)
        boot_info.words[i] = (char)input_number(&in, 1);
    parse();
    return 0;
}
