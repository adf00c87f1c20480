// SPDX-License-Identifier: MIT
/*
 * ama.c - what calls reserve and use, as a table for people
 *
 * Use:  ama [-a] [-p dir]                 the calls that were entered, busiest first; -a all
 *       ama [-p dir] caches               the object caches
 *       ama policy                        the policy of this process, which it has from the shell
 *       ama policy fail|retry|backoff     sets the policy of the shell that asks
 *       ama policy NAME program [arg...]  runs one program under a policy
 *       ama inject [SPEC]                 shows or sets the injector
 *
 * The figures come from /proc/ama/calls, one line per call scope:
 *
 *     scope entries refused waits res_frames used_frames hw_frames res_objects used_objects hw_objects
 *     res_bytes used_bytes
 *
 * and are printed in that order; hw is the most that one call held.  Each group ends with its tightness, reserved by used: frames
 * and objects used are what each call held at most at a time, so that 1.00 is a need that cannot be lower; bytes used are all that
 * was allocated, of bytes only the ratio is shown.  -p reads a copy of /proc/ama in another directory.
 */
#include "user/bin/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ENTRIES,
    REFUSED,
    WAITS,
    RES_FRAMES,
    USED_FRAMES,
    HW_FRAMES,
    RES_OBJECTS,
    USED_OBJECTS,
    HW_OBJECTS,
    RES_BYTES,
    USED_BYTES,
    COLUMNS,
};

static const char *const column_names[COLUMNS] = {
    "entries",     "refused",      "waits",      "res_frames", "used_frames", "hw_frames",
    "res_objects", "used_objects", "hw_objects", "res_bytes",  "used_bytes",
};

struct scope {
    char name[32];
    unsigned long long value[COLUMNS];
};

static const char *folder = "/proc/ama";

static int text_complain(const char *path)
{
    return complain_text(path, "has an unexpected form");
}

/* Whether the first line names the columns that this program knows. */
static bool header_fits(char *line)
{
    char *word = strtok(line, " \t\n");
    int i;

    if (!word || strcmp(word, "scope") != 0)
        return false;
    for (i = 0; i < COLUMNS; i++) {
        word = strtok(NULL, " \t\n");
        if (!word || strcmp(word, column_names[i]) != 0)
            return false;
    }
    return true;
}

static bool scope_parse(struct scope *s, char *line)
{
    char *word = strtok(line, " \t\n"), *end = "";
    int i;

    if (!word)
        return false;
    snprintf(s->name, sizeof s->name, "%.31s", word);
    for (i = 0; i < COLUMNS && *end == '\0'; i++) {
        word = strtok(NULL, " \t\n");
        if (!word)
            return false;
        s->value[i] = strtoull(word, &end, 10);
    }
    return *end == '\0';
}

/* Reads all scopes; returns how many, or -1 after a message. */
static long scopes_read(struct scope **list)
{
    char line[512], *path = path_join(folder, "calls");
    FILE *file = file_open(path);
    long count = 0;
    bool fits = true;

    *list = NULL;
    if (!file)
        return -1;
    if (!fgets(line, sizeof line, file) || !header_fits(line))
        fits = false;
    while (fits && fgets(line, sizeof line, file)) {
        if (count % 64 == 0)
            *list = mem_get(*list, (size_t)(count + 64) * sizeof **list);
        fits = scope_parse(&(*list)[count++], line);
    }
    file_close(file);
    if (!fits)
        text_complain(path);
    free(path);
    return fits ? count : -1;
}

static int by_entries(const void *a, const void *b)
{
    const struct scope *x = a, *y = b;

    if (x->value[ENTRIES] != y->value[ENTRIES])
        return x->value[ENTRIES] < y->value[ENTRIES] ? 1 : -1;
    return strcmp(x->name, y->name);
}

static void ratio_print(unsigned long long reserved, unsigned long long used)
{
    if (used)
        printf(" %5.2f", (double)reserved / (double)used);
    else
        printf(" %5s", "-");
}

