// SPDX-License-Identifier: MIT
/*
 * uname.c - names the system
 *
 * Use:  uname [-asnrvm]      system, node, release, version, machine; -a all
 */
#include "user/bin/common.h"

#include <sys/utsname.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const char letters[] = "snrvm";
    struct utsname name;
    const char *fields[] = {name.sysname, name.nodename, name.release, name.version, name.machine};
    bool chosen[5] = {false}, any = false;
    int c, i;

    prog_start(argv, "[-asnrvm]");
    while ((c = option_next(argc, argv, "asnrvm")) != -1) {
        if (c == '?')
            usage();
        for (i = 0; i < 5; i++)
            chosen[i] |= c == 'a' || c == letters[i];
        any = true;
    }
    chosen[0] |= !any;
    any = false;
    if (uname(&name) < 0)
        die("uname");
    for (i = 0; i < 5; i++) {
        if (!chosen[i])
            continue;
        printf(any ? " %s" : "%s", fields[i]);
        any = true;
    }
    putchar('\n');
    return prog_end(0);
}
