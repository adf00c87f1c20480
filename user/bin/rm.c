// SPDX-License-Identifier: MIT
/*
 * rm.c - removes files and trees
 *
 * Use:  rm [-rf] path...      -r whole directories, -f what is not there is no error
 */
#include "user/bin/common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool recursive, force;

static int removal(const char *path)
{
    struct names names;
    struct stat st;
    int status = 0;
    size_t i;

    if (lstat(path, &st) < 0)
        return force && (errno == ENOENT || errno == ENOTDIR) ? 0 : complain(path);
    if (!S_ISDIR(st.st_mode))
        return unlink(path) < 0 ? complain(path) : 0;
    if (!recursive)
        return complain_text(path, "is a directory (-r removes it)");
    if (names_read(&names, path, false) < 0)
        return complain(path);
    for (i = 0; i < names.count; i++) {
        char *below = path_join(path, names.list[i]);

        status |= removal(below);
        free(below);
    }
    names_free(&names);
    if (rmdir(path) < 0 && !status)
        status = complain(path);
    return status;
}

static bool is_dots(const char *path)
{
    const char *base = path_base(path);
    size_t len = strspn(base, ".");

    return (len == 1 || len == 2) && !base[len + strspn(base + len, "/")];
}

int main(int argc, char **argv)
{
    int c, status = 0;

    prog_start(argv, "[-rf] path...");
    while ((c = option_next(argc, argv, "rRf")) != -1) {
        if (c == '?')
            usage();
        recursive |= c != 'f';
        force |= c == 'f';
    }
    argv += option_index;
    if (!*argv && !force)
        usage();
    for (; *argv; argv++)
        status |= is_dots(*argv) ? complain_text(*argv, "cannot be removed") : removal(*argv);
    return status;
}
