// SPDX-License-Identifier: MIT
/*
 * model.c - long random runs of all operations, against a table in memory; with and without power cuts
 *
 * Every file has an identity, which its content is made of.  After a power cut and e2fsck -fy, each file that
 * a sync had returned for, and that was not changed or deleted since, is there with its content, under the
 * name it had or one it was given since.
 */
#include "tests/host/ext2/tests.h"

#define DIRS 3
#define SLOTS 120
#define NAMES_KEPT 12

struct file_state {
    u32 id;                      /* 0: there is none */
    u32 size;
};
struct promise {                 /* a file on disk */
    u32 id, size;
    u32 slot[NAMES_KEPT], slots; /* names it may have */
};
static struct file_state now[SLOTS];
static struct promise promises[SLOTS];
static u32 seed, first_seed, next_id, promised;

static const char *name_of(u32 slot)
{
    static char text[2][40];
    static u32 turn;
    turn = !turn;
    ksnprintf(text[turn], sizeof(text[0]), "/dir%u/name-%u%s", slot % DIRS, slot,
              slot % 7 ? "" : "-a-longer-one");
    return text[turn];
}

static struct promise *promise_of(u32 id)
{
    for (u32 k = 0; k < promised; k++)
        if (promises[k].id == id)
            return &promises[k];
    return NULL;
}

/* Nothing is promised about the file any more. */
static void changed(u32 id)
{
    struct promise *p = promise_of(id);
    if (p)
        p->id = 0;
}

/* --- operations --- */

static void write_new(u32 slot)
{
    u32 size = random_next(&seed) % 8 ? random_next(&seed) % 9000 : random_next(&seed) % 300000;
    int rc = file_create(name_of(slot), 0100644, 0);
    if (now[slot].id) {
        assert_int_equal(rc, -EEXIST);
        return;
    }
    assert_int_equal(rc, 0);
    now[slot] = (struct file_state){++next_id, size};
    write_pattern(name_of(slot), 0, size, next_id);
}

static void append(u32 slot)
{
    u32 more = random_next(&seed) % 5000;
    if (!now[slot].id)
        return;
    changed(now[slot].id);
    write_pattern(name_of(slot), now[slot].size, more, now[slot].id);
    now[slot].size += more;
}

static void cut(u32 slot)
{
    int error;
    if (!now[slot].id)
        return;
    struct inode *i = file_open(name_of(slot), &error);
    assert_non_null(i);
    changed(now[slot].id);
    now[slot].size = now[slot].size ? random_next(&seed) % now[slot].size : 0;
    assert_int_equal(file_truncate(i, now[slot].size), 0);
    file_close(i);
}

static void delete(u32 slot)
{
    assert_int_equal(file_unlink(name_of(slot)), now[slot].id ? 0 : -ENOENT);
    changed(now[slot].id);
    now[slot].id = 0;
}

static void move(u32 slot)
{
    u32 to = random_next(&seed) % SLOTS;
    struct promise *p = promise_of(now[slot].id);
    assert_int_equal(file_rename(name_of(slot), name_of(to)), now[slot].id ? 0 : -ENOENT);
    if (!now[slot].id || slot == to)
        return;
    if (p && p->slots < NAMES_KEPT)
        p->slot[p->slots++] = to;
    else if (p)
        p->id = 0;
    changed(now[to].id);
    now[to] = now[slot];
    now[slot].id = 0;
}

/* A link and the old name's end: the same as a rename, in two steps. */
static void move_by_link(u32 slot)
{
    u32 to = random_next(&seed) % SLOTS;
    if (!now[slot].id || now[to].id)
        return;
    struct promise *p = promise_of(now[slot].id);
    assert_int_equal(file_link(name_of(slot), name_of(to)), 0);
    assert_int_equal(file_unlink(name_of(slot)), 0);
    if (p && p->slots < NAMES_KEPT)
        p->slot[p->slots++] = to;
    else if (p)
        p->id = 0;
    now[to] = now[slot];
    now[slot].id = 0;
}

