// SPDX-License-Identifier: MIT
/*
 * memory.c - frames and slabs: nothing is lost, merged wrongly or handed out twice, and a need that is too small stops at once
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "tests/host/lib/child.h"
#include "tests/host/mm/memory.h"

static void ends_well(void (*story)(void *), unsigned long seed)
{
    const char *why = machine_child(story, &seed);
    if (why)
        fail_msg("seed %lu: %s", seed, why);
}

static void stops(void (*story)(void *), const char *text)
{
    const char *why = machine_child(story, NULL);
    if (!why || !strstr(why, text))
        fail_msg("expected '%s', got '%s'", text, why ? why : "nothing");
}

static void test_blocks(void **state)
{
    (void)state;
    for (unsigned long seed = 0; seed < 30; seed++)
        ends_well(story_blocks, seed);
}

static void test_objects(void **state)
{
    (void)state;
    for (unsigned long seed = 0; seed < 60; seed++)
        ends_well(story_objects, seed);
}

static void test_need_too_small(void **state)
{
    (void)state;
    stops(story_frame_beyond, "I3: call short takes a frame beyond its need");
    stops(story_object_beyond, "I3: call short takes an object of kmalloc-64 beyond its need");
    stops(story_promise_beyond, "I3: call short takes a promise beyond its need");
    stops(story_resource_beyond, "I3: call short takes blocks beyond its need");
}

static void test_misuse(void **state)
{
    (void)state;
    stops(story_frame_twice, "freed twice");
    stops(story_foreign_object, "is not of cache kmalloc-64");
    stops(story_nested, "scope short inside scope short");
    stops(story_above_ceiling, "more than the ceiling 80");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_objects),
        cmocka_unit_test(test_need_too_small),
        cmocka_unit_test(test_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
