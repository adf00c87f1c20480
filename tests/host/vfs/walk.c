// SPDX-License-Identifier: MIT
/*
 * walk.c - paths lead where Linux says, changed directories are noticed, a refused call has changed nothing
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/string.h"
#include "tests/host/vfs/host.h"

/* --- short words --- */

static int walk(const char *path, u32 flags, struct path *p)
{
    return walk_user(AT_FDCWD, (user_ptr){(u64)path}, flags, p);
}

/* The number that the path leads to, or -errno. */
static long number(const char *path, u32 flags)
{
    struct path p;
    int rc = walk(path, flags, &p);
    if (rc)
        return rc;
    long ino = p.inode ? (long)p.inode->ino : 0;
    path_put(&p);
    return ino;
}

static int make_type(const char *path, u32 mode, const char *target)
{
    struct path p;
    struct new_inode what = {.mode = mode, .target = {target, target ? strlen(target) : 0}};
    int rc = walk(path, WALK_PARENT, &p);
    if (rc)
        return rc;
    rc = create_path(&p, &what);
    path_put(&p);
    return rc;
}

static int make_dir(const char *path)
{
    return make_type(path, S_IFDIR | 0755, NULL);
}
static int make_file(const char *path)
{
    return make_type(path, S_IFREG | 0644, NULL);
}
static int make_link(const char *path, const char *target)
{
    return make_type(path, S_IFLNK | 0777, target);
}

static int take_away(const char *path, bool directory)
{
    struct path p;
    int rc = walk(path, WALK_PARENT, &p);
    if (rc)
        return rc;
    rc = unlink_path(&p, directory);
    path_put(&p);
    return rc;
}

static int move(const char *from, const char *to)
{
    struct path a, b;
    int rc = walk(from, WALK_PARENT | WALK_BUFFER1, &a);
    if (rc)
        return rc;
    rc = walk(to, WALK_PARENT, &b);
    if (!rc) {
        rc = rename_path(&a, &b, true);
        path_put(&b);
    }
    path_put(&a);
    return rc;
}

/* /d/sub/file, /d/link -> sub, /abs -> /d/sub */
static int set_up(void **state UNUSED)
{
    memfs_reset();
    machine_user(0, 0);
    refuse_at = 0;
    memfs_race = NULL;
    assert_int_equal(mount_root(&disk, &memfs_ops, false), 0);
    assert_int_equal(make_dir("/d"), 0);
    assert_int_equal(make_dir("/d/sub"), 0);
    assert_int_equal(make_file("/d/sub/file"), 0);
    assert_int_equal(make_link("/d/link", "sub"), 0);
    assert_int_equal(make_link("/abs", "/d/sub"), 0);
    return 0;
}

/* Everything that a test took is given back: only the root is in use, and nothing is left after unmounting.
 * */
static int tear_down(void **state UNUSED)
{
    struct fs *fs = root_of_all()->fs;
    if (current->root)
        inode_put(current->root);
    if (current->cwd)
        inode_put(current->cwd);
    current->root = current->cwd = NULL;
    assert_int_equal(fs->busy, 1);
    assert_int_equal(unmount_all(), 0);
    assert_int_equal(objects_alive, 0);
    return 0;
}

/* --- walks --- */

static void paths_lead_where_they_say(void **state UNUSED)
{
    long file = number("/d/sub/file", 0), sub = number("/d/sub", 0);
    assert_true(file > 0 && sub > 0);
    assert_int_equal(number("//d/./sub//file", 0), file);
    assert_int_equal(number("/d/sub/../sub/../../d/sub/file", 0), file);
    assert_int_equal(number("d/sub/", 0), sub);
    assert_int_equal(number("/..", 0), 1);
    assert_int_equal(number("/", 0), 1);
    assert_int_equal(number("/d/link/file", 0), file);
    assert_int_equal(number("/abs/file", 0), file);
    assert_int_equal(number("/d/link", WALK_FOLLOW), sub);
    assert_int_equal(number("/d/link/", 0), sub);
    assert_true(number("/d/link", 0) != sub);
}

static void errors_are_those_of_linux(void **state UNUSED)
{
    char longest[300];
    memset(longest, 'x', sizeof(longest));
    longest[256] = 0;
    assert_int_equal(number("", 0), -ENOENT);
    assert_int_equal(number("/none", 0), -ENOENT);
    assert_int_equal(number("/none/x", WALK_PARENT), -ENOENT);
    assert_int_equal(number("/none", WALK_PARENT), 0);
    assert_int_equal(number("/d/sub/file/x", 0), -ENOTDIR);
    assert_int_equal(number("/d/sub/file/", 0), -ENOTDIR);
    assert_int_equal(number("/d/sub/file/..", 0), -ENOTDIR);
    assert_int_equal(number(longest, 0), -ENAMETOOLONG);
    longest[255] = 0;
    assert_int_equal(number(longest, 0), -ENOENT);
}

