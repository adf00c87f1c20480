// SPDX-License-Identifier: MIT
/*
 * machine.c - gate, credits, locks, waits and threads for the tests of ext2-mfr
 */
#include "tests/host/ext2/machine.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/time.h"
#include "tests/host/ext2/cache.h"
#include "tests/host/ext2/image.h"

struct machine machine = {.writes_left = -1};
struct task *host_current;
struct cpu host_cpu;
bool memory_recycle_off, memory_window_off;
u64 frames_total(void) { return 4096; }
static struct task first_task, second_task;
static u32 locks_held[2];

/* --- what goes wrong --- */

void panic(const char *fmt, ...)
{
    char text[300] = "panic: ";
    va_list ap;
    va_start(ap, fmt);
    host_format(text + 7, sizeof(text) - 7, fmt, ap);
    va_end(ap);
    host_fail(text);
}

void kvprintf(const char *fmt, va_list ap)
{
    char text[300];
    host_format(text, sizeof(text), fmt, ap);
    host_say(text);
    u32 length = strlen(text), room = sizeof(machine.said) - 1;
    if (machine.said_length + length > room)
        machine.said_length = 0;
    memcpy(machine.said + machine.said_length, text, length + 1);
    machine.said_length += length;
}

void kprintf(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    kvprintf(fmt, ap);
    va_end(ap);
}

bool machine_said(const char *text)
{
    return strstr(machine.said, text) != NULL;
}

void machine_forget(void)
{
    machine.said[machine.said_length = 0] = 0;
}

int ksnprintf(char *dst, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = host_format(dst, size, fmt, ap);
    va_end(ap);
    return n;
}

/* --- time --- */

u64 wall_ns(void)
{
    static u64 ns = 1700000000000000000ul;
    return ns += 1000;
}

/* --- locks: threads switch only while they wait, with no lock held, so a lock that is taken twice is a
 * deadlock --- */

static u32 *my_locks(void)
{
    return &locks_held[!threads_first()];
}

void spin_init(struct spinlock *l, enum lock_rank rank, const char *name)
{
    *l = (struct spinlock)SPINLOCK_INIT(rank, name);
}

void spin_lock(struct spinlock *l)
{
    ASSERT(!l->held, "spinlock %s is taken twice", l->name);
    l->held = 1;
    ++*my_locks();
}

void spin_unlock(struct spinlock *l)
{
    l->held = 0;
    --*my_locks();
}

void mutex_init(struct mutex *m, enum lock_rank rank, const char *name)
{
    *m = (struct mutex){.rank = rank, .name = name};
}

void mutex_lock(struct mutex *m)
{
    ASSERT(!m->owner, "mutex %s is taken twice", m->name);
    m->owner = current;
    ++*my_locks();
}

void mutex_unlock(struct mutex *m)
{
    ASSERT(m->owner == current, "mutex %s is not held", m->name);
    m->owner = NULL;
    --*my_locks();
}

bool mutex_held(const struct mutex *m)
{
    return m->owner == current;
}

void rw_init(struct rwlock *l, enum lock_rank rank, const char *name)
{
    *l = (struct rwlock){.rank = rank, .name = name};
}

void rw_read_lock(struct rwlock *l)
{
    l->readers++;
    ++*my_locks();
}

void rw_read_unlock(struct rwlock *l)
{
    l->readers--;
    --*my_locks();
}

/* --- waiting --- */

void wait_init(struct wait_queue *q, const char *name UNUSED)
{
    list_init(&q->sleepers);
}

void wait_prepare(struct waiter *w, struct wait_queue *q)
{
    w->queue = q;
}

int wait_sleep(struct waiter *w UNUSED, enum sleep_mode mode UNUSED, u64 deadline UNUSED)
{
    ASSERT(!*my_locks() && !current->reservation.scope,
           "sleeps without limit and holds a lock or a reservation (I4)");
    ASSERT(!threads_first() || ++machine.turns < 1000000, "waits for ever");
    struct task *me = host_current;
    host_current = threads_first() ? &second_task : &first_task;
    threads_switch();
    host_current = me;
    return 0;
}

void wait_finish(struct waiter *w UNUSED) {}
void wake_all(struct wait_queue *q UNUSED) {}

struct kmem_cache task_cache; /* stands in the reaper's need */

struct task *thread_start(const char *name UNUSED, void (*entry)(void *), void *arg)
{
    threads_start(entry, arg);
    return &second_task;
}


void machine_reap(void)
{
    struct waiter w;
    wait_sleep(&w, SLEEP_DEEP, NO_DEADLINE);
}

/* --- needs: mm/need.c, with one cache for all sizes --- */

static struct kmem_cache kmalloc_all = {.name = "kmalloc"};

struct kmem_cache *kmalloc_cache(size_t size)
{
    ASSERT(size <= KMALLOC_MAX, "kmalloc of %lu bytes", size);
    return &kmalloc_all;
}

/* --- drawing on the reservation --- */

static struct need_object *left_object(struct kmem_cache *c)
{
    struct need *left = &current->reservation.left;
    for (u32 i = 0; i < left->objects; i++)
        if (left->object[i].cache == c)
            return &left->object[i];
    return NULL;
}

