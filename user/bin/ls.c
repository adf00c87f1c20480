// SPDX-License-Identifier: MIT
/*
 * ls.c - lists files
 *
 * Use:  ls [-aAdFilnrRSt1] [path...]
 *
 *     -a all, -d the directory itself, -i with inode numbers, -l long, -R down the tree, -1 one a line
 *     -A all but . and .., -F marks types, -n numbers for users, -r reverse, -S by size, -t by time
 *
 * On a terminal names stand in columns, otherwise one on a line.
 */
#include "user/bin/common.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

struct entry {
    const char *name; // as printed
    char *path;       // to ask for
    struct stat st;
};

static bool option[128];
static int printed; // blocks of output so far, for the empty line between two

static int compare(const struct entry *a, const struct entry *b)
{
    if (option['t'] && a->st.st_mtim.tv_sec != b->st.st_mtim.tv_sec)
        return a->st.st_mtim.tv_sec < b->st.st_mtim.tv_sec ? 1 : -1;
    if (option['t'] && a->st.st_mtim.tv_nsec != b->st.st_mtim.tv_nsec)
        return a->st.st_mtim.tv_nsec < b->st.st_mtim.tv_nsec ? 1 : -1;
    if (option['S'] && a->st.st_size != b->st.st_size)
        return a->st.st_size < b->st.st_size ? 1 : -1;
    return strcmp(a->name, b->name);
}

static int by_choice(const void *a, const void *b)
{
    int order = compare(a, b);

    return option['r'] ? -order : order;
}

static char type_mark(mode_t mode)
{
    return S_ISDIR(mode) ? '/' : S_ISLNK(mode) ? '@' : S_ISFIFO(mode) ? '|' : mode & 0111 ? '*' : '\0';
}

static void name_print(const struct entry *e)
{
    char target[256], mark = type_mark(e->st.st_mode);
    ssize_t len;

    fputs(e->name, stdout);
    if (option['l'] && S_ISLNK(e->st.st_mode)) {
        len = readlink(e->path, target, sizeof target - 1);
        if (len >= 0)
            printf(" -> %.*s", (int)len, target);
    } else if (option['F'] && mark) {
        putchar(mark);
    }
}

static void owner_print(const char *text, unsigned id)
{
    if (option['n'])
        printf(" %-8u", id);
    else
        printf(" %-8s", text);
}

static void long_print(const struct entry *e)
{
    const struct stat *st = &e->st;
    const struct tm *tm = localtime(&st->st_mtim.tv_sec);
    time_t age = time(NULL) - st->st_mtim.tv_sec;
    char text[24];

    mode_text(st->st_mode, text);
    printf("%s %3lu", text, (unsigned long)st->st_nlink);
    owner_print(user_text(st->st_uid), st->st_uid);
    owner_print(group_text(st->st_gid), st->st_gid);
    if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
        printf(" %4u, %3u", major(st->st_rdev), minor(st->st_rdev));
    else
        printf(" %9lld", (long long)st->st_size);
    strftime(text, sizeof text, age > 180 * 86400 || age < -3600 ? "%b %e  %Y" : "%b %e %H:%M", tm);
    printf(" %s ", text);
    name_print(e);
    putchar('\n');
}

static int terminal_width(void)
{
    struct winsize size;

    if (!isatty(1))
        return 0;
    return ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : 80;
}

/* The columns are as wide as the longest name; names run down the columns. */
static void columns_print(const struct entry *list, size_t count, size_t screen)
{
    size_t width = 0, columns, rows, row, i;

    for (i = 0; i < count; i++)
        width = strlen(list[i].name) + 3 > width ? strlen(list[i].name) + 3 : width;
    columns = screen / width ? screen / width : 1;
    rows = (count + columns - 1) / columns;
    for (row = 0; row < rows; row++) {
        for (i = row; i < count; i += rows) {
            size_t used = strlen(list[i].name) + (option['F'] && type_mark(list[i].st.st_mode));

            name_print(&list[i]);
            if (i + rows < count)
                printf("%*s", (int)(width - used), "");
        }
        putchar('\n');
    }
}

