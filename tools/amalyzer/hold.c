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

/* The scope that lacks the slot: this one, or of an operation one that calls it; NULL: none does. */
static const struct scope *without(const struct scope *s, int slot)
{
    if (!s->is_op)
        return is_default(s->slot[slot]) ? s : NULL;
    for (int i = 0; i < scope_count; i++)
        if (!scopes[i].is_op && scopes[i].slot[SLOT_BODY] && is_default(scopes[i].slot[slot]) && reaches(scopes[i].slot[SLOT_BODY], s->slot[SLOT_BODY]))
            return &scopes[i];
    return NULL;
}

static int way_marked(const char *mark)
{
    int count = sizeof(ways) / sizeof(*ways);
    for (int i = 0; mark && i < count; i++)
        if (!strcmp(mark, ways[i].mark))
            return i;
    return -1;
}

/* The look, or one that it makes itself, that is held by this slot of the scope; NULL: there is none. */
static const struct func *look_held_by(const struct func *look, int slot, bool *seen)
{
    int way = way_marked(mark_starting(look->value, "ama:held="));
    const struct func *found = way >= 0 && ways[way].slot == slot ? look : NULL;
    if (seen[look->id])
        return NULL;
    seen[look->id] = true;
    for (int k = 0; k < look->edges && !found; k++)
        found = look_held_by(look->edge[k].to, slot, seen);
    return found;
}

/* Have all scopes, from which this one's body is reached, what holds the look? */
static bool check_slot(const struct scope *s, const struct func *look, int slot)
{
    struct func *body = s->slot[SLOT_BODY];
    const struct func *held = look_held_by(look, slot, fresh(function_count));
    const struct scope *lacking = held ? without(s, slot) : NULL;
    if (!lacking)
        return true;
    error_at(body, file_of(body->value),
             text("scope %s counts what %s() sees, which is held by its %s, and it has none", lacking->name, held->name, slot == SLOT_PIN ? "pins" : "guard"),
             slot == SLOT_PIN ? "a pin slot that pins the range before the need looks at it" : "a guard slot that takes the lock");
    return false;
}

static bool pins(const struct func *f, bool *seen)
{
    if (seen[f->id])
        return false;
    seen[f->id] = true;
    bool found = !strncmp(f->name, "pin_", 4) || !strcmp(f->name, "page_pin");
    for (int k = 0; k < f->edges && !found; k++)
        found = pins(f->edge[k].to, seen);
    return found;
}

/* How one look is held; NULL after a message. */
static const char *way_of(const struct scope *s, const struct expr *e)
{
    struct func *look = func_of(e->value), *body = s->slot[SLOT_BODY];
    int way = way_marked(mark_starting(e->value, "ama:held="));
    if (way >= 0 && !strcmp(ways[way].mark, "pins") && !pins(look, fresh(function_count))) {
        error_at(look, file_of(look->value), text("%s() is said to pin what it counts, and pins nothing", look->name), "pin_range() or another of mm/pin.h, or AMA_HELD of another kind");
        return NULL;
    }
    if (way >= 0) {
        bool held = check_slot(s, look, SLOT_GUARD) && check_slot(s, look, SLOT_PIN);
        const char *means = s->is_op && ways[way].slot >= 0 ? text("%s that calls it", ways[way].means) : ways[way].means;
        return held ? means : NULL;
    }
    error_at(body, file_of(body->value), text("scope %s counts what %s() sees, which may change before the memory is taken", s->name, look->name),
             "beside AMA_STATE of that function AMA_HELD(pins), (range), (guard), (load), (task) or (fixed): what keeps it true");
    return NULL;
}

/* From how far away a field is read: 1 is what stands in the arguments. */
static int distance(const struct expr *e)
{
    int count = 0;
    for (; e->args; e = e->arg[0])
        count += e->kind == LOAD;
    return count + (e->kind == GLOBAL);
}

static bool is_mutable_field(const struct expr *e)
{
    const struct expr *from = e->arg[0];
    return e->changes || (distance(e) > 1 && from->kind == FIELD && is_mutable(from->type, from->number));
}

/* Collects what an equation looks at that somebody may change. */
static void collect_looks(struct expr *e, struct vec *seen)
{
    bool mutable = e->kind == LOAD ? is_mutable_field(e) : e->kind == PEEK && sees_mutable(func_of(e->value));
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

/* A field that is read where others can write needs the guard. */
static void check_field(const struct scope *s, const struct expr *e)
{
    struct func *body = s->slot[SLOT_BODY];
    const struct scope *lacking = distance(e) > 1 ? without(s, SLOT_GUARD) : NULL;
    if (lacking)
        error_at(body, file_of(body->value),
                 text("scope %s counts %s, which others may change before the memory is taken, and it has no guard", lacking->name, as_c((struct expr *)e, body->value)),
                 "a guard slot that takes the lock, or an AMA_STATE function that looks, with AMA_HELD");
}

void check_holds(const struct equation *q)
{
    struct vec looks = held_looks(q);
    for (int i = 0; i < looks.count; i++) {
        const struct expr *e = looks.at[i];
        if (e->kind == PEEK)
            way_of(q->scope, e);
        else
            check_field(q->scope, e);
    }
}

/* Where a field is read: from what the call brings with it, or from what the scope's guard holds still. */
const char *hold_of(const struct scope *s, const struct expr *e)
{
    if (e->kind == PEEK)
        return way_of(s, e);
    if (distance(e) < 2)
        return s->is_op ? "part of the call's own arguments, or under the lock of the guard of who calls it" : "part of the call's own arguments";
    return s->is_op ? "under the lock of the guard of who calls it" : "under the lock of the scope's guard";
}
