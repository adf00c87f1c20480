// SPDX-License-Identifier: MIT
/*
 * power.c - the power goes after every single write of a pass: a synced file is found under a name it had or
 * was given
 *
 * Small stories in which names go round between directories, each told once for every number of writes that
 * reach the disk, with the pages of a phase written in either order.  All order there is comes from the
 * phases.
 */
#include "tests/host/ext2/tests.h"

#define SIZE 36864

struct story {
    void (*tell)(void);
    const char *names[7][3];     /* of files 0 to 6: where each may be found afterwards */
    bool deleted;                /* files 0 and 1 may be gone, but what has their name has their content */
    const char *taken;           /* this name has file 0 or file 3 at any time */
};

static void make_file(const char *path, u32 id)
{
    assert_int_equal(file_create(path, 0100644, 0), 0);
    write_pattern(path, 0, SIZE, id);
}

/* Four of these fill a directory block of 1 KiB. */
#define LONG_NAME                                                                                        \
    "/w/a-name-that-is-two-hundred-bytes-long-and-so-fills-a-fifth-of-a-block-of-one-kibibyte-"         \
    "a-name-that-is-two-hundred-bytes-long-and-so-fills-a-fifth-of-a-block-of-one-kibibyte-a-name-that-i-"
#define LONG_NAMES 21

/* Files 4 to 6 stand in the blocks 0, 1 and 2 of a directory that has room for such a name in its blocks 2, 3, 4 and 5, if
 * blocks have 1 KiB: whichever blocks share a page, one file goes over a block between to another block of the same page. */
static void make_long_names(void)
{
    char path[sizeof(LONG_NAME) + 4];
    assert_int_equal(file_create("/w", 040755, 0), 0);
    make_file("/w/s", 4);
    for (u32 k = 0; k < LONG_NAMES; k++) {
        ksnprintf(path, sizeof(path), LONG_NAME "%u", k);
        if (k == 4 || k == 8)
            make_file(path, k == 4 ? 5 : 6);
        else
            assert_int_equal(file_create(path, 0100644, 0), 0);
    }
    for (u32 k = 9; k < LONG_NAMES; k += 4) {
        ksnprintf(path, sizeof(path), LONG_NAME "%u", k);
        assert_int_equal(file_unlink(path), 0);
    }
}

/* Directories in pages of their own, files 0 to 3 in them, all on disk. */
static void make_disk(unsigned block_size)
{
    const char *dirs[] = {"/d", "/1", "/2", "/3", "/4", "/e", "/5", "/6", "/7", "/8", "/x"};
    image_make_used(2048, options(block_size, "-N 128"));
    mount_again();
    for (u32 k = 0; k < ARRAY_SIZE(dirs); k++)
        assert_int_equal(file_create(dirs[k], 040755, 0), 0);
    make_file("/d/a", 0);
    make_file("/e/b", 1);
    make_file("/x/c", 2);
    make_file("/d/old", 3);
    make_long_names();
    for (u32 k = 0; k < 12; k++) { /* what is new has its inode in another page of the table */
        char path[20];
        ksnprintf(path, sizeof(path), "/1/%u", k);
        assert_int_equal(file_create(path, 0100644, 0), 0);
    }
    end();
    image_save();
}

static void must(int rc)
{
    assert_int_equal(rc, 0);
}

/* --- the stories --- */

static void exchange(void)
{
    must(file_rename("/d/a", "/e/a"));
    must(file_rename("/e/b", "/d/b"));
}

static void pass_on(void)
{
    must(file_rename("/d/a", "/e/a"));
    must(file_rename("/e/a", "/x/a"));
    must(file_rename("/x/c", "/d/c"));
}

static void go_round(void)
{
    must(file_rename("/d/a", "/e/a"));
    must(file_rename("/e/b", "/x/b"));
    must(file_rename("/x/c", "/d/c"));
}

static void in_two_steps(void)
{
    must(file_unlink("/e/b"));
    must(file_link("/d/a", "/e/a"));
    must(file_unlink("/d/a"));
    must(file_link("/x/c", "/d/c"));
    must(file_unlink("/x/c"));
}

static void replace_over(void)
{
    must(file_rename("/e/b", "/d/old"));
    must(file_rename("/d/a", "/e/b"));
}

static void replace_within(void)
{
    must(file_rename("/d/a", "/d/old"));
}

static void replace_and_lose(void)
{
    must(file_rename("/d/a", "/d/old"));
    must(file_rename("/d/old", "/e/old"));
    must(file_unlink("/e/b"));
}

static void gain_and_rename(void)
{
    must(file_rename("/e/b", "/d/b"));
    must(file_rename("/d/old", "/d/older"));
}

static void change_block(void)
{
    must(file_rename("/w/s", LONG_NAME "s"));
    must(file_rename(LONG_NAME "4", LONG_NAME "t"));
    must(file_rename(LONG_NAME "8", LONG_NAME "u"));
}

