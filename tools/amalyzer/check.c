// SPDX-License-Identifier: MIT
/*
 * check.c - what must hold of the whole kernel, and how errors are told
 *
 * Memory is taken inside scopes only: what runs without one (what assembly calls, interrupt handlers with it, and what threads begin
 * with) reaches an allocator only through the gate.  Scopes do not nest.  A function that an equation may call (AMA_STATE) takes nothing.  An error names the place, the way there from an
 * entry, and what to write.
 */
#include "tools/amalyzer/amalyzer.h"

int errors, needless_calls, cycles;
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

/* The shortest way down; NULL: there is none. */
static char *way_from(const struct func *from, const struct func *to)
{
    const struct func **by = fresh(function_count * sizeof(*by)), **queue = fresh(function_count * sizeof(*queue));
    int first = 0, last = 0;
    queue[last++] = from;
    by[from->id] = from;
    while (first < last && !by[to->id]) {
        const struct func *f = queue[first++];
        for (int k = 0; k < f->edges; k++) {
            const struct func *next = f->edge[k].to;
            if (by[next->id])
                continue;
            by[next->id] = f;
            queue[last++] = next;
        }
    }
    if (!by[to->id])
        return NULL;
    char *s = text("%s", to->name);
    for (const struct func *f = to; f != from; f = by[f->id])
        s = text("%s -> %s", by[f->id]->name, s);
    return s;
}

static void tell(struct func *f, const char *place, const char *message, const char *way, const char *advice)
{
    char *all = text("%s: error: in %s(): %s\n", place, f->name, message);
    for (int i = 0; i < told.count; i++)
        if (!strcmp(told.at[i], all))
            return;
    vec_add(&told, all);
    errors++;
    printf("%s    way: %s\n    write: %s\n", all, way, advice);
}

void error_at(struct func *f, const char *place, const char *message, const char *advice)
{
    tell(f, place, message, path_to(f), advice);
}

void error_below(struct func *body, LLVMValueRef site, const char *message, const char *advice)
{
    struct func *f = site ? func_of(LLVMGetBasicBlockParent(LLVMGetInstructionParent(site))) : body;
    char *way = way_from(body, f);
    tell(f, site ? place_of(site) : file_of(body->value), message, way ? way : f->name, advice);
}

/* --- cycles of calls --- */

