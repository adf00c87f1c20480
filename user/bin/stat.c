// SPDX-License-Identifier: MIT
/*
 * stat.c - shows what an inode holds
 *
 * Use:  stat [-L] [-c format] path...      -L follows links
 *
 * The format knows %n name, %s size, %b blocks, %B size of a block, %f and %a mode in hexadecimal and octal,
 * %A as letters, %F type, %h links, %i inode, %u %g owner, %U %G their names, %X %Y %Z times, %%.
 */
#include "user/bin/common.h"

#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

static const char *type_text(const struct stat *st)
{
    switch (st->st_mode & S_IFMT) {
    case S_IFREG:
        return st->st_size ? "regular file" : "regular empty file";
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symbolic link";
    case S_IFCHR:
        return "character special file";
    case S_IFBLK:
        return "block special file";
    case S_IFIFO:
        return "fifo";
    default:
        return "socket";
    }
}

/* The number that a letter of the format stands for; false when it stands for none. */
static bool number_print(char c, const struct stat *st)
{
    const struct {
        char letter;
        long long value;
    } fields[] = {
        {'s', st->st_size},        {'b', st->st_blocks},      {'B', 512},        {'h', (long)st->st_nlink},
        {'i', (long)st->st_ino},   {'u', st->st_uid},         {'g', st->st_gid}, {'X', st->st_atim.tv_sec},
        {'Y', st->st_mtim.tv_sec}, {'Z', st->st_ctim.tv_sec},
    };
    size_t i;

    for (i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].letter == c)
            return printf("%lld", fields[i].value) > 0;
    return false;
}

static void field_print(char c, const char *name, const struct stat *st)
{
    char mode[11];

    if (number_print(c, st))
        return;
    mode_text(st->st_mode, mode);
    if (c == 'n')
        fputs(name, stdout);
    else if (c == 'f')
        printf("%x", (unsigned)st->st_mode);
    else if (c == 'a')
        printf("%o", (unsigned)st->st_mode & 07777);
    else if (c == 'A')
        fputs(mode, stdout);
    else if (c == 'F')
        fputs(type_text(st), stdout);
    else if (c == 'U')
        fputs(user_text(st->st_uid), stdout);
    else if (c == 'G')
        fputs(group_text(st->st_gid), stdout);
    else
        putchar(c);
}

static void format_print(const char *format, const char *name, const struct stat *st)
{
    for (; *format; format++) {
        if (*format == '%' && format[1])
            field_print(*++format, name, st);
        else
            putchar(*format);
    }
    putchar('\n');
}

static void time_print(const char *title, const struct timespec *at)
{
    char text[40];

    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime(&at->tv_sec));
    printf("%s: %s.%09ld\n", title, text, at->tv_nsec);
}

static void all_print(const char *path, const struct stat *st)
{
    char mode[11];

    mode_text(st->st_mode, mode);
    printf("  File: %s\n", path);
    printf("  Size: %-12lld Blocks: %-10lld", (long long)st->st_size, (long long)st->st_blocks);
    printf(" IO Block: %-6ld %s\n", (long)st->st_blksize, type_text(st));
    printf("Device: %u,%u  Inode: %-10lu Links: %lu", major(st->st_dev), minor(st->st_dev),
           (unsigned long)st->st_ino, (unsigned long)st->st_nlink);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        printf("  Device type: %u,%u", major(st->st_rdev), minor(st->st_rdev));
    printf("\nAccess: (%04o/%s)  Uid: (%u/%s)", (unsigned)st->st_mode & 07777, mode, (unsigned)st->st_uid,
           user_text(st->st_uid));
    printf("  Gid: (%u/%s)\n", (unsigned)st->st_gid, group_text(st->st_gid));
    time_print("Access", &st->st_atim);
    time_print("Modify", &st->st_mtim);
    time_print("Change", &st->st_ctim);
}

int main(int argc, char **argv)
{
    const char *format = NULL;
    bool follow = false;
    int c, status = 0;

    prog_start(argv, "[-L] [-c format] path...");
    while ((c = option_next(argc, argv, "Lc:")) != -1) {
        if (c == '?')
            usage();
        follow |= c == 'L';
        format = c == 'c' ? option_value : format;
    }
    if (!argv[option_index])
        usage();
    for (argv += option_index; *argv; argv++) {
        struct stat st;

        if ((follow ? stat(*argv, &st) : lstat(*argv, &st)) < 0)
            status |= complain(*argv);
        else if (format)
            format_print(format, *argv, &st);
        else
            all_print(*argv, &st);
    }
    return prog_end(status);
}
