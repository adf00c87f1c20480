// SPDX-License-Identifier: MIT
/*
 * kill.c - sends a signal to processes
 *
 * Use:  kill [-s name | -name | -number] pid...      kill -l      a negative pid is a process group
 */
#include "user/bin/common.h"

#include "user/bin/signals.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int signal_parse(const char *name)
{
    char *end;
    long n = strtol(name, &end, 10);
    size_t i;

    if (end != name && !*end)
        return (int)n;
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    for (i = 0; i < SIGNAL_NAMES; i++)
        if (strcasecmp(name, signal_names[i].name) == 0)
            return signal_names[i].number;
    exit(complain_text(name, "no such signal") + 1);
}

static int names_print(void)
{
    size_t i;

    for (i = 0; i < SIGNAL_NAMES; i++)
        printf("%2d %s\n", signal_names[i].number, signal_names[i].name);
    return prog_end(0);
}

int main(int argc, char **argv)
{
    int sig = SIGTERM, status = 0;

    prog_start(argv, "[-s name | -name | -number] pid...");
    argv++;
    if (argc > 1 && strcmp(*argv, "-l") == 0)
        return names_print();
    if (argc > 2 && strcmp(*argv, "-s") == 0) {
        sig = signal_parse(argv[1]);
        argv += 2;
    } else if (argc > 1 && argv[0][0] == '-' && strcmp(*argv, "--") != 0) {
        sig = signal_parse(*argv + 1);
        argv++;
    }
    if (*argv && strcmp(*argv, "--") == 0)
        argv++;
    if (!*argv)
        usage();
    for (; *argv; argv++)
        if (kill((pid_t)number_arg(*argv), sig) < 0)
            status |= complain(*argv);
    return status;
}
