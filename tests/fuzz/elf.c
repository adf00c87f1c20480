// SPDX-License-Identifier: MIT
/*
 * elf.c - program headers of any bytes are judged as the plain reading of the specification judges them
 *
 *     4 bytes        size of the file, beyond what is given of it
 *     the rest       its first bytes
 */
#include <stdlib.h>
#include "tests/fuzz/input.h"
#include "tests/host/elf/judge.h"

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    struct input in = {data, data + size};
    u64 more = input_number(&in, 4);
    elf_judge(in.at, in.end - in.at, in.end - in.at + more);
    return 0;
}
