// SPDX-License-Identifier: MIT
/*
 * ln.c - makes links
 *
 * Use:  ln [-sf] target [name]      ln [-sf] target... directory      -s symbolic, -f replaces what is there
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <unistd.h>

static bool symbolic, force;

static int make(const char *target, const char *name)
{
    if (force)
        unlink(name);
    if ((symbolic ? symlink(target, name) : link(target, name)) < 0)
        return complain(name);
    return 0;
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int main(int argc, char **argv)
{
    const char *to;
    int c, status = 0;

    prog_start(argv, "[-sf] target... [name]");
    while ((c = option_next(argc, argv, "sf")) != -1) {
        if (c == '?')
            usage();
        symbolic |= c == 's';
        force |= c == 'f';
    }
    argv += option_index;
    argc -= option_index;
    if (argc < 1)
        usage();
    to = argc > 1 ? argv[argc - 1] : ".";
    if (argc <= 2 && !is_directory(to))
        return make(argv[0], to);
    for (argc -= argc > 1; argc > 0; argc--, argv++) {
        char *path = path_join(to, path_base(*argv));

        status |= make(*argv, path);
        free(path);
    }
    return status;
}
