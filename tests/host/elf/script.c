// SPDX-License-Identifier: MIT
/*
 * script.c - `#!` lines lead to the interpreter and the arguments that execve(2) promises, whatever the line says
 *
 * kernel/exec_program.c stands on a file system of a few texts.  What it makes of a line is held against a plain reading of
 * the manual page, for written lines, for random ones, and for a script cut at every length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/lib/errno.h"
#include "tests/host/elf/texts.h"

static int set_up(void **state UNUSED)
{
    files_clear();
    return 0;
}

static void test_written_lines(void **state UNUSED)
{
    static const char *const lines[] = {"#!/i", "#!/i\n", "#! /i\n", "#!\t/i\t\n", "#!/i -x\n", "#!/i  -x  -y \t\nmore",
                                        "#!", "#!\n", "#! \t \n", "#!\n/i", "#!/none a\n", "#! /i\t\ta b\tc\n"};
    add_program("/i");
    for (u32 i = 0; i < ARRAY_SIZE(lines); i++)
        judge(lines[i], strlen(lines[i]));
    assert_int_equal(load(add_file("s", "#! /i -x -y\n", 12), "s"), 0);
    assert_string_equal(words(), "/i|-x -y|s|");
}

static void test_a_line_cut_at_every_length(void **state UNUSED)
{
    char text[600];
    add_program("/i");
    for (u32 name = 1; name < 270; name += 7) { /* the interpreter's name ends before, at and behind what is looked at */
        u64 n = (u64)snprintf(text, sizeof(text), "#! /%0*d  some words\t\nthe rest of the script\n", (int)name, 0);
        for (u64 size = 2; size <= n; size++)
            judge(text, size);
    }
}

static void test_random_lines(void **state UNUSED)
{
    static const char letters[] = "  \t\t\n/iii/i-x!#";
    char text[400] = "#!";
    u64 r = 1;
    add_program("/i");
    for (u32 round = 0; round < 100000; round++) {
        u64 n = 2 + (round % 16 ? (r >> 33) % 20 : (r >> 33) % 390);
        for (u64 i = 2; i < n; i++) {
            r = r * 6364136223846793005u + 1442695040888963407u;
            text[i] = letters[(r >> 40) % (sizeof(letters) - 1)];
        }
        judge(text, n);
    }
}

/* A NUL ends the line, and what the script's text holds behind it is no argument. */
static void test_a_line_with_nul(void **state UNUSED)
{
    static const char lines[][12] = {"#!/i\0x -y\n", "#!/i -x\0y\nz", "#!/i \0-x\n", "#!\0/i -x\n"};
    char text[400];
    add_program("/i");
    for (u32 i = 0; i < ARRAY_SIZE(lines); i++)
        judge(lines[i], sizeof(lines[i]));
    memset(text, 'x', sizeof(text));
    memcpy(text, "#!/i", 5);
    judge(text, sizeof(text)); /* the name is whole, although no blank and no newline follow */
    assert_string_equal(words(), "/i|./script|");
}

/* Four scripts may be each other's interpreters before a program comes; a fifth is too many, as is a circle. */
static void test_interpreters_of_interpreters(void **state UNUSED)
{
    static const char *const lines[] = {"#!/p 0\n", "#!/0 1\n", "#!/1 2\n", "#!/2 3\n", "#!/3 4\n", "#!/4 5\n"};
    static const char *const names[] = {"/0", "/1", "/2", "/3", "/4", "/5"};
    add_program("/p");
    for (u32 i = 0; i < 6; i++)
        add_file(names[i], lines[i], strlen(lines[i]));
    assert_int_equal(load(&files[3].inode, "/2"), 0);
    assert_string_equal(words(), "/p|0|/0|1|/1|2|/2|");
    assert_int_equal(load(&files[SCRIPT_DEPTH].inode, "/4"), 0);
    assert_int_equal(load(&files[SCRIPT_DEPTH + 1].inode, "/5"), -ELOOP);
    assert_int_equal(load(add_file("/circle", "#!/circle\n", 10), "/circle"), -ELOOP);
}

static void test_interpreters_that_may_not_run(void **state UNUSED)
{
    struct inode *script = add_file("s", "#!/i\n", 5), *i = add_program("/i");
    i->mode = 0100644;
    assert_int_equal(load(script, "s"), -EACCES);
    i->mode = 0040755;
    assert_int_equal(load(script, "s"), -EACCES);
    i->mode = 0100755;
    i->writers = 1;
    assert_int_equal(load(script, "s"), -ETXTBSY);
    i->writers = 0;
    i->size = files[1].size = 119;
    assert_int_equal(load(script, "s"), -ENOEXEC); /* cut in its headers */
}

/* The words that lines put in front must fit their buffer, else the answer is E2BIG: never a word that is cut. */
static void test_more_words_than_fit(void **state UNUSED)
{
    char called[PATH_LEN_MAX], text[LOOKED_AT];
    add_program("/i");
    int n = snprintf(text, sizeof(text), "#!/i %0200d\n", 0);
    struct inode *script = add_file("s", text, (u64)n);
    for (u32 len = 1; len < 1000; len++) {
        memset(called, 'c', len);
        called[len] = 0;
        int rc = load(script, called);
        assert_int_equal(rc, len + 1 + 201 + 3 <= sizeof(buffers.scratch) ? 0 : -E2BIG);
        if (!rc)
            assert_int_equal(strlen(words()), len + 1 + 201 + 3);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_written_lines),
        TEST(test_a_line_cut_at_every_length),
        TEST(test_random_lines),
        TEST(test_a_line_with_nul),
        TEST(test_interpreters_of_interpreters),
        TEST(test_interpreters_that_may_not_run),
        TEST(test_more_words_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
