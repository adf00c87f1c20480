// SPDX-License-Identifier: MIT
/*
 * inject.c - refusing on purpose, so that it can be replayed
 *
 * Each task draws from a generator of its own (xorshift64*, Vigna 2016) that is seeded from the boot's seed and the task's number,
 * so what one task is refused does not depend on how tasks were interleaved.
 */
#include "kernel/inject.h"
#include "kernel/gate.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "kernel/task.h"
#include "mm/reserve_core.h"
#include "mm/slab.h"

#define PAIRS 256 /* of scopes and classes that short=list tells of */

enum what { WHAT_ALL, WHAT_ENTRIES, WHAT_TRIES, WHAT_SCOPE };

bool inject_short;
static bool active; /* a specification is set */

static struct {
    enum what what;
    char scope[32];
    u32 threshold;      /* of 2^32: refused when the draw is below; 0xffffffff: always */
    u64 nth;            /* > 0: by number */
    u64 first, last;    /* points of a task with other numbers are spared; last 0: no window */
    u64 seed;
    char text[64];
    char short_scope[32], short_class[32];
    bool short_said, short_list;
} inject = {.text = "off"};

static u32 draw(struct inject *i)
{
    u64 x = i->rng;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    i->rng = x;
    return (x * 0x2545f4914f6cdd1dul) >> 32;
}

static bool decide(struct inject *i)
{
    i->count++;
    if (i->alone)
        return i->count == i->nth;
    if (inject.nth)
        return i->count == inject.nth;
    u32 d = draw(i);
    if (inject.last && (i->count < inject.first || i->count > inject.last))
        return false;
    return d < inject.threshold || inject.threshold == 0xffffffffu;
}

static bool refuses(bool try)
{
    struct inject *i = &current->inject;
    if (!decide(i))
        return false;
    i->refused = current->reservation.scope;
    i->at_try = try;
    return true;
}

static bool looks_at(const struct scope *s)
{
    if (likely(!current->inject.on) || current->inject.alone)
        return current->inject.on;
    if (!active || inject.what == WHAT_TRIES)
        return false;
    return inject.what != WHAT_SCOPE || !strcmp(s->name, inject.scope);
}

bool inject_refuses(const struct scope *s)
{
    return looks_at(s) && !memory_off && refuses(false);
}

void inject_at_allocator(const char *what)
{
    const struct scope *s = current->reservation.scope;
    if (looks_at(s) && !(s->flags & SCOPE_NO_INJECT))
        ASSERT(!refuses(false), "ama=off: %s is refused below call %s, where nothing looks for it", what, s->name);
}

bool inject_refuses_try(void)
{
    if (likely(!current->inject.on))
        return false;
    bool looks = active && (inject.what == WHAT_ALL || inject.what == WHAT_TRIES);
    return (current->inject.alone || looks) && refuses(true);
}

/* Is it the class of short=?  In a boot word a name's spaces are underscores. */
static bool is_short_class(const char *name)
{
    const char *word = inject.short_class;
    while (*name && (*word == *name || (*word == '_' && *name == ' '))) {
        word++;
        name++;
    }
    return !*name && !*word;
}

/* 1 when this class is to be one less, which the first time is said: a pair that no call enters is then no silent success. */
static u32 one_less(const char *class, u32 count)
{
    if (!count || !is_short_class(class))
        return 0;
    if (!inject.short_said)
        kprintf("ante: short: %s goes with one less of %s\n", inject.short_scope, class);
    inject.short_said = true;
    return 1;
}

/* Says once that the scope asks for something of the class. */
static void say_once(const struct scope *s, const char *class, u32 count)
{
    static struct {
        const struct scope *scope;
        const char *class;
    } said[PAIRS];
    u32 i = 0;
    while (i < PAIRS && said[i].scope && (said[i].scope != s || strcmp(said[i].class, class)))
        i++;
    if (!count || i == PAIRS || said[i].scope)
        return;
    said[i].scope = s;
    said[i].class = class;
    kprintf("ante: short: %s asks for %s\n", s->name, class);
}

static void list_classes(const struct scope *s, const struct need *n)
{
    say_once(s, "frames", n->frames);
    say_once(s, "now", n->now);
    say_once(s, "charge", n->charge);
    say_once(s, "slots", n->slots);
    for (u32 i = 0; i < n->objects; i++)
        say_once(s, n->object[i].cache->name, n->object[i].count);
    for (u32 i = 0; i < n->resources; i++)
        say_once(s, n->resource[i].resource->name, n->resource[i].count);
}

