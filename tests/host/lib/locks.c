// SPDX-License-Identifier: MIT
/*
 * locks.c - what lib.c runs in a machine: locks in right and in wrong order, readers and writers at once
 */
#include "kernel/lib/panic.h"
#include "tests/host/lib/machine.h"

void lock_wrong_order(void *arg);
void lock_same_rank(void *arg);
void lock_held_at_the_end(void *arg);
void lock_right_order(void *arg);

static struct mutex first, second, lower, upper;
static struct rwlock shared;
static u32 readers, writers, turns;

static void run(void (*main)(void *), u32 tasks)
{
    mutex_init(&first, RANK_SPACE, "first");
    mutex_init(&second, RANK_INODE, "second");
    mutex_init(&lower, RANK_DIR, "lower");
    mutex_init(&upper, RANK_DIR, "upper");
    lower.order = 1;
    upper.order = 2;
    rw_init(&shared, RANK_MAP, "shared");
    machine_start(300, 7, 0);
    machine.preempt = 3;
    for (u32 i = 0; i < tasks; i++)
        machine_task(main, NULL);
    machine_run();
}

static void wrong_main(void *arg UNUSED)
{
    mutex_lock(&second);
    mutex_lock(&first);
}

static void same_main(void *arg UNUSED)
{
    mutex_lock(&upper);
    mutex_lock(&lower);
}

static void held_main(void *arg UNUSED)
{
    mutex_lock(&first);
}

static void visit(bool write)
{
    if (write)
        rw_write_lock(&shared);
    else
        rw_read_lock(&shared);
    writers += write;
    readers += !write;
    machine_yield();
    ASSERT(writers <= 1 && !(writers && readers), "%u readers and %u writers at once", readers, writers);
    writers -= write;
    readers -= !write;
    if (write)
        rw_write_unlock(&shared);
    else
        rw_read_unlock(&shared);
}

static void right_main(void *arg UNUSED)
{
    for (u32 i = 0; i < 200; i++) {
        mutex_lock(&first);
        u32 before = turns++;
        mutex_lock(&lower);
        mutex_lock(&upper);
        machine_yield();
        mutex_unlock(&lower);
        ASSERT(turns == before + 1, "two tasks hold one mutex");
        mutex_unlock(&first);
        mutex_unlock(&upper);
        visit(machine_chance(20));
    }
}

void lock_wrong_order(void *arg UNUSED) { run(wrong_main, 1); }
void lock_same_rank(void *arg UNUSED) { run(same_main, 1); }
void lock_held_at_the_end(void *arg UNUSED) { run(held_main, 1); }
void lock_right_order(void *arg UNUSED) { run(right_main, 6); }
