// SPDX-License-Identifier: MIT
/*
 * mkdir.c - makes directories
 *
 * Use:  mkdir [-p] [-m mode] path...      -p with those that are missing above; one that exists is no error
 */
#include "user/bin/common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool parents;

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Makes what is missing above the last component. */
static int above_make(char *path)
{
    char *at;

    for (at = path + 1; *path && (at = strchr(at, '/')); at++) {
        int made;

        *at = '\0';
        made = mkdir(path, 0777);
        if (made < 0 && !is_directory(path))
            return complain(path);
        *at = '/';
    }
    return 0;
}

static int make(char *path, mode_t mode, bool chosen)
{
    if (parents && above_make(path))
        return 1;
    if (mkdir(path, mode) < 0) {
        if (parents && errno == EEXIST && is_directory(path))
            return 0;
        return complain(path);
    }
    return chosen && chmod(path, mode) < 0 ? complain(path) : 0;
}

int main(int argc, char **argv)
{
    mode_t mode = 0777;
    bool chosen = false;
    int c, status = 0;

    prog_start(argv, "[-p] [-m mode] path...");
    while ((c = option_next(argc, argv, "pm:")) != -1) {
        if (c == '?' || (c == 'm' && !mode_parse(option_value, &mode)))
            usage();
        parents |= c == 'p';
        chosen |= c == 'm';
    }
    argv += option_index;
    if (!*argv)
        usage();
    for (; *argv; argv++)
        status |= make(*argv, mode, chosen);
    return status;
}
