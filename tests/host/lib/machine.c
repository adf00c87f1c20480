// SPDX-License-Identifier: MIT
/*
 * machine.c - memory, disk, clock and end of the machine that host tests run the core on (see machine.h)
 */
#include "tests/host/lib/machine.h"
#include <stdarg.h>
#include <string.h>
#include "kernel/boot.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/ports/vfs.h"
#include "mm/cache_core.h"
#include "mm/flusher.h"
#include "tests/host/lib/machine_core.h"

struct machine machine = {.step_ns = 100000};
struct boot_info boot_info;
struct boot_words boot;
char *host_ram;

/* --- what stands where hardware and services would --- */

u64 clock_ns(void)
{
    return machine.now;
}

void irq_on(void) {}
void cpu_relax(void) {}
void kprintf(const char *fmt UNUSED, ...) {}

bool vmalloc_credit_take(u32 slots UNUSED) { return true; }
void vmalloc_credit_give(u32 slots UNUSED) {}

static u32 no_names(u32 want UNUSED) { return 0; }
const struct vfs_port vfs_port = {.shrink_names = no_names};

u64 task_charge(const struct task *t)
{
    return ((const struct fiber *)t)->charge;
}

/* A user mapping of a cached page is a reference and nothing more. */
void cache_unmap_page(struct mapping *m UNUSED, u32 index UNUSED, struct page *p)
{
    while (p->refs)
        frame_put(p);
}

void cache_protect_page(struct mapping *m UNUSED, u32 index UNUSED, struct page *p UNUSED) {}

/* --- the disk: one request at a time, each takes a while --- */

static struct list disk_queue = LIST_INIT(disk_queue);
static u64 disk_ends = NO_DEADLINE;

static void disk_submit(struct block_device *dev UNUSED, struct io_request *r)
{
    preempt_disable();
    list_push_back(&disk_queue, &r->link);
    if (disk_ends == NO_DEADLINE)
        disk_ends = machine.now + 1000 + machine_random(5000000);
    preempt_enable();
}

static void disk_move(struct io_request *r)
{
    u64 at = r->sector * 512;
    for (u32 i = 0; i < r->pieces; i++) {
        char *memory = (char *)page_data(r->piece[i].page) + r->piece[i].offset;
        if (r->op == IO_READ)
            memcpy(memory, machine.sectors + at, r->piece[i].bytes);
        else
            memcpy(machine.sectors + at, memory, r->piece[i].bytes);
        at += r->piece[i].bytes;
    }
}

u64 disk_next_end(void)
{
    return disk_ends;
}

void disk_step(void)
{
    if (machine.now < disk_ends)
        return;
    struct io_request *r = list_entry(list_pop_front(&disk_queue), struct io_request, link);
    disk_ends = list_empty(&disk_queue) ? NO_DEADLINE : machine.now + 1000 + machine_random(5000000);
    bool bad = machine.bad_sectors && !machine_random(machine.bad_sectors);
    if (!bad && r->op != IO_FLUSH)
        disk_move(r);
    io_complete(r, bad ? -EIO : 0);
}

static const struct block_ops disk_ops = {.name = "model", .submit = disk_submit};

static void disk_start(void)
{
    struct block_device *d = &machine.disk;
    machine.sectors = host_memory(MACHINE_SECTORS * 512);
    strcpy(d->name, "model");
    d->ops = &disk_ops;
    d->sectors = MACHINE_SECTORS;
    d->whole = d;
    d->fs = d; /* something is mounted: passes go over it */
    rw_init(&d->pass, RANK_PASS, "pass");
    mapping_init(&d->mapping, d, NULL, PAGE_SIZE);
    block_devices[0] = d;
}

/* --- start --- */

static void start_need(void *args UNUSED, struct need *n)
{
    need_object(n, &io_cache, 1); /* the test's tasks live outside the machine's memory */
}

static long start_body(void *args UNUSED) NEEDS_RESERVATION;
static long start_body(void *args UNUSED)
{
    return flusher_start("flusher");
}

extern const struct scope scope_start;
SCOPE(start, .flags = SCOPE_RETRY | SCOPE_NO_INJECT, .need = start_need, .body = start_body);

static void start_main(void *arg UNUSED)
{
    gate_call(&scope_start, NULL);
}

void machine_start(u64 frames, u64 seed, u64 floor)
{
    u64 bytes = (frames + 1) * PAGE_SIZE;
    fibers_seed(seed);
    host_ram = host_memory(bytes);
    boot_info.ram[0] = (struct mem_range){PAGE_SIZE, bytes};
    boot_info.ram_count = 1;
    boot_info.image_end = PAGE_SIZE;
    frames_init();
    credits_init();
    kmalloc_init();
    cache_init();
    block_init();
    disk_start();
    machine_task(start_main, NULL);
    machine_run();
    machine.fibers[0] = machine.fibers[--machine.count];
    credits_seal(floor);
    cache.dirty_limit = memory_limits.total / 4;
}

/* --- the end --- */

void panic(const char *fmt, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, fmt);
    kvsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    host_end(text);
}
