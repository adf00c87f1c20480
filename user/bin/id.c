// SPDX-License-Identifier: MIT
/*
 * id.c - tells who runs it
 *
 * Use:  id [-u|-g] [-n]      -u only the user, -g only the group, -n by name
 */
#include "user/bin/common.h"

#include <unistd.h>

static int one_print(unsigned id, const char *text, bool by_name)
{
    if (by_name)
        puts(text);
    else
        printf("%u\n", id);
    return prog_end(0);
}

static void groups_print(void)
{
    gid_t list[64];
    int n = getgroups(64, list), i;

    for (i = 0; i < n; i++)
        printf("%s%u(%s)", i ? "," : " groups=", (unsigned)list[i], group_text(list[i]));
}

int main(int argc, char **argv)
{
    bool user = false, group = false, by_name = false;
    int c;

    prog_start(argv, "[-u|-g] [-n]");
    while ((c = option_next(argc, argv, "ugn")) != -1) {
        if (c == '?')
            usage();
        user |= c == 'u';
        group |= c == 'g';
        by_name |= c == 'n';
    }
    if (user)
        return one_print(geteuid(), user_text(geteuid()), by_name);
    if (group)
        return one_print(getegid(), group_text(getegid()), by_name);
    printf("uid=%u(%s)", (unsigned)getuid(), user_text(getuid()));
    printf(" gid=%u(%s)", (unsigned)getgid(), group_text(getgid()));
    groups_print();
    putchar('\n');
    return prog_end(0);
}