static void forty_links_are_followed_and_no_more(void **state UNUSED)
{
    char name[8] = "/l00", target[8] = "/d";
    for (int i = 1; i <= 41; i++) {
        name[2] = '0' + i / 10;
        name[3] = '0' + i % 10;
        assert_int_equal(make_link(name, target), 0);
        strlcpy(target, name, sizeof(target));
    }
    assert_true(number("/l40", WALK_FOLLOW) > 0);
    assert_int_equal(number("/l41", WALK_FOLLOW), -ELOOP);
    assert_int_equal(make_link("/loop", "loop"), 0);
    assert_int_equal(number("/loop", WALK_FOLLOW), -ELOOP);
}

static void a_path_that_grows_too_long_is_refused(void **state UNUSED)
{
    static char target[4000], path[PATH_LEN_MAX];
    memset(target, '/', sizeof(target) - 1);
    memset(path, '/', sizeof(path) - 1);
    assert_int_equal(make_link("/slashes", target), 0);
    memcpy(path, "/slashes", 8);
    assert_int_equal(number(path, 0), -ENAMETOOLONG);
    path[64] = 0;
    assert_int_equal(number(path, 0), 1);
}

static void a_warm_walk_needs_nothing(void **state UNUSED)
{
    number("/d/sub/file", 0);
    number("/d/none", 0);
    u32 asked = needs_asked, seen = memfs_lookups();
    assert_true(number("/d/sub/file", 0) > 0);
    assert_int_equal(number("/d/none", 0), -ENOENT);
    assert_int_equal(needs_asked, asked);
    assert_int_equal(memfs_lookups(), seen);
}

static void evicted_names_and_inodes_are_found_again(void **state UNUSED)
{
    long file = number("/d/sub/file", 0);
    names_drop(root_of_all()->fs);
    assert_int_equal(number("/d/sub/file", 0), file);
    inodes_drop(root_of_all()->fs);
    assert_int_equal(inode_cache.live, 1);
    assert_int_equal(number("/d/sub/file", 0), file);
}

static void searching_takes_the_right_to(void **state UNUSED)
{
    struct attr a = {.mask = ATTR_MODE, .mode = 0700};
    struct path p;
    assert_int_equal(walk("/d", 0, &p), 0);
    assert_int_equal(set_attributes(p.inode, &a), 0);
    machine_user(7, 7);
    assert_int_equal(number("/d/sub", 0), -EACCES);
    a.mode = 0711;
    assert_int_equal(set_attributes(p.inode, &a), -EPERM);
    machine_user(0, 0);
    assert_int_equal(set_attributes(p.inode, &a), 0);
    path_put(&p);
    machine_user(7, 7);
    assert_true(number("/d/sub", 0) > 0);
    assert_int_equal(make_file("/d/mine"), -EACCES);
}

/* --- names come and go --- */

static void last_components_are_checked(void **state UNUSED)
{
    assert_int_equal(make_dir("/"), -EEXIST);
    assert_int_equal(make_dir("/d/."), -EEXIST);
    assert_int_equal(make_dir("/d/.."), -EEXIST);
    assert_int_equal(make_dir("/d/new/"), 0);
    assert_int_equal(make_file("/d/other/"), -ENOENT);
    assert_int_equal(take_away("/", true), -EBUSY);
    assert_int_equal(take_away("/d/.", true), -EINVAL);
    assert_int_equal(take_away("/d/..", true), -ENOTEMPTY);
    assert_int_equal(take_away("/d/.", false), -EISDIR);
    assert_int_equal(take_away("/d", false), -EISDIR);
    assert_int_equal(take_away("/d", true), -ENOTEMPTY);
    assert_int_equal(take_away("/d/sub/file", true), -ENOTDIR);
    assert_int_equal(take_away("/d/sub/file/", false), -ENOTDIR);
    assert_int_equal(move("/d/.", "/e"), -EBUSY);
    assert_int_equal(move("/d", "/d/.."), -EBUSY);
}

