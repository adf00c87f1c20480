// SPDX-License-Identifier: MIT
/*
 * tests.h - common to the tests of ext2-mfr: a fresh disk, a clean end, and the sweep over block sizes and
 * memory
 */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "kernel/lib/errno.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "tests/host/ext2/files.h"
#include "tests/host/ext2/image.h"
#include "tests/host/ext2/machine.h"

extern char output[200000];       /* of the last program */

void start(unsigned kib, const char *options); /* mke2fs, mount */
void mount_again(void);           /* the image as it is */
void end(void);                   /* unmounts; e2fsck finds nothing, nothing is pinned or allocated */
void again(void);                 /* end, and mount_again */
/* Runs the test with blocks of 1, 2 and 4 KiB, with plenty of memory and with the least. */
void sweep(void (*test)(unsigned block_size));
char *options(unsigned block_size, const char *more);

/* Content that tells where it belongs. */
void pattern(void *to, size_t n, u64 at, u32 seed);
void write_pattern(const char *path, u64 at, size_t n, u32 seed);   /* all of it must fit */
void check_pattern(const char *path, u64 at, size_t n, u32 seed);
u32 random_next(u32 *state);

extern const struct CMUnitTest name_tests[], content_tests[], space_tests[], damage_tests[], model_tests[],
    power_tests[];
#define TESTS_EACH 16             /* most tests of a file */
