// SPDX-License-Identifier: MIT
/*
 * hold.c - what keeps an equation true from the entry to the place where memory is taken
 *
 * An equation may look at state that its own scope, or another task, changes before the memory is taken.  Then something must hold
 * what was counted, and the function that looks says what (AMA_HELD): pins that it sets itself, the range that the scope has pinned
 * before, the lock of the scope's guard (and that the body looks before it changes anything), or that only the running task
 * changes it.  A look of which nothing is said, or a scope
 * without the guard or the pins that are spoken of, is an error.
 */
#include "tools/amalyzer/amalyzer.h"

static const struct {
    const char *mark, *means;
    int slot;                    /* of the scope, which must not be the default; -1: none */
} ways[] = {
    {"pins", "pinned by the look itself", -1},
    {"range", "in the range that the scope has pinned", SLOT_PIN},
    {"guard", "under the lock of the scope's guard", SLOT_GUARD},
    {"load", "before the scope changes it, under the lock of its guard", SLOT_GUARD},
    {"task", "changed by the running task alone", -1},
};

static bool is_default(const struct func *f)
{
    size_t length = f ? strlen(f->name) : 0;
    return length < 5 || !strcmp(f->name + length - 5, "_none");
}

/* How one look is held; NULL after a message. */
static const char *way_of(const struct scope *s, const struct expr *e)
{
    struct func *look = func_of(e->value), *body = s->slot[SLOT_BODY];
    const char *mark = mark_starting(e->value, "ama:held=");
    for (size_t i = 0; mark && i < sizeof(ways) / sizeof(*ways); i++) {
        if (strcmp(mark, ways[i].mark))
            continue;
        if (s->is_op || ways[i].slot < 0 || !is_default(s->slot[ways[i].slot]))
            return s->is_op && ways[i].slot >= 0 ? text("%s that calls it", ways[i].means) : ways[i].means;
        error_at(body, file_of(body->value),
                 text("scope %s counts what %s() sees, which is held by its %s, and it has none", s->name, look->name, ways[i].slot == SLOT_PIN ? "pins" : "guard"),
                 ways[i].slot == SLOT_PIN ? "a pin slot that pins the range before the need looks at it" : "a guard slot that takes the lock");
        return NULL;
    }
    error_at(body, file_of(body->value), text("scope %s counts what %s() sees, which may change before the memory is taken", s->name, look->name),
             "beside AMA_STATE of that function AMA_HELD(pins), (range), (guard), (load), (task) or (fixed): what keeps it true");
    return NULL;
}

/* Collects what an equation looks at that somebody may change. */
static void collect_looks(struct expr *e, struct vec *seen)
{
    bool mutable = e->kind == LOAD ? e->changes : e->kind == PEEK && sees_mutable(func_of(e->value));
    if (mutable && !vec_has(seen, e))
        vec_add(seen, e);
    for (int i = 0; i < e->args; i++)
        collect_looks(e->arg[i], seen);
    for (int i = 0; i < e->terms; i++)
        collect_looks(e->term[i].of, seen);
}

struct vec held_looks(const struct equation *q)
{
    struct vec seen = {0};
    for (int i = 0; i < q->entries; i++) {
        collect_looks(q->entry[i].peak, &seen);
        collect_looks(q->entry[i].net, &seen);
        if (q->entry[i].class.what)
            collect_looks(q->entry[i].class.what, &seen);
    }
    return seen;
}

void check_holds(const struct equation *q)
{
    struct vec looks = held_looks(q);
    for (int i = 0; i < looks.count; i++) {
        struct expr *e = looks.at[i];
        if (e->kind == PEEK)
            way_of(q->scope, e);
    }
}

/* Where a field is read: from what the call brings with it, or from what the scope's guard holds still. */
const char *hold_of(const struct scope *s, const struct expr *e)
{
    if (e->kind == PEEK)
        return way_of(s, e);
    int depth = 0;
    for (const struct expr *x = e; x->args; x = x->arg[0])
        depth += x->kind == LOAD;
    return depth < 2 && !s->is_op ? "part of the call's own arguments" : s->is_op ? "under the lock of the guard of who calls it" : "under the lock of the scope's guard";
}
