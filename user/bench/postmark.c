// SPDX-License-Identifier: MIT
/*
 * postmark.c - PostMark's mix: a mail server's life with many small files
 *
 * A pool of -n files with sizes uniform in [-s, -S] is created; then -t transactions, each of two halves: read a
 * whole file or append to one, and create a file or delete one, chosen by the biases (of 10) -r and -c; at last
 * all that is left is read once more and deleted.  Parameters and their defaults are those of J. Katcher,
 * "PostMark: A New File System Benchmark", 1997; the code is ours, and unlike the original it checks every byte
 * that it reads.  Creation, transactions and deletion are measured, the last reading is not.  Reads and writes are
 * unbuffered calls of -b bytes.
 */
#include "user/bench/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mail {
    uint32_t number; /* names the file and seeds its content */
    uint32_t size;
};

struct postmark {
    struct bench *b;
    struct rng rng;
    struct mail *pool; /* the `count` files that exist */
    uint32_t count, made;
    uint32_t files, transactions, least, most, block;
    uint32_t read_bias, create_bias;
    uint64_t created, read, appended, deleted;
    char *buffer; /* one block */
};

static void mail_path(const struct postmark *p, char *path, uint32_t number)
{
    char suffix[16];
    unsigned i;

    for (i = 0; i < 8; i++)
        suffix[i] = "0123456789abcdef"[number >> 4 * (7 - i) & 15];
    suffix[8] = '\0';
    bench_path(p->b, path, suffix);
}

static uint32_t pick_size(struct postmark *p)
{
    return p->least + (uint32_t)rng_below(&p->rng, p->most - p->least + 1);
}

static int mail_open(struct postmark *p, const struct mail *m, int flags)
{
    char path[BENCH_PATH];
    int fd;

    mail_path(p, path, m->number);
    fd = open(path, flags, 0644);
    if (fd < 0)
        bench_error(p->b, "%s", path);
    return fd;
}

/* Adds `bytes` to the end of an open file, block by block. */
static void mail_extend(struct postmark *p, struct mail *m, int fd, uint32_t bytes)
{
    while (bytes > 0) {
        uint32_t len = bytes < p->block ? bytes : p->block;

        pattern_fill(p->buffer, len, m->number, m->size);
        if (!bench_write(p->b, fd, p->buffer, len))
            return;
        m->size += len;
        p->b->bytes += len;
        bytes -= len;
    }
}

static void mail_create(struct postmark *p)
{
    struct mail *m = &p->pool[p->count];
    int fd;

    m->number = p->made++;
    m->size = 0;
    fd = mail_open(p, m, O_WRONLY | O_CREAT | O_EXCL);
    if (fd < 0)
        return;
    p->count++;
    p->created++;
    mail_extend(p, m, fd, pick_size(p));
    close(fd);
}

static void mail_read(struct postmark *p, struct mail *m)
{
    int fd = mail_open(p, m, O_RDONLY);
    uint32_t at = 0;

    if (fd < 0)
        return;
    while (at < m->size) {
        uint32_t len = m->size - at < p->block ? m->size - at : p->block;

        if (!bench_read(p->b, fd, p->buffer, len))
            break;
        errno = 0;
        if (pattern_check(p->buffer, len, m->number, at) != len)
            bench_error(p->b, "file %u is damaged in the block at %u", (unsigned)m->number, (unsigned)at);
        p->b->bytes += len;
        at += len;
    }
    errno = 0;
    if (at == m->size && read(fd, p->buffer, 1) != 0)
        bench_error(p->b, "file %u is longer than %u", (unsigned)m->number, (unsigned)m->size);
    close(fd);
    p->read++;
}

static void mail_append(struct postmark *p, struct mail *m)
{
    int fd;

    if (m->size >= p->most)
        return;
    fd = mail_open(p, m, O_WRONLY | O_APPEND);
    if (fd < 0)
        return;
    mail_extend(p, m, fd, 1 + (uint32_t)rng_below(&p->rng, p->most - m->size));
    close(fd);
    p->appended++;
}

static void mail_delete(struct postmark *p, uint32_t which)
{
    char path[BENCH_PATH];

    mail_path(p, path, p->pool[which].number);
    if (unlink(path) != 0)
        bench_error(p->b, "unlink %s", path);
    p->pool[which] = p->pool[--p->count];
    p->deleted++;
}

