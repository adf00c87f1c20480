// SPDX-License-Identifier: MIT
/*
 * run.c - runs a random program with random arguments: what is live of each class is never more than its derived need
 *
 * As in the kernel, what is given back in the scope can be taken again; what was taken before it and is given back inside credits the
 * scope too, but never beyond what it was granted.  A run that takes too long is cut off.
 *
 * In the end it prints the tightness: what was reserved by what was used, over all runs.
 *
 * No need is ever more than its ceiling, which the command line gives for each class, as the analyzer's report has it.
 *
 *     run SEED RUNS [CLASS=CEILING]...    status 0; 1: more was taken than was reserved, or reserved than the ceiling; 3: a promise of
 *                                         the program was broken
 */
#include "tests/host/programs/random.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 16, FRAMES = 15, STEPS = 20000, THINGS = 5 };

struct need {
    u64 count[CLASSES], passing[CLASSES];
};
struct object {
    int class;
    bool before, is_held;
    struct object *next;
    max_align_t memory[16];
};

static u64 state, steps;
static u64 reserved, used;       /* of all runs; used: the most that was live at once */
static u64 live[CLASSES], most[CLASSES];
static struct need granted, ceiling;
static struct object *held;
static jmp_buf cut_off;
static struct thing thing[THINGS];

/* --- chance --- */

static u64 random_number(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

u64 any_upto(u64 n)
{
    return random_number() % (n + 1);
}

bool chance(void)
{
    if (++steps > STEPS)
        longjmp(cut_off, 1);
    return random_number() >> 20 & 1;
}

NORETURN void panic(const char *fmt, ...)
{
    va_list list;
    va_start(list, fmt);
    vprintf(fmt, list);
    va_end(list);
    printf("\n");
    exit(3);
}

/* --- classes --- */

static int class_of_cache(const struct kmem_cache *c)
{
    return c == &cache0 ? 0 : c == &cache1 ? 1 : 2;
}

static int class_of_size(u64 size)
{
    int class = 3;
    for (u64 room = 16; room < size; room *= 2)
        class++;
    return class;
}

static void need_class(struct need *n, int class, u64 count)
{
    n->count[class] += count;
}
static void need_passing(struct need *n, int class, u64 count)
{
    n->passing[class] = MAX(n->passing[class], count);
}
void need_object(struct need *n, struct kmem_cache *c, u64 count)
{
    need_class(n, class_of_cache(c), count);
}
void need_kmalloc(struct need *n, u64 size, u64 count)
{
    need_class(n, class_of_size(size), count);
}
void need_frames(struct need *n, u64 count)
{
    need_class(n, FRAMES, count);
}
void need_passing_object(struct need *n, struct kmem_cache *c, u64 count)
{
    need_passing(n, class_of_cache(c), count);
}
void need_passing_frames(struct need *n, u64 count)
{
    need_passing(n, FRAMES, count);
}

/* --- ceilings --- */

/* "cache0=3", "kmalloc(24)=1", "frames=7": what is not named has none. */
static void read_ceilings(char **word, int count)
{
    struct kmem_cache *const caches[] = {&cache0, &cache1, &cache2};
    memset(ceiling.count, 0xff, sizeof(ceiling.count));
    for (int i = 0; i < count; i++) {
        u64 size, most = strtoul(strrchr(word[i], '=') + 1, NULL, 10);
        int class = sscanf(word[i], "cache%lu", &size) == 1 ? class_of_cache(caches[size]) : sscanf(word[i], "kmalloc(%lu", &size) == 1 ? class_of_size(size) : FRAMES;
        ceiling.count[class] = (ceiling.count[class] == ~0ul ? 0 : ceiling.count[class]) + most;
    }
}

void need_check_ceiling(const struct need *n, const char *scope, u32 frames)
{
    if (n->count[FRAMES] + n->passing[FRAMES] > frames)
        panic("scope %s needs %lu frames, and its ceiling is %u", scope, n->count[FRAMES] + n->passing[FRAMES], frames);
}

static void check_ceilings(void)
{
    for (int i = 0; i < CLASSES; i++) {
        if (granted.count[i] + granted.passing[i] <= ceiling.count[i])
            continue;
        printf("class %d: %lu are reserved, and the ceiling is %lu\n", i, granted.count[i] + granted.passing[i], ceiling.count[i]);
        exit(1);
    }
}

/* --- allocators --- */

static void *take(int class)
{
    struct object *o = calloc(1, sizeof(*o));
    if (!o || ++steps > STEPS)
        longjmp(cut_off, 1);
    o->class = class;
    if (++live[class] > granted.count[class] + granted.passing[class]) {
        printf("class %d: %lu are reserved, one more is taken\n", class, granted.count[class] + granted.passing[class]);
        exit(1);
    }
    most[class] = MAX(most[class], live[class]);
    return o->memory;
}

static void give(void *p)
{
    struct object *o = container_of(p, struct object, memory);
    live[o->class] -= live[o->class] > 0;
    free(o);
}

void *kmem_cache_alloc(struct kmem_cache *c)
{
    return take(class_of_cache(c));
}
void kmem_cache_free(struct kmem_cache *c UNUSED, void *p)
{
    give(p);
}
void *kmalloc(u64 size)
{
    return take(class_of_size(size));
}
void *kmalloc_upto(u64 size UNUSED, u64 limit)
{
    return take(class_of_size(limit));
}
void kfree(void *p)
{
    give(p);
}
struct page *frame_take(void)
{
    return take(FRAMES);
}
void frame_put(struct page *p)
{
    give(p);
}

void hold(void *p)
{
    struct object *o = container_of(p, struct object, memory);
    o->next = held;
    held = o;
}

void hold_frame(struct page *p)
{
    hold(p);
}

void *old_object(struct kmem_cache *c)
{
    struct object *o = chance() ? calloc(1, sizeof(*o)) : NULL;
    if (o)
        o->class = class_of_cache(c);
    return o ? o->memory : NULL;
}

/* --- runs --- */

static void random_things(void)
{
    u64 count = 1 + any_upto(THINGS - 1);
    for (u64 i = 0; i < count; i++)
        thing[i] = (struct thing){i + 1 < count ? &thing[i + 1] : NULL, all_ops[any_upto(ops_count - 1)],
                                  all_ports[any_upto(port_count - 1)], any_upto(6), any_upto(4)};
}

static void run(void)
{
    struct args a = {thing, any_upto(7), any_upto(7), chance()};
    random_things();
    memset(&granted, 0, sizeof(granted));
    memset(live, 0, sizeof(live));
    memset(most, 0, sizeof(most));
    scope_main.need(&a, &granted);
    check_ceilings();
    if (!setjmp(cut_off))
        scope_main.body(&a);
    while (held) {
        struct object *o = held;
        held = o->next;
        free(o);
    }
    for (int i = 0; i < CLASSES; i++) {
        reserved += granted.count[i] + granted.passing[i];
        used += most[i];
    }
}

long gate_call(const struct scope *s UNUSED, void *args UNUSED)
{
    return 0;
}

int main(int argc, char **argv)
{
    state = 88172645463325252ul + (argc > 1 ? strtoul(argv[1], NULL, 10) : 0) * 7919;
    read_ceilings(argv + 3, argc > 3 ? argc - 3 : 0);
    for (long runs = argc > 2 ? atol(argv[2]) : 1; runs > 0; runs--) {
        steps = 0;
        run();
    }
    printf("tightness %.2f\n", used ? (double)reserved / used : 1.0);
    return 0;
}
