// SPDX-License-Identifier: MIT
/*
 * yes.c - prints a line until nobody reads it
 *
 * Use:  yes [text...]      the line is y unless a text is given
 */
#include "user/bin/common.h"

int main(int argc, char **argv)
{
    int i;

    prog_start(argv, "[text...]");
    do {
        if (argc < 2)
            fputs("y", stdout);
        for (i = 1; i < argc; i++)
            printf(i > 1 ? " %s" : "%s", argv[i]);
    } while (putchar('\n') != EOF);
    return prog_end(1);
}
