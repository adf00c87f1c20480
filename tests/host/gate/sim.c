// SPDX-License-Identifier: MIT
/*
 * sim.c - calls as the kernel has them, made by simulated tasks
 *
 *   read    transient: pages of the disk through the cache, some made dirty; one request object
 *   open    small lasting: an object of a cache with a machine-wide maximum
 *   fork    large lasting: a promise, part of it taken at once, and an object of a cache that counts in L
 *   fault   transient: a promised page is touched; always retry
 *   give    munmap, exit: needs nothing
 */
#include "tests/host/gate/sim.h"
#include <string.h>
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "mm/cache_core.h"
#include "mm/pin.h"

struct run run;
struct kmem_cache sim_file_cache = KMEM_CACHE_SIZED("sim file", 512, CACHE_SMALL, ENFILE);
struct kmem_cache sim_child_cache = KMEM_CACHE_SIZED("sim child", 1024, CACHE_LARGE, ENOMEM);

static struct wait_queue sleepers = WAIT_INIT(sleepers, "sleepers");

struct call {
    struct sim *sim;
    u32 first, last;          /* read */
    u32 transient, charge, now, scratch;
    bool write;
};

/* --- guards: a lock each, and the flusher's passes are kept away from those who write --- */

static int call_guard(void *p)
{
    struct call *c = p;
    mutex_lock(&c->sim->lock);
    if (c->write)
        rw_read_lock(&machine.disk.pass);
    return 0;
}

static void call_unguard(void *p)
{
    struct call *c = p;
    if (c->write)
        rw_read_unlock(&machine.disk.pass);
    mutex_unlock(&c->sim->lock);
}

static void begun(struct call *c)
{
    run.grants++;
    c->sim->passed = 0;
    check_granted();
}

static void linger(void)
{
    for (u32 n = machine_random(4); n; n--)
        machine_yield();
}

/* --- read --- */

static void read_pin(void *p)
{
    struct call *c = p;
    pin_range(&machine.disk.mapping, c->first, c->last);
}

static void read_need(void *p, struct need *n)
{
    struct call *c = p;
    u32 missing = cache_missing(&machine.disk.mapping, c->first, c->last);
    need_frames(n, missing);
    need_object(n, &io_cache, missing ? 1 : 0);
    need_kmalloc(n, 2048, c->scratch);
}

static struct page *page_get(u32 index) NEEDS_RESERVATION
{
    struct page *p = page_find(&machine.disk.mapping, index);
    if (p) {
        page_wait(p);
        if (page_is(p, PG_VALID))
            return p;
        page_unpin(p);
    }
    p = page_add(&machine.disk.mapping, index);
    if (!page_is(p, PG_VALID) && pages_read(&machine.disk, index * 8ul, &p, 1)) {
        page_unlock(p);
        page_unpin(p);
        return NULL;
    }
    p->valid_parts = 0xf;
    page_unlock(p);
    return p;
}

static void page_store(struct page *p)
{
    page_lock(p);
    page_wait_written(p);
    p->dirty_parts = 0xf;
    page_dirty(p, PHASE_DATA);
    page_unlock(p);
}

static long read_body(void *arg) NEEDS_RESERVATION;
static long read_body(void *arg)
{
    struct call *c = arg;
    void *scratch[8];
    begun(c);
    for (u32 i = 0; i < c->scratch; i++)
        scratch[i] = kmalloc(2048);
    for (u32 i = c->first; i <= c->last; i++) {
        struct page *p = page_get(i);
        if (!p)
            continue;
        if (c->write && machine_chance(40))
            page_store(p);
        page_unpin(p);
    }
    linger();
    for (u32 i = 0; i < c->scratch; i++)
        kfree(scratch[i]);
    return 0;
}

extern const struct scope scope_sim_read, scope_sim_open, scope_sim_fork, scope_sim_fault;
SCOPE(sim_read, .guard = call_guard, .pin = read_pin, .need = read_need, .body = read_body, .unguard = call_unguard);

/* --- open --- */

