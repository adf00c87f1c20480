// SPDX-License-Identifier: MIT
/*
 * du.c - sums up the space that files take on the disk
 *
 * Use:  du [-ask] [path...]      in KiB; -a every file, -s only the sums; a file with several names counts
 * once
 */
#include "user/bin/common.h"

#include <stdlib.h>
#include <unistd.h>

static bool all, sums_only;
static int status;

struct seen {
    dev_t dev;
    ino_t ino;
};

static struct seen *seen;
static size_t seen_count;

/* Whether a file with several names was met before. */
static bool was_seen(const struct stat *st)
{
    size_t i;

    if (S_ISDIR(st->st_mode) || st->st_nlink < 2)
        return false;
    for (i = 0; i < seen_count; i++)
        if (seen[i].dev == st->st_dev && seen[i].ino == st->st_ino)
            return true;
    if (seen_count % 64 == 0)
        seen = mem_get(seen, (seen_count + 64) * sizeof *seen);
    seen[seen_count++] = (struct seen){st->st_dev, st->st_ino};
    return false;
}

/* The blocks of 512 bytes of a tree; prints what is asked for. */
static unsigned long long tree_sum(const char *path, bool top)
{
    struct names names = {0};
    struct stat st;
    unsigned long long sum;
    size_t i;

    if (lstat(path, &st) < 0) {
        status |= complain(path);
        return 0;
    }
    if (was_seen(&st))
        return 0;
    sum = (unsigned long long)st.st_blocks;
    if (S_ISDIR(st.st_mode) && names_read(&names, path, false) < 0)
        status |= complain(path);
    for (i = 0; i < names.count; i++) {
        char *below = path_join(path, names.list[i]);

        sum += tree_sum(below, false);
        free(below);
    }
    names_free(&names);
    if (top || (!sums_only && (all || S_ISDIR(st.st_mode))))
        printf("%llu\t%s\n", (sum + 1) / 2, path);
    return sum;
}

int main(int argc, char **argv)
{
    int c;

    prog_start(argv, "[-ask] [path...]");
    while ((c = option_next(argc, argv, "ask")) != -1) {
        if (c == '?')
            usage();
        all |= c == 'a';
        sums_only |= c == 's';
    }
    if (!argv[option_index])
        tree_sum(".", true);
    for (argv += option_index; *argv; argv++)
        tree_sum(*argv, true);
    return prog_end(status);
}
