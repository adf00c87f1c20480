// SPDX-License-Identifier: MIT
/*
 * stories.c - schedules: random ones, and those that the rules of waiting were made for
 */
#include "tests/host/gate/stories.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "tests/host/gate/sim.h"

static const struct mix roles[] = {{35, 15, 15, 15}, {97, 0, 1, 0}, {5, 50, 0, 40}, {5, 30, 50, 10}, {30, 30, 5, 2}};

/* Which roles meet in a run: from, how many. */
static const u8 casts[][2] = {{0, 5}, {0, 2}, {1, 2}, {1, 3}, {4, 1}, {3, 2}};

void story_random(void *arg)
{
    static const u32 sizes[] = {330, 420, 640}, tasks[] = {2, 3, 5, 8, 12}, sleeps[] = {0, 0, 20, 4};
    static const u32 preempt[] = {0, 0, 7, 60};
    static const u64 steps[] = {1000, 100000, 2000000};
    u64 seed = *(u64 *)arg;
    sim_start(sizes[seed % 3], seed, 0);
    u32 n = tasks[machine_random(5)], cast = machine_random(ARRAY_SIZE(casts)), sleep = sleeps[machine_random(4)];
    machine.step_ns = steps[machine_random(3)];
    machine.preempt = preempt[machine_random(4)];
    machine.bad_sectors = machine_chance(20) ? 50 : 0;
    run.exact = !machine.preempt;
    for (u32 i = 0; i < n; i++) {
        struct sim *s = sim_add(roles[casts[cast][0] + machine_random(casts[cast][1])], 150);
        s->sleeps = sleep;
        s->fiber->task.cred.euid = machine_chance(20) ? 0 : 1000;
    }
    machine_run();
    check_end();
}

/* --- stories: what the rules of waiting were made for --- */

static u64 whole; /* what may be promised to others than root, at the start */

static void story_start(void)
{
    sim_start(640, 1, 0);
    whole = large_room(false);
}

static void story_end(void)
{
    machine_run();
    check_end();
}

static u32 granted, refused;

static void count(long rc)
{
    ASSERT(!rc || rc == -ENOMEM, "a fork answers %ld", rc);
    granted += !rc;
    refused += rc == -ENOMEM;
}

static void forty_main(void *arg)
{
    struct sim *s = arg;
    u64 forty = whole * 2 / 5;
    count(sim_fork(s, forty, 0));
    while (granted < 2)
        machine_yield();
    count(sim_fork(s, forty - 2, forty / 2));
    sim_give_all(s);
}

void story_forties(void *policy)
{
    story_start();
    for (u32 i = 0; i < 2; i++)
        sim_add_main(forty_main)->fiber->task.policy = *(enum ama_policy *)policy;
    story_end();
    if (*(enum ama_policy *)policy == POLICY_FAIL)
        ASSERT(refused >= 1, "under fail somebody is refused");
    else
        ASSERT(granted == 3 && refused == 1, "of two forks of 40 per cent %u are granted, %u refused", granted - 2, refused);
}

/* The head of the queue wants more than is left; behind it comes a small need of the task that will give much back. */
static void head_main(void *arg)
{
    while (run.sim[1].fiber->charge < whole / 2)
        machine_yield();
    count(sim_fork(arg, whole * 3 / 5, whole / 2));
    sim_give_all(arg);
}

static void exiter_main(void *arg)
{
    count(sim_fork(arg, whole / 2, whole / 4));
    while (!run.sim[0].fiber->task.immovable)
        machine_yield();
    count(sim_fork(arg, 3, 3));
    sim_give_all(arg);
}

void story_small_exiter(void *unused UNUSED)
{
    story_start();
    sim_add_main(head_main);
    sim_add_main(exiter_main);
    story_end();
    ASSERT(granted == 3 && !refused, "%u granted, %u refused", granted, refused);
}

/* While a fork waits for a task that sleeps without limit, transient and small needs do not wait. */
static void reader_main(void *arg)
{
    while (!run.sim[0].fiber->task.immovable)
        machine_yield();
    for (u32 i = 0; i < 30; i++) {
        ASSERT(!sim_read(arg, i * 30, 40, false), "a read is refused");
        ASSERT(run.sim[0].fiber->task.immovable, "the fork waits meanwhile");
    }
    machine_signal(run.sim[1].fiber, false);
}

