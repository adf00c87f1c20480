// SPDX-License-Identifier: MIT
/*
 * seqwrite.c - writes a file from start to end in 64 KiB calls
 *
 * Measured: the writes and the fsync that makes them durable.  Then the file is read back and every byte checked,
 * outside the measured part.
 */
#include "user/bench/common.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    struct bench b;
    char path[BENCH_PATH];
    uint64_t bytes, began, ops, size;

    bench_init(&b, "seqwrite", "[MIB]");
    while (bench_option(&b, argc, argv, "") != -1)
        bench_usage(&b);
    bytes = bench_argument(&b, argc, argv, 0, 32) << 20;
    bench_params(&b, "\"mib\":%llu", (unsigned long long)(bytes >> 20));
    bench_path(&b, path, "dat");

    began = bench_now();
    bench_make_file(&b, path, bytes, 1);
    b.ns = bench_now() - began;

    ops = b.ops;
    size = b.bytes;
    if (b.errors == 0)
        bench_check_file(&b, path, bytes, 1);
    b.ops = ops;
    b.bytes = size;
    bench_remove(&b, path);
    return bench_report(&b);
}
