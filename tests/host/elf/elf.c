// SPDX-License-Identifier: MIT
/*
 * elf.c - whatever stands in a program's headers, kernel/elf.c judges it as the plain reading of the specification does
 *
 * A good program of two segments is damaged field by field, cut at every length, rearranged and overwritten at random.  Where
 * both accept, the image says of each byte at a segment's edges where in the file it stands, as the plain reading does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>
#include "arch/arch.h"
#include "kernel/lib/errno.h"
#include "tests/host/elf/judge.h"
#include "tests/host/elf/plain.h"

enum { BASE = 0x400000, FILE_SIZE = 0x1800, HEADS = 4, HEAD = PLAIN_HEADER + HEADS * PLAIN_PHDR };
enum { X = 1, W = 2, R = 4 };

struct field {
    u32 at, bytes;
};
static const struct field header_fields[] = {{0, 1},  {1, 1},  {2, 1},  {3, 1},  {4, 1},  {5, 1},  {6, 1},
                                             {7, 1},  {16, 2}, {18, 2}, {20, 4}, {24, 8}, {32, 8}, {40, 8},
                                             {48, 4}, {52, 2}, {54, 2}, {56, 2}, {58, 2}, {60, 2}, {62, 2}};
static const struct field phdr_fields[] = {{0, 4},  {4, 4},  {8, 8},  {16, 8}, {24, 8}, {32, 8}, {40, 8}, {48, 8}};

static u8 head[4096];
static u64 accepted, refused;

/* --- the good program --- */

static void put_phdr(u32 nth, u32 type, u32 flags, const u64 place[4])
{
    u64 at = PLAIN_HEADER + nth * PLAIN_PHDR;
    plain_set(head, at + TYPE, 4, type);
    plain_set(head, at + FLAGS, 4, flags);
    plain_set(head, at + OFFSET, 8, place[0]);
    plain_set(head, at + VADDR, 8, place[1]);
    plain_set(head, at + 24, 8, place[1]);
    plain_set(head, at + FILESZ, 8, place[2]);
    plain_set(head, at + MEMSZ, 8, place[3]);
    plain_set(head, at + 48, 8, 0x1000);
}

static int build(void **state UNUSED)
{
    memset(head, 0, sizeof(head));
    memcpy(head, "\177ELF\2\1\1", 7);
    plain_set(head, 16, 2, 2);
    plain_set(head, 18, 2, 62);
    plain_set(head, 20, 4, 1);
    plain_set(head, 24, 8, BASE + 0x1000);
    plain_set(head, 32, 8, PLAIN_HEADER);
    plain_set(head, 52, 2, PLAIN_HEADER);
    plain_set(head, 54, 2, PLAIN_PHDR);
    plain_set(head, 56, 2, HEADS);
    put_phdr(0, LOAD, R | X, (u64[]){0, BASE, 0x1234, 0x1234});
    put_phdr(1, LOAD, R | W, (u64[]){0x1234, BASE + 0x2234, 0x300, 0x3000});
    put_phdr(2, NOTE, R, (u64[]){0x100, BASE + 0x100, 0x20, 0x20});
    put_phdr(3, LOAD, R | W, (u64[]){0x1800, BASE + 0x8800, 0, 0x2000});
    return 0;
}

static void change(u32 nth, u32 at, u32 bytes, u64 value)
{
    plain_set(head, PLAIN_HEADER + nth * PLAIN_PHDR + at, bytes, value);
}

/* --- comparing --- */

static int judge(u64 size, u64 file_size)
{
    int rc = elf_judge(head, size, file_size);
    accepted += !rc;
    refused += !!rc;
    return rc;
}

static int judge_all(void)
{
    return judge(sizeof(head), FILE_SIZE);
}

/* --- tests --- */

static void test_good_programs(void **state)
{
    assert_int_equal(judge_all(), 0);
    change(1, MEMSZ, 8, 0x300);
    assert_int_equal(judge_all(), 0); /* no zeros at all */
    build(state);
    change(3, MEMSZ, 8, 0);
    assert_int_equal(judge_all(), 0); /* an empty segment is none */
    build(state);
    change(2, TYPE, 4, 0x6474e551);
    assert_int_equal(judge_all(), 0); /* an unknown header is passed over */
    build(state);
    change(3, MEMSZ, 8, USER_END - BASE - 0x8800);
    assert_int_equal(judge_all(), 0); /* up to the last address */
}

static void test_refused_programs(void **state)
{
    change(2, TYPE, 4, INTERP);
    assert_int_equal(judge_all(), -ENOEXEC);
    build(state);
    change(3, FILESZ, 8, 0x2001);
    assert_int_equal(judge_all(), -EINVAL); /* more file than memory */
    build(state);
    change(3, MEMSZ, 8, 0);
    change(3, FILESZ, 8, 1);
    assert_int_equal(judge_all(), -EINVAL); /* also of an empty one */
    build(state);
    change(1, FLAGS, 4, R);
    assert_int_equal(judge_all(), -EINVAL); /* zeros that nobody could have written */
    build(state);
    plain_set(head, 24, 8, USER_END);
    assert_int_equal(judge_all(), -ENOEXEC); /* an entry outside the program's half */
    build(state);
    change(0, TYPE, 4, 0), change(1, TYPE, 4, 0), change(3, TYPE, 4, 0);
    assert_int_equal(judge_all(), -ENOEXEC); /* nothing to load */
}