static void open_need(void *p, struct need *n)
{
    need_frames(n, ((struct call *)p)->transient);
    need_object(n, &sim_file_cache, 1);
}

static long open_body(void *p) NEEDS_RESERVATION;
static long open_body(void *p)
{
    struct call *c = p;
    begun(c);
    c->sim->files[c->sim->file_count++] = kmem_cache_alloc(&sim_file_cache);
    c->sim->opening = false;
    linger();
    return 0;
}

SCOPE(sim_open, .guard = call_guard, .need = open_need, .body = open_body, .unguard = call_unguard);

/* --- fork --- */

static void fork_need(void *p, struct need *n)
{
    struct call *c = p;
    need_frames(n, c->transient);
    need_object(n, &sim_child_cache, 1);
    n->charge += c->charge;
    n->now += c->now;
}

static void take_lasting(struct sim *s, u32 count) NEEDS_RESERVATION
{
    for (u32 i = 0; i < count; i++)
        s->held[s->held_count++] = frame_take();
}

static long fork_body(void *p) NEEDS_RESERVATION;
static long fork_body(void *p)
{
    struct call *c = p;
    begun(c);
    charge_take(c->charge);
    c->sim->fiber->charge += c->charge;
    c->sim->children[c->sim->child_count++] = kmem_cache_alloc(&sim_child_cache);
    linger();
    take_lasting(c->sim, c->now);
    linger();
    return 0;
}

SCOPE(sim_fork, .flags = SCOPE_LARGE, .guard = call_guard, .need = fork_need, .body = fork_body, .unguard = call_unguard);

/* --- fault --- */

static void fault_need(void *p, struct need *n)
{
    need_frames(n, ((struct call *)p)->transient + 1);
}

static long fault_body(void *p) NEEDS_RESERVATION;
static long fault_body(void *p)
{
    struct call *c = p;
    begun(c);
    for (u32 i = 0; i < c->transient; i++) { /* scratch that comes back one by one */
        struct page *scratch = frame_take();
        c->sim->scratch++;
        linger();
        frame_put(scratch);
        c->sim->scratch--;
    }
    take_lasting(c->sim, 1);
    return 0;
}

SCOPE(sim_fault, .flags = SCOPE_RETRY | SCOPE_NO_INJECT, .guard = call_guard, .need = fault_need, .body = fault_body,
      .unguard = call_unguard);

/* --- what a task does --- */

static void answered(long rc, bool may_be_refused)
{
    run.answers++;
    ASSERT(rc != -ENOMEM || may_be_refused, "a transient or small need was refused");
    run.refused += rc == -ENOMEM && current->policy == POLICY_RETRY;
}

long sim_read(struct sim *s, u32 first, u32 count, bool write)
{
    struct call c = {.sim = s, .first = first, .last = first + count - 1, .write = write, .scratch = machine_random(8)};
    long rc = gate_call(&scope_sim_read, &c);
    answered(rc, false);
    return rc;
}

static u32 files_wanted(void)
{
    u32 n = 0;
    for (u32 i = 0; i < run.count; i++)
        n += run.sim[i].file_count + run.sim[i].opening;
    return n;
}

static void open_or_close(struct sim *s)
{
    if (s->file_count == SIM_FILES || (s->file_count && machine_chance(60))) {
        kmem_cache_free(&sim_file_cache, s->files[--s->file_count]);
        return;
    }
    struct call c = {.sim = s, .transient = machine_random(3)};
    s->opening = true;
    u32 wanted = files_wanted();
    long rc = gate_call(&scope_sim_open, &c);
    s->opening = false;
    answered(rc, false);
    ASSERT(rc != -ENFILE || wanted > 1, "ENFILE with nothing open");
}

long sim_fork(struct sim *s, u32 charge, u32 now)
{
    struct call c = {.sim = s, .charge = charge, .now = MIN(now, charge), .transient = machine_random(3)};
    if (s->child_count == ARRAY_SIZE(s->children) || s->held_count + c.now > SIM_HELD)
        return -EAGAIN;
    long rc = gate_call(&scope_sim_fork, &c);
    answered(rc, true);
    return rc;
}

