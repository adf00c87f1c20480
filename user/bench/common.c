// SPDX-License-Identifier: MIT
/*
 * common.c - options, clock, generated data and report of the benchmarks (duties in common.h)
 *
 * The report goes to stdout and is the last thing a benchmark writes; errors go to stderr when they happen, the
 * first ten in full.  Numbers are printed from integers, so that a report costs no memory of its own.
 */
#include "user/bench/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ERRORS_SHOWN = 10 };

static char chunk[BENCH_CHUNK];

void bench_init(struct bench *b, const char *name, const char *usage)
{
    struct stat st;

    memset(b, 0, sizeof *b);
    b->name = name;
    b->usage = usage;
    b->dir = stat("/tmp", &st) != 0 && errno == ENOENT ? "" : "/tmp";
}

void bench_usage(const struct bench *b)
{
    fprintf(stderr, "usage: %s [-d DIR] [-k] %s\n", b->name, b->usage);
    exit(2);
}

int bench_option(struct bench *b, int argc, char **argv, const char *extra)
{
    char letters[64];
    int c;

    snprintf(letters, sizeof letters, "d:k%s", extra);
    while ((c = getopt(argc, argv, letters)) != -1) {
        if (c == 'd') {
            b->dir = strcmp(optarg, "/") == 0 ? "" : optarg;
        } else if (c == 'k') {
            b->keep = true;
        } else if (c == '?') {
            bench_usage(b);
        } else {
            return c;
        }
    }
    return -1;
}

uint64_t bench_number(const struct bench *b, const char *text, uint64_t max)
{
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value == 0 || value > max)
        bench_usage(b);
    return value;
}

uint64_t bench_argument(const struct bench *b, int argc, char **argv, int index, uint64_t otherwise)
{
    return optind + index < argc ? bench_number(b, argv[optind + index], 1u << 20) : otherwise;
}

static void append(char *text, size_t room, const char *format, va_list args)
{
    size_t used = strlen(text);

    if (used > 0 && used + 1 < room)
        text[used++] = ',';
    vsnprintf(text + used, room - used, format, args);
}

void bench_params(struct bench *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    append(b->params, sizeof b->params, format, args);
    va_end(args);
}

void bench_detail(struct bench *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    append(b->detail, sizeof b->detail, format, args);
    va_end(args);
}

void bench_error(struct bench *b, const char *format, ...)
{
    int error = errno;
    va_list args;

    if (b->errors++ >= ERRORS_SHOWN)
        return;
    fprintf(stderr, "%s: ", b->name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, error != 0 ? ": %s\n" : "\n", strerror(error));
    if (b->errors == ERRORS_SHOWN)
        fprintf(stderr, "%s: further errors are only counted\n", b->name);
}

int bench_report(struct bench *b)
{
    unsigned long long us = b->ns / 1000, rate = 0;

    if (us > 0)
        rate = b->bytes > 0 ? b->bytes * 1000 / us : b->ops * 1000000 / us;
    printf("{\"bench\":\"%s\",\"ops\":%llu,\"bytes\":%llu,\"seconds\":%llu.%06llu,\"verified\":%s,\"errors\":"
           "%llu",
           b->name, (unsigned long long)b->ops, (unsigned long long)b->bytes, us / 1000000, us % 1000000,
           b->errors == 0 ? "true" : "false", (unsigned long long)b->errors);
    printf(",\"params\":{%s}%s%s}\n", b->params, b->detail[0] != '\0' ? "," : "", b->detail);
    printf("%-9s %llu operations, %llu KiB in %llu.%03llu s (%llu %s), ", b->name, (unsigned long long)b->ops,
           (unsigned long long)b->bytes / 1024, us / 1000000, us / 1000 % 1000, rate,
           b->bytes > 0 ? "KB/s" : "operations/s");
    if (b->errors == 0)
        printf("all data right\n");
    else
        printf("%llu ERRORS\n", (unsigned long long)b->errors);
    return fflush(stdout) == 0 && b->errors == 0 ? 0 : 1;
}

void bench_path(const struct bench *b, char *out, const char *suffix)
{
    snprintf(out, BENCH_PATH, "%s/%s.%s", b->dir, b->name, suffix);
}

bool bench_write(struct bench *b, int fd, const void *data, size_t len)
{
    const char *from = data;

    while (len > 0) {
        ssize_t done = write(fd, from, len);

        if (done <= 0) {
            errno = done == 0 ? 0 : errno;
            bench_error(b, "write of %zu bytes", len);
            return false;
        }
        from += done;
        len -= (size_t)done;
    }
    return true;
}

bool bench_read(struct bench *b, int fd, void *data, size_t len)
{
    char *to = data;

    while (len > 0) {
        ssize_t done = read(fd, to, len);

        if (done <= 0) {
            errno = done == 0 ? 0 : errno;
            bench_error(b, "read of %zu bytes answers %zd", len, done);
            return false;
        }
        to += done;
        len -= (size_t)done;
    }
    return true;
}

