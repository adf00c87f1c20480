// SPDX-License-Identifier: MIT
/*
 * chmod.c - changes the modes of files
 *
 * Use:  chmod [-R] mode path...      mode is octal, or clauses such as u+x,go-w
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool recursive;

static int change(const char *path, const char *text);

static int change_below(const char *path, const char *text)
{
    struct names names;
    int status = 0;
    size_t i;

    if (names_read(&names, path, false) < 0)
        return complain(path);
    for (i = 0; i < names.count; i++) {
        char *below = path_join(path, names.list[i]);

        status |= change(below, text);
        free(below);
    }
    names_free(&names);
    return status;
}

static int change(const char *path, const char *text)
{
    struct stat st;
    mode_t mode;

    if ((recursive ? lstat(path, &st) : stat(path, &st)) < 0)
        return complain(path);
    if (S_ISLNK(st.st_mode))
        return 0;
    mode = st.st_mode;
    if (!mode_parse(text, &mode))
        exit(complain_text(text, "not a mode"));
    if (chmod(path, mode) < 0)
        return complain(path);
    return recursive && S_ISDIR(st.st_mode) ? change_below(path, text) : 0;
}

int main(int argc, char **argv)
{
    const char *mode;
    int status = 0;

    prog_start(argv, "[-R] mode path...");
    argv++;
    if (argc > 1 && strcmp(*argv, "-R") == 0) {
        recursive = true;
        argv++;
    }
    if (!argv[0] || !argv[1])
        usage();
    mode = *argv++;
    for (; *argv; argv++)
        status |= change(*argv, mode);
    return status;
}
