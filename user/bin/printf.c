// SPDX-License-Identifier: MIT
/*
 * printf.c - the shell's printf, for programs that run it without a shell
 *
 * printf is built into the shell; this program asks the shell, so that there is one implementation.
 */
#include "user/bin/common.h"

#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char **list = mem_get(NULL, (size_t)(argc + 5) * sizeof *list);

    prog_start(argv, "format [argument...]");
    list[0] = "sh";
    list[1] = "-c";
    list[2] = "printf \"$@\"";
    list[3] = "printf";
    memcpy(list + 4, argv + 1, (size_t)argc * sizeof *list);
    execvp("sh", list);
    return complain("sh") + 1;
}
