// SPDX-License-Identifier: MIT
/*
 * coldread.c - how near a file that is not cached comes to the speed of its disk
 *
 * A file and the disk below it are read in turns, call by call, 64 pages each, so a host that is busy for a while
 * slows down both.  There are five such pairs of ranges; before each all clean pages and names are dropped.  Only
 * the calls are timed, the file's bytes are checked in between.  The figure is the median of the pairs' ratios.
 *
 *     pair 1: file 1, disk 3, file 1, disk 3 ...     pair 2: file 2, disk 4, file 2, disk 4 ...
 *
 * The disk's ranges lie in its first part, where the file's data is too: there a sparse image has no holes.  Of each
 * range the slowest quarter of the calls is left out of the ratio, or it would tell what else the host did.
 *
 * Use:    coldread [-f FILE] [-b DISK] [-r RATIO] [MIB]      FILE is one that `seqwrite -k` left; with -r the status
 *         is 1 when the median is below RATIO
 */
#include "user/bench/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAIRS = 5, CALL = 64 * 4096, RANGE_MOST = 1024, THOUSAND = 1000 };

/* Thousandths as a decimal number, for printf(). */
#define DECIMAL "%llu.%03llu"
#define PARTS(x) (unsigned long long)(x) / THOUSAND, (unsigned long long)(x) % THOUSAND

static char data[CALL];

/* What is read: the file, whose bytes are known, or the disk, whose bytes may be anything. */
struct source {
    int fd;
    bool known;
    uint64_t size;
    int calls; /* of this range so far, and the time of each */
    uint64_t ns[RANGE_MOST];
};

static struct source file = {.known = true}, disk;

static bool drop_caches(struct bench *b)
{
    int fd;
    bool good;

    sync();
    fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    good = fd >= 0 && write(fd, "3", 1) == 1;
    if (!good)
        bench_error(b, "/proc/sys/vm/drop_caches");
    if (fd >= 0)
        close(fd);
    return good;
}

/* One call at an offset; notes its time. */
static bool read_once(struct bench *b, struct source *s, uint64_t at)
{
    uint64_t began = bench_now();
    bool good = bench_read(b, s->fd, data, CALL);

    s->ns[s->calls++] = bench_now() - began;
    if (!good || !s->known || pattern_check(data, CALL, 1, at) == CALL)
        return good;
    errno = 0;
    bench_error(b, "wrong byte between %llu and %llu", (unsigned long long)at, (unsigned long long)at + CALL);
    return false;
}

/* Goes to range `number` of PAIRS and returns where it begins; `range` is the ranges' length. */
static uint64_t range_begin(struct bench *b, struct source *s, int number, uint64_t range)
{
    uint64_t start = range * (uint64_t)(number % PAIRS);

    s->calls = 0;
    if (lseek(s->fd, (off_t)start, SEEK_SET) != (off_t)start)
        bench_error(b, "seek to %llu", (unsigned long long)start);
    return start;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

/* The faster three quarters of the range's calls. */
static uint64_t range_time(struct source *s)
{
    uint64_t ns = 0;
    int i;

    qsort(s->ns, (size_t)s->calls, sizeof s->ns[0], by_value);
    for (i = 0; i < s->calls - s->calls / 4; i++)
        ns += s->ns[i];
    return ns;
}

static uint64_t total(const struct source *s)
{
    uint64_t ns = 0;
    int i;

    for (i = 0; i < s->calls; i++)
        ns += s->ns[i];
    return ns;
}

/* Reads one range of each, nothing of it cached: file speed by disk speed in thousandths, 0 after an error. */
static uint64_t pair_ratio(struct bench *b, int number, uint64_t range, uint64_t *disk_ns)
{
    uint64_t file_at = range_begin(b, &file, number, range), at, time;
    uint64_t disk_at = range_begin(b, &disk, number + PAIRS / 2, range);
    bool good = drop_caches(b) && b->errors == 0;

    for (at = 0; good && at < range; at += CALL)
        good = read_once(b, &file, file_at + at) && read_once(b, &disk, disk_at + at);
    b->ops += at / CALL;
    b->bytes += at;
    b->ns += total(&file);
    *disk_ns += total(&disk);
    time = range_time(&file);
    return good && time > 0 ? range_time(&disk) * THOUSAND / time : 0;
}

/* Measures the pairs: the median ratio. */
static uint64_t compare(struct bench *b, uint64_t range)
{
    uint64_t ratio[PAIRS], disk_ns = 0;
    int i;

    for (i = 0; i < PAIRS; i++)
        ratio[i] = pair_ratio(b, i, range, &disk_ns);
    bench_detail(b, "\"disk_us\":%llu", (unsigned long long)disk_ns / 1000);
    for (i = 0; i < PAIRS; i++)
        bench_detail(b, "\"ratio_%d\":" DECIMAL, i + 1, PARTS(ratio[i]));
    qsort(ratio, PAIRS, sizeof ratio[0], by_value);
    return ratio[PAIRS / 2];
}

static bool source_open(struct bench *b, struct source *s, const char *path)
{
    off_t end;

    s->fd = open(path, O_RDONLY);
    end = s->fd >= 0 ? lseek(s->fd, 0, SEEK_END) : -1;
    if (end < 0)
        bench_error(b, "%s", path);
    else
        s->size = (uint64_t)end;
    return end >= 0;
}

static bool compare_sources(struct bench *b, const char *path, const char *device, uint64_t *median)
{
    uint64_t range;

    if (!source_open(b, &file, path) || !source_open(b, &disk, device))
        return false;
    range = file.size / PAIRS / CALL * CALL;
    errno = 0;
    if (range == 0 || range > (uint64_t)RANGE_MOST * CALL || disk.size < file.size)
        bench_error(b, "%s is too small, or too large for %s", path, device);
    else
        *median = compare(b, range);
    close(file.fd);
    close(disk.fd);
    return b->errors == 0;
}

int main(int argc, char **argv)
{
    struct bench b;
    char path[BENCH_PATH];
    const char *given = NULL, *device = "/dev/hda";
    uint64_t bytes, median = 0, wanted = 0;
    int c, status;

    bench_init(&b, "coldread", "[-f FILE] [-b DISK] [-r RATIO] [MIB]");
    while ((c = bench_option(&b, argc, argv, "f:b:r:")) != -1) {
        if (c == 'f')
            given = optarg;
        else if (c == 'b')
            device = optarg;
        else
            wanted = (uint64_t)(strtod(optarg, NULL) * THOUSAND + 0.5);
    }
    bytes = bench_argument(&b, argc, argv, 0, 32) << 20;
    bench_path(&b, path, "dat");
    bench_params(&b, "\"mib\":%llu,\"disk\":\"%s\"", (unsigned long long)(bytes >> 20), device);

    memset(data, 1, sizeof data); /* its pages are there before anything is measured */
    if (given == NULL)
        bench_make_file(&b, path, bytes, 1);
    b.ops = b.bytes = 0;
    if (b.errors == 0 && compare_sources(&b, given != NULL ? given : path, device, &median))
        bench_detail(&b, "\"ratio\":" DECIMAL, PARTS(median));
    if (given == NULL)
        bench_remove(&b, path);
    status = bench_report(&b);
    if (b.errors == 0)
        printf("coldread  the file has " DECIMAL " of the disk's speed (median of %d)\n", PARTS(median), PAIRS);
    return status == 0 && median >= wanted ? 0 : 1;
}