static struct {
    int *number, *low, next;
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
    cycles++;
    for (int i = 0; i < members.count; i++)
        ((struct func *)members.at[i])->cycle = cycles;
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

/* A way round that no AMA_DEPTH stands on, as text; NULL: there is none from f on.  line: what leads to f. */
static char *round_without_limit(struct func *f, struct vec *line, bool *done)
{
    char *found = NULL;
    if (f->depth || done[f->id])
        return NULL;
    if (vec_has(line, f)) {
        found = text("%s", f->name);
        for (int i = line->count - 1; i >= 0; i--) {
            found = text("%s -> %s", ((struct func *)line->at[i])->name, found);
            if (line->at[i] == f)
                return found;
        }
    }
    vec_add(line, f);
    for (int k = 0; k < f->edges && !found; k++)
        found = f->edge[k].to->cycle == f->cycle ? round_without_limit(f->edge[k].to, line, done) : NULL;
    line->count--;
    done[f->id] = true;
    return found;
}

static LLVMValueRef call_in_cycle(const struct func *f)
{
    int k = 0;
    while (f->edge[k].to->cycle != f->cycle)
        k++;
    return f->edge[k].call;
}

static void check_recursion(void)
{
    bool *told_of = fresh(cycles + 1), *done = fresh(function_count);
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        struct vec line = {0};
        char *way = f->cycle && !told_of[f->cycle] ? round_without_limit(f, &line, done) : NULL;
        if (!way)
            continue;
        told_of[f->cycle] = true;
        error_at(f, place_of(call_in_cycle(f)), text("recursion without a limit: %s", way), "AMA_DEPTH(n) at the head of the cycle, or a loop");
    }
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

/* The other slots run without what the need says. */
static void check_slots(const struct scope *s)
{
    static const char *const name[] = {"guard", "pin", "need", "body", "next", "unguard"};
    for (int k = SLOT_GUARD; k <= SLOT_UNGUARD; k++) {
        LLVMValueRef call = NULL;
        if (k == SLOT_BODY || !s->slot[k] || !s->slot[k]->takes)
            continue;
        char *way = way_down(s->slot[k], &call);
        tell(s->slot[k], call ? place_of(call) : file_of(s->slot[k]->value), text("the %s of scope %s can take memory, which its body alone may", name[k], s->name), way,
             "take it in the body");
    }
}

/* A need that people have written is not known to be enough. */
static void check_derived(const struct scope *s)
{
    struct func *body = s->slot[SLOT_BODY];
    if (body && body->takes && !s->derived)
        error_at(body, file_of(body->value), text("the need of scope %s is not derived, and its body takes memory", s->name),
                 text("DERIVE(%s); and need_%s in the need slot", s->name, s->name));
}

static void check_nesting(const struct scope *s, struct func *f, bool *seen)
{
    if (seen[f->id] || !f->defined)
        return;
    seen[f->id] = true;
    for (int k = 0; k < f->edges; k++) {
        struct func *to = f->edge[k].to;
        if (to->prim == PRIM_GATE)
            error_below(s->slot[SLOT_BODY], f->edge[k].call, text("a scope can be entered inside scope %s", s->name), "load before the scope, or do it in this one");
        else if (!to->prim)
            check_nesting(s, to, seen);
    }
}

/* --- calls that need nothing (I6) --- */

static const struct equation *equation_of(struct equation **all, LLVMValueRef scope)
{
    for (int i = 0; i < scope_count; i++)
        if (all[i]->scope->global == scope)
            return all[i];
    return NULL;
}

/* A page fault on the call's buffer is no need of the call's own. */
static void check_entered(struct func *row, LLVMValueRef call, const char *name, struct equation **all)
{
    LLVMValueRef scope = stripped(LLVMGetArgOperand(call, 0));
    const struct equation *q = equation_of(all, scope);
    if (q && (!q->entries || !strcmp(q->scope->name, "fault")))
        return;
    error_below(row, call, text("the call %s is said to need nothing, but it can enter %s", name, q ? text("scope %s", q->scope->name) : "a scope that is not known here"),
             "another need in its row of kernel/calls.def, or a way that takes nothing");
}

static void check_needless(struct func *row, struct func *f, const char *name, struct equation **all, bool *seen)
{
    if (seen[f->id] || !f->defined)
        return;
    seen[f->id] = true;
    for (int k = 0; k < f->edges; k++) {
        if (f->edge[k].to->prim == PRIM_GATE)
            check_entered(row, f->edge[k].call, name, all);
        else
            check_needless(row, f->edge[k].to, name, all, seen);
    }
}

/* Rows of the table of system calls: name, function, scope, guard, need; NEED_NOTHING is 1. */
static int check_rows(LLVMValueRef rows, struct equation **all)
{
    enum { FUNCTION = 1, NEED = 4, ROW = 6, NOTHING = 1 };
    const char *tag = tag_of(LLVMTypeOf(rows));
    int count = 0;
    if (!tag || strcmp(tag, "call")) {
        for (int i = 0; (LLVMIsAConstantArray(rows) || LLVMIsAConstantStruct(rows)) && i < LLVMGetNumOperands(rows); i++)
            count += check_rows(LLVMGetOperand(rows, i), all);
        return count;
    }
    if (LLVMGetNumOperands(rows) < ROW || LLVMConstIntGetZExtValue(LLVMGetOperand(rows, NEED)) != NOTHING)
        return 0;
    struct func *f = func_of(stripped(LLVMGetOperand(rows, FUNCTION)));
    check_needless(f, f, strncmp(f->name, "adapt_", 6) ? f->name : f->name + 6, all, fresh(function_count));
    return 1;
}

int check_calls(struct equation **all)
{
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
        if (!strcmp(name_of(g), "calls") && LLVMGetInitializer(g))
            return check_rows(LLVMGetInitializer(g), all);
    return 0;
}

/* --- state functions --- */

static void check_state(struct func *f)
{
    LLVMValueRef call = NULL;
    if (f->takes && way_down(f, &call))
        error_at(f, place_of(call), "a function marked AMA_STATE can take memory", "a function that looks only");
}

void checks(void)
{
    find_cycles();
    check_recursion();
    check_covered();
    for (int i = 0; i < scope_count; i++) {
        check_slots(&scopes[i]);
        check_derived(&scopes[i]);
        if (scopes[i].slot[SLOT_BODY])
            check_nesting(&scopes[i], scopes[i].slot[SLOT_BODY], fresh(function_count));
    }
    check_pointers();
    for (int i = 0; i < function_count; i++)
        if (functions[i].state && functions[i].defined)
            check_state(&functions[i]);
}
