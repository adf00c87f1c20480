// SPDX-License-Identifier: MIT
/*
 * cache.c - the page and block cache under eviction, flushing and truncation at any time: what was stored is read again, and is on
 * disk after a flush
 *
 * With FIRST and N as arguments it replays N seeds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "tests/host/lib/child.h"

#define ENOUGH 3 /* failing seeds that are reported before the rest is left out */

void story_cache(void *seed); /* stored.c */

static int run_seeds(unsigned long first, unsigned long count)
{
    int failed = 0;
    for (unsigned long seed = first; seed < first + count && failed < ENOUGH; seed++) {
        const char *why = machine_child(story_cache, &seed);
        if (why)
            print_error("seed %lu: %s\nreplay: build/host/cache %lu 1\n", seed, why, seed);
        failed += why != NULL;
    }
    return failed;
}

static void test_cache(void **state)
{
    (void)state;
    assert_int_equal(run_seeds(0, getenv("ANTE_LONG") ? 5000 : 300), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cache)};
    if (argc == 3)
        return run_seeds(strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10)) != 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
