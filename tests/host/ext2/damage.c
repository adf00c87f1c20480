// SPDX-License-Identifier: MIT
/*
 * damage.c - a disk can hold anything: unknown features, garbage in every structure, truncated images, power cuts
 */
#include "tests/host/ext2/tests.h"
const struct CMUnitTest damage_tests[TESTS_EACH] = {{0}};