static void grow(void)
{
    write_pattern("/d/a", SIZE, 5 * SIZE, 0);
    make_file("/x/new", 5);
}

static void reuse_space(void)
{
    must(file_unlink("/d/a"));
    must(file_unlink("/e/b"));
    machine_reap();
    make_file("/x/n1", 7);
    make_file("/x/n2", 8);
    make_file("/d/n3", 9);
}

static const struct story stories[] = {
    {exchange, {{"/d/a", "/e/a"}, {"/e/b", "/d/b"}, {"/x/c"}, {"/d/old"}}, false, NULL},
    {pass_on, {{"/d/a", "/e/a", "/x/a"}, {"/e/b"}, {"/x/c", "/d/c"}, {"/d/old"}}, false, NULL},
    {go_round, {{"/d/a", "/e/a"}, {"/e/b", "/x/b"}, {"/x/c", "/d/c"}, {"/d/old"}}, false, NULL},
    {in_two_steps, {{"/d/a", "/e/a"}, {0}, {"/x/c", "/d/c"}, {"/d/old"}}, false, NULL},
    {replace_over, {{"/d/a", "/e/b"}, {"/e/b", "/d/old"}, {"/x/c"}, {0}}, false, NULL},
    {replace_within, {{"/d/a", "/d/old"}, {"/e/b"}, {"/x/c"}, {0}}, false, "/d/old"},
    {replace_and_lose, {{"/d/a", "/d/old", "/e/old"}, {0}, {"/x/c"}, {0}}, false, NULL},
    {gain_and_rename, {{"/d/a"}, {"/e/b", "/d/b"}, {"/x/c"}, {"/d/old", "/d/older"}}, false, NULL},
    {change_block, {{"/d/a"}, {"/e/b"}, {"/x/c"}, {"/d/old"}, {"/w/s", LONG_NAME "s"}, {LONG_NAME "4", LONG_NAME "t"}, {LONG_NAME "8", LONG_NAME "u"}}, false, NULL},
    {grow, {{"/d/a"}, {"/e/b"}, {"/x/c"}, {"/d/old"}}, false, NULL},
    {reuse_space, {{"/d/a"}, {"/e/b"}, {"/x/c"}, {"/d/old"}}, true, NULL},
};

/* --- judging --- */

static bool holds(const char *path, u32 id)
{
    u8 got[SIZE], want[SIZE];
    int error;
    struct inode *i = file_open(path, &error);
    if (!i)
        return false;
    long n = file_read(i, 0, got, SIZE);
    file_close(i);
    pattern(want, SIZE, 0, id);
    return n == SIZE && !memcmp(got, want, SIZE);
}

static bool is_gone(const char *path)
{
    int error;
    struct inode *i = file_open(path, &error);
    if (i)
        file_close(i);
    return !i;
}

static void judge(const struct story *s, u32 writes)
{
    if (s->taken && !holds(s->taken, 0) && !holds(s->taken, 3))
        fail_msg("story %lu: %s is lost after %u writes, block size %lu", s - stories, s->taken, writes, (u64)files_fs->block_size);
    for (u32 id = 0; id < 7; id++) {
        bool found = !s->names[id][0] || (s->deleted && id < 2 && is_gone(s->names[id][0]));
        for (u32 k = 0; k < 3 && s->names[id][k]; k++)
            found |= holds(s->names[id][k], id);
        if (!found)
            fail_msg("story %lu: file %u is lost after %u writes, block size %lu", s - stories, id, writes,
                     (u64)files_fs->block_size);
    }
}

/* Returns whether the power was gone before the end. */
static bool tell(const struct story *s, u32 writes)
{
    image_restore();
    mount_again();
    machine.writes_left = writes;
    s->tell();
    must(flush_device(&disk));
    bool cut = machine.writes_left == 0;
    machine.writes_left = 0;
    files_lost();
    machine_power_cut();
    if (image_repair(output, sizeof(output)))
        fail_msg("story %lu: the disk is mixed or beyond repair after %u writes: %s", s - stories, writes,
                 output);
    mount_again();
    judge(s, writes);
    end();
    return cut;
}

static void stories_of(unsigned block_size)
{
    if (machine.harsh)
        return;
    make_disk(block_size);
    for (u32 k = 0; k < ARRAY_SIZE(stories); k++) {
        for (int back = 0; back < 2; back++) {
            u32 writes = 0;
            machine.write_backwards = back;
            while (tell(&stories[k], writes))
                writes++;
            assert_true(writes > 1);
        }
    }
    machine.write_backwards = false;
}

static void test_stories(void **state UNUSED)
{
    stories_of(1024);
    stories_of(4096);
}

const struct CMUnitTest power_tests[TESTS_EACH] = {
    cmocka_unit_test(test_stories),
};
