// SPDX-License-Identifier: MIT
/*
 * names.c - names, links and directories: what debugfs sees, all cases of rename, directories of 10,000
 * entries
 */
#include "tests/host/ext2/tests.h"

static int exists(const char *path)
{
    int error;
    struct inode *i = file_open(path, &error);
    if (!i)
        return error == -ENOENT ? 0 : error;
    int ino = i->ino;
    file_close(i);
    return ino;
}

static u32 links(const char *path)
{
    int error;
    struct inode *i = file_open(path, &error);
    assert_non_null(i);
    u32 n = i->nlink;
    file_close(i);
    return n;
}

static bool debugfs_says(const char *command, const char *text)
{
    assert_int_equal(image_run(output, sizeof(output), "debugfs -R '%s' $IMG 2>&1", command), 0);
    return strstr(output, text) != NULL;
}

/* --- files of all types come to be, and the e2fsprogs agree --- */

static void types(unsigned block_size)
{
    char target[400];
    memset(target, 'x', sizeof(target));
    target[300] = 0;
    start(8192, options(block_size, ""));
    assert_int_equal(file_create("/file", 0100644, 0), 0);
    assert_int_equal(file_create("/dir", 040755, 0), 0);
    assert_int_equal(file_create("/dir/sub", 040700, 0), 0);
    assert_int_equal(file_create("/fifo", 010600, 0), 0);
    assert_int_equal(file_create("/null", 020666, 0x103), 0);
    assert_int_equal(file_create("/big", 060600, 0x12345678), 0);
    assert_int_equal(file_symlink("short", "/fast"), 0);
    assert_int_equal(file_symlink(target, "/slow"), 0);
    assert_int_equal(file_create("/file", 0100644, 0), -EEXIST);
    assert_int_equal(file_create("/none/file", 0100644, 0), -ENOENT);
    assert_int_equal(file_create("/file/file", 0100644, 0), -ENOTDIR);
    assert_int_equal(links("/dir"), 3);
    again();
    char got[512] = {0};
    assert_int_equal(file_readlink("/fast", got, sizeof(got)), 5);
    assert_string_equal(got, "short");
    assert_int_equal(file_readlink("/slow", got, sizeof(got)), 300);
    assert_string_equal(got, target);
    int error;
    struct inode *i = file_open("/big", &error);
    assert_int_equal(i->rdev, 0x12345678);
    assert_int_equal(i->uid, 70000);
    file_close(i);
    assert_int_equal(file_chmod("/dir/sub", 0711), 0);
    end();
    assert_true(debugfs_says("stat /slow", "Type: symlink"));
    assert_true(debugfs_says("stat /null", "01:03"));
    assert_true(debugfs_says("stat /big", "New-style"));
    assert_true(debugfs_says("stat /dir/sub", "0711"));
    assert_true(debugfs_says("ls -l /", "fifo"));
}

static void test_types(void **state UNUSED)
{
    sweep(types);
}

/* --- links and the last name --- */

static void hard_links(unsigned block_size)
{
    start(4096, options(block_size, ""));
    assert_int_equal(file_create("/a", 0100644, 0), 0);
    write_pattern("/a", 0, 30000, 1);
    assert_int_equal(file_link("/a", "/b"), 0);
    assert_int_equal(file_link("/a", "/b"), -EEXIST);
    assert_int_equal(links("/b"), 2);
    assert_int_equal(file_unlink("/a"), 0);
    assert_int_equal(file_unlink("/a"), -ENOENT);
    again();
    assert_int_equal(links("/b"), 1);
    check_pattern("/b", 0, 30000, 1);
    assert_int_equal(file_unlink("/b"), 0);
    end();
}

static void test_links(void **state UNUSED)
{
    sweep(hard_links);
}

/* --- rename --- */

