// SPDX-License-Identifier: MIT
/*
 * damage.c - a disk can hold anything: unknown features, garbage in every structure, truncated images,
 * sectors that cannot be read
 *
 * The answer is always an error with a message that says what and where, never a crash, a hang or a write
 * outside the disk; and a call that ends with an error has changed nothing.
 */
#include "tests/host/ext2/tests.h"

/* --- what is not mounted --- */

static void refused(int error, const char *message)
{
    machine_plug();
    machine_forget();
    assert_int_equal(files_mount(), error);
    if (!machine_said(message))
        fail_msg("it said: %s", machine.said);
    machine_unplug();
}

static void test_refused(void **state UNUSED)
{
    image_make(4096, "-O extents");
    refused(-EINVAL, "feature extent (0x40) is not supported: not mounted");
    image_make(4096, "-O extents,flex_bg,64bit");
    refused(-EINVAL, "flex_bg");
    image_make(4096, "-b 1024");
    assert_int_equal(image_run(NULL, 0, "truncate -s 2M $IMG"), 0);
    refused(-EUCLEAN, "the device only 4096 sectors");
    assert_int_equal(image_run(NULL, 0, "truncate -s 0 $IMG; truncate -s 2M $IMG"), 0);
    refused(-EINVAL, "no ext2 file system");
    assert_int_equal(image_run(NULL, 0, "truncate -s 1024 $IMG"), 0);
    refused(-EIO, "the superblock cannot be read");
}

/* Without a root directory there is nothing to mount. */
static void test_no_root(void **state UNUSED)
{
    image_make(4096, "-b 1024");
    assert_int_equal(image_run(NULL, 0, "debugfs -w -R 'sif <2> mode 0100644' $IMG 2>/dev/null"), 0);
    refused(-EUCLEAN, "inode 2: the root is no directory");
}

static void test_read_only_feature(void **state UNUSED)
{
    start(4096, "-O huge_file");
    assert_true(machine_said("feature huge_file (0x8) is not supported: mounted read-only"));
    assert_int_equal(file_create("/f", 0100644, 0), -EROFS);
    assert_true(files_fs->read_only);
    end();
}

/* --- a tree with everything in it --- */

static void make_tree(unsigned block_size)
{
    char path[40];
    start(3072, options(block_size, "-N 256"));
    assert_int_equal(file_create("/d", 040755, 0), 0);
    assert_int_equal(file_create("/d/e", 040755, 0), 0);
    assert_int_equal(file_create("/big", 0100644, 0), 0);
    write_pattern("/big", 0, 400000, 1);
    write_pattern("/big", (12 + block_size / 4 + block_size * block_size / 16) * (u64)block_size, 2000, 2);
    assert_int_equal(file_symlink("d/e", "/fast"), 0);
    memset(output, 's', 200);
    output[200] = 0;
    assert_int_equal(file_symlink(output, "/slow"), 0);
    for (u32 k = 0; k < 60; k++) {
        ksnprintf(path, sizeof(path), "/d/%sfile-%u", k % 2 ? "e/" : "", k);
        assert_int_equal(file_create(path, 0100644, 0), 0);
        write_pattern(path, 0, k * 100, k);
    }
    end();
    image_save();
}

/* --- the n-th read of a call fails --- */

static int do_create(void) { return file_create("/d/new", 0100644, 0); }
static int do_mkdir(void) { return file_create("/newdir", 040755, 0); }
static int do_slow_link(void) { return file_symlink(output, "/d/e/newlink"); }
static int do_link(void) { return file_link("/big", "/d/link"); }
static int do_unlink(void) { return file_unlink("/d/file-4"); }
static int do_rename(void) { return file_rename("/d/file-4", "/d/e/moved"); }
static int do_replace(void) { return file_rename("/d/file-4", "/d/e/file-5"); }
static int do_move_dir(void) { return file_rename("/d/e", "/e2"); }
static int do_chmod(void) { return file_chmod("/d/file-6", 0600); }

static int do_write(void)
{
    int error;
    struct inode *i = file_open("/big", &error);
    if (!i)
        return error;
    long n = file_write(i, 390000, output, 100000);
    file_close(i);
    return n < 0 ? n : 0;
}

static int do_truncate(void)
{
    int error;
    struct inode *i = file_open("/big", &error);
    if (!i)
        return error;
    int rc = file_truncate(i, 2000);
    file_close(i);
    return rc;
}

/* Fails read after read until none is hit; every failure is an -EIO that leaves a sound disk. */
static void each_read_fails(int (*act)(void), unsigned block_size)
{
    u64 nth = 1;
    for (int rc = -EIO; rc; nth++) {
        image_restore();
        mount_again();
        machine.fail_read = machine.disk_reads + nth;
        rc = act();
        machine.fail_read = 0;
        if (rc && rc != -EIO)
            fail_msg("read %lu fails: error %d, block size %u", nth, -rc, block_size);
        assert_false(files_fs->read_only);
        end();
    }
    assert_true(nth > 2);
}

static void read_errors(unsigned block_size)
{
    int (*acts[])(void) = {do_create,  do_mkdir,    do_slow_link, do_link,  do_unlink,  do_rename,
                           do_replace, do_move_dir, do_chmod,     do_write, do_truncate};
    if (!machine.harsh)
        return;
    make_tree(block_size);
    for (u32 k = 0; k < ARRAY_SIZE(acts); k++)
        each_read_fails(acts[k], block_size);
}

