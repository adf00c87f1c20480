// SPDX-License-Identifier: MIT
/*
 * mv.c - renames files and directories
 *
 * Use:  mv [-f] from to        mv [-f] from... directory
 *
 * Between two file systems it copies with `cp -a` and removes with `rm -r`.
 */
#include "user/bin/common.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char *const argv[])
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return complain("fork");
    if (pid == 0) {
        execvp(argv[0], argv);
        _exit(complain(argv[0]));
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return complain("wait");
    return status != 0;
}

static int move_across(char *from, char *to)
{
    char *copy[] = {"cp", "-af", "--", from, to, NULL}, *removal[] = {"rm", "-rf", "--", from, NULL};

    return run(copy) ? 1 : run(removal);
}

static int move(char *from, char *to)
{
    if (rename(from, to) == 0)
        return 0;
    return errno == EXDEV ? move_across(from, to) : complain(from);
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int main(int argc, char **argv)
{
    int c, status = 0;
    char *to;

    prog_start(argv, "[-f] from... to");
    while ((c = option_next(argc, argv, "f")) != -1)
        if (c == '?')
            usage();
    argv += option_index;
    argc -= option_index;
    if (argc < 2)
        usage();
    to = argv[argc - 1];
    if (!is_directory(to)) {
        if (argc > 2)
            return complain_text(to, "is not a directory");
        return move(argv[0], to);
    }
    for (; argc > 1; argc--, argv++) {
        char *path = path_join(to, path_base(*argv));

        status |= move(*argv, path);
        free(path);
    }
    return status;
}
