// SPDX-License-Identifier: MIT
/*
 * check.c - what must hold of the whole kernel, and how errors are told
 *
 * Memory is taken inside scopes only: what runs without one (what assembly calls, interrupt handlers with it, and what threads begin
 * with) reaches an allocator only through the gate.  Scopes do not nest.  A function that an equation may call (AMA_STATE) takes nothing.  An error names the place, the way there from an
 * entry, and what to write.
 */
#include "tools/amalyzer/amalyzer.h"

int errors;
bool only_noting;
struct vec notes;
static struct vec told;

/* --- ways --- */

/* From a function without callers, or the body of a scope, down to f. */
char *path_to(const struct func *f)
{
    const struct func **by = fresh(function_count * sizeof(*by)), **queue = fresh(function_count * sizeof(*queue));
    int first = 0, last = 0;
    char *s = text("%s", f->name);
    queue[last++] = f;
    by[f->id] = f;
    while (first < last) {
        const struct func *to = queue[first++];
        bool called_by_any = false;
        for (int i = 0; i < function_count; i++)
            for (int k = 0; k < functions[i].edges; k++)
                if (functions[i].edge[k].to == to) {
                    called_by_any = true;
                    if (by[i])
                        continue;
                    by[i] = to;
                    queue[last++] = &functions[i];
                }
        if (called_by_any && first < last)
            continue;
        s = text("%s", to->name);
        for (const struct func *x = to; x != f; x = by[x->id])
            s = text("%s -> %s", s, by[x->id]->name);
        break;
    }
    return s;
}

void error_at(struct func *f, const char *place, const char *message, const char *advice)
{
    char *all = text("%s: error: in %s(): %s\n", place, f->name, message);
    struct vec *list = only_noting ? &notes : &told;
    for (int i = 0; i < list->count; i++)
        if (!strcmp(list->at[i], all))
            return;
    vec_add(list, all);
    if (only_noting)
        return;
    errors++;
    printf("%s    way: %s\n    write: %s\n", all, path_to(f), advice);
}

/* --- cycles of calls --- */

static struct {
    int *number, *low, next, cycles;
    struct vec stack;
} tarjan;

static void close_cycle(struct func *f)
{
    struct vec members = {0};
    struct func *top;
    do {
        top = tarjan.stack.at[--tarjan.stack.count];
        tarjan.low[top->id] = function_count + 1;
        vec_add(&members, top);
    } while (top != f);
    bool own = false;
    for (int k = 0; k < f->edges; k++)
        own |= f->edge[k].to == f;
    if (members.count < 2 && !own)
        return;
    tarjan.cycles++;
    for (int i = 0; i < members.count; i++)
        ((struct func *)members.at[i])->cycle = tarjan.cycles;
}

static void find_cycle(struct func *f)
{
    int *low = &tarjan.low[f->id];
    tarjan.number[f->id] = *low = ++tarjan.next;
    vec_add(&tarjan.stack, f);
    for (int k = 0; k < f->edges; k++) {
        struct func *to = f->edge[k].to;
        if (!to->defined || to->prim)
            continue;
        if (!tarjan.number[to->id])
            find_cycle(to);
        *low = tarjan.low[to->id] < *low ? tarjan.low[to->id] : *low;
    }
    if (*low == tarjan.number[f->id])
        close_cycle(f);
}

static void find_cycles(void)
{
    tarjan.number = fresh(function_count * sizeof(int));
    tarjan.low = fresh(function_count * sizeof(int));
    for (int i = 0; i < function_count; i++)
        if (functions[i].defined && !functions[i].prim && !tarjan.number[i])
            find_cycle(&functions[i]);
}

/* --- scopes --- */

/* The first way down to an allocator; the last call on it goes to *call. */
static char *way_down(const struct func *f, LLVMValueRef *call)
{
    char *way = text("%s", f->name);
    bool *seen = fresh(function_count);
    while (!f->prim) {
        const struct func *next = NULL;
        seen[f->id] = true;
        for (int k = 0; k < f->edges && !next; k++)
            if (f->edge[k].to->takes && !seen[f->edge[k].to->id]) {
                *call = f->edge[k].call;
                next = f->edge[k].to;
            }
        if (!next)
            break;
        f = next;
        way = text("%s -> %s", way, f->name);
    }
    return way;
}

/* Who runs outside scopes takes nothing: neither itself nor by what it calls. */
static void check_covered(void)
{
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        LLVMValueRef call = NULL;
        if (!f->entry || !f->takes || f->prim)
            continue;
        char *way = way_down(f, &call);
        error_at(f, call ? place_of(call) : "?", text("memory can be taken outside every scope: %s", way), "do it in the body of a scope");
    }
}

static void check_nesting(const struct scope *s, struct func *f, bool *seen)
{
    if (seen[f->id] || !f->defined)
        return;
    seen[f->id] = true;
    for (int k = 0; k < f->edges; k++) {
        struct func *to = f->edge[k].to;
        if (to->prim == PRIM_GATE)
            error_at(f, place_of(f->edge[k].call), text("a scope can be entered inside scope %s", s->name), "load before the scope, or do it in this one");
        else if (!to->prim)
            check_nesting(s, to, seen);
    }
}

/* --- state functions --- */

static void check_state(struct func *f)
{
    if (f->takes)
        error_at(f, file_of(f->value), "a function marked AMA_STATE can take memory", "let it look only");
}

void checks(void)
{
    find_cycles();
    check_covered();
    for (int i = 0; i < scope_count; i++)
        if (scopes[i].slot[SLOT_BODY])
            check_nesting(&scopes[i], scopes[i].slot[SLOT_BODY], fresh(function_count));
    for (int i = 0; i < function_count; i++)
        if (functions[i].state && functions[i].defined)
            check_state(&functions[i]);
}
