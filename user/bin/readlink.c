// SPDX-License-Identifier: MIT
/*
 * readlink.c - prints where symbolic links lead
 *
 * Use:  readlink [-f] path...      -f the whole path, with all links in it followed
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <unistd.h>

static int link_print(const char *path)
{
    static char text[BLOCK];
    ssize_t len = readlink(path, text, sizeof text);

    if (len < 0)
        return complain(path);
    printf("%.*s\n", (int)len, text);
    return 0;
}

static int path_print(const char *path)
{
    char *text = realpath(path, NULL);

    if (!text)
        return complain(path);
    puts(text);
    free(text);
    return 0;
}

int main(int argc, char **argv)
{
    bool whole = false;
    int c, status = 0;

    prog_start(argv, "[-f] path...");
    while ((c = option_next(argc, argv, "f")) != -1) {
        if (c == '?')
            usage();
        whole = true;
    }
    if (!argv[option_index])
        usage();
    for (argv += option_index; *argv; argv++)
        status |= whole ? path_print(*argv) : link_print(*argv);
    return prog_end(status);
}