static void rename_cases(unsigned block_size)
{
    start(8192, options(block_size, ""));
    const char *dirs[] = {"/d", "/e", "/d/x", "/e/full", "/e/empty"};
    for (u32 k = 0; k < ARRAY_SIZE(dirs); k++)
        assert_int_equal(file_create(dirs[k], 040755, 0), 0);
    assert_int_equal(file_create("/e/full/one", 0100644, 0), 0);
    assert_int_equal(file_create("/a", 0100644, 0), 0);
    assert_int_equal(file_create("/b", 0100644, 0), 0);
    int a = exists("/a"), x = exists("/d/x");
    assert_int_equal(file_rename("/a", "/a2"), 0);            /* the same directory */
    assert_int_equal(exists("/a"), 0);
    assert_int_equal(exists("/a2"), a);
    assert_int_equal(file_rename("/a2", "/b"), 0);            /* over a file */
    assert_int_equal(exists("/b"), a);
    assert_int_equal(file_rename("/b", "/d/b"), 0);           /* into another directory */
    assert_int_equal(exists("/d/b"), a);
    assert_int_equal(file_rename("/d/x", "/e/x"), 0);         /* a directory moves */
    assert_int_equal(exists("/e/x"), x);
    assert_int_equal(exists("/e/x/.."), exists("/e"));
    assert_int_equal(links("/d"), 2);
    assert_int_equal(links("/e"), 5);
    assert_int_equal(file_rename("/e/x", "/e/full"), -ENOTEMPTY);
    assert_int_equal(file_rename("/e/x", "/e/empty"), 0);     /* over an empty directory */
    assert_int_equal(links("/e"), 4);
    assert_int_equal(file_rename("/e/empty", "/d/moved"), 0); /* and out again */
    assert_int_equal(exists("/d/moved"), x);
    assert_int_equal(file_rename("/none", "/x"), -ENOENT);
    assert_int_equal(file_unlink("/e/full"), -ENOTEMPTY);
    assert_int_equal(file_unlink("/d/moved"), 0);
    end();
}

static void test_rename(void **state UNUSED)
{
    sweep(rename_cases);
}

/* A file that is moved to and fro between two directories is on disk under one name at every moment. */
static void to_and_fro(unsigned block_size)
{
    start(4096, options(block_size, ""));
    const char *dirs[] = {"/d", "/1", "/2", "/3", "/4", "/e"}; /* d and e are not in one page */
    for (u32 k = 0; k < ARRAY_SIZE(dirs); k++)
        assert_int_equal(file_create(dirs[k], 040755, 0), 0);
    assert_int_equal(file_create("/d/f", 0100644, 0), 0);
    for (u32 k = 0; k < 8; k++) {
        u64 passes = machine.passes;
        assert_int_equal(file_rename("/d/f", "/e/f"), 0);
        assert_int_equal(file_rename("/e/f", "/d/f"), 0);
        assert_true(machine.passes > passes);
    }
    end();
}

static void test_to_and_fro(void **state UNUSED)
{
    sweep(to_and_fro);
}

/* --- many names --- */

static char long_name[300];

static const char *name_of(u32 k, const char *dir)
{
    static char text[400];
    u32 width = 8 + k * 7 % 40;
    memset(long_name, 'n', sizeof(long_name));
    long_name[width] = 0;
    ksnprintf(text, sizeof(text), "%s/%s%u", dir, long_name, k);
    return text;
}

static void many(unsigned block_size, u32 count)
{
    start(16384, options(block_size, "-N 12000"));
    assert_int_equal(file_create("/d", 040755, 0), 0);
    for (u32 k = 0; k < count; k++)
        assert_int_equal(file_create(name_of(k, "/d"), 0100600, 0), 0);
    assert_int_equal(file_list("/d", NULL, NULL), count);
    for (u32 k = 0; k < count; k += 3)
        assert_int_equal(file_unlink(name_of(k, "/d")), 0);
    again();
    for (u32 k = 0; k < count; k += count / 50)
        assert_int_equal(exists(name_of(k, "/d")) != 0, k % 3 != 0);
    for (u32 k = 0; k < count; k += 3)
        assert_int_equal(file_create(name_of(k, "/d"), 0100600, 0), 0);
    assert_int_equal(file_list("/d", NULL, NULL), count);
    for (u32 k = 0; k < count; k++)
        assert_int_equal(file_unlink(name_of(k, "/d")), 0);
    assert_int_equal(file_list("/d", NULL, NULL), 0);
    assert_int_equal(file_unlink("/d"), 0);
    end();
}

