// SPDX-License-Identifier: MIT
/*
 * misuse.c - calls that break one rule each; the core stops and names the rule
 */
#include "kernel/lib/errno.h"
#include "tests/host/lib/machine.h"
#include "tests/host/mm/memory.h"

enum misuse { FRAME_BEYOND, OBJECT_BEYOND, PROMISE_BEYOND, RESOURCE_BEYOND, FRAME_TWICE, FOREIGN_OBJECT, NESTED, ABOVE_CEILING };

static struct resource space;

static void short_need(void *p, struct need *n)
{
    need_frames(n, *(enum misuse *)p == ABOVE_CEILING ? CEILING + 1 : 2);
    need_kmalloc(n, 64, 1);
    need_kmalloc(n, 32, 1);
    need_resource(n, &space, 2);
    n->charge += 3;
}

extern const struct scope scope_short;
static long enter_again(void *p) TOKEN_ATTR(no_thread_safety_analysis)
{
    return gate_call(&scope_short, p);
}

static long short_body(void *p) NEEDS_RESERVATION;
static long short_body(void *p)
{
    enum misuse what = *(enum misuse *)p;
    struct page *a = frame_take(), *b = frame_take();
    void *object = kmalloc(64), *other = kmalloc(32);
    charge_take(3);
    resource_take(&space, 2);
    if (what == FRAME_BEYOND)
        frame_take();
    if (what == OBJECT_BEYOND)
        kmalloc(40);
    if (what == PROMISE_BEYOND)
        charge_take(1);
    if (what == RESOURCE_BEYOND)
        resource_take(&space, 1);
    if (what == FRAME_TWICE) {
        frame_raw_give(a);
        frame_raw_give(a);
    }
    if (what == FOREIGN_OBJECT)
        kmem_cache_free(kmalloc_cache(64), other);
    if (what == NESTED)
        enter_again(p);
    frame_put(a);
    frame_put(b);
    kfree(object);
    return 0;
}

SCOPE(short, .flags = SCOPE_LARGE, .need = short_need, .body = short_body);

static void misuse_main(void *what)
{
    gate_call(&scope_short, what);
}

static void misuse(enum misuse what)
{
    machine_start(400, 1, 0);
    resource_init(&space, "blocks", -ENOSPC, 10);
    machine_task(misuse_main, &what);
    machine_run();
}

void story_frame_beyond(void *unused UNUSED) { misuse(FRAME_BEYOND); }
void story_object_beyond(void *unused UNUSED) { misuse(OBJECT_BEYOND); }
void story_promise_beyond(void *unused UNUSED) { misuse(PROMISE_BEYOND); }
void story_resource_beyond(void *unused UNUSED) { misuse(RESOURCE_BEYOND); }
void story_frame_twice(void *unused UNUSED) { misuse(FRAME_TWICE); }
void story_foreign_object(void *unused UNUSED) { misuse(FOREIGN_OBJECT); }
void story_nested(void *unused UNUSED) { misuse(NESTED); }
void story_above_ceiling(void *unused UNUSED) { misuse(ABOVE_CEILING); }
