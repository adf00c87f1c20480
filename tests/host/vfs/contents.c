// SPDX-License-Identifier: MIT
/*
 * contents.c - what was written is read, whatever is cached, however blocks and pages and windows fall
 *
 * A file and a plain array go through the same thousands of random writes, cuts, stores through mappings and
 * reads, while pages are written back and evicted in between; every difference ends the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "kernel/abi/fcntl.h"
#include "kernel/abi/stat.h"
#include "kernel/lib/string.h"
#include "tests/host/vfs/host.h"

enum { FILE_MOST = 600 << 10, ROUNDS = 1500 };

static struct file file;
static char model[FILE_MOST], buffer[FILE_MOST];
static u64 model_size;

static u32 dice(u32 below)
{
    static u64 state = 88172645463325252ul;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

/* --- the machine with one empty file --- */

static int start(u32 block_size)
{
    struct path p;
    struct new_inode what = {.mode = S_IFREG | 0644};
    memfs_block_size = block_size;
    memfs_reset();
    machine_user(0, 0);
    current->limits[RLIMIT_FSIZE].cur = RLIM_INFINITY;
    refuse_at = frames_spare = 0;
    disk_bad = user_absent = 0;
    assert_int_equal(mount_root(&disk, &memfs_ops, false), 0);
    assert_int_equal(walk_kernel("/f", WALK_PARENT, &p), 0);
    assert_int_equal(create_path(&p, &what), 0);
    path_put(&p);
    assert_int_equal(walk_kernel("/f", 0, &p), 0);
    file = (struct file){.ops = &regular_ops, .inode = inode_ref(p.inode), .flags = O_RDWR};
    path_put(&p);
    memset(model, 0, sizeof(model));
    model_size = 0;
    return 0;
}

static int start_1k(void **state UNUSED)
{
    return start(1024);
}
static int start_4k(void **state UNUSED)
{
    return start(4096);
}

/* No page stays pinned or locked, and all goes with the mount. */
static int stop(void **state UNUSED)
{
    user_absent = 0;
    pagecache_write_back();
    pagecache_evict();
    assert_int_equal(pagecache_pages(), 0);
    inode_put(file.inode);
    assert_int_equal(unmount_all(), 0);
    assert_int_equal(objects_alive, 0);
    return 0;
}

static long transfer(bool write, u64 n, u64 *pos)
{
    struct io_vec v = {{(u64)buffer}, n};
    struct io io = {.vec = &v, .count = 1, .left = n};
    return write ? file_write(&file, &io, pos) : file_read(&file, &io, pos);
}

static long write_at(u64 pos, u64 n)
{
    return transfer(true, n, &pos);
}
static long read_at(u64 pos, u64 n)
{
    return transfer(false, n, &pos);
}

static void forget_all(void)
{
    pagecache_write_back();
    pagecache_evict();
}

/* --- random rounds against the model --- */

static void round_write(void)
{
    u64 pos = dice(FILE_MOST / 2), n = 1 + (dice(4) ? dice(9000) : dice(FILE_MOST / 2));
    u32 seed = dice(255);
    for (u64 i = 0; i < n; i++)
        buffer[i] = seed + i * 7;
    if (dice(2))
        user_absent = (u64)buffer + dice(n);
    if (dice(8) == 0)
        pos = model_size < FILE_MOST / 2 ? model_size : pos;
    assert_int_equal(write_at(pos, n), n);
    memcpy(model + pos, buffer, n);
    model_size = MAX(model_size, pos + n);
    user_absent = 0;
}

static void round_read(void)
{
    u64 pos = dice(model_size + 5000), n = dice(4) ? dice(9000) : dice(FILE_MOST / 2);
    u64 there = pos < model_size ? MIN(n, model_size - pos) : 0;
    frames_spare = dice(3) * 40;
    if (dice(2) && n)
        user_absent = (u64)buffer + dice(n);
    assert_int_equal(read_at(pos, n), there);
    assert_memory_equal(buffer, model + pos, there);
    user_absent = 0;
}

static void round_truncate(void)
{
    u64 size = dice(3) ? dice(model_size + 1) : dice(FILE_MOST / 2);
    assert_int_equal(truncate_inode(file.inode, size), 0);
    if (size < model_size)
        memset(model + size, 0, model_size - size);
    model_size = size;
}

static long fault_body(void *p);
static u32 fault_index;

static void need_of_fault(void *p UNUSED, struct need *n)
{
    need_fault_page(file.inode, fault_index, true, NULL, n);
}
static void pin_of_fault(void *p UNUSED)
{
    pin_range(&file.inode->map, fault_index, fault_index);
}

SCOPE(test_fault, .need = need_of_fault, .pin = pin_of_fault, .body = fault_body);

/* A program stores one byte through a shared mapping. */
static long fault_body(void *p)
{
    u64 at = *(u64 *)p;
    struct page *page;
    int rc = fault_page(file.inode, fault_index, true, &page);
    if (rc)
        return rc;
    fault_dirty(file.inode, page);
    *((char *)page_data(page) + (at & PAGE_MASK)) = 'm';
    page_unpin(page);
    return 0;
}

static void round_fault(void)
{
    u64 at = dice(FILE_MOST / 2);
    fault_index = at >> PAGE_SHIFT;
    long rc = gate_call(&scope_test_fault, &at);
    assert_int_equal(rc, fault_index < PAGES(model_size) ? 0 : -EFAULT);
    if (at < model_size)
        model[at] = 'm';
    else if (!rc)
        truncate_inode(file.inode, model_size); /* nobody may see what was stored beyond the end */
}