static void sync_all(void)
{
    assert_int_equal(files_fs->ops->sync(files_fs), 0);
    if (machine.writes_left == 0)
        return; /* the power was gone before it returned */
    promised = 0;
    for (u32 k = 0; k < SLOTS; k++)
        if (now[k].id)
            promises[promised++] = (struct promise){now[k].id, now[k].size, {k}, 1};
}

static void act(void)
{
    u32 slot = random_next(&seed) % SLOTS, what = random_next(&seed) % 100;
    if (what < 35)
        write_new(slot);
    else if (what < 50)
        append(slot);
    else if (what < 58)
        cut(slot);
    else if (what < 75)
        delete(slot);
    else if (what < 90)
        move(slot);
    else if (what < 96)
        move_by_link(slot);
    else
        machine_reap();
}

/* --- judging --- */

static bool has_content(const char *name, u32 size, u32 id)
{
    static u8 got[400000], want[400000];
    int error;
    struct inode *i = file_open(name, &error);
    if (!i)
        return false;
    bool same = i->size == size && file_read(i, 0, got, size) == (long)size;
    file_close(i);
    pattern(want, size, 0, id);
    return same && !memcmp(got, want, size);
}

static void judge_all(void)
{
    for (u32 k = 0; k < SLOTS; k++) {
        int error = 0;
        struct inode *i = now[k].id ? NULL : file_open(name_of(k), &error);
        if (i || (now[k].id && !has_content(name_of(k), now[k].size, now[k].id)))
            fail_msg("%s is not as it should be", name_of(k));
    }
}

static void judge_promises(void)
{
    for (u32 k = 0; k < promised; k++) {
        struct promise *p = &promises[k];
        bool found = !p->id;
        for (u32 s = 0; s < p->slots && !found; s++)
            found = has_content(name_of(p->slot[s]), p->size, p->id);
        if (!found)
            fail_msg("file %u, synced as %s, is gone or has another content (seed %u)", p->id,
                     name_of(p->slot[0]), first_seed);
    }
}

static void begin(u32 block_size, u32 kib)
{
    memset(now, 0, sizeof(now));
    promised = next_id = 0;
    start(kib, options(block_size, "-N 512"));
    assert_int_equal(file_create("/dir0", 040755, 0), 0);
    assert_int_equal(file_create("/dir1", 040755, 0), 0);
    assert_int_equal(file_create("/dir2", 040755, 0), 0);
}

static void long_run(unsigned block_size)
{
    seed = block_size * 3 + machine.harsh;
    begin(block_size, 16384);
    for (u32 k = 0; k < 1500; k++) {
        act();
        if (k % 500 == 499) {
            judge_all();
            again();
        }
    }
    judge_all();
    end();
}

static void test_long_run(void **state UNUSED)
{
    sweep(long_run);
}

/* --- power cuts --- */

static void cut_once(u32 block_size, u32 start_seed)
{
    seed = first_seed = start_seed;
    begin(block_size, 8192);
    for (u32 k = 0; k < 40; k++)
        act();
    sync_all();
    machine.writes_left = random_next(&seed) % 400;
    for (u32 k = 0; k < 150 && machine.writes_left; k++) {
        act();
        if (random_next(&seed) % 40 == 0)
            sync_all();
    }
    machine.writes_left = 0;
    files_lost();
    machine_power_cut();
    if (image_repair(output, sizeof(output)))
        fail_msg("the disk is mixed or beyond repair (seed %u): %s", start_seed, output);
    mount_again();
    judge_promises();
    end();
}

static void test_power_cuts(void **state UNUSED)
{
    for (u32 k = 1, rounds = host_long() ? 1000 : 60; k <= rounds; k++)
        cut_once(1024u << (k % 3), k * 7919);
}

const struct CMUnitTest model_tests[TESTS_EACH] = {
    cmocka_unit_test(test_long_run), cmocka_unit_test(test_power_cuts),
};
