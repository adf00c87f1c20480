// SPDX-License-Identifier: MIT
/*
 * script.c - `#!` lines of any bytes lead where a plain reading of execve(2) says
 *
 * The input is what stands behind `#!`; the interpreters /i, which is a program, and /s, which is a script of /i, are there.
 */
#include <stdlib.h>
#include <string.h>
#include "tests/fuzz/input.h"
#include "tests/host/elf/texts.h"

int LLVMFuzzerInitialize(int *argc UNUSED, char ***argv UNUSED)
{
    return setenv("CMOCKA_TEST_ABORT", "1", 1);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
    char text[1024] = "#!";
    size = MIN(size, sizeof(text) - 2);
    memcpy(text + 2, data, size);
    files_clear();
    add_program("/i");
    judge(text, size + 2);
    return 0;
}
