// SPDX-License-Identifier: MIT
/*
 * space.c - disk space: full disks, files that are deleted while open, what the reaper gives back, and when
 */
#include "tests/host/ext2/tests.h"

static char chunk[1 << 18];

static u64 free_blocks(void)
{
    struct fs_stat st;
    files_fs->ops->stat(files_fs, &st);
    return st.free;
}

/* --- open files without a name --- */

static void unlinked_open(unsigned block_size)
{
    int error;
    start(16384, options(block_size, ""));
    u64 before = free_blocks();
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    assert_int_equal(file_create("/g", 0100644, 0), 0);
    write_pattern("/f", 0, 3000000, 5);
    write_pattern("/g", 0, 1000000, 6);
    struct inode *f = file_open("/f", &error), *g = file_open("/g", &error);
    assert_int_equal(file_unlink("/f"), 0);
    assert_int_equal(file_unlink("/g"), 0);
    assert_int_equal(files_fs->ops->sync(files_fs), 0);
    pattern(chunk, 1000, 2500000, 5);
    char got[1000];
    assert_int_equal(file_read(f, 2500000, got, 1000), 1000);
    assert_memory_equal(got, chunk, 1000);
    assert_int_equal(file_write(f, 3000000, chunk, sizeof(chunk)), sizeof(chunk));
    file_close(f); /* not the head of the list on disk */
    assert_int_equal(files_fs->ops->sync(files_fs), 0);
    assert_true(free_blocks() < before);
    file_close(g);
    assert_int_equal(files_fs->ops->sync(files_fs), 0);
    assert_int_equal(free_blocks(), before);
    end();
}

/* A file without a name that is cut, also after the reaper has looked, and between others of its kind. */
static void unlinked_cut(unsigned block_size UNUSED)
{
    const char *path[] = {"/a", "/b", "/c"};
    struct inode *i[3];
    int error;
    start(8192, options(block_size, ""));
    u64 before = free_blocks();
    for (u32 k = 0; k < 3; k++) {
        assert_int_equal(file_create(path[k], 0100644, 0), 0);
        write_pattern(path[k], 0, 700000, k);
        i[k] = file_open(path[k], &error);
        assert_int_equal(file_unlink(path[k]), 0);
        machine_reap();
    }
    for (u32 k = 0; k < 6; k++) {
        assert_int_equal(file_truncate(i[k % 3], 300000 - k * 50000), 0);
        machine_reap();
        assert_int_equal(file_write(i[k % 3], 400000, path, sizeof(path)), sizeof(path));
    }
    assert_int_equal(file_truncate(i[1], 0), 0);
    for (u32 k = 0; k < 3; k++)
        file_close(i[k]);
    assert_int_equal(files_fs->ops->sync(files_fs), 0);
    assert_false(files_fs->read_only);
    assert_int_equal(free_blocks(), before);
    end();
}

static void test_unlinked_cut(void **state UNUSED)
{
    sweep(unlinked_cut);
}

static void test_unlinked_open(void **state UNUSED)
{
    sweep(unlinked_open);
}

/* --- a disk that is full --- */

static long fill(const char *path)
{
    int error;
    long at = 0, n;
    struct inode *i = file_open(path, &error);
    assert_non_null(i);
    at = i->size;
    do {
        pattern(chunk, sizeof(chunk), at, 9);
        n = file_write(i, at, chunk, sizeof(chunk));
        at += n > 0 ? n : 0;
    } while (n == sizeof(chunk));
    assert_int_equal(file_write(i, at, chunk, 1), -ENOSPC);
    file_close(i);
    return at;
}

static void full(unsigned block_size)
{
    start(4096, options(block_size, ""));
    u64 before = free_blocks();
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    long size = fill("/f");
    assert_int_equal(free_blocks(), 0);
    assert_int_equal(file_create("/empty", 0100644, 0), 0); /* there is room for the name */
    assert_int_equal(file_create("/dir", 040755, 0), -ENOSPC);
    check_pattern("/f", 0, size, 9);
    write_pattern("/f", 0, 10000, 9); /* overwriting is never refused */
    assert_int_equal(file_unlink("/f"), 0);
    assert_int_equal(file_create("/dir", 040755, 0), 0); /* waits for the reaper */
    assert_int_equal(file_create("/g", 0100644, 0), 0);
    assert_int_equal(fill("/g") / block_size, (size - 1) / block_size);
    assert_int_equal(file_unlink("/g"), 0);
    assert_int_equal(file_unlink("/empty"), 0);
    assert_int_equal(file_unlink("/dir"), 0);
    assert_int_equal(files_fs->ops->sync(files_fs), 0);
    assert_int_equal(free_blocks(), before);
    end();
}

static void test_full(void **state UNUSED)
{
    sweep(full);
}

/* Users cannot take what is kept for root; root can. */
static void test_kept(void **state UNUSED)
{
    struct fs_stat st;
    start(8192, "-b 1024 -m 10");
    machine.uid = 1000;
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    fill("/f");
    files_fs->ops->stat(files_fs, &st);
    assert_int_equal(st.available, 0);
    assert_in_range(st.free, 810, 830);
    machine.uid = 0;
    fill("/f");
    assert_int_equal(free_blocks(), 0);
    end();
}

/* All inodes used: -ENOSPC, and one that is deleted can be had again. */
static void test_inodes(void **state UNUSED)
{
    char path[20];
    u32 n = 0;
    start(4096, "-b 1024 -N 64");
    for (;; n++) {
        ksnprintf(path, sizeof(path), "/f%u", n);
        int rc = file_create(path, 0100644, 0);
        if (rc == -ENOSPC)
            break;
        assert_int_equal(rc, 0);
    }
    assert_in_range(n, 40, 64);
    assert_int_equal(file_unlink("/f7"), 0);
    assert_int_equal(file_create("/new", 0100644, 0), 0);
    assert_int_equal(file_create("/more", 0100644, 0), -ENOSPC);
    end();
}

