// SPDX-License-Identifier: MIT
/*
 * gate.c - the entry under random schedules: every need is met or refused by a rule, nothing is lost, nobody starves
 *
 * With an argument N it runs N random schedules beside the stories; with FIRST and N only those, to replay a seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/lib/types.h"
#include "tests/host/gate/stories.h"
#include "tests/host/lib/child.h"

#define ENOUGH 3 /* failing schedules that are reported before the rest is left out */

enum { RETRY = 1, BACKOFF = 2 }; /* of enum ama_policy, whose header and the C library's exclude each other */

static u64 schedules;

static u32 run_schedules(u64 first, u64 count)
{
    u32 failed = 0;
    for (u64 seed = first; seed < first + count && failed < ENOUGH; seed++) {
        const char *why = machine_child(story_random, &seed);
        if (why)
            print_error("seed %lu: %s\nreplay: build/host/gate %lu 1\n", seed, why, seed);
        failed += why != NULL;
    }
    return failed;
}

static void test_random_schedules(void **state UNUSED)
{
    assert_int_equal(run_schedules(0, schedules), 0);
}

static void tell(void (*story)(void *), int policy)
{
    const char *why = machine_child(story, &policy);
    if (why)
        fail_msg("%s", why);
}

static void test_two_forks_of_40_percent(void **state UNUSED)
{
    for (int policy = 0; policy < 3; policy++)
        tell(story_forties, policy);
}

static void test_small_exiter_behind_a_fork(void **state UNUSED)
{
    tell(story_small_exiter, 0);
}

static void test_readers_pass_a_waiting_fork(void **state UNUSED)
{
    tell(story_reader, 0);
}

static void test_stall_is_refused(void **state UNUSED)
{
    tell(story_stall, RETRY);
    tell(story_stall, BACKOFF);
}

static void test_own_charge_is_refused_at_once(void **state UNUSED)
{
    tell(story_own, 0);
}

static void test_head_is_not_passed_for_ever(void **state UNUSED)
{
    tell(story_churn, 0);
}

static void test_fork_among_readers(void **state UNUSED)
{
    tell(story_busy, 0);
}

static void test_full_machine(void **state UNUSED)
{
    tell(story_full, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_forks_of_40_percent), cmocka_unit_test(test_small_exiter_behind_a_fork),
        cmocka_unit_test(test_readers_pass_a_waiting_fork), cmocka_unit_test(test_stall_is_refused),
        cmocka_unit_test(test_own_charge_is_refused_at_once), cmocka_unit_test(test_full_machine),
        cmocka_unit_test(test_head_is_not_passed_for_ever), cmocka_unit_test(test_fork_among_readers),
        cmocka_unit_test(test_random_schedules),
    };
    schedules = argc > 1 ? strtoul(argv[1], NULL, 10) : getenv("ANTE_LONG") ? 20000 : 500;
    if (argc == 3)
        return run_schedules(strtoul(argv[1], NULL, 10), strtoul(argv[2], NULL, 10)) != 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
