// SPDX-License-Identifier: MIT
/*
 * line.c - the line discipline: programs get the lines that people see, and people see what they typed
 *
 * Echo goes to a screen of one line, so that editing is judged by what stands there in the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "tests/host/tty/screen.h"

static struct line line;

static int set_up(void **state UNUSED)
{
    screen_clear();
    line_init(&line);
    return 0;
}

static int type_bytes(const char *s, size_t n)
{
    int sig = 0;
    for (size_t i = 0; i < n; i++)
        sig = line_input(&line, &sink, s[i]);
    return sig;
}

static int type(const char *s)
{
    return type_bytes(s, strlen(s));
}

static void expect_read(u32 n, const char *text, bool end)
{
    u8 buf[8192];
    bool ended;
    u32 got = line_take(&line, buf, n, &ended);
    assert_int_equal(got, strlen(text));
    assert_memory_equal(buf, text, got);
    assert_int_equal(ended, end);
}

static void expect_shown(const char *text)
{
    assert_int_equal(screen.at, strlen(text));
    assert_memory_equal(screen.cell, text, strlen(text));
    assert_int_equal(screen.cell[strlen(text)], ' ');
}

static void change(u32 off, u32 on)
{
    struct kernel_termios t = line.termios;
    t.lflag = (t.lflag & ~off) | on;
    line_set(&line, &t);
}

static void change_input(u32 off, u32 on)
{
    struct kernel_termios t = line.termios;
    t.iflag = (t.iflag & ~off) | on;
    line_set(&line, &t);
}

/* --- lines --- */

static void test_a_line_comes_with_its_newline_and_alone(void **state UNUSED)
{
    type("one");
    assert_int_equal(line_readable(&line), 0);
    type("\rtwo\nthr");
    assert_int_equal(line_readable(&line), 8);
    expect_read(100, "one\n", true);
    expect_read(2, "tw", false);
    expect_read(100, "o\n", true);
    assert_int_equal(line_readable(&line), 0);
    expect_shown("thr");
}

static void test_end_of_file(void **state UNUSED)
{
    type("\4");
    assert_int_equal(line_readable(&line), 1);
    expect_read(10, "", true);
    type("abc\4");
    expect_read(10, "abc", true);
    type("abc\4");
    expect_read(3, "abc", true); /* the next read must not see an end of file */
    assert_int_equal(line_readable(&line), 0);
    expect_shown("abcabc");
}

static void test_a_long_line_keeps_its_end(void **state UNUSED)
{
    for (u32 i = 0; i < LINE_RING + 50; i++)
        type("x");
    type("\n");
    u8 buf[LINE_RING + 100];
    bool ended;
    assert_int_equal(line_take(&line, buf, sizeof(buf), &ended), LINE_RING);
    assert_int_equal(buf[LINE_RING - 1], '\n');
    assert_true(ended);
}

/* --- editing --- */

static void test_erasing_characters(void **state UNUSED)
{
    type("abd\177c\bx");
    expect_shown("abx");
    type("\177\177\177\177\177");
    expect_shown("");
    type("ok\n");
    expect_read(10, "ok\n", true);
}

static void test_erasing_words_and_lines(void **state UNUSED)
{
    type("one two  three  \27");
    expect_shown("one two  ");
    type("\27");
    expect_shown("one ");
    type("\25");
    expect_shown("");
    type("z\n");
    expect_read(10, "z\n", true);
}

static void test_control_characters_show_as_two(void **state UNUSED)
{
    type("a\1\33b");
    expect_shown("a^A^[b");
    type("\177\177");
    expect_shown("a^A");
    type("\177\177");
    expect_shown("");
}

static void test_a_tab_is_erased_to_where_it_began(void **state UNUSED)
{
    screen_write("$ ", 2);
    char out[OUTPUT_MOST];
    line_output(&line, '$', out);
    line_output(&line, ' ', out);
    type("ab\tc");
    assert_int_equal(screen.at, 9);
    type("\177\177");
    assert_int_equal(screen.at, 4);
    type("\25");
    assert_int_equal(screen.at, 2);
}

static void test_a_utf8_character_goes_as_a_whole(void **state UNUSED)
{
    type("a\303\244\342\202\254");
    type("\177");
    type("\177b\n");
    expect_read(10, "ab\n", true);
}

static void test_the_next_byte_literally(void **state UNUSED)
{
    type("\26\3x\n");
    expect_read(10, "\3x\n", true);
}

static void test_reprint_shows_the_line_again(void **state UNUSED)
{
    type("hello\22");
    assert_int_equal(screen.newlines, 1);
    expect_shown("hello");
    type("\177");
    expect_shown("hell");
}

/* --- signals, flow --- */