static void entries_print(struct entry *list, size_t count)
{
    int width = option['1'] || option['l'] || option['i'] ? 0 : terminal_width();
    size_t i;

    if (count == 0)
        return;
    qsort(list, count, sizeof *list, by_choice);
    if (width) {
        columns_print(list, count, (size_t)width);
        return;
    }
    for (i = 0; i < count; i++) {
        if (option['i'])
            printf("%7lu ", (unsigned long)list[i].st.st_ino);
        if (option['l']) {
            long_print(&list[i]);
        } else {
            name_print(&list[i]);
            putchar('\n');
        }
    }
}

static bool hidden(const char *name)
{
    return name[0] == '.' && !option['a'] && !option['A'];
}

static int directory_print(const char *path, bool title);

/* After a directory has been printed: the directories in it. */
static int below_print(const struct entry *list, size_t count)
{
    int status = 0;
    size_t i;

    for (i = 0; i < count; i++)
        if (S_ISDIR(list[i].st.st_mode) && strcmp(list[i].name, ".") != 0 && strcmp(list[i].name, "..") != 0)
            status |= directory_print(list[i].path, true);
    return status;
}

static int directory_print(const char *path, bool title)
{
    struct names names;
    struct entry *list;
    unsigned long long blocks = 0;
    size_t count = 0, i;
    int status = 0;

    if (names_read(&names, path, option['a']) < 0)
        return complain(path);
    list = mem_get(NULL, names.count * sizeof *list);
    for (i = 0; i < names.count; i++) {
        struct entry *e = &list[count];

        if (hidden(names.list[i]))
            continue;
        *e = (struct entry){.name = names.list[i], .path = path_join(path, names.list[i])};
        if (lstat(e->path, &e->st) < 0)
            status |= complain(e->path);
        blocks += (unsigned long long)e->st.st_blocks;
        count++;
    }
    if (title)
        printf("%s%s:\n", printed ? "\n" : "", path);
    printed++;
    if (option['l'])
        printf("total %llu\n", blocks / 2);
    entries_print(list, count);
    if (option['R'])
        status |= below_print(list, count);
    for (i = 0; i < count; i++)
        free(list[i].path);
    free(list);
    names_free(&names);
    return status;
}

/* What was named: first the files, then what is in the directories. */
static int arguments_print(char **paths, size_t count)
{
    struct entry *files = mem_get(NULL, count * sizeof *files), *dirs = mem_get(NULL, count * sizeof *dirs);
    size_t file_count = 0, dir_count = 0, i;
    int status = 0;

    for (i = 0; i < count; i++) {
        struct entry e = {.name = paths[i], .path = paths[i]};
        bool follow = !option['l'] && !option['d'];

        if ((!follow || stat(e.path, &e.st) < 0) && lstat(e.path, &e.st) < 0)
            status |= complain(e.path) + 1;
        else if (S_ISDIR(e.st.st_mode) && !option['d'])
            dirs[dir_count++] = e;
        else
            files[file_count++] = e;
    }
    entries_print(files, file_count);
    printed = file_count > 0;
    if (dir_count)
        qsort(dirs, dir_count, sizeof *dirs, by_choice);
    for (i = 0; i < dir_count; i++)
        status |= directory_print(dirs[i].path, count > 1 || option['R']);
    free(files);
    free(dirs);
    return status;
}

int main(int argc, char **argv)
{
    static char *here[] = {".", NULL};
    int c;

    prog_start(argv, "[-aAdFilnrRSt1] [path...]");
    while ((c = option_next(argc, argv, "aAdFilnrRSt1")) != -1) {
        if (c == '?')
            usage();
        option[c] = true;
    }
    option['l'] |= option['n'];
    argv += option_index;
    argc -= option_index;
    return prog_end(argc ? arguments_print(argv, (size_t)argc) : arguments_print(here, 1));
}
