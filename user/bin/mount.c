// SPDX-License-Identifier: MIT
/*
 * mount.c - shows what is mounted, or mounts a file system
 *
 * Use:  mount      mount [-r] [-t type] [-o ro|rw|remount,...] device directory      the type is ext2 unless
 * given
 */
#include "user/bin/common.h"

#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

static int mounts_print(void)
{
    static char line[512], device[128], path[128], type[32], options[128];
    FILE *mounts = fopen("/proc/mounts", "r");

    if (!mounts)
        die("/proc/mounts");
    while (fgets(line, sizeof line, mounts))
        if (sscanf(line, "%127s %127s %31s %127s", device, path, type, options) == 4)
            printf("%s on %s type %s (%s)\n", device, path, type, options);
    fclose(mounts);
    return prog_end(0);
}

static unsigned long flags_parse(char *text, unsigned long flags)
{
    char *word;

    for (word = strtok(text, ","); word; word = strtok(NULL, ",")) {
        if (strcmp(word, "ro") == 0)
            flags |= MS_RDONLY;
        else if (strcmp(word, "rw") == 0)
            flags &= ~(unsigned long)MS_RDONLY;
        else if (strcmp(word, "remount") == 0)
            flags |= MS_REMOUNT;
        else if (strcmp(word, "noatime") == 0)
            flags |= MS_NOATIME;
        else
            usage();
    }
    return flags;
}

int main(int argc, char **argv)
{
    const char *type = "ext2";
    unsigned long flags = 0;
    int c;

    prog_start(argv, "[-r] [-t type] [-o options] device directory");
    if (argc == 1)
        return mounts_print();
    while ((c = option_next(argc, argv, "rt:o:")) != -1) {
        if (c == '?')
            usage();
        if (c == 'r')
            flags |= MS_RDONLY;
        else if (c == 't')
            type = option_value;
        else
            flags = flags_parse(option_value, flags);
    }
    if (argc - option_index != 2)
        usage();
    if (mount(argv[option_index], argv[option_index + 1], type, flags, NULL) < 0)
        die(argv[option_index + 1]);
    return 0;
}