static void test_many_names(void **state UNUSED)
{
    many(1024, 10000);
    many(4096, 10000);
    machine.harsh = true;
    many(1024, 500);
    many(4096, 500);
    machine.harsh = false;
}

/* Of a large directory only the blocks of the two names are cached, so a rename of one over the other needs nothing more, wherever
 * they stand. */
static void over_another(unsigned block_size)
{
    static const u32 pair[][2] = {{1, 40}, {70, 2}, {30, 31}, {65, 66}, {4, 100}, {99, 5}};
    start(8192, options(block_size, ""));
    assert_int_equal(file_create("/d", 040755, 0), 0);
    for (u32 k = 0; k < 120; k++)
        assert_int_equal(file_create(name_of(k, "/d"), 0100600, 0), 0);
    for (u32 k = 0; k < ARRAY_SIZE(pair); k++) {
        char from[400];
        again();
        ksnprintf(from, sizeof(from), "%s", name_of(pair[k][0], "/d"));
        int ino = exists(from);
        assert_int_equal(file_rename(from, name_of(pair[k][1], "/d")), 0);
        assert_int_equal(exists(from), 0);
        assert_int_equal(exists(name_of(pair[k][1], "/d")), ino);
    }
    end();
}

static void test_over_another(void **state UNUSED)
{
    sweep(over_another);
}

static void test_long_names(void **state UNUSED)
{
    char path[300] = "/";
    start(4096, "-b 1024");
    memset(path + 1, 'a', 255);
    assert_int_equal(file_create(path, 0100644, 0), 0);
    assert_true(exists(path) > 0);
    path[256] = 'b';
    assert_int_equal(file_create(path, 0100644, 0), -ENAMETOOLONG);
    path[257] = 0;
    assert_int_equal(exists(path), -ENAMETOOLONG);
    end();
}

/* --- what mke2fs makes is read; a hash tree is read past, and gone after a change --- */

static void test_foreign_tree(void **state UNUSED)
{
    const char *opts[] = {"-b 1024 -d $IMG.d", "-b 4096 -I 128 -d $IMG.d", "-b 2048 -r 0 -d $IMG.d",
                          "-b 1024 -O ^dir_index,^filetype -d $IMG.d"};
    assert_int_equal(
        image_run(NULL, 0,
                  "rm -rf $IMG.d; mkdir -p $IMG.d/many $IMG.d/a/b && seq 20000 > $IMG.d/a/b/seq && "
                  "for k in $(seq 3000); do echo $k > $IMG.d/many/file-number-$k; done"),
        0);
    for (u32 k = 0; k < ARRAY_SIZE(opts); k++) {
        char text[8] = {0};
        int error;
        image_make(16384, opts[k]);
        image_run(NULL, 0, "e2fsck -fyD $IMG");
        mount_again();
        assert_int_equal(file_list("/many", NULL, NULL), 3000);
        struct inode *i = file_open("/many/file-number-1234", &error);
        assert_non_null(i);
        assert_int_equal(file_read(i, 0, text, sizeof(text)), 5);
        assert_string_equal(text, "1234\n");
        file_close(i);
        assert_int_equal(file_create("/many/one-more", 0100644, 0), 0);
        assert_int_equal(file_unlink("/many/file-number-77"), 0);
        end();
        assert_int_equal(
            image_run(NULL, 0,
                      "debugfs -R \"dump /a/b/seq $IMG.out\" $IMG 2>/dev/null; cmp $IMG.out $IMG.d/a/b/seq"),
            0);
    }
}

const struct CMUnitTest name_tests[TESTS_EACH] = {
    cmocka_unit_test(test_types), cmocka_unit_test(test_links), cmocka_unit_test(test_rename),
    cmocka_unit_test(test_to_and_fro), cmocka_unit_test(test_many_names), cmocka_unit_test(test_long_names),
    cmocka_unit_test(test_foreign_tree), cmocka_unit_test(test_over_another),
};
