// SPDX-License-Identifier: MIT
/*
 * randread.c - reads 4 KiB blocks at random places of a file and checks every byte
 *
 * The file is made first, outside the measured part.  Places come from a seeded generator: two runs with the same
 * arguments ask for the same blocks in the same order.
 */
#include "user/bench/common.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool read_block(struct bench *b, int fd, uint64_t offset)
{
    static char block[BENCH_BLOCK];
    size_t right;

    if (lseek(fd, (off_t)offset, SEEK_SET) != (off_t)offset) {
        bench_error(b, "seek to %llu", (unsigned long long)offset);
        return false;
    }
    if (!bench_read(b, fd, block, sizeof block))
        return false;
    right = pattern_check(block, sizeof block, 1, offset);
    if (right == sizeof block)
        return true;
    errno = 0;
    bench_error(b, "wrong byte at offset %llu", (unsigned long long)(offset + right));
    return false;
}

static void read_all(struct bench *b, const char *path, uint64_t ops, uint64_t blocks)
{
    struct rng r;
    int fd = open(path, O_RDONLY);

    if (fd < 0) {
        bench_error(b, "%s", path);
        return;
    }
    rng_seed(&r, 1);
    while (b->ops < ops && read_block(b, fd, rng_below(&r, blocks) * BENCH_BLOCK)) {
        b->ops++;
        b->bytes += BENCH_BLOCK;
    }
    close(fd);
}

int main(int argc, char **argv)
{
    struct bench b;
    char path[BENCH_PATH];
    uint64_t ops, bytes, began;

    bench_init(&b, "randread", "[OPERATIONS [MIB]]");
    while (bench_option(&b, argc, argv, "") != -1)
        bench_usage(&b);
    ops = bench_argument(&b, argc, argv, 0, 4000);
    bytes = bench_argument(&b, argc, argv, 1, 8) << 20;
    bench_params(&b, "\"operations\":%llu,\"mib\":%llu", (unsigned long long)ops,
                 (unsigned long long)(bytes >> 20));
    bench_path(&b, path, "dat");

    bench_make_file(&b, path, bytes, 1);
    b.ops = b.bytes = 0;
    began = bench_now();
    if (b.errors == 0)
        read_all(&b, path, ops, bytes / BENCH_BLOCK);
    b.ns = bench_now() - began;

    bench_remove(&b, path);
    return bench_report(&b);
}