static void draw(struct kmem_cache *c)
{
    struct need_object *o = left_object(c);
    ASSERT(o && o->count, "I3: call %s takes an object of %s beyond its need",
           current->reservation.scope->name, c->name);
    o->count--;
}

void *kmem_cache_alloc(struct kmem_cache *c)
{
    draw(c);
    return host_alloc(c->size);
}

void kmem_cache_free(struct kmem_cache *c, void *object)
{
    left_object(c)->count++;
    host_free(object);
}

void *kmalloc(size_t size)
{
    draw(&kmalloc_all);
    machine.kmallocs++;
    return host_alloc(size);
}

void kfree(void *p)
{
    machine.kmallocs--;
    host_free(p);
}

void frames_draw(void)
{
    struct reservation *r = &current->reservation;
    ASSERT(r->scope, "I3: a frame outside a call");
    ASSERT(r->left.frames, "I3: call %s takes a frame beyond its need of %u", r->scope->name,
           r->granted->frames);
    r->left.frames--;
    r->used_frames++;
}

void frames_return(void)
{
    current->reservation.left.frames++;
}

bool frame_try(void)
{
    if (machine.harsh)
        return false;
    current->reservation.left.frames++;
    return true;
}

void resource_init(struct resource *r, const char *name, int error, i64 avail)
{
    *r = (struct resource){name, error, avail};
}

void resource_add(struct resource *r, i64 count)
{
    r->avail += count;
}

void resource_take(struct resource *res, u32 count)
{
    struct need *left = &current->reservation.left;
    for (u32 i = 0; i < left->resources; i++) {
        if (left->resource[i].resource != res || left->resource[i].count < count)
            continue;
        left->resource[i].count -= count;
        return;
    }
    panic("I3: call %s takes %u of %s beyond its need", current->reservation.scope->name, count, res->name);
}

/* --- the gate --- */

bool next_none(void *args UNUSED, long result UNUSED) { return false; }
int guard_none(void *args UNUSED) { return 0; }
void pin_none(void *args UNUSED) {}
void unguard_none(void *args UNUSED) {}

static struct block kept[PIN_BLOCKS];

bool pin_block(struct block *b)
{
    bool room = current->pins.blocks < PIN_BLOCKS;
    if (room)
        kept[current->pins.blocks++] = *b;
    else
        block_put(b);
    b->page = NULL;
    return room;
}

bool pin_page(struct page *p)
{
    for (u32 i = 0; i < current->pins.blocks; i++)
        if (kept[i].page == p)
            return true;
    if (current->pins.blocks == PIN_BLOCKS)
        return false;
    page_pin(p);
    kept[current->pins.blocks++] = (struct block){.page = p};
    return true;
}

bool block_keep(struct block_device *dev, u32 number, u32 size)
{
    struct block b;
    return block_find(&b, dev, number, size) && pin_block(&b);
}

void look_rest(void) {}

static int grant(const struct need *n)
{
    for (u32 i = 0; i < n->resources; i++)
        if (n->resource[i].resource->avail < n->resource[i].count)
            return n->resource[i].resource->error;
    for (u32 i = 0; i < n->resources; i++)
        n->resource[i].resource->avail -= n->resource[i].count;
    current->reservation.left = *n;
    current->reservation.granted = n;
    current->reservation.used_frames = 0;
    return 0;
}

static void give_back(void)
{
    struct need *left = &current->reservation.left;
    for (u32 i = 0; i < left->resources; i++)
        left->resource[i].resource->avail += left->resource[i].count;
    need_init(left);
    while (current->pins.blocks)
        block_put(&kept[--current->pins.blocks]);
}

static void count(const struct need *n)
{
    ASSERT(n->frames <= CEILING, "a need of %u frames", n->frames);
    machine.frames_granted += n->frames;
    machine.frames_used += current->reservation.used_frames;
    machine.frames_high = MAX(machine.frames_high, n->frames);
}

long gate_call(const struct scope *s, void *args)
{
    struct need n;
    ASSERT(!current->reservation.scope && !*my_locks(), "scope %s inside a scope or with a lock", s->name);
    long rc = s->guard(args);
    if (rc)
        return rc;
    current->reservation.scope = s;
    current->cred.euid = current->cred.fsuid = machine.uid;
    need_init(&n);
    s->need(args, &n);
    rc = grant(&n);
    if (!rc) {
        cache_evict_some();
        rc = s->body(args);
        count(&n);
        ASSERT(current->reservation.left.frames >= n.frames - MIN(n.frames, current->reservation.used_frames),
               "frames were lost");
    }
    give_back();
    s->unguard(args);
    current->reservation.scope = NULL;
    ASSERT(!*my_locks(), "scope %s leaves a lock", s->name);
    return rc;
}

/* --- starting --- */

static void start_need(void *args UNUSED, struct need *n)
{
    ext2mfr_port.service.start_need("ext2mfr", n);
}

static long start_body(void *args UNUSED)
{
    return ext2mfr_port.service.start("ext2mfr");
}

SCOPE(start, .need = start_need, .body = start_body);

void machine_start(void)
{
    host_current = &first_task;
    first_task.needs_nothing = false;
    gate_call(&scope_start, NULL);
}
