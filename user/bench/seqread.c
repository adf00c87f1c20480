// SPDX-License-Identifier: MIT
/*
 * seqread.c - reads a file from start to end in 64 KiB calls and checks every byte
 *
 * The file is made first, outside the measured part; with -f FILE it is one that `seqwrite -k` left behind,
 * possibly in an earlier boot, so that nothing of it is cached.  A file larger than memory is cold either way.
 */
#include "user/bench/common.h"

#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct bench b;
    char path[BENCH_PATH];
    const char *given = NULL;
    uint64_t bytes, began;
    int c;

    bench_init(&b, "seqread", "[-f FILE] [MIB]");
    while ((c = bench_option(&b, argc, argv, "f:")) != -1)
        given = optarg;
    bytes = bench_argument(&b, argc, argv, 0, 32) << 20;
    bench_params(&b, "\"mib\":%llu", (unsigned long long)(bytes >> 20));
    bench_path(&b, path, "dat");

    if (given == NULL)
        bench_make_file(&b, path, bytes, 1);
    b.ops = b.bytes = 0;
    began = bench_now();
    if (b.errors == 0)
        bench_check_file(&b, given != NULL ? given : path, bytes, 1);
    b.ns = bench_now() - began;

    if (given == NULL)
        bench_remove(&b, path);
    return bench_report(&b);
}