void inject_shorten(const struct scope *s, struct need *n)
{
    if (inject.short_list) {
        list_classes(s, n);
        return;
    }
    if (strcmp(s->name, inject.short_scope))
        return;
    n->frames -= one_less("frames", n->frames);
    n->now -= one_less("now", n->now);
    n->charge -= one_less("charge", n->charge);
    n->slots -= one_less("slots", n->slots);
    for (u32 i = 0; i < n->objects; i++)
        n->object[i].count -= one_less(n->object[i].cache->name, n->object[i].count);
    for (u32 i = 0; i < n->resources; i++)
        n->resource[i].count -= one_less(n->resource[i].resource->name, n->resource[i].count);
}

/* "@FIRST-LAST" after a probability, or nothing. */
static bool parse_window(const char *s)
{
    inject.first = inject.last = 0;
    if (!*s)
        return true;
    return *s == '@' && parse_u64(s + 1, &inject.first, &s) && *s == '-' && parse_u64(s + 1, &inject.last, &s) && !*s &&
           inject.first && inject.first <= inject.last;
}

/* A probability 0..1 with decimals as a threshold of 2^32, and its window. */
static bool parse_probability(const char *s, u32 *out)
{
    u64 whole = 0, part = 0, scale = 1;
    const char *p = s;
    while (*p >= '0' && *p <= '9' && whole < 10)
        whole = whole * 10 + (*p++ - '0');
    if (p == s)
        return false;
    if (*p == '.')
        for (p++; *p >= '0' && *p <= '9' && scale < 1000000000ul; p++, scale *= 10)
            part = part * 10 + (*p - '0');
    if (!parse_window(p) || whole > 1 || (whole == 1 && part))
        return false;
    *out = whole ? 0xffffffffu : (u32)((part << 32) / scale);
    return true;
}

static bool parse_amount(const char *s)
{
    const char *end;
    inject.nth = 0;
    if (!strncmp(s, "nth=", 4))
        return parse_u64(s + 4, &inject.nth, &end) && !*end && inject.nth;
    return parse_probability(s, &inject.threshold);
}

int inject_set(const char *spec)
{
    const char *colon = strchr(spec, ':');
    size_t len = colon ? (size_t)(colon - spec) : 0;
    active = false;
    strlcpy(inject.text, "off", sizeof(inject.text));
    if (!strcmp(spec, "off"))
        return 0;
    if (len >= sizeof(inject.scope))
        return -EINVAL;
    memcpy(inject.scope, spec, len);
    inject.scope[len] = 0;
    inject.what = !len ? WHAT_ALL : !strcmp(inject.scope, "try") ? WHAT_TRIES : !strcmp(inject.scope, "entry") ? WHAT_ENTRIES : WHAT_SCOPE;
    if (!parse_amount(colon ? colon + 1 : spec))
        return -EINVAL;
    strlcpy(inject.text, spec, sizeof(inject.text));
    active = inject.nth || inject.threshold;
    return 0;
}

int inject_set_short(const char *spec)
{
    const char *colon = strchr(spec, ':');
    inject.short_list = inject_short = !strcmp(spec, "list");
    if (inject.short_list)
        return 0;
    if (!colon || colon == spec || !colon[1] || colon - spec >= (long)sizeof(inject.short_scope))
        return -EINVAL;
    memcpy(inject.short_scope, spec, colon - spec);
    strlcpy(inject.short_class, colon + 1, sizeof(inject.short_class));
    inject_short = true;
    return 0;
}

size_t inject_show(char *dst, size_t size)
{
    return ksnprintf(dst, size, "%s seed=%lu\n", inject.text, inject.seed);
}

void inject_seed(u64 seed)
{
    inject.seed = seed;
}

void inject_start(struct task *t)
{
    u64 x = (inject.seed + 1) * 0x9e3779b97f4a7c15ul + (u64)t->pid * 0xbf58476d1ce4e5b9ul;
    x = (x ^ (x >> 31)) * 0x94d049bb133111ebul;
    t->inject = (struct inject){.on = true, .rng = x ? x : 1};
}

void inject_alone(struct task *t, u64 nth)
{
    t->inject = (struct inject){.on = true, .alone = true, .nth = nth};
}
