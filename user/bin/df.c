// SPDX-License-Identifier: MIT
/*
 * df.c - shows how full the file systems are
 *
 * Use:  df [-ik] [path...]      -i inodes instead of blocks of 1 KiB
 *
 * Without paths: all lines of /proc/mounts that have space at all.
 */
#include "user/bin/common.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

static bool inodes;

static int percent(unsigned long long used, unsigned long long total)
{
    return total ? (int)((used * 100 + total - 1) / total) : 0;
}

/* One line; file systems without space are shown only when they were asked for. */
static int line_print(const char *device, const char *path, bool asked)
{
    struct statvfs fs;
    unsigned long long unit, total, used, left;

    if (statvfs(path, &fs) < 0)
        return complain(path);
    if (fs.f_blocks == 0 && !asked)
        return 0;
    unit = inodes ? 1024 : fs.f_frsize;
    total = (inodes ? fs.f_files : fs.f_blocks) * unit / 1024;
    used = (inodes ? fs.f_files - fs.f_ffree : fs.f_blocks - fs.f_bfree) * unit / 1024;
    left = (inodes ? fs.f_favail : fs.f_bavail) * unit / 1024;
    printf("%-16s %10llu %10llu %10llu", device, total, used, left);
    printf(" %4d%% %s\n", percent(used, used + left), path);
    return 0;
}

static int mounts_print(void)
{
    static char line[512], device[128], path[128];
    FILE *mounts = fopen("/proc/mounts", "r");
    int status = 0;

    if (!mounts)
        return complain("/proc/mounts");
    while (fgets(line, sizeof line, mounts))
        if (sscanf(line, "%127s %127s", device, path) == 2)
            status |= line_print(device, path, false);
    fclose(mounts);
    return status;
}

/* The last mount of the device on which `path` lies. */
static void mount_find(const char *path, char device[128], char at[128])
{
    static char line[512], one[128], dir[128];
    FILE *mounts = fopen("/proc/mounts", "r");
    struct stat here, there;

    strcpy(device, "-");
    snprintf(at, 128, "%.127s", path);
    while (mounts && fgets(line, sizeof line, mounts)) {
        if (sscanf(line, "%127s %127s", one, dir) != 2 || stat(path, &here) < 0 || stat(dir, &there) < 0)
            continue;
        if (here.st_dev != there.st_dev)
            continue;
        strcpy(device, one);
        strcpy(at, dir);
    }
    if (mounts)
        fclose(mounts);
}

int main(int argc, char **argv)
{
    char device[128], at[128];
    int c, status = 0;

    prog_start(argv, "[-ik] [path...]");
    while ((c = option_next(argc, argv, "ik")) != -1) {
        if (c == '?')
            usage();
        inodes |= c == 'i';
    }
    printf("%-16s %10s %10s %10s %5s %s\n", "Filesystem", inodes ? "Inodes" : "1K-blocks", "Used",
           inodes ? "Free" : "Available", "Use%", "Mounted on");
    if (!argv[option_index])
        return prog_end(mounts_print());
    for (argv += option_index; *argv; argv++) {
        struct stat st;

        if (stat(*argv, &st) < 0) {
            status |= complain(*argv);
            continue;
        }
        mount_find(*argv, device, at);
        status |= line_print(device, at, true);
    }
    return prog_end(status);
}
