// SPDX-License-Identifier: MIT
/*
 * pwd.c - prints the working directory
 */
#include "user/bin/common.h"

#include <errno.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    size_t size = 256;
    char *text = mem_get(NULL, size);

    prog_start(argv, "");
    if (argc > 1)
        usage();
    while (!getcwd(text, size)) {
        if (errno != ERANGE)
            die(".");
        text = mem_get(text, size *= 2);
    }
    puts(text);
    return prog_end(0);
}