static void what_is_written_is_read(void **state UNUSED)
{
    for (u32 i = 0; i < ROUNDS; i++) {
        u32 what = dice(10);
        if (what < 4)
            round_write();
        else if (what < 7)
            round_read();
        else if (what < 8)
            round_truncate();
        else if (what < 9)
            round_fault();
        else
            forget_all();
        assert_int_equal(file.inode->size, model_size);
    }
    forget_all();
    assert_int_equal(read_at(0, FILE_MOST), model_size);
    assert_memory_equal(buffer, model, model_size);
}

/* --- what reading costs --- */

static void a_cold_file_is_read_in_full_requests(void **state UNUSED)
{
    assert_int_equal(write_at(0, 128 * PAGE_SIZE), 128 * PAGE_SIZE);
    forget_all();
    disk_reads = 0;
    assert_int_equal(read_at(0, 128 * PAGE_SIZE), 128 * PAGE_SIZE);
    assert_int_equal(disk_reads, 2);
    forget_all();
    disk_reads = 0;
    frames_spare = 1000;
    for (u64 at = 0; at < 128 * PAGE_SIZE; at += PAGE_SIZE) {
        pagecache_write_back();
        assert_int_equal(read_at(at, PAGE_SIZE), PAGE_SIZE);
    }
    assert_true(disk_reads <= 128);
}

static void holes_take_no_disk(void **state UNUSED)
{
    i64 before = memfs_space.avail;
    assert_int_equal(truncate_inode(file.inode, 64 * PAGE_SIZE), 0);
    disk_reads = 0;
    memset(buffer, 1, sizeof(buffer));
    assert_int_equal(read_at(0, 64 * PAGE_SIZE), 64 * PAGE_SIZE);
    assert_memory_equal(buffer, model, 64 * PAGE_SIZE);
    assert_int_equal(disk_reads, 0);
    assert_int_equal(memfs_space.avail, before);
}

/* --- refusals of disk and memory --- */

static void a_full_disk_gives_a_short_count(void **state UNUSED)
{
    memfs_space.avail = 10;
    assert_int_equal(write_at(0, 20 * memfs_block_size), 10 * memfs_block_size);
    assert_int_equal(write_at(10 * memfs_block_size, 1), -ENOSPC);
    assert_int_equal(file.inode->size, 10 * memfs_block_size);
    assert_int_equal(write_at(5, 9 * memfs_block_size), 9 * memfs_block_size);
    assert_int_equal(truncate_inode(file.inode, 1), 0);
    assert_int_equal(write_at(0, 2 * memfs_block_size), 2 * memfs_block_size);
}

static void a_refused_window_counts_what_was_done(void **state UNUSED)
{
    u64 window = 64 * memfs_block_size;
    refuse_at = 1;
    assert_int_equal(write_at(0, 3 * window), -ENOMEM);
    assert_int_equal(file.inode->size, 0);
    refuse_at = 2;
    assert_int_equal(write_at(0, 3 * window), window);
    assert_int_equal(file.inode->size, window);
    refuse_at = 0;
}

static void a_bad_sector_costs_one_page(void **state UNUSED)
{
    memset(buffer, 'x', 8 * PAGE_SIZE);
    assert_int_equal(write_at(0, 8 * PAGE_SIZE), 8 * PAGE_SIZE);
    forget_all();
    u32 third[4];
    file.inode->ops->map(file.inode, 3 * PAGE_SIZE / memfs_block_size, 1, third);
    disk_bad = (u64)third[0] * memfs_block_size / 512;
    assert_int_equal(read_at(0, 8 * PAGE_SIZE), 3 * PAGE_SIZE);
    assert_int_equal(read_at(3 * PAGE_SIZE, 100), -EIO);
    assert_int_equal(write_at(3 * PAGE_SIZE + 5, 100), -EIO);
    assert_int_equal(read_at(4 * PAGE_SIZE, 4 * PAGE_SIZE), 4 * PAGE_SIZE);
    disk_bad = 0;
    assert_int_equal(read_at(0, 8 * PAGE_SIZE), 8 * PAGE_SIZE);
}

static void appending_finds_the_end_anew(void **state UNUSED)
{
    u64 pos = 0;
    file.flags |= O_APPEND;
    assert_int_equal(transfer(true, 100, &pos), 100);
    pos = 7;
    assert_int_equal(transfer(true, 100, &pos), 100);
    assert_int_equal(pos, 200);
    assert_int_equal(file.inode->size, 200);
}

static void a_size_limit_ends_a_write(void **state UNUSED)
{
    current->limits[RLIMIT_FSIZE].cur = 5000;
    assert_int_equal(write_at(4000, 2000), 1000);
    assert_int_equal(write_at(5000, 1), -EFBIG);
    assert_int_equal(truncate_inode(file.inode, 6000), -EFBIG);
}

#define WITH(f, set_up)                                                                                      \
    {                                                                                                        \
#f " (" #set_up ")", f, set_up, stop, NULL                                                           \
    }
#define BOTH(f) WITH(f, start_1k), WITH(f, start_4k)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(what_is_written_is_read),
        BOTH(a_cold_file_is_read_in_full_requests),
        BOTH(holes_take_no_disk),
        BOTH(a_full_disk_gives_a_short_count),
        BOTH(a_refused_window_counts_what_was_done),
        BOTH(a_bad_sector_costs_one_page),
        BOTH(appending_finds_the_end_anew),
        BOTH(a_size_limit_ends_a_write),
    };
    machine_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