static void test_keys_that_signal(void **state UNUSED)
{
    type("typed");
    assert_int_equal(type("\3"), 2);
    expect_shown("typed^C");
    assert_int_equal(type("\34"), 3);
    assert_int_equal(type("\32"), 20);
    type("\n");
    expect_read(10, "\n", true); /* what was typed before is gone */
    change(0, NOFLSH);
    type("kept");
    type("\3\n");
    expect_read(10, "kept\n", true);
    change(ISIG, 0);
    assert_int_equal(type("\3"), 0);
}

static void test_output_stops_and_goes_on(void **state UNUSED)
{
    type("\23");
    assert_true(line.stopped);
    type("a");
    assert_true(line.stopped);
    type("\21");
    assert_false(line.stopped);
    expect_shown("a");
    change_input(IXON, 0);
    type("\23");
    assert_false(line.stopped);
}

/* --- modes --- */

static void test_raw_mode_gives_bytes_at_once(void **state UNUSED)
{
    change(ICANON | ECHO | ISIG, 0);
    type("a\177\4\n");
    assert_int_equal(line_readable(&line), 4);
    expect_read(10, "a\177\4\n", false);
    assert_int_equal(screen.bytes, 0);
}

static void test_changing_the_mode_keeps_what_was_typed(void **state UNUSED)
{
    type("half");
    change(ICANON, 0);
    assert_int_equal(line_readable(&line), 4);
    type("+");
    change(0, ICANON);
    assert_int_equal(line_readable(&line), 5);
    expect_read(10, "half+", true);
    type("x\n");
    expect_read(10, "x\n", true);
}

static void test_returns_and_newlines_are_mapped(void **state UNUSED)
{
    char out[OUTPUT_MOST];
    assert_int_equal(line_output(&line, '\n', out), 2);
    assert_memory_equal(out, "\r\n", 2);
    line.termios.oflag = 0;
    assert_int_equal(line_output(&line, '\n', out), 1);
    change_input(ICRNL, IGNCR);
    type("a\rb\n");
    expect_read(10, "ab\n", true);
    change_input(IGNCR, INLCR);
    change(ICANON, 0);
    type("\n\r");
    expect_read(10, "\r\r", false);
}

static void test_without_echo_only_newlines_may_show(void **state UNUSED)
{
    change(ECHO, 0);
    type("secret\177\n");
    assert_int_equal(screen.bytes, 0);
    change(0, ECHONL);
    type("secret\n");
    assert_int_equal(screen.newlines, 1);
    assert_int_equal(screen.bytes, 2);
}

/* --- everything at once --- */

/* The line as it should stand on the screen. */
static u32 shown_form(char *dst)
{
    u32 n = 0;
    for (u32 i = line.committed; i != line.tail; i++) {
        u8 c = line.ring[i % LINE_RING];
        if (c < 32)
            dst[n++] = '^';
        dst[n++] = c < 32 ? c ^ 0x40 : c;
    }
    dst[n] = 0;
    return n;
}

static void test_whatever_is_typed_the_screen_shows_the_line(void **state UNUSED)
{
    static const char keys[] = "abc  de\1\2\177\177\177\27\25\n";
    char text[2 * LINE_RING + 1];
    srand(11);
    for (u32 i = 0; i < 100000; i++) {
        char c = keys[rand() % (sizeof(keys) - 1)];
        type_bytes(&c, 1);
        shown_form(text);
        expect_shown(text);
        check_counts(&line);
        u8 buf[16];
        bool ended;
        if (rand() % 3 == 0 && line_readable(&line))
            line_take(&line, buf, 1 + rand() % 16, &ended);
    }
}

static void test_any_bytes_in_any_mode_keep_the_books(void **state UNUSED)
{
    srand(5);
    for (u32 i = 0; i < 300000; i++) {
        char c = rand();
        type_bytes(&c, 1);
        screen.at += 100 * (screen.at < 100); /* mixed output: the screen's column is not the test's here */
        u8 buf[64];
        bool ended;
        if (rand() % 4 == 0)
            line_take(&line, buf, rand() % 64, &ended);
        if (rand() % 500 == 0)
            change(rand() & 0177777, rand() & 0177777);
        check_counts(&line);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_line_comes_with_its_newline_and_alone),
        TEST(test_end_of_file),
        TEST(test_a_long_line_keeps_its_end),
        TEST(test_erasing_characters),
        TEST(test_erasing_words_and_lines),
        TEST(test_control_characters_show_as_two),
        TEST(test_a_tab_is_erased_to_where_it_began),
        TEST(test_a_utf8_character_goes_as_a_whole),
        TEST(test_the_next_byte_literally),
        TEST(test_reprint_shows_the_line_again),
        TEST(test_keys_that_signal),
        TEST(test_output_stops_and_goes_on),
        TEST(test_raw_mode_gives_bytes_at_once),
        TEST(test_changing_the_mode_keeps_what_was_typed),
        TEST(test_returns_and_newlines_are_mapped),
        TEST(test_without_echo_only_newlines_may_show),
        TEST(test_whatever_is_typed_the_screen_shows_the_line),
        TEST(test_any_bytes_in_any_mode_keep_the_books),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