static void a_number_used_again_has_no_old_names(void **state UNUSED)
{
    long sub = number("/d/sub", 0);
    assert_true(number("/d/sub/file", 0) > 0);
    assert_int_equal(number("/d/sub/..", 0), number("/d", 0));
    assert_int_equal(take_away("/d/sub/file", false), 0);
    assert_int_equal(take_away("/d/sub", true), 0);
    assert_int_equal(make_dir("/a"), 0);
    assert_int_equal(make_dir("/b"), 0);
    assert_true(number("/a", 0) == sub || number("/b", 0) == sub);
    assert_int_equal(number("/a/..", 0), 1);
    assert_int_equal(number("/b/..", 0), 1);
    assert_int_equal(number("/a/file", 0), -ENOENT);
    assert_int_equal(number("/b/file", 0), -ENOENT);
}

static void a_removed_directory_stays_empty(void **state UNUSED)
{
    struct path p;
    assert_int_equal(make_dir("/gone"), 0);
    assert_int_equal(walk("/gone", 0, &p), 0);
    current->cwd = inode_ref(p.inode);
    path_put(&p);
    assert_int_equal(take_away("/gone", true), 0);
    assert_int_equal(make_file("x"), -ENOENT);
    assert_int_equal(number("x", 0), -ENOENT);
    assert_int_equal(number("..", 0), -ENOENT);
    char buf[64];
    assert_int_equal(path_of(current->cwd, buf, sizeof(buf)), -ENOENT);
}

static void rename_moves_and_replaces(void **state UNUSED)
{
    long file = number("/d/sub/file", 0), sub = number("/d/sub", 0);
    assert_int_equal(number("/d/sub/..", 0), number("/d", 0));
    assert_int_equal(move("/d/sub/file", "/f"), 0);
    assert_int_equal(number("/f", 0), file);
    assert_int_equal(number("/d/sub/file", 0), -ENOENT);
    assert_int_equal(move("/d/sub", "/s"), 0);
    assert_int_equal(number("/s", 0), sub);
    assert_int_equal(number("/s/..", 0), 1);
    assert_int_equal(make_dir("/e"), 0);
    assert_int_equal(move("/s", "/e"), 0);
    assert_int_equal(number("/e", 0), sub);
    assert_int_equal(move("/f", "/f"), 0);
}

static void rename_keeps_the_tree_a_tree(void **state UNUSED)
{
    assert_int_equal(move("/d", "/d/sub/d"), -EINVAL);
    assert_int_equal(move("/d", "/d/x"), -EINVAL);
    assert_int_equal(move("/d/sub", "/d"), -ENOTEMPTY);
    assert_int_equal(move("/d/sub/file", "/d"), -ENOTEMPTY);
    assert_int_equal(move("/d/sub/file", "/d/sub"), -ENOTEMPTY);
    assert_int_equal(make_dir("/e"), 0);
    assert_int_equal(move("/d/sub/file", "/e"), -EISDIR);
    assert_int_equal(move("/d", "/d/sub/file"), -EINVAL);
    assert_int_equal(make_file("/f"), 0);
    assert_int_equal(move("/d", "/f"), -ENOTDIR);
    assert_int_equal(move("/f", "/g/"), -ENOTDIR);
    assert_int_equal(move("/none", "/g"), -ENOENT);
}

static void a_ring_of_parents_is_noticed(void **state UNUSED)
{
    const char *ring[] = {"/r", "/r/1", "/r/1/2", "/r/1/2/3"};
    for (u32 i = 0; i < ARRAY_SIZE(ring); i++)
        assert_int_equal(make_dir(ring[i]), 0);
    for (u32 i = 0; i < ARRAY_SIZE(ring); i++) {
        memfs_damage_parent(number("/r", 0), number(ring[i], 0));
        names_drop(root_of_all()->fs);
        assert_int_equal(move("/d", "/r/1/2/3/d"), -EUCLEAN);
        assert_int_equal(move("/d", "/r/d"), -EUCLEAN);
    }
    memfs_damage_parent(number("/r", 0), 1);
    names_drop(root_of_all()->fs);
    assert_int_equal(move("/d", "/r/1/2/3/d"), 0);
}

static void sticky_directories_protect_names(void **state UNUSED)
{
    struct path p;
    struct attr a = {.mask = ATTR_MODE, .mode = 01777};
    assert_int_equal(walk("/d", 0, &p), 0);
    assert_int_equal(set_attributes(p.inode, &a), 0);
    path_put(&p);
    assert_int_equal(make_file("/d/roots"), 0);
    machine_user(7, 7);
    assert_int_equal(make_file("/d/mine"), 0);
    assert_int_equal(take_away("/d/roots", false), -EPERM);
    assert_int_equal(move("/d/mine", "/d/roots"), -EPERM);
    assert_int_equal(take_away("/d/mine", false), 0);
}