static void test_read_errors(void **state UNUSED)
{
    sweep(read_errors);
}

/* --- garbage --- */

static u8 bytes[4096];

/* Everything that can be done; the results may be errors. */
static void use_all(u32 *seed)
{
    int error;
    files_visit(70);
    do_create();
    do_mkdir();
    do_link();
    do_unlink();
    do_rename();
    do_replace();
    do_write();
    do_chmod();
    struct inode *i = file_open("/big", &error);
    if (i) {
        (void)!file_truncate(i, random_next(seed) % 500000);
        file_close(i);
    }
    file_unlink("/big");
    do_move_dir();
    files_fs->ops->sync(files_fs);
    file_create("/last", 0100644, 0);
    file_unlink("/d/file-8");
    file_unlink("/slow");
}

/* Changes bytes in the first part of the disk, where superblock, descriptors, bitmaps, inodes and
 * directories are. */
static void spoil(u32 *seed, u32 from, u32 to)
{
    u32 changes = 1 + random_next(seed) % 12;
    image_open();
    for (u32 k = 0; k < changes; k++) {
        u32 at = from + random_next(seed) % (to - from), n = random_next(seed) % 3 ? 1 : 4;
        u32 value = random_next(seed) % 3 ? random_next(seed) : random_next(seed) % 400;
        image_write(at, &value, n);
    }
    image_close();
}

static void spoilt(u32 seed, u32 from, u32 to)
{
    image_restore();
    spoil(&seed, from, to);
    machine_plug();
    machine_forget();
    if (files_mount() == 0) {
        use_all(&seed);
        files_unmount();
    }
    machine_unplug();
}

static void garbage(unsigned block_size)
{
    make_tree(block_size);
    u32 tables = block_size == 4096 ? 48 << 10 : 90 << 10;
    for (u32 k = 1, rounds = host_long() ? 1000 : 25; k <= rounds; k++) {
        spoilt(k * 2654435761u + block_size, 1024, 2048);              /* superblock */
        spoilt(k * 40503u + block_size, 2048, 2048 + 3 * block_size);  /* descriptors */
        spoilt(k * 69069u + block_size, 2048, tables);                 /* bitmaps, inodes */
        spoilt(k * 1664525u + block_size, tables / 2, tables * 3);     /* directories, indirect blocks */
    }
}

static void test_garbage(void **state UNUSED)
{
    sweep(garbage);
}

/* --- damage by hand: what is said, and that it stops there --- */

static void with_debugfs(const char *command, void (*test)(void))
{
    image_restore();
    assert_int_equal(image_run(output, sizeof(output), "debugfs -w -R '%s' $IMG 2>/dev/null", command), 0);
    machine_plug();
    machine_forget();
    assert_int_equal(files_mount(), 0);
    test();
    files_unmount();
    machine_unplug();
}

static void reading_big_fails(void)
{
    int error;
    struct inode *i = file_open("/big", &error);
    assert_int_equal(file_read(i, 0, bytes, 4096), -EUCLEAN);
    assert_false(files_fs->read_only);
    assert_int_equal(file_write(i, 0, bytes, 4096), -EUCLEAN);
    assert_true(files_fs->read_only);
    assert_int_equal(file_create("/x", 0100644, 0), -EROFS);
    file_close(i);
    assert_true(machine_said("inode 14: its block 1 is said to be block 99999999"));
}

static void loop_is_harmless(void)
{
    int error;
    struct inode *i = file_open("/big", &error);
    assert_int_equal(file_read(i, 20 * 1024, bytes, 1024), -EUCLEAN);
    file_close(i);
    file_unlink("/big");
    files_fs->ops->sync(files_fs);
}

static void bad_mode(void)
{
    int error;
    assert_null(file_open("/big", &error));
    assert_int_equal(error, -EUCLEAN);
    assert_true(machine_said("inode 14: its mode is 0"));
}

/* Its number is not given to another file while it is open. */
static void open_file_is_said_to_be_free(void)
{
    int error;
    struct inode *i = file_open("/big", &error);
    assert_int_equal(file_create("/x", 040755, 0), -EUCLEAN);
    assert_true(files_fs->read_only);
    assert_true(machine_said("the bitmap says that inode 14 is free, which is in use"));
    assert_int_equal(file_read(i, 0, bytes, 4096), 4096);
    file_close(i);
}

static void test_by_hand(void **state UNUSED)
{
    make_tree(1024);
    with_debugfs("sif /big block[1] 99999999", reading_big_fails);
    with_debugfs("sif /big block[IND] 5", loop_is_harmless);
    with_debugfs("sif /big mode 0170000", bad_mode);
    with_debugfs("freei /big", open_file_is_said_to_be_free);
}

const struct CMUnitTest damage_tests[TESTS_EACH] = {
    cmocka_unit_test(test_refused),           cmocka_unit_test(test_no_root),
    cmocka_unit_test(test_read_only_feature), cmocka_unit_test(test_read_errors),
    cmocka_unit_test(test_garbage),           cmocka_unit_test(test_by_hand),
};
