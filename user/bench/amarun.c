// SPDX-License-Identifier: MIT
/*
 * amarun.c - runs a program and says what it cost in memory: one row of the demonstration's table
 *
 * /proc/ama/totals holds sums since the machine started, one "key value" a line.  They are read before and after
 * the program, and the row shows the differences (a peak is shown as it stands).  Nothing else may run meanwhile,
 * or it counts too.  The program's output comes through a pipe, is passed on, and is searched for the JSON line of
 * the benchmarks, which knows the number of operations and the length of the measured part; without one the row
 * has the whole time.  Where the file does not exist, as on Linux, the row has dashes.
 *
 * Use:    amarun [-j] [-q] PROG ARGS...      -j prints the row as JSON, -q does not pass the output on
 * Status: that of the program; 128 + n when signal n ended it, 127 when it could not be started
 */
#include "user/bench/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SHOWN = 7, PEAK = 9, KEYS = 10, LINE = 2048 };

/* The first SHOWN are columns of the row for people. */
static const char *const keys[KEYS] = {"res_frames", "used_frames",      "res_objects", "used_objects",
                                       "points",     "refusals",         "waits",       "res_bytes",
                                       "used_bytes", "peak_unused_bytes"};

struct totals {
    bool known;
    uint64_t value[KEYS];
};

/* What is searched in the program's output: the line that is being read, and what the last JSON line said. */
struct found {
    char line[LINE];
    size_t len;
    bool json;
    uint64_t ops, us;
};

static uint64_t value_of(const char *text, const char *key)
{
    size_t len = strlen(key);

    while (text != NULL && *text != '\0') {
        if (strncmp(text, key, len) == 0 && text[len] == ' ')
            return strtoull(text + len, NULL, 10);
        text = strchr(text, '\n');
        text += text != NULL;
    }
    return 0;
}

static struct totals totals_read(void)
{
    static char text[4096];
    struct totals t = {false, {0}};
    int fd = open("/proc/ama/totals", O_RDONLY);
    size_t have = 0, i;
    ssize_t n = 0;

    if (fd < 0)
        return t;
    while (have < sizeof text - 1 && (n = read(fd, text + have, sizeof text - 1 - have)) > 0)
        have += (size_t)n;
    close(fd);
    text[have] = '\0';
    t.known = n >= 0 && have > 0;
    for (i = 0; i < KEYS; i++)
        t.value[i] = value_of(text, keys[i]);
    return t;
}

static void look_at_line(struct found *f)
{
    f->line[f->len] = '\0';
    if (strncmp(f->line, "{\"bench\":", 9) == 0) {
        f->json = true;
        f->ops = bench_member(f->line, "ops");
        f->us = bench_member(f->line, "seconds");
    }
    f->len = 0;
}

/* Passes the output on until the program has closed it. */
static void pass_on(int fd, bool quiet, struct found *f)
{
    static char data[4096];
    ssize_t n, i;

    while ((n = read(fd, data, sizeof data)) > 0 || (n < 0 && errno == EINTR)) {
        if (!quiet && n > 0)
            fwrite(data, 1, (size_t)n, stdout);
        for (i = 0; i < n; i++) {
            if (data[i] == '\n')
                look_at_line(f);
            else if (f->len < LINE - 1)
                f->line[f->len++] = data[i];
        }
    }
    fflush(stdout);
}

static void print_json(const char *name, const struct found *f, const struct totals *t, int status)
{
    size_t i;

    printf("{\"row\":\"%s\",\"status\":%d,\"ops\":%llu,\"us\":%llu,\"known\":%d", name, status,
           (unsigned long long)f->ops, (unsigned long long)f->us, t->known);
    for (i = 0; i < KEYS && t->known; i++)
        printf(",\"%s\":%llu", keys[i], (unsigned long long)t->value[i]);
    printf("}\n");
}

static void print_row(const char *name, const struct found *f, const struct totals *t)
{
    size_t i;

    printf("%-12s %12s %12s", "workload", "operations", "seconds");
    for (i = 0; i < SHOWN; i++)
        printf(" %12s", keys[i]);
    printf("\n%-12s %12llu %8llu.%03llu", name, (unsigned long long)f->ops,
           (unsigned long long)f->us / 1000000, (unsigned long long)f->us / 1000 % 1000);
    for (i = 0; i < SHOWN; i++) {
        if (t->known)
            printf(" %12llu", (unsigned long long)t->value[i]);
        else
            printf(" %12s", "-");
    }
    printf("\n");
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static int run(char **argv, bool json, bool quiet)
{
    static struct found f;
    struct totals before = totals_read(), after;
    uint64_t began = bench_now();
    pid_t child;
    int fd = bench_start(argv, &child), status;
    size_t i;

    if (fd < 0) {
        fprintf(stderr, "amarun: %s\n", strerror(errno));
        return BENCH_NOT_STARTED;
    }
    pass_on(fd, quiet, &f);
    close(fd);
    status = bench_wait(child);
    if (!f.json)
        f.us = (bench_now() - began) / 1000;
    after = totals_read();
    for (i = 0; i < PEAK; i++)
        after.value[i] -= before.value[i];
    if (json)
        print_json(base_name(argv[0]), &f, &after, status);
    else
        print_row(base_name(argv[0]), &f, &after);
    return status;
}

int main(int argc, char **argv)
{
    bool json = false, quiet = false;
    int i = 1;

    for (; i < argc && argv[i][0] == '-'; i++) {
        json = json || strcmp(argv[i], "-j") == 0;
        quiet = quiet || strcmp(argv[i], "-q") == 0;
        if (strcmp(argv[i], "-j") != 0 && strcmp(argv[i], "-q") != 0)
            i = argc;
    }
    if (i >= argc) {
        fprintf(stderr, "usage: amarun [-j] [-q] PROG ARGS...\n");
        return 2;
    }
    return run(argv + i, json, quiet);
}
