// SPDX-License-Identifier: MIT
/*
 * ps.c - lists the processes, from /proc/PID/stat
 *
 * Use:  ps
 *
 * The line has the form that proc(5) gives: id (name) state parent group ... with the name up to the last
 * bracket.
 */
#include "user/bin/common.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
    int pid, parent;
    char state;
    unsigned long user_ticks, system_ticks, size; // size in bytes
    long frames;
    char name[32];
};

static bool process_parse(struct process *p, char *line)
{
    char *open = strchr(line, '('), *close = strrchr(line, ')');

    if (!open || !close || close < open)
        return false;
    *close = '\0';
    p->pid = atoi(line);
    snprintf(p->name, sizeof p->name, "%s", open + 1);
    return sscanf(close + 1,
                  " %c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d %*d %*d %*d %*d %*d %*u %lu %ld",
                  &p->state, &p->parent, &p->user_ticks, &p->system_ticks, &p->size, &p->frames) == 6;
}

static bool process_read(struct process *p, const char *pid)
{
    char path[64], line[512];
    FILE *file;
    bool read;

    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    return read && process_parse(p, line);
}

static const char *owner(const char *pid)
{
    char path[64];
    struct stat st;

    snprintf(path, sizeof path, "/proc/%.20s", pid);
    return stat(path, &st) < 0 ? "?" : user_text(st.st_uid);
}

static void process_print(const struct process *p, const char *user)
{
    long hz = sysconf(_SC_CLK_TCK), page = sysconf(_SC_PAGESIZE);
    unsigned long seconds = (p->user_ticks + p->system_ticks) / (unsigned long)(hz > 0 ? hz : 100);

    printf("%5d %5d %-8s %c %4lu:%02lu %7lu %7ld %s\n", p->pid, p->parent, user, p->state, seconds / 60,
           seconds % 60, p->size / 1024, p->frames * page / 1024, p->name);
}

static int by_number(const void *a, const void *b)
{
    return atoi(*(char *const *)a) - atoi(*(char *const *)b);
}

int main(int argc, char **argv)
{
    struct names names;
    size_t i;

    prog_start(argv, "");
    if (argc > 1)
        usage();
    if (names_read(&names, "/proc", false) < 0)
        die("/proc");
    qsort(names.list, names.count, sizeof *names.list, by_number);
    puts("  PID  PPID USER     S    TIME     VSZ     RSS COMMAND");
    for (i = 0; i < names.count; i++) {
        struct process p = {0};

        if (isdigit((unsigned char)names.list[i][0]) && process_read(&p, names.list[i]))
            process_print(&p, owner(names.list[i]));
    }
    return prog_end(0);
}
