// SPDX-License-Identifier: MIT
/*
 * content.c - bytes of files: what was written is read back, by us and by debugfs, from direct to triple
 * indirect blocks
 */
#include "tests/host/ext2/tests.h"

static u8 bytes[8192];

/* --- one file at all depths of the tree, with holes between --- */

static void depths(unsigned block_size)
{
    u64 p = block_size / 4,
        places[] = {0, 11, 12, 12 + p - 1, 12 + p, 12 + p + p * 3 + 5, 12 + p + p * p - 1, 12 + p + p * p};
    u32 count = block_size == 1024 ? ARRAY_SIZE(places) : 6;
    start(16384, options(block_size, ""));
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    for (u32 k = count; k-- > 0;) /* from the end, so the tree grows downwards */
        write_pattern("/f", places[k] * block_size + 100, 600, k);
    again();
    for (u32 k = 0; k < count; k++)
        check_pattern("/f", places[k] * block_size + 100, 600, k);
    int error;
    struct inode *i = file_open("/f", &error);
    assert_int_equal(i->size, places[count - 1] * block_size + 700);
    assert_int_equal(file_read(i, 5 * block_size, bytes, block_size), block_size);
    for (u32 k = 0; k < block_size; k++)
        assert_int_equal(bytes[k], 0);
    file_close(i);
    end();
}

static void test_depths(void **state UNUSED)
{
    sweep(depths);
}

/* --- a sequential file is whole for debugfs --- */

static void sequential(unsigned block_size)
{
    start(16384, options(block_size, ""));
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    for (u32 k = 0; k < 50; k++)
        write_pattern("/f", k * 100000ul, 100000, 7);
    check_pattern("/f", 0, 5000000, 7);
    end();
    assert_int_equal(
        image_run(output, sizeof(output), "debugfs -R \"dump /f $IMG.out\" $IMG 2>&1; stat -c %%s $IMG.out"),
        0);
    assert_non_null(strstr(output, "5000000"));
    mount_again();
    check_pattern("/f", 0, 5000000, 7);
    end();
}

static void test_sequential(void **state UNUSED)
{
    sweep(sequential);
}

/* --- random windows against a copy in memory --- */

#define SPAN 600000
static u8 model[SPAN], got[SPAN];

static void random_writes(unsigned block_size)
{
    u32 seed = block_size + machine.harsh;
    u64 size = 0;
    int error;
    memset(model, 0, sizeof(model));
    start(8192, options(block_size, ""));
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    struct inode *i = file_open("/f", &error);
    for (u32 k = 0; k < 300; k++) {
        u32 at = random_next(&seed) % (SPAN - 20000), n = random_next(&seed) % 20000 + 1;
        if (random_next(&seed) % 8 == 0) {
            u64 to = random_next(&seed) % SPAN;
            assert_int_equal(file_truncate(i, to), 0);
            if (to < size)
                memset(model + to, 0, SPAN - to);
            size = to;
            continue;
        }
        pattern(model + at, n, at, k);
        assert_int_equal(file_write(i, at, model + at, n), n);
        size = MAX(size, at + n);
        assert_int_equal(i->size, size);
    }
    assert_int_equal(file_read(i, 0, got, SPAN), size);
    assert_memory_equal(got, model, size);
    file_close(i);
    again();
    i = file_open("/f", &error);
    assert_int_equal(file_read(i, 0, got, SPAN), size);
    assert_memory_equal(got, model, size);
    file_close(i);
    end();
}

static void test_random_writes(void **state UNUSED)
{
    sweep(random_writes);
}

/* --- sizes: large files, and files that are too large --- */

static void test_large(void **state UNUSED)
{
    int error;
    start(8192, "-b 4096");
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    write_pattern("/f", 5ul << 30, 1000, 3);
    struct inode *i = file_open("/f", &error);
    assert_int_equal(file_truncate(i, 1ul << 50), -EFBIG);
    assert_int_equal(file_write(i, 1ul << 45, "x", 1), -EFBIG);
    file_close(i);
    again();
    check_pattern("/f", 5ul << 30, 1000, 3);
    end();
    assert_int_equal(image_run(output, sizeof(output), "dumpe2fs -h $IMG 2>&1"), 0);
    assert_non_null(strstr(output, "large_file"));
}

/* --- a 16 MiB file on a fresh disk lies in at most 3 extents per block group --- */

static bool read_number(const char **text, u64 *number)
{
    *number = 0;
    while (**text == ' ')
        ++*text;
    if (**text < '0' || **text > '9')
        return false;
    while (**text >= '0' && **text <= '9')
        *number = *number * 10 + *(*text)++ - '0';
    return true;
}

/* The most extents in one block group, by debugfs's list of the file's blocks. */
static u32 worst_group(const char *list, u32 block_size)
{
    static u32 extents[64];
    u32 worst = 0;
    u64 block, last = 0;
    memset(extents, 0, sizeof(extents));
    while (read_number(&list, &block)) {
        u32 group = (block - (block_size == 1024)) / (block_size * 8);
        assert_in_range(group, 0, 63);
        if (block != last + 1)
            worst = MAX(worst, ++extents[group]);
        last = block;
    }
    return worst;
}

static void locality(unsigned block_size)
{
    start(65536, options(block_size, ""));
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    for (u32 k = 0; k < 64; k++)
        write_pattern("/f", (u64)k << 18, 1 << 18, 1);
    end();
    assert_int_equal(image_run(output, sizeof(output), "debugfs -R 'blocks /f' $IMG 2>/dev/null"), 0);
    assert_in_range(worst_group(output, block_size), 1, 3);
}

static void test_locality(void **state UNUSED)
{
    sweep(locality);
}

/* --- a warm read needs nothing, a sequential write little more than it uses --- */

static void test_needs(void **state UNUSED)
{
    start(32768, "-b 4096");
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    write_pattern("/f", 0, 1 << 18, 1);
    machine.frames_granted = 0;
    check_pattern("/f", 0, 1 << 18, 1);
    assert_int_equal(machine.frames_granted, 0);
    for (u32 k = 1; k < 32; k++)
        write_pattern("/f", (u64)k << 18, 1 << 18, 1);
    assert_in_range(machine.frames_granted, 0, 2 * 32); /* beside 64 data pages a window */
    end();
}

const struct CMUnitTest content_tests[TESTS_EACH] = {
    cmocka_unit_test(test_depths), cmocka_unit_test(test_sequential), cmocka_unit_test(test_random_writes),
    cmocka_unit_test(test_large), cmocka_unit_test(test_locality), cmocka_unit_test(test_needs),
};
