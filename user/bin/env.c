// SPDX-License-Identifier: MIT
/*
 * env.c - shows the environment, or runs a program in a changed one
 *
 * Use:  env [-i] [-u name] [name=value...] [program [argument...]]      -i begins with an empty one
 */
#include "user/bin/common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

static void assign(char *text)
{
    char *value = strchr(text, '=');

    *value = '\0';
    if (setenv(text, value + 1, 1) < 0)
        die(text);
}

int main(int argc, char **argv)
{
    static char *empty[] = {NULL};
    char **e;
    int c;

    prog_start(argv, "[-i] [-u name] [name=value...] [program [argument...]]");
    while ((c = option_next(argc, argv, "iu:")) != -1) {
        if (c == '?')
            usage();
        if (c == 'i')
            environ = empty;
        else
            unsetenv(option_value);
    }
    for (argv += option_index; *argv && strchr(*argv, '='); argv++)
        assign(*argv);
    if (*argv) {
        execvp(*argv, argv);
        c = errno;
        complain(*argv);
        return c == ENOENT ? 127 : 126;
    }
    for (e = environ; *e; e++)
        puts(*e);
    return prog_end(0);
}