bool bench_make_file(struct bench *b, const char *path, uint64_t bytes, uint64_t seed)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool good = fd >= 0;
    uint64_t at;

    if (!good)
        bench_error(b, "%s", path);
    for (at = 0; good && at < bytes; at += BENCH_CHUNK) {
        size_t len = bytes - at < BENCH_CHUNK ? (size_t)(bytes - at) : BENCH_CHUNK;

        pattern_fill(chunk, len, seed, at);
        good = bench_write(b, fd, chunk, len);
        b->ops++;
        b->bytes += len;
    }
    if (good && fsync(fd) != 0) {
        bench_error(b, "fsync %s", path);
        good = false;
    }
    if (fd >= 0)
        close(fd);
    return good;
}

static bool check_chunk(struct bench *b, int fd, size_t len, uint64_t seed, uint64_t at)
{
    size_t right;

    if (!bench_read(b, fd, chunk, len))
        return false;
    b->ops++;
    b->bytes += len;
    right = pattern_check(chunk, len, seed, at);
    if (right == len)
        return true;
    errno = 0;
    bench_error(b, "wrong byte at offset %llu", (unsigned long long)(at + right));
    return false;
}

bool bench_check_file(struct bench *b, const char *path, uint64_t bytes, uint64_t seed)
{
    int fd = open(path, O_RDONLY);
    bool good = fd >= 0;
    uint64_t at;

    if (!good)
        bench_error(b, "%s", path);
    for (at = 0; good && at < bytes; at += BENCH_CHUNK)
        good = check_chunk(b, fd, bytes - at < BENCH_CHUNK ? (size_t)(bytes - at) : BENCH_CHUNK, seed, at);
    if (good && read(fd, chunk, 1) != 0) {
        errno = 0;
        bench_error(b, "%s goes on after its end", path);
        good = false;
    }
    if (fd >= 0)
        close(fd);
    return good;
}

void bench_remove(struct bench *b, const char *path)
{
    if (!b->keep && unlink(path) != 0 && errno != ENOENT)
        bench_error(b, "unlink %s", path);
}

int bench_start(char *const *argv, pid_t *child)
{
    int ends[2];

    if (pipe(ends) != 0)
        return -1;
    *child = fork();
    if (*child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(argv[0], argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(BENCH_NOT_STARTED);
    }
    close(ends[1]);
    if (*child > 0)
        return ends[0];
    close(ends[0]);
    return -1;
}

int bench_wait(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR)
            return BENCH_NOT_STARTED;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

uint64_t bench_member(const char *line, const char *key)
{
    char quoted[48];
    const char *at;
    uint64_t value = 0;

    snprintf(quoted, sizeof quoted, "\"%s\":", key);
    at = strstr(line, quoted);
    for (at = at != NULL ? at + strlen(quoted) : ""; (*at >= '0' && *at <= '9') || *at == '.'; at++)
        if (*at != '.')
            value = value * 10 + (uint64_t)(*at - '0');
    return value;
}

uint64_t bench_now(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t mix64(uint64_t x)
{
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    x = (x ^ x >> 32) * 0xd6e8feb86659fd93u;
    return x ^ x >> 32;
}

void rng_seed(struct rng *r, uint64_t seed)
{
    r->state = mix64(seed + 1);
}

uint64_t rng_next(struct rng *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return mix64(r->state);
}

uint64_t rng_below(struct rng *r, uint64_t limit)
{
    return (rng_next(r) >> 16) % limit;
}

/* The eight bytes of word `index`: cheap, because generating must not outweigh the calls that are measured. */
static uint64_t pattern_word(uint64_t base, uint64_t index)
{
    uint64_t x = (base + index) * 0x9e3779b97f4a7c15u;

    return x ^ x >> 29;
}

static uint8_t pattern_byte(uint64_t base, uint64_t offset)
{
    return (uint8_t)(pattern_word(base, offset / 8) >> 8 * (offset % 8));
}

void pattern_fill(void *data, size_t len, uint64_t seed, uint64_t offset)
{
    uint8_t *to = data;
    uint64_t base = mix64(seed), word;
    size_t i = 0;

    for (; i < len && (offset + i) % 8 != 0; i++)
        to[i] = pattern_byte(base, offset + i);
    for (; i + 8 <= len; i += 8) {
        word = pattern_word(base, (offset + i) / 8);
        memcpy(to + i, &word, 8);
    }
    for (; i < len; i++)
        to[i] = pattern_byte(base, offset + i);
}

size_t pattern_check(const void *data, size_t len, uint64_t seed, uint64_t offset)
{
    const uint8_t *from = data;
    uint64_t base = mix64(seed), word;
    size_t i = 0;

    for (; i < len && (offset + i) % 8 != 0 && from[i] == pattern_byte(base, offset + i); i++)
        ;
    for (; i + 8 <= len && (offset + i) % 8 == 0; i += 8) {
        memcpy(&word, from + i, 8);
        if (word != pattern_word(base, (offset + i) / 8))
            break;
    }
    for (; i < len && from[i] == pattern_byte(base, offset + i); i++)
        ;
    return i;
}