static void make_racer(void)
{
    memfs_race = NULL;
    root_of_all()->version++; /* as another task's create would */
}

static void a_directory_that_changed_is_noticed(void **state UNUSED)
{
    struct path p;
    struct new_inode what = {.mode = S_IFREG | 0600};
    assert_int_equal(walk("/late", WALK_PARENT, &p), 0);
    make_racer();
    assert_int_equal(create_path(&p, &what), -ESTALE);
    path_put(&p);
    assert_int_equal(number("/late", 0), -ENOENT);
    assert_int_equal(make_file("/late"), 0);
}

/* --- refusals --- */

static void a_refused_call_has_changed_nothing(void **state UNUSED)
{
    u32 nodes = memfs_nodes(), refused = 0;
    for (u32 n = 1;; n++) {
        names_drop(root_of_all()->fs);
        inodes_drop(root_of_all()->fs);
        refuse_at = n;
        int rc = make_file("/d/link/new");
        refuse_at = 0;
        if (rc == 0)
            break;
        assert_int_equal(rc, -ENOMEM);
        assert_int_equal(memfs_nodes(), nodes);
        assert_int_equal(number("/d/sub/new", 0), -ENOENT);
        refused++;
    }
    assert_true(refused >= 7); /* name and inode of d, link, sub, then new, then create */
    assert_true(number("/d/sub/new", 0) > 0);
}

/* --- where one is, and mounts --- */

static void where(const char *path, const char *wanted)
{
    struct path p;
    char buf[64];
    assert_int_equal(walk(path, WALK_FOLLOW, &p), 0);
    assert_int_equal(path_of(p.inode, buf, sizeof(buf)), strlen(wanted) + 1);
    assert_string_equal(buf, wanted);
    if (strlen(wanted) > 1)
        assert_int_equal(path_of(p.inode, buf, strlen(wanted)), -ERANGE);
    path_put(&p);
}

static void directories_know_their_path(void **state UNUSED)
{
    where("/", "/");
    where("/d", "/d");
    where("/abs", "/d/sub");
}

static void mounts_are_crossed_both_ways(void **state UNUSED)
{
    struct path p;
    assert_int_equal(mount_at("/d/sub", &other_ops, &other_disk, 0), 0);
    assert_int_equal(mount_at("/d/sub", &other_ops, &other_disk, 0), -EBUSY);
    assert_int_equal(number("/d/sub/file", 0), -ENOENT);
    assert_int_equal(make_dir("/d/sub/in"), 0);
    where("/d/sub/in", "/d/sub/in");
    where("/d/link/..", "/d");
    assert_int_equal(take_away("/d/sub", true), -EBUSY);
    assert_int_equal(move("/d/sub", "/x"), -EBUSY);
    assert_int_equal(move("/abs", "/d/sub/abs"), -EXDEV);

    assert_int_equal(walk("/d/sub", 0, &p), 0);
    struct inode *used = inode_ref(p.inode);
    assert_int_equal(umount_path(&p), -EBUSY);
    inode_put(used);
    assert_int_equal(walk("/d/sub", 0, &p), 0);
    assert_int_equal(umount_path(&p), 0);
    assert_true(number("/d/sub/file", 0) > 0);
}

static void a_root_cannot_be_left(void **state UNUSED)
{
    struct path p;
    assert_int_equal(walk("/d", 0, &p), 0);
    current->root = inode_ref(p.inode);
    path_put(&p);
    assert_int_equal(number("/..", 0), number("/", 0));
    assert_true(number("/sub/file", 0) > 0);
    assert_int_equal(number("/../../abs", 0), -ENOENT);
    where("/sub", "/sub");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(paths_lead_where_they_say),
        TEST(errors_are_those_of_linux),
        TEST(forty_links_are_followed_and_no_more),
        TEST(a_path_that_grows_too_long_is_refused),
        TEST(a_warm_walk_needs_nothing),
        TEST(evicted_names_and_inodes_are_found_again),
        TEST(searching_takes_the_right_to),
        TEST(last_components_are_checked),
        TEST(a_number_used_again_has_no_old_names),
        TEST(a_removed_directory_stays_empty),
        TEST(rename_moves_and_replaces),
        TEST(rename_keeps_the_tree_a_tree),
        TEST(a_ring_of_parents_is_noticed),
        TEST(sticky_directories_protect_names),
        TEST(a_directory_that_changed_is_noticed),
        TEST(a_refused_call_has_changed_nothing),
        TEST(directories_know_their_path),
        TEST(mounts_are_crossed_both_ways),
        TEST(a_root_cannot_be_left),
    };
    machine_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