/* --- blocks that were freed are not used again before a pass --- */

static void test_not_before_a_pass(void **state UNUSED)
{
    int error;
    u32 old, new;
    start(4096, "-b 1024");
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    write_pattern("/f", 0, 1024, 1);
    struct inode *i = file_open("/f", &error);
    old = *(u32 *)i->fs_data;
    file_close(i);
    assert_int_equal(file_unlink("/f"), 0);
    machine_reap();
    u64 passes = machine.passes;
    for (u32 k = 0; k < 2; k++) {
        assert_int_equal(file_create("/g", 0100644, 0), 0);
        write_pattern("/g", 0, 1024, 1);
        i = file_open("/g", &error);
        new = *(u32 *)i->fs_data;
        file_close(i);
        assert_int_equal(machine.passes, passes);
        assert_int_equal(old == new, k == 1);
        assert_int_equal(file_unlink("/g"), 0);
        assert_int_equal(files_fs->ops->sync(files_fs), 0);
        passes = machine.passes;
    }
    end();
}

/* --- groups so small that one write needs many bitmaps --- */

static void small_groups(unsigned block_size)
{
    start(8192, options(block_size, "-g 256 -N 512 -O ^resize_inode"));
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    long size = fill("/f");
    check_pattern("/f", 0, size, 9);
    again();
    check_pattern("/f", 0, size, 9);
    assert_int_equal(file_unlink("/f"), 0);
    end();
}

static void test_small_groups(void **state UNUSED)
{
    sweep(small_groups);
}

/* --- a file is cut while it is used --- */

static void cut_and_grow(unsigned block_size)
{
    int error;
    start(16384, options(block_size, ""));
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    for (u32 k = 0; k < 5; k++) {
        write_pattern("/f", 0, 2500000, k);
        struct inode *i = file_open("/f", &error);
        assert_int_equal(file_truncate(i, 100000 + k * 30001), 0);
        assert_int_equal(file_truncate(i, 2000000), 0); /* settles first */
        assert_int_equal(file_read(i, 100000 + k * 30001, chunk, sizeof(chunk)), sizeof(chunk));
        for (size_t b = 0; b < sizeof(chunk); b++)
            assert_int_equal(chunk[b], 0);
        file_close(i);
        check_pattern("/f", 0, 100000, k);
    }
    struct inode *i = file_open("/f", &error);
    assert_int_equal(file_truncate(i, 70000), 0);
    assert_int_equal(file_unlink("/f"), 0); /* on the list already */
    file_close(i);
    end();
}

static void test_cut_and_grow(void **state UNUSED)
{
    sweep(cut_and_grow);
}

/* --- orphans of the time before --- */

static void test_orphans_at_mount(void **state UNUSED)
{
    int error;
    start(8192, "-b 1024");
    u64 before = free_blocks();
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    assert_int_equal(file_create("/g", 0100644, 0), 0);
    write_pattern("/f", 0, 2000000, 1);
    write_pattern("/g", 0, 2000000, 2);
    struct inode *f = file_open("/f", &error), *g = file_open("/g", &error);
    assert_int_equal(file_unlink("/f"), 0);
    assert_int_equal(file_truncate(g, 500000), 0);
    assert_int_equal(flush_device(&disk), 0);
    (void)f;
    (void)g;
    machine.writes_left = 0;
    files_lost();
    machine_power_cut();
    mount_again();
    assert_int_equal(files_fs->ops->sync(files_fs), 0);
    assert_int_equal(before - free_blocks(), 489 + 3); /* with three indirect blocks */
    check_pattern("/g", 0, 500000, 2);
    assert_int_equal(file_unlink("/g"), 0);
    end();
}

/* --- attribute blocks are shared, and freed with the last inode --- */

static void test_attributes(void **state UNUSED)
{
    image_make(4096, "-b 1024 -I 128 -O ext_attr");
    mount_again();
    u64 before = free_blocks();
    assert_int_equal(file_create("/f", 0100644, 0), 0);
    assert_int_equal(file_create("/g", 0100644, 0), 0);
    end();
    assert_int_equal(
        image_run(
            output, sizeof(output),
            "debugfs -w -R 'ea_set /f user.a value' $IMG 2>&1 && b=$(debugfs -R 'stat /f' $IMG 2>/dev/null | "
            "awk '/File ACL/ {print $3}') && debugfs -w -R \"sif /g file_acl $b\" $IMG && "
            "debugfs -w -R 'sif /g blocks 2' $IMG && "
            "printf '\\002' | dd of=$IMG bs=1 seek=$((b * 1024 + 4)) conv=notrunc 2>/dev/null"),
        0);
    assert_int_equal(image_check(output, sizeof(output)), 0);
    mount_again();
    assert_int_equal(file_unlink("/f"), 0);
    again();
    assert_int_equal(before - free_blocks(), 1);
    assert_int_equal(file_unlink("/g"), 0);
    again();
    assert_int_equal(free_blocks(), before);
    end();
}

const struct CMUnitTest space_tests[TESTS_EACH] = {
    cmocka_unit_test(test_unlinked_open),
    cmocka_unit_test(test_unlinked_cut),
    cmocka_unit_test(test_full),
    cmocka_unit_test(test_kept),
    cmocka_unit_test(test_inodes),
    cmocka_unit_test(test_not_before_a_pass),
    cmocka_unit_test(test_small_groups),
    cmocka_unit_test(test_cut_and_grow),
    cmocka_unit_test(test_orphans_at_mount),
    cmocka_unit_test(test_attributes),
};