static void transaction(struct postmark *p)
{
    if (p->count > 0) {
        struct mail *m = &p->pool[rng_below(&p->rng, p->count)];

        if (rng_below(&p->rng, 10) < p->read_bias)
            mail_read(p, m);
        else
            mail_append(p, m);
    }
    if (rng_below(&p->rng, 10) < p->create_bias)
        mail_create(p);
    else if (p->count > 0)
        mail_delete(p, (uint32_t)rng_below(&p->rng, p->count));
    p->b->ops++;
}

/* Not part of the mix: what no transaction has read is checked before it is deleted. */
static void check_rest(struct postmark *p)
{
    uint64_t bytes = p->b->bytes, read = p->read;
    uint32_t i;

    for (i = 0; i < p->count && p->b->errors == 0; i++)
        mail_read(p, &p->pool[i]);
    p->b->bytes = bytes;
    p->read = read;
}

static void run(struct postmark *p)
{
    uint64_t began = bench_now(), mixed, done;
    uint32_t i;

    for (i = 0; i < p->files && p->b->errors == 0; i++)
        mail_create(p);
    mixed = bench_now();
    for (i = 0; i < p->transactions && p->b->errors == 0; i++)
        transaction(p);
    done = bench_now();
    p->b->ns = done - began;
    check_rest(p);
    began = bench_now();
    while (p->count > 0 && !p->b->keep)
        mail_delete(p, p->count - 1);
    p->b->ns += bench_now() - began;
    bench_detail(p->b,
                 "\"created\":%llu,\"read\":%llu,\"appended\":%llu,\"deleted\":%llu,\"transactions_us\":%llu",
                 (unsigned long long)p->created, (unsigned long long)p->read, (unsigned long long)p->appended,
                 (unsigned long long)p->deleted, (unsigned long long)(done - mixed) / 1000);
}

static uint32_t set(struct bench *b, uint32_t *value, uint32_t max)
{
    return *value = (uint32_t)bench_number(b, optarg, max);
}

/* Reads the options; the seed is the return value. */
static uint32_t options(struct postmark *p, int argc, char **argv)
{
    uint32_t seed = 42;
    int c;

    while ((c = bench_option(p->b, argc, argv, "n:t:s:S:r:c:b:x:")) != -1) {
        switch (c) {
        case 'n':
            set(p->b, &p->files, 1000000);
            break;
        case 't':
            set(p->b, &p->transactions, 1000000);
            break;
        case 's':
            set(p->b, &p->least, 1 << 24);
            break;
        case 'S':
            set(p->b, &p->most, 1 << 24);
            break;
        case 'r':
            set(p->b, &p->read_bias, 10);
            break;
        case 'c':
            set(p->b, &p->create_bias, 10);
            break;
        case 'b':
            set(p->b, &p->block, 1 << 20);
            break;
        default:
            set(p->b, &seed, UINT32_MAX);
            break;
        }
    }
    if (p->least > p->most || optind < argc)
        bench_usage(p->b);
    return seed;
}

int main(int argc, char **argv)
{
    struct bench b;
    struct postmark p = {.b = &b,
                         .files = 500,
                         .transactions = 500,
                         .least = 500,
                         .most = 10000,
                         .block = 512,
                         .read_bias = 5,
                         .create_bias = 5};
    uint32_t seed;

    bench_init(&b, "postmark",
               "[-n FILES] [-t TRANSACTIONS] [-s LEAST] [-S MOST] [-r READ_BIAS] [-c CREATE_BIAS] "
               "[-b BLOCK] [-x SEED]");
    seed = options(&p, argc, argv);
    rng_seed(&p.rng, seed);
    bench_params(&b, "\"files\":%u,\"transactions\":%u,\"least\":%u,\"most\":%u", (unsigned)p.files,
                 (unsigned)p.transactions, (unsigned)p.least, (unsigned)p.most);
    bench_params(&b, "\"read_bias\":%u,\"create_bias\":%u,\"block\":%u,\"seed\":%u", (unsigned)p.read_bias,
                 (unsigned)p.create_bias, (unsigned)p.block, (unsigned)seed);
    p.pool = calloc((size_t)p.files + p.transactions, sizeof *p.pool);
    p.buffer = malloc(p.block);
    if (p.pool == NULL || p.buffer == NULL)
        bench_error(&b, "memory");
    else
        run(&p);
    free(p.pool);
    free(p.buffer);
    return bench_report(&b);
}
