// SPDX-License-Identifier: MIT
/*
 * input.h - what a fuzz target reads its actions from: bytes that end at some time
 */
#pragma once
#include "kernel/lib/types.h"

struct input {
    const u8 *at, *end;
};

/* The next little-endian number; behind the end come zeros. */
static inline u32 input_number(struct input *in, u32 bytes)
{
    u32 n = 0;
    for (u32 i = 0; i < bytes; i++)
        n |= (in->at < in->end ? (u32)*in->at++ : 0) << 8 * i;
    return n;
}

static inline bool input_left(const struct input *in)
{
    return in->at < in->end;
}

/* libFuzzer calls these. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