static void holder_main(void *arg)
{
    count(sim_fork(arg, whole / 2, whole / 4));
    sim_sleep(arg);
    sim_give_all(arg);
}

void story_reader(void *unused UNUSED)
{
    story_start();
    sim_add_main(head_main);
    sim_add_main(holder_main);
    sim_add_main(reader_main);
    story_end();
    ASSERT(granted == 2 && !refused, "%u granted, %u refused", granted, refused);
}

/* Everybody else sleeps without limit: the fork is refused instead of waiting for ever. */
static void stalled_main(void *arg)
{
    head_main(arg);
    ASSERT(refused == 1, "the stall rule has refused the fork");
    machine_signal(run.sim[1].fiber, false);
}

void story_stall(void *policy)
{
    story_start();
    sim_add_main(stalled_main)->fiber->task.policy = *(enum ama_policy *)policy;
    sim_add_main(holder_main);
    story_end();
}

/* A need that its own charge makes impossible is refused at once under retry. */
static void own_main(void *arg)
{
    count(sim_fork(arg, whole * 3 / 5, 0));
    u64 before = machine.now;
    count(sim_fork(arg, whole * 3 / 5, 0));
    ASSERT(refused == 1 && machine.now == before, "refused after %lu ns", machine.now - before);
    sim_give_all(arg);
}

void story_own(void *unused UNUSED)
{
    story_start();
    sim_add_main(own_main);
    story_end();
}

/* Two tasks take turns with overlapping promises, so that the head of the queue is never admissible while they may pass it. */
static void churn_main(void *arg)
{
    struct sim *s = arg;
    struct sim *other = s == &run.sim[1] ? &run.sim[2] : &run.sim[1];
    for (u32 i = 0; run.sim[0].steps; i++) {
        ASSERT(i < 100, "the head of the queue is passed for ever");
        if (sim_fork(s, whole * 3 / 10, 3))
            continue;
        while (!other->fiber->charge && !other->fiber->task.immovable && !other->fiber->ended)
            machine_yield();
        sim_give_all(s);
    }
}

static void patient_main(void *arg)
{
    struct sim *s = arg;
    while (run.sim[1].fiber->charge < whole / 4)
        machine_yield();
    count(sim_fork(s, whole * 4 / 5, whole / 2));
    s->steps = 0;
    sim_give_all(s);
}

void story_churn(void *unused UNUSED)
{
    story_start();
    sim_add_main(patient_main)->steps = 1;
    sim_add_main(churn_main);
    sim_add_main(churn_main);
    story_end();
    ASSERT(granted == 1, "the head is granted");
}

/* Frames come back one call at a time while ten tasks read without pause; a fork that takes many frames is served all the same. */
static void busy_main(void *arg)
{
    for (u32 i = 0; run.sim[0].steps; i++) {
        ASSERT(i < 60, "starved by readers");
        sim_read(arg, machine_random(SIM_PAGES - 64), 40, false);
    }
}

static void big_main(void *arg)
{
    struct sim *s = arg;
    while (run.grants < 10)
        machine_yield();
    count(sim_fork(s, whole, whole));
    s->steps = 0;
    sim_give_all(s);
}

void story_busy(void *unused UNUSED)
{
    sim_start(330, 1, 0);
    whole = large_room(false) - 2;
    sim_add_main(big_main)->steps = 1;
    for (u32 i = 0; i < 10; i++)
        sim_add_main(busy_main);
    story_end();
    ASSERT(granted == 1, "the fork is granted");
}

/* Everything that may be promised is promised and present, and the cache has the rest: root still has its part, and a promised
 * page can still be touched. */
static void full_main(void *arg)
{
    struct sim *s = arg;
    count(sim_fork(s, whole - 1, whole - 20));
    for (u32 i = 0; i < SIM_PAGES - 40; i += 40)
        sim_read(s, i, 40, true);
    ASSERT(sim_fork(s, 10, 0) == -ENOMEM, "nothing is left for others");
    while (s->held_count < s->fiber->charge)
        sim_touch(s);
    current->cred.euid = 0;
    ASSERT(!sim_fork(s, 3, 3), "root is refused its part");
    sim_give_all(s);
}

void story_full(void *unused UNUSED)
{
    story_start();
    sim_add_main(full_main);
    story_end();
}