/* Values at which a comparison or a sum may turn over. */
static u64 telling(u32 nth, u64 old)
{
    const u64 near[] = {old + 1, old - 1, old + 0x1000, old - 0x1000, USER_END, USER_END - 1, USER_END - 0x1000, FILE_SIZE,
                        FILE_SIZE + 1, USER_START, USER_START - 1, BASE, BASE + 0x1fff, BASE + 0x2000, -(u64)BASE, HEAD};
    return nth < 192 ? (1ul << nth / 3) + nth % 3 - 1 : near[nth - 192];
}

static void every_value(u64 at, u32 bytes)
{
    u64 old = plain_number(head, at, bytes);
    for (u32 i = 0; i < 192 + 16; i++) {
        plain_set(head, at, bytes, telling(i, old));
        judge_all();
    }
    plain_set(head, at, bytes, old);
}

static void test_every_field_with_telling_values(void **state UNUSED)
{
    for (u32 i = 0; i < ARRAY_SIZE(header_fields); i++)
        every_value(header_fields[i].at, header_fields[i].bytes);
    for (u32 nth = 0; nth < HEADS; nth++)
        for (u32 i = 0; i < ARRAY_SIZE(phdr_fields); i++)
            every_value(PLAIN_HEADER + nth * PLAIN_PHDR + phdr_fields[i].at, phdr_fields[i].bytes);
}

static void test_cut_at_every_length(void **state UNUSED)
{
    for (u64 n = 0; n <= FILE_SIZE; n++) {
        int rc = judge(MIN(n, sizeof(head)), n);
        assert_int_equal(rc == 0, n >= FILE_SIZE);
    }
    change(3, TYPE, 4, NOTE); /* the others end before the file does */
    for (u64 n = 0; n <= FILE_SIZE; n++)
        assert_int_equal(judge(MIN(n, sizeof(head)), n) == 0, n >= 0x1534);
}

static void test_headers_at_every_place(void **state UNUSED)
{
    u8 table[HEADS * PLAIN_PHDR];
    memcpy(table, head + PLAIN_HEADER, sizeof(table));
    for (u64 at = 0; at <= sizeof(head); at++) {
        build(NULL);
        plain_set(head, 32, 8, at);
        if (at >= PLAIN_HEADER && at + sizeof(table) <= sizeof(head))
            memmove(head + at, table, sizeof(table));
        judge_all();
    }
}

/* Two segments of up to three pages in every position to each other, in both orders, by pages and by bytes. */
static void test_segments_meet(void **state UNUSED)
{
    static const u64 steps[] = {0, 1, 0x800, 0xfff, 0x1000, 0x1001, 0x1fff, 0x2000, 0x2001, 0x3000, 0x3001};
    change(3, TYPE, 4, NOTE);
    for (u32 a = 0; a < ARRAY_SIZE(steps); a++)
        for (u32 b = 0; b < ARRAY_SIZE(steps); b++)
            for (u32 n = 0; n < ARRAY_SIZE(steps); n++) {
                put_phdr(0, LOAD, R | W, (u64[]){steps[a] & PAGE_MASK, BASE + steps[a], 0, steps[n]});
                put_phdr(1, LOAD, R | W, (u64[]){steps[b] & PAGE_MASK, BASE + steps[b], 0, 0x1001});
                judge_all();
            }
}

static void test_more_segments_than_there_may_be(void **state UNUSED)
{
    for (u32 n = 1; n < 70; n++) {
        plain_set(head, 56, 2, n);
        for (u32 i = 0; i < n; i++)
            put_phdr(i, LOAD, R | W, (u64[]){0, BASE + i * 0x2000, 0x100, 0x1800});
        assert_int_equal(judge_all() == 0, n <= PLAIN_SEGMENTS);
    }
}

static void test_random_damage(void **state)
{
    u64 r = 1;
    for (u32 round = 0; round < 200000; round++) {
        build(state);
        for (u32 left = 1 + round % 3; left; left--) {
            r = r * 6364136223846793005u + 1442695040888963407u;
            const struct field *f = &phdr_fields[r >> 60 & 7];
            u64 at = PLAIN_HEADER + (r >> 50 & 3) * PLAIN_PHDR + f->at;
            if (r >> 40 & 1)
                plain_set(head, at, f->bytes, telling((r >> 20) % 208, plain_number(head, at, f->bytes)));
            else
                head[(r >> 30) % HEAD] ^= 1 << (r >> 45 & 7);
        }
        judge_all();
    }
    assert_true(accepted > 20000 && refused > 20000); /* both happen often enough to mean something */
}

#define TEST(name) cmocka_unit_test_setup(name, build)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good_programs),
        TEST(test_refused_programs),
        TEST(test_every_field_with_telling_values),
        TEST(test_cut_at_every_length),
        TEST(test_headers_at_every_place),
        TEST(test_segments_meet),
        TEST(test_more_segments_than_there_may_be),
        TEST(test_random_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