static void scope_print(const struct scope *s)
{
    const unsigned long long *v = s->value;

    printf("%-18s %9llu %7llu %7llu", s->name, v[ENTRIES], v[REFUSED], v[WAITS]);
    printf(" %9llu %9llu %5llu", v[RES_FRAMES], v[USED_FRAMES], v[HW_FRAMES]);
    ratio_print(v[RES_FRAMES], v[USED_FRAMES]);
    printf(" %9llu %9llu %5llu", v[RES_OBJECTS], v[USED_OBJECTS], v[HW_OBJECTS]);
    ratio_print(v[RES_OBJECTS], v[USED_OBJECTS]);
    ratio_print(v[RES_BYTES], v[USED_BYTES]);
    printf("\n");
}

static void total_add(struct scope *total, const struct scope *s)
{
    int i;

    for (i = 0; i < COLUMNS; i++) {
        if (i != HW_FRAMES && i != HW_OBJECTS)
            total->value[i] += s->value[i];
        else if (s->value[i] > total->value[i])
            total->value[i] = s->value[i];
    }
}

static int calls_print(bool all)
{
    struct scope *list, total = {.name = "total"};
    long count = scopes_read(&list), i;

    if (count < 0)
        return 1;
    if (count)
        qsort(list, (size_t)count, sizeof *list, by_entries);
    printf("%53s%32s%27s\n", "frames", "objects", "bytes");
    printf("%-18s %9s %7s %7s", "scope", "entries", "refused", "waits");
    for (i = 0; i < 2; i++)
        printf(" %9s %9s %5s %5s", "reserved", "used", "most", "ratio");
    printf(" ratio\n");
    for (i = 0; i < count; i++) {
        if (all || list[i].value[ENTRIES])
            scope_print(&list[i]);
        total_add(&total, &list[i]);
    }
    scope_print(&total);
    free(list);
    return 0;
}

/* Prints the words of a line in columns; false when there are not seven. */
static bool cache_print(char *line)
{
    char *word = strtok(line, " \t\n");
    int n;

    for (n = 0; word; n++) {
        printf(n ? " %8s" : "%-20s", word);
        word = strtok(NULL, " \t\n");
    }
    putchar('\n');
    return n == 9;
}

static int caches_print(void)
{
    char line[256], *path = path_join(folder, "caches");
    FILE *file = file_open(path);
    bool fits = true;

    while (file && fits && fgets(line, sizeof line, file))
        fits = cache_print(line);
    if (!fits)
        text_complain(path);
    if (file)
        file_close(file);
    free(path);
    return !file || !fits;
}

/* ---- settings: small files that are read and written whole ---- */

static int setting_show(const char *path)
{
    int fd = open(path, O_RDONLY), status;

    if (fd < 0)
        return complain(path);
    status = copy_data(fd, path, 1, "write");
    close(fd);
    return status;
}

static int setting_write(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY), status = 0;

    if (fd < 0)
        return complain(path);
    if (write_all(fd, text, strlen(text)) < 0)
        status = complain(path);
    close(fd);
    return status;
}

static int policy(char **argv)
{
    char parent[48];
    int error;

    if (!argv[0])
        return setting_show("/proc/self/ama/policy");
    if (!argv[1]) {
        snprintf(parent, sizeof parent, "/proc/%d/ama/policy", (int)getppid());
        return setting_write(parent, argv[0]);
    }
    if (setting_write("/proc/self/ama/policy", argv[0]))
        return 126;
    execvp(argv[1], argv + 1);
    error = errno;
    complain(argv[1]);
    return error == ENOENT ? 127 : 126;
}

static int inject(char **argv)
{
    char *path = path_join(folder, "inject");
    int status = argv[0] ? setting_write(path, argv[0]) : setting_show(path);

    free(path);
    return status;
}

int main(int argc, char **argv)
{
    bool all = false;
    int c;

    prog_start(argv, "[-a] [-p dir] [caches | policy [name [program...]] | inject [spec]]");
    while ((c = option_next(argc, argv, "ap:")) != -1) {
        if (c == '?')
            usage();
        all |= c == 'a';
        folder = c == 'p' ? option_value : folder;
    }
    argv += option_index;
    if (!*argv)
        return prog_end(calls_print(all));
    if (strcmp(*argv, "caches") == 0 && !argv[1])
        return prog_end(caches_print());
    if (strcmp(*argv, "policy") == 0)
        return policy(argv + 1);
    if (strcmp(*argv, "inject") == 0 && (!argv[1] || !argv[2]))
        return inject(argv + 1);
    usage();
}
