// SPDX-License-Identifier: MIT
/*
 * chown.c - changes the owners of files
 *
 * Use:  chown [-Rh] user[:group] path...      -R whole trees, -h symbolic links themselves
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool recursive, links;
static long user = -1, group = -1;

static int change(const char *path)
{
    struct names names;
    struct stat st;
    bool itself = links || recursive;
    int status = 0;
    size_t i;

    if ((itself ? lchown : chown)(path, (uid_t)user, (gid_t)group) < 0)
        return complain(path);
    if (!recursive || lstat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return 0;
    if (names_read(&names, path, false) < 0)
        return complain(path);
    for (i = 0; i < names.count; i++) {
        char *below = path_join(path, names.list[i]);

        status |= change(below);
        free(below);
    }
    names_free(&names);
    return status;
}

static void owner_parse(char *text)
{
    char *colon = strchr(text, ':');

    if (colon)
        *colon = '\0';
    if (*text && (user = user_number(text)) < 0)
        exit(complain_text(text, "no such user"));
    if (colon && colon[1] && (group = group_number(colon + 1)) < 0)
        exit(complain_text(colon + 1, "no such group"));
}

int main(int argc, char **argv)
{
    int c, status = 0;

    prog_start(argv, "[-Rh] user[:group] path...");
    while ((c = option_next(argc, argv, "Rh")) != -1) {
        if (c == '?')
            usage();
        recursive |= c == 'R';
        links |= c == 'h';
    }
    argv += option_index;
    if (!argv[0] || !argv[1])
        usage();
    owner_parse(*argv);
    while (*++argv)
        status |= change(*argv);
    return status;
}
