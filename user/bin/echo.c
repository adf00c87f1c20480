// SPDX-License-Identifier: MIT
/*
 * echo.c - prints its arguments
 *
 * Use:  echo [-n] [-e] [text...]      -n without a newline, -e with backslash sequences
 */
#include "user/bin/common.h"

#include "user/bin/escape.h"

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

int main(int argc, char **argv)
{
    bool newline = true, escapes = false;
    int i = 1;

    prog_start(argv, "[-n] [-e] [text...]");
    for (; i < argc && argv[i][0] == '-' && argv[i][1] && !argv[i][1 + strspn(argv[i] + 1, "neE")]; i++) {
        newline &= !strchr(argv[i], 'n');
        escapes |= strchr(argv[i], 'e') != NULL;
    }
    for (; i < argc; i++) {
        if (escapes && print_escaped(argv[i]))
            return prog_end(0);
        if (!escapes)
            fputs(argv[i], stdout);
        if (i + 1 < argc)
            putchar(' ');
    }
    if (newline)
        putchar('\n');
    return prog_end(0);
}