void sim_touch(struct sim *s)
{
    struct call c = {.sim = s, .transient = machine_random(CEILING - 1)};
    if (s->held_count >= s->fiber->charge || s->held_count == SIM_HELD)
        return;
    answered(gate_call(&scope_sim_fault, &c), false);
}

void sim_give(struct sim *s, u32 charge)
{
    while (s->held_count > s->fiber->charge - charge)
        frame_put(s->held[--s->held_count]);
    s->fiber->charge -= charge;
    large_release(charge);
    if (s->child_count && machine_chance(50))
        kmem_cache_free(&sim_child_cache, s->children[--s->child_count]);
}

void sim_give_all(struct sim *s)
{
    sim_give(s, s->fiber->charge);
    while (s->child_count)
        kmem_cache_free(&sim_child_cache, s->children[--s->child_count]);
    while (s->file_count)
        kmem_cache_free(&sim_file_cache, s->files[--s->file_count]);
}

void sim_sleep(struct sim *s)
{
    s->fiber->signalled = false;
    (void)wait_event(&sleepers, false, SLEEP_SIGNALS);
}

bool sim_wake_one(void)
{
    for (u32 i = 0, at = machine_random(run.count); i < run.count; i++) {
        struct fiber *f = run.sim[(at + i) % run.count].fiber;
        if (f->task.unlimited) {
            machine_signal(f, false);
            return true;
        }
    }
    return false;
}

void sim_random(struct sim *s)
{
    u32 x = machine_random(100), y = s->mix.read;
    s->fiber->signalled = machine_chance(3);
    if (x < y)
        sim_read(s, machine_random(SIM_PAGES - 64), 1 + machine_random(40), machine_chance(30));
    else if (x < (y += s->mix.fork)) {
        u32 charge = 1 + machine_random(memory_limits.total / 2);
        sim_fork(s, charge, machine_random(charge + 1));
    } else if (x < (y += s->mix.open))
        open_or_close(s);
    else if (x < y + s->mix.give && s->fiber->charge)
        sim_give(s, 1 + machine_random(s->fiber->charge));
    else if (s->sleeps && !machine_random(s->sleeps))
        sim_sleep(s);
    else if (x > 96 && !s->fixed_policy)
        current->policy = machine_random(4) ? POLICY_RETRY : machine_random(2) ? POLICY_FAIL : POLICY_BACKOFF;
    else
        sim_touch(s);
}

static void random_main(void *arg)
{
    struct sim *s = arg;
    while (s->steps) {
        s->steps--;
        sim_random(s);
        if (machine_chance(5))
            sim_wake_one();
        machine_yield();
    }
    sim_give_all(s);
}

/* --- putting it together --- */

u64 slab_frames(void)
{
    u64 sum = 0;
    for (struct kmem_cache *c = kmem_caches; c; c = c->next)
        sum += c->frames;
    return sum;
}

void sim_start(u64 frames, u64 seed, u64 floor)
{
    memset(&run, 0, sizeof(run));
    run.seed = seed;
    kmem_cache_register(&sim_file_cache, SIM_FILES);
    kmem_cache_register(&sim_child_cache, 0);
    machine_start(frames, seed, floor);
    run.frames = frames_free() + cache_pages() + slab_frames();
    run.exact = true;
    machine.idle = sim_wake_one;
    check_start();
}

struct sim *sim_add_main(void (*main)(void *sim))
{
    struct sim *s = &run.sim[run.count++];
    s->fiber = machine_task(main, s);
    s->fiber->task.policy = POLICY_RETRY;
    s->fiber->task.cred.euid = 1000;
    mutex_init(&s->lock, RANK_SPACE, "simulated space");
    return s;
}

struct sim *sim_add(struct mix mix, u32 steps)
{
    struct sim *s = sim_add_main(random_main);
    s->mix = mix;
    s->steps = steps;
    return s;
}
