// SPDX-License-Identifier: MIT
/*
 * demo.c - the demonstration: every workload once, as one table
 *
 * Each row comes from `amarun -j`, which measures one workload and prints its row as JSON; this program knows the
 * sizes, draws the table and judges it.  A workload that fails ends the demonstration with its status.
 *
 * Use:    demo [-q] [-d DIR] [-m POINTS] [-M TOTAL] [-i]
 *           -q  test sizes
 *           -m  fail when a workload other than micro passes fewer refusal points than POINTS
 *           -M  fail when all together pass fewer than TOTAL, or when not 45 to 55 % of all are refused
 *           -i  the same as -m 100 -M 2000: for a boot with inject=0.5 policy=retry
 */
#include "user/bench/common.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORDS = 6, COLUMNS = 7, LINE = 2048 };

static const struct workload {
    const char *program;
    const char *full[WORDS], *quick[WORDS]; /* arguments */
    bool judged;                            /* by its number of refusal points */
} workloads[] = {
    {"seqwrite", {"32"}, {"4"}, true},
    {"seqread", {"32"}, {"4"}, true},
    {"randwrite", {"4000", "8"}, {"500", "8"}, true},
    {"randread", {"4000", "8"}, {"500", "8"}, true},
    {"sort", {"32"}, {"4"}, true},
    {"postmark", {"-n", "500", "-t", "2000"}, {"-n", "100", "-t", "500"}, true},
    {"tree", {"-n", "1000"}, {"-n", "200"}, true},
    {"micro", {"4000"}, {"1000"}, false},
};

static const struct column {
    const char *key, *upper, *lower; /* two lines of heading */
} columns[COLUMNS] = {
    {"res_frames", "frames", "reserved"},
    {"used_frames", "frames", "used"},
    {"res_objects", "objects", "reserved"},
    {"used_objects", "objects", "used"},
    {"points", "refusal", "points"},
    {"refusals", "", "refusals"},
    {"waits", "", "waits"},
};

struct demo {
    bool quick;
    const char *dir;             /* NULL: each workload chooses */
    uint64_t least, least_total; /* refusal points, 0: not judged */
    uint64_t points, refusals;   /* so far, all workloads */
    char folder[BENCH_PATH];     /* where the programs lie: where this one was started from */
};

static void print_heading(void)
{
    size_t i;

    printf("%-10s %10s %9s", "", "", "");
    for (i = 0; i < COLUMNS; i++)
        printf(" %9s", columns[i].upper);
    printf("\n%-10s %10s %9s", "workload", "operations", "seconds");
    for (i = 0; i < COLUMNS; i++)
        printf(" %9s", columns[i].lower);
    printf("\n");
    fflush(stdout);
}

static void print_row(const char *name, const char *line)
{
    unsigned long long us = bench_member(line, "us");
    size_t i;

    printf("%-10s %10llu %5llu.%03llu", name, (unsigned long long)bench_member(line, "ops"), us / 1000000,
           us / 1000 % 1000);
    for (i = 0; i < COLUMNS; i++) {
        if (bench_member(line, "known"))
            printf(" %9llu", (unsigned long long)bench_member(line, columns[i].key));
        else
            printf(" %9s", "-");
    }
    printf("\n");
    fflush(stdout);
}

static void print_sum(const struct demo *d)
{
    if (d->points > 0)
        printf("%llu of %llu refusal points were refused: %llu.%llu %%\n", (unsigned long long)d->refusals,
               (unsigned long long)d->points, (unsigned long long)(d->refusals * 100 / d->points),
               (unsigned long long)(d->refusals * 1000 / d->points % 10));
}

/* Runs one workload under amarun; its row is in `line`.  Returns the status. */
static int run(struct demo *d, const struct workload *w, char *line)
{
    const char *const *words = d->quick ? w->quick : w->full;
    char amarun[BENCH_PATH + 16], program[BENCH_PATH + 16];
    char *argv[WORDS + 7] = {amarun, "-j", "-q", program};
    size_t n = 4, have = 0;
    ssize_t got;
    pid_t child;
    int fd;

    snprintf(amarun, sizeof amarun, "%samarun", d->folder);
    snprintf(program, sizeof program, "%s%s", d->folder, w->program);
    if (d->dir != NULL) {
        argv[n++] = "-d";
        argv[n++] = (char *)(uintptr_t)d->dir;
    }
    for (; *words != NULL; words++)
        argv[n++] = (char *)(uintptr_t)*words;
    fd = bench_start(argv, &child);
    if (fd < 0) {
        fprintf(stderr, "demo: %s: %s\n", amarun, strerror(errno));
        return BENCH_NOT_STARTED;
    }
    while (have < LINE - 1 && (got = read(fd, line + have, LINE - 1 - have)) > 0)
        have += (size_t)got;
    line[have] = '\0';
    close(fd);
    return bench_wait(child);
}

/* Runs and judges one workload; the status of the demonstration so far. */
static int step(struct demo *d, const struct workload *w)
{
    char line[LINE];
    int status = run(d, w, line);
    uint64_t points = bench_member(line, "points");

    if (status != 0) {
        fprintf(stderr, "demo: %s ended with %d\n", w->program, status);
        return status;
    }
    print_row(w->program, line);
    d->points += points;
    d->refusals += bench_member(line, "refusals");
    if (!w->judged || points >= d->least)
        return 0;
    fprintf(stderr, "demo: %s passed %llu refusal points, %llu are wanted\n", w->program,
            (unsigned long long)points, (unsigned long long)d->least);
    return 1;
}

static int judge(const struct demo *d)
{
    if (d->points < d->least_total) {
        fprintf(stderr, "demo: %llu refusal points in all, %llu are wanted\n", (unsigned long long)d->points,
                (unsigned long long)d->least_total);
        return 1;
    }
    if (d->least_total > 0 && (d->refusals * 100 < d->points * 45 || d->refusals * 100 > d->points * 55)) {
        fprintf(stderr, "demo: %llu of %llu refused is not 45 to 55 %%\n", (unsigned long long)d->refusals,
                (unsigned long long)d->points);
        return 1;
    }
    return 0;
}

static void options(struct demo *d, int argc, char **argv)
{
    struct bench b = {.name = "demo", .usage = "[-q] [-i] [-m POINTS] [-M TOTAL]"};
    int c;

    while ((c = bench_option(&b, argc, argv, "qim:M:")) != -1) {
        if (c == 'q') {
            d->quick = true;
        } else if (c == 'i') {
            d->least = 100;
            d->least_total = 2000;
        } else if (c == 'm') {
            d->least = bench_number(&b, optarg, UINT32_MAX);
        } else {
            d->least_total = bench_number(&b, optarg, UINT32_MAX);
        }
    }
    if (optind < argc || b.keep)
        bench_usage(&b);
    d->dir = b.dir;
}

int main(int argc, char **argv)
{
    static struct demo d;
    const char *slash = strrchr(argv[0], '/');
    size_t i;
    int status = 0;

    options(&d, argc, argv);
    snprintf(d.folder, sizeof d.folder, "%.*s", slash != NULL ? (int)(slash - argv[0]) + 1 : 0, argv[0]);
    print_heading();
    for (i = 0; i < sizeof workloads / sizeof workloads[0] && status == 0; i++)
        status = step(&d, &workloads[i]);
    print_sum(&d);
    return status != 0 ? status : judge(&d);
}
