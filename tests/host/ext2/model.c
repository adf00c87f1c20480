// SPDX-License-Identifier: MIT
/*
 * model.c - long random runs of all operations
 */
#include "tests/host/ext2/tests.h"
const struct CMUnitTest model_tests[TESTS_EACH] = {{0}};
