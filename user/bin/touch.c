// SPDX-License-Identifier: MIT
/*
 * touch.c - sets the times of files, and makes those that are missing
 *
 * Use:  touch [-c] [-d @seconds] path...      -c makes none, -d a time since 1970 instead of now
 */
#include "user/bin/common.h"

#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static bool create = true;
static const struct timespec *times; // NULL: now
static struct timespec chosen[2];

static int touch(const char *path)
{
    int fd, status = 0;

    if (utimensat(AT_FDCWD, path, times, 0) == 0)
        return 0;
    if (errno != ENOENT)
        return complain(path);
    if (!create)
        return 0;
    fd = open(path, O_WRONLY | O_CREAT, 0666);
    if (fd < 0)
        return complain(path);
    if (times && futimens(fd, times) < 0)
        status = complain(path);
    close(fd);
    return status;
}

int main(int argc, char **argv)
{
    int c, status = 0;

    prog_start(argv, "[-c] [-d @seconds] path...");
    while ((c = option_next(argc, argv, "cd:")) != -1) {
        if (c == '?' || (c == 'd' && *option_value != '@'))
            usage();
        create &= c != 'c';
        if (c == 'd') {
            chosen[0].tv_sec = chosen[1].tv_sec = (time_t)number_arg(option_value + 1);
            times = chosen;
        }
    }
    if (!argv[option_index])
        usage();
    for (argv += option_index; *argv; argv++)
        status |= touch(*argv);
    return status;
}
