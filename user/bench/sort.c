// SPDX-License-Identifier: MIT
/*
 * sort.c - external merge sort of N MiB of 64-byte records with little memory
 *
 *   input --(read a memory full, sort, write)--> runs 0..r-1 --(merge FAN at a time)--> fewer, longer runs --> one
 *
 * The memory (-c KIB, default 1 MiB) is one buffer: all of it holds records while runs are made; while merging it
 * is cut into one slice per run and one for the output.  Measured: from the first read of the input to the fsync
 * of the result.  The result must be in order and hold exactly the records of the input (count and sum of their
 * hashes).
 */
#include "user/bench/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAN = 32, RECORD = 64 };

struct record {
    uint64_t key;
    uint64_t number; /* position in the input: makes the order total */
    uint8_t data[RECORD - 16];
};

_Static_assert(sizeof(struct record) == RECORD, "records are written as they are");

/* One input of a merge: a run and its slice of the buffer. */
struct source {
    int fd;
    struct record *slice;
    size_t room, have, at;
};

struct sorter {
    struct bench *b;
    struct record *memory;
    size_t records; /* that memory holds */
    unsigned made;  /* runs are numbered as they are made; the oldest are merged first */
};

static int by_key(const void *left, const void *right)
{
    const struct record *a = left, *b = right;

    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

static void run_path(const struct sorter *s, char *path, unsigned number)
{
    char suffix[24] = "run.";
    size_t at = 4;
    unsigned unit = 1;

    while (number / unit >= 10)
        unit *= 10;
    for (; unit > 0; unit /= 10)
        suffix[at++] = (char)('0' + number / unit % 10);
    suffix[at] = '\0';
    bench_path(s->b, path, suffix);
}

static int open_file(struct sorter *s, const char *path, int flags)
{
    int fd = open(path, flags, 0644);

    if (fd < 0)
        bench_error(s->b, "%s", path);
    return fd;
}

static void make_record(struct record *r, uint64_t number)
{
    r->key = mix64(number * 2 + 1);
    r->number = number;
    pattern_fill(r->data, sizeof r->data, r->key, 0);
}

static void make_input(struct sorter *s, const char *path, uint64_t count)
{
    int fd = open_file(s, path, O_WRONLY | O_CREAT | O_TRUNC);
    uint64_t number = 0;
    bool good = fd >= 0;

    while (good && number < count) {
        size_t n = 0;

        for (; n < s->records && number < count; n++)
            make_record(&s->memory[n], number++);
        good = bench_write(s->b, fd, s->memory, n * RECORD);
    }
    if (fd >= 0)
        close(fd);
}

static bool write_run(struct sorter *s, size_t n)
{
    char path[BENCH_PATH];
    int fd;
    bool good;

    qsort(s->memory, n, RECORD, by_key);
    run_path(s, path, s->made++);
    fd = open_file(s, path, O_WRONLY | O_CREAT | O_TRUNC);
    good = fd >= 0 && bench_write(s->b, fd, s->memory, n * RECORD);
    if (fd >= 0)
        close(fd);
    return good;
}

static void make_runs(struct sorter *s, const char *input, uint64_t count)
{
    int fd = open_file(s, input, O_RDONLY);
    bool good = fd >= 0;

    while (good && count > 0) {
        size_t n = count < s->records ? (size_t)count : s->records;

        good = bench_read(s->b, fd, s->memory, n * RECORD) && write_run(s, n);
        count -= n;
    }
    if (fd >= 0)
        close(fd);
}

/* Fills the slice from the run; false when the run has ended or cannot be read. */
static bool source_fill(struct sorter *s, struct source *from)
{
    char *to = (char *)from->slice;
    size_t got = 0;
    ssize_t n;

    do {
        n = read(from->fd, to + got, from->room * RECORD - got);
        got += n > 0 ? (size_t)n : 0;
    } while (n > 0 && got < from->room * RECORD);
    if (n < 0)
        bench_error(s->b, "read of a run");
    from->at = 0;
    from->have = got / RECORD;
    return from->have > 0;
}

/* Merges until all sources have ended; they are few, so the smallest is found by looking at each. */
static void merge_open(struct sorter *s, struct source *from, unsigned n, int out)
{
    struct source *to = &from[n];
    unsigned i, least;

    to->at = 0;
    while (n > 0 && s->b->errors == 0) {
        for (least = 0, i = 1; i < n; i++)
            if (by_key(&from[i].slice[from[i].at], &from[least].slice[from[least].at]) < 0)
                least = i;
        to->slice[to->at++] = from[least].slice[from[least].at++];
        if (to->at == to->room) {
            bench_write(s->b, out, to->slice, to->at * RECORD);
            to->at = 0;
        }
        if (from[least].at == from[least].have && !source_fill(s, &from[least])) {
            struct source ended = from[least];

            from[least] = from[--n];
            from[n] = ended;
        }
    }
    bench_write(s->b, out, to->slice, to->at * RECORD);
}

/* Merges the runs first..first+n-1 into a new one and removes them. */
static void merge(struct sorter *s, unsigned first, unsigned n)
{
    struct source from[FAN + 1];
    char path[BENCH_PATH];
    unsigned i;
    int out;

    for (i = 0; i <= n; i++) {
        from[i].room = s->records / (n + 1);
        from[i].slice = s->memory + i * from[i].room;
    }
    run_path(s, path, s->made++);
    out = open_file(s, path, O_WRONLY | O_CREAT | O_TRUNC);
    for (i = 0; i < n; i++) {
        run_path(s, path, first + i);
        from[i].fd = open_file(s, path, O_RDONLY);
        source_fill(s, &from[i]);
    }
    if (s->b->errors == 0)
        merge_open(s, from, n, out);
    if (s->b->errors == 0 && fsync(out) != 0)
        bench_error(s->b, "fsync");
    close(out);
    for (i = 0; i < n; i++)
        close(from[i].fd);
    for (i = 0; i < n; i++) {
        run_path(s, path, first + i);
        bench_remove(s->b, path);
    }
}

/* The result's order is total, so record i must come after record i-1; its hash sum must be the input's. */
static void check(struct sorter *s, const char *path, uint64_t count)
{
    struct record last = {0}, wanted;
    uint64_t sum = 0, i;
    int fd = open_file(s, path, O_RDONLY);
    size_t at = 0;

    for (i = 0; fd >= 0 && i < count; i++, at = (at + 1) % s->records) {
        size_t n = count - i < s->records ? (size_t)(count - i) : s->records;
        struct record *r = &s->memory[at];

        if (at == 0 && !bench_read(s->b, fd, s->memory, n * RECORD))
            break;
        errno = 0;
        make_record(&wanted, r->number);
        if (memcmp(r, &wanted, RECORD) != 0 || r->number >= count)
            bench_error(s->b, "record %llu is damaged", (unsigned long long)i);
        else if (i > 0 && by_key(&last, r) >= 0)
            bench_error(s->b, "record %llu is out of order", (unsigned long long)i);
        sum += mix64(r->number) - mix64(i);
        last = *r;
    }
    errno = 0;
    if (sum != 0)
        bench_error(s->b, "records were lost or doubled");
    if (fd >= 0 && s->b->errors == 0 && read(fd, &last, 1) != 0)
        bench_error(s->b, "the result is too long");
    if (fd >= 0)
        close(fd);
}

static void sort(struct sorter *s, const char *input, uint64_t count)
{
    char path[BENCH_PATH];
    unsigned first = 0;
    uint64_t began = bench_now();

    make_runs(s, input, count);
    while (s->b->errors == 0 && s->made - first > 1) {
        unsigned n = s->made - first < FAN ? s->made - first : FAN;

        merge(s, first, n);
        first += n;
    }
    s->b->ns = bench_now() - began;
    s->b->ops = count;
    s->b->bytes = count * RECORD;
    run_path(s, path, s->made - 1);
    if (s->b->errors == 0)
        check(s, path, count);
    for (; first < s->made; first++) {
        run_path(s, path, first);
        bench_remove(s->b, path);
    }
}

int main(int argc, char **argv)
{
    struct bench b;
    struct sorter s = {&b, NULL, 0, 0};
    char input[BENCH_PATH];
    uint64_t kib = 1024, count;
    int c;

    bench_init(&b, "sort", "[-c MEMORY_KIB] [MIB]");
    while ((c = bench_option(&b, argc, argv, "c:")) != -1)
        kib = bench_number(&b, optarg, 1u << 20);
    count = (bench_argument(&b, argc, argv, 0, 32) << 20) / RECORD;
    bench_params(&b, "\"mib\":%llu,\"memory_kib\":%llu", (unsigned long long)(count * RECORD >> 20),
                 (unsigned long long)kib);
    if (kib < 4)
        bench_usage(&b);
    s.records = (size_t)kib * 1024 / RECORD;
    s.memory = malloc(s.records * RECORD);
    if (s.memory == NULL) {
        bench_error(&b, "memory");
        return bench_report(&b);
    }
    bench_path(&b, input, "in");
    make_input(&s, input, count);
    if (b.errors == 0)
        sort(&s, input, count);
    bench_remove(&b, input);
    return bench_report(&b);
}
