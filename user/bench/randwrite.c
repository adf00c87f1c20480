// SPDX-License-Identifier: MIT
/*
 * randwrite.c - overwrites 4 KiB blocks at random places of a file
 *
 * The file is made first with version 0 of every block; each operation writes the next version of one block.
 * Measured: the writes and the final fsync.  Afterwards every block of the file must hold its last version.
 */
#include "user/bench/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static char block[BENCH_BLOCK];

/* Each (block, version) pair is a stream of its own. */
static uint64_t block_seed(uint32_t version)
{
    return 1 + ((uint64_t)version << 20);
}

static bool seek_to(struct bench *b, int fd, uint64_t offset)
{
    if (lseek(fd, (off_t)offset, SEEK_SET) == (off_t)offset)
        return true;
    bench_error(b, "seek to %llu", (unsigned long long)offset);
    return false;
}

static void write_all(struct bench *b, int fd, uint64_t ops, uint64_t blocks, uint32_t *versions)
{
    struct rng r;

    rng_seed(&r, 1);
    while (b->ops < ops) {
        uint64_t which = rng_below(&r, blocks);

        pattern_fill(block, sizeof block, block_seed(versions[which] + 1), which * BENCH_BLOCK);
        if (!seek_to(b, fd, which * BENCH_BLOCK) || !bench_write(b, fd, block, sizeof block))
            return;
        versions[which]++;
        b->ops++;
        b->bytes += BENCH_BLOCK;
    }
    if (fsync(fd) != 0)
        bench_error(b, "fsync");
}

static void check_all(struct bench *b, int fd, uint64_t blocks, const uint32_t *versions)
{
    uint64_t i;

    if (!seek_to(b, fd, 0))
        return;
    for (i = 0; i < blocks && bench_read(b, fd, block, sizeof block); i++) {
        errno = 0;
        if (pattern_check(block, sizeof block, block_seed(versions[i]), i * BENCH_BLOCK) != sizeof block)
            bench_error(b, "block %llu does not hold version %u", (unsigned long long)i,
                        (unsigned)versions[i]);
    }
}

static void run(struct bench *b, const char *path, uint64_t ops, uint64_t blocks)
{
    uint32_t *versions = calloc(blocks, sizeof *versions);
    int fd = open(path, O_RDWR);
    uint64_t began = bench_now();

    if (versions == NULL || fd < 0) {
        bench_error(b, "%s", path);
    } else {
        write_all(b, fd, ops, blocks, versions);
        b->ns = bench_now() - began;
        check_all(b, fd, blocks, versions);
    }
    if (fd >= 0)
        close(fd);
    free(versions);
}

int main(int argc, char **argv)
{
    struct bench b;
    char path[BENCH_PATH];
    uint64_t ops, bytes;

    bench_init(&b, "randwrite", "[OPERATIONS [MIB]]");
    while (bench_option(&b, argc, argv, "") != -1)
        bench_usage(&b);
    ops = bench_argument(&b, argc, argv, 0, 4000);
    bytes = bench_argument(&b, argc, argv, 1, 8) << 20;
    bench_params(&b, "\"operations\":%llu,\"mib\":%llu", (unsigned long long)ops,
                 (unsigned long long)(bytes >> 20));
    bench_path(&b, path, "dat");

    bench_make_file(&b, path, bytes, block_seed(0));
    b.ops = b.bytes = 0;
    if (b.errors == 0)
        run(&b, path, ops, bytes / BENCH_BLOCK);
    bench_remove(&b, path);
    return bench_report(&b);
}
