// SPDX-License-Identifier: MIT
/*
 * stack.c - stack is memory too: the deepest kernel stack of each entry fits
 *
 * Along the same graph of calls frames are added up (frames.c): the deepest way down from each entry, plus the registers that the
 * entry leaves on the stack, plus one interrupt or fault on top (the kernel runs them with interrupts off, so there is never a second
 * one), plus a panic on top of that.  The gate calls the slots of the scope that it is called with, and no others.  A panic does not come
 * back, so calls of panic() end a way, and its own depth is added once.
 *
 *     top of the stack -> registers | entry -> ... -> deepest function | registers | trap_in_kernel -> ... | panic -> ...
 *
 * Inlining only makes the sum too large.  A function that can be on the stack twice is an error, but for cycles that AMA_DEPTH limits.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

struct way {
    int bytes;                   /* from the function's own frame down; -1: not known yet */
    struct func *next;           /* the callee of the deepest way */
    const char *rest;            /* text: how it goes on from the gate */
    bool busy;
};
static struct way *way;          /* by id */
static struct vec line;          /* the functions that are busy, from the entry down */
static struct way *of_scope;     /* by scope: bytes and text of the gate with it */
static const struct scope *inside; /* the scope that the gate is called with */
static bool *in_gate;            /* by id: depends on the scope */
static struct vec *looked_at;    /* by scope or operation: functions that its derived need calls */
static int library;              /* what the compiler may call by itself: memcpy() and the like */

static LLVMValueRef handed_on, handed; /* a parameter that its function hands on to the gate, and what it is in the call that is looked at */

static int below(struct func *f);

/* --- the needs that are derived: they call what their equations look at --- */

static void collect(struct expr *e, struct vec *out, struct vec *seen)
{
    if (!e || vec_has(seen, e))
        return;
    vec_add(seen, e);
    if (e->kind == PEEK && e->value && !vec_has(out, func_of(e->value)))
        vec_add(out, func_of(e->value));
    if (e->kind == NEED_CALL)
        field_targets(e->arg[0]->arg[0]->type, e->arg[0]->arg[0]->number, out, 0);
    for (int i = 0; i < e->args; i++)
        collect(e->arg[i], out, seen);
    for (int i = 0; i < e->terms; i++)
        collect(e->term[i].of, out, seen);
}

static void collect_looks(struct equation **all)
{
    static const char *const makers[] = {"need_object", "need_kmalloc", "need_frames", "need_blocks", "need_resource"};
    looked_at = fresh(scope_count * sizeof(*looked_at));
    for (int i = 0; i < scope_count; i++) {
        struct vec seen = {0};
        for (int k = 0; k < function_count; k++)
            for (size_t m = 0; m < sizeof(makers) / sizeof(*makers); m++)
                if (functions[k].defined && !strcmp(functions[k].name, makers[m]))
                    vec_add(&looked_at[i], &functions[k]);
        for (int k = 0; k < all[i]->entries; k++) {
            collect(all[i]->entry[k].peak, &looked_at[i], &seen);
            collect(all[i]->entry[k].class.what, &looked_at[i], &seen);
        }
    }
}

/* --- the gate --- */

static void find_insides(void)
{
    bool again = true;
    in_gate = fresh(function_count);
    for (int i = 0; i < function_count; i++)
        in_gate[i] = functions[i].slots != 0;
    while (again) {
        again = false;
        for (int i = 0; i < function_count; i++) {
            struct func *f = &functions[i];
            for (int k = 0; k < f->edges && !in_gate[i]; k++)
                again |= in_gate[i] = in_gate[f->edge[k].to->id] && f->edge[k].to->prim != PRIM_GATE;
        }
    }
}

/* The scopes that a value can be; false: any. */
static bool scopes_of(LLVMValueRef v, struct vec *out, int depth)
{
    bool sure = depth < 8;
    v = stripped(v);
    if (LLVMIsAGlobalVariable(v)) {
        for (int i = 0; i < scope_count; i++)
            if (scopes[i].global == v && !vec_has(out, &scopes[i]))
                vec_add(out, &scopes[i]);
        return true;
    }
    if (LLVMIsASelectInst(v))
        return sure && scopes_of(LLVMGetOperand(v, 1), out, depth + 1) && scopes_of(LLVMGetOperand(v, 2), out, depth + 1);
    for (unsigned i = 0; LLVMIsAPHINode(v) && sure && i < LLVMCountIncoming(v); i++)
        sure &= scopes_of(LLVMGetIncomingValue(v, i), out, depth + 1);
    if (!LLVMIsAArgument(v))
        return sure && LLVMIsAPHINode(v);
    LLVMValueRef f = LLVMGetParamParent(v);
    unsigned k = 0;
    while (LLVMGetParam(f, k) != v)
        k++;
    for (LLVMUseRef u = LLVMGetFirstUse(f); u && sure; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        sure &= LLVMIsACallInst(user) && called(user) == f && scopes_of(LLVMGetArgOperand(user, k), out, depth + 1);
    }
    return sure;
}

static const char *way_text(struct func *f);

static struct way *through_gate(struct func *gate, const struct scope *s)
{
    struct way *w = &of_scope[s - scopes];
    const struct scope *outer = inside;
    if (w->bytes >= 0)
        return w;
    for (int i = 0; i < function_count; i++)
        if (in_gate[i])
            way[i] = (struct way){.bytes = -1, .busy = way[i].busy};
    inside = s;
    w->bytes = below(gate);
    w->rest = text("[%s] %s", s->name, way_text(gate));
    inside = outer;
    for (int i = 0; i < function_count; i++)
        if (in_gate[i])
            way[i] = (struct way){.bytes = -1, .busy = way[i].busy};
    return w;
}

static void enter_gate(struct func *gate, LLVMValueRef call, struct way *best, int before)
{
    struct vec all = {0};
    LLVMValueRef scope = LLVMGetArgOperand(call, 0);
    bool sure = scopes_of(scope == handed_on ? handed : scope, &all, 0);
    for (int i = 0; i < scope_count; i++) {
        struct way *w = (!sure && !scopes[i].is_op) || vec_has(&all, &scopes[i]) ? through_gate(gate, &scopes[i]) : NULL;
        if (w && before + w->bytes > best->bytes)
            *best = (struct way){before + w->bytes, NULL, w->rest, false};
    }
}

/* --- one function --- */

static void deeper(struct way *best, int before, struct func *to)
{
    int bytes = before + below(to);
    if (bytes > best->bytes)
        *best = (struct way){bytes, to, NULL, false};
}

/* The parameter that f enters the gate with; NULL: none. */
static LLVMValueRef gate_parameter(const struct func *f)
{
    for (int k = 0; k < f->edges; k++)
        if (f->edge[k].to->prim == PRIM_GATE && LLVMIsAArgument(LLVMGetArgOperand(f->edge[k].call, 0)))
            return LLVMGetArgOperand(f->edge[k].call, 0);
    return NULL;
}

/* A function that enters the gate with the scope that it is given: each of its calls is a way of its own. */
static void deeper_handed(struct way *best, int before, const struct edge *e, LLVMValueRef parameter)
{
    unsigned k = 0;
    LLVMValueRef outer[2] = {handed_on, handed};
    while (LLVMGetParam(e->to->value, k) != parameter)
        k++;
    handed_on = parameter;
    handed = LLVMGetArgOperand(e->call, k);
    way[e->to->id].bytes = -1;
    int bytes = before + below(e->to);
    if (bytes > best->bytes)
        *best = (struct way){bytes, NULL, way_text(e->to), false};
    way[e->to->id].bytes = -1;
    handed_on = outer[0];
    handed = outer[1];
}

static void call_slots(struct func *f, struct way *best, int before)
{
    for (int k = 0; inside && k <= SLOT_UNGUARD; k++)
        if (f->slots >> k & 1 && inside->slot[k])
            deeper(best, before, inside->slot[k]);
}

/* A derived need, of a scope or of an operation of a port. */
static void call_looks(struct func *need, struct way *best, int before)
{
    for (int i = 0; i < scope_count; i++) {
        bool its = scopes[i].is_op ? !strcmp(need->name, text("need_%s", scopes[i].name)) : scopes[i].slot[SLOT_NEED] == need;
        for (int k = 0; its && k < looked_at[i].count; k++)
            deeper(best, before, looked_at[i].at[k]);
    }
}

static void deepest_callee(struct func *f, struct way *best, int own, bool same_cycle)
{
    for (int k = 0; k < f->edges; k++) {
        struct func *to = f->edge[k].to;
        int before = own + call_bytes(f->edge[k].call);
        if (to->prim == PRIM_GATE)
            enter_gate(to, f->edge[k].call, best, before);
        else if (same_cycle && !to->cycle && gate_parameter(to))
            deeper_handed(best, before, &f->edge[k], gate_parameter(to));
        else if (to->prim != PRIM_PANIC && (same_cycle || to->cycle != f->cycle || !f->cycle))
            deeper(best, before, to);
    }
    call_slots(f, best, own);
    if (!f->defined && !f->prim)
        call_looks(f, best, own);
}

/* --- cycles --- */

static void recursion(struct func *f)
{
    int from = line.count;
    const char *cycle = "";
    while (line.at[--from] != f)
        continue;
    for (int i = from; i < line.count; i++)
        cycle = text("%s%s -> ", cycle, ((struct func *)line.at[i])->name);
    error_at(f, text("%s", file_of(f->value)), text("recursion by way of the gate or an allocator: %s%s", cycle, f->name), "AMA_DEPTH(n) at the head of the cycle, or a loop");
}

static int levels_of(int cycle)
{
    int levels = 0;
    for (int i = 0; i < function_count; i++)
        levels += functions[i].cycle == cycle ? functions[i].depth : 0;
    return levels;
}

/* All functions of the cycle, once for each level and once more, and then the deepest way out of it. */
static void through_cycle(struct func *f)
{
    int levels = levels_of(f->cycle), round = 0;
    struct way best = {0};
    for (int i = 0; i < function_count; i++) {
        struct func *x = &functions[i];
        int most = 0;
        if (x->cycle != f->cycle)
            continue;
        for (int k = 0; k < x->edges; k++)
            most = call_bytes(x->edge[k].call) > most ? call_bytes(x->edge[k].call) : most;
        round += frame_of(x) + most;
        deepest_callee(x, &best, 0, false);
    }
    best.bytes += (levels + 1) * round;
    for (int i = 0; i < function_count; i++)
        if (functions[i].cycle == f->cycle)
            way[i] = best;
}

/* Bytes from f's frame down. */
static int below(struct func *f)
{
    struct way *w = &way[f->id];
    if (w->busy)
        recursion(f);
    if (w->busy || w->bytes >= 0)
        return w->busy ? 0 : w->bytes;
    if (f->cycle) {
        through_cycle(f);
        return w->bytes;
    }
    int own = frame_of(f);
    struct way best = {.bytes = own + (f->defined ? library : 0)};
    w->busy = true;
    vec_add(&line, f);
    deepest_callee(f, &best, own, true);
    line.count--;
    *w = best;
    return best.bytes;
}

static const char *way_text(struct func *f)
{
    const char *s = "";
    for (; f; f = way[f->id].next) {
        s = text("%s%s%s", s, *s ? " -> " : "", f->name);
        if (frame_of(f))
            s = text("%s %d", s, frame_of(f));
        if (way[f->id].rest)
            return text("%s -> %s", s, way[f->id].rest);
    }
    return s;
}

/* --- entries --- */

static struct func *function_named(const char *name)
{
    for (int i = 0; i < function_count; i++)
        if (!strcmp(functions[i].name, name))
            return &functions[i];
    return NULL;
}

static int depth_of(const char *name)
{
    struct func *f = function_named(name);
    return f ? below(f) : 0;
}

static void start(const char *sizes, struct equation **all)
{
    static const char *const called_by_compiler[] = {"memcpy", "memset", "memmove", "memcmp"};
    frames_read(sizes);
    way = fresh(function_count * sizeof(*way));
    of_scope = fresh(scope_count * sizeof(*of_scope));
    for (int i = 0; i < function_count; i++)
        way[i].bytes = -1;
    for (int i = 0; i < scope_count; i++)
        of_scope[i].bytes = -1;
    find_insides();
    collect_looks(all);
    for (int i = 0; i < 4; i++) {
        int bytes = depth_of(called_by_compiler[i]);
        library = bytes > library ? bytes : library;
    }
}

/* A line of the report; long ways go on below. */
static void tell(FILE *out, const char *name, int bytes, const char *way_down)
{
    enum { INDENT = 33, WIDTH = 118 };
    int column = fprintf(out, "%-24s %6d ", name, bytes) - 1;
    for (const char *s = way_down; *s;) {
        const char *arrow = strstr(s, " -> ");
        int length = arrow ? (int)(arrow - s) + 3 : (int)strlen(s);
        if (column + length + 1 > WIDTH)
            column = fprintf(out, "\n%*s", INDENT - 1, "") - 1;
        column += fprintf(out, " %.*s", length, s);
        s += length + (arrow != NULL);
    }
    fprintf(out, "\n");
}

/* Nobody of the kernel calls it: assembly does, or a thread begins with it. */
static bool is_top(const struct func *f)
{
    for (int i = 0; i < function_count && f->entry; i++)
        for (int k = 0; k < functions[i].edges; k++)
            if (functions[i].edge[k].to == f)
                return false;
    return f->entry && !f->prim && f->defined;
}

/* The rows of a table of calls: each is an entry for itself. */
static void tell_calls(FILE *out, struct func *dispatch, int base)
{
    struct vec told = {0};
    for (int k = 0; k < dispatch->edges; k++) {
        struct func *to = dispatch->edge[k].to;
        if (!dispatch->edge[k].indirect || vec_has(&told, to))
            continue;
        vec_add(&told, to);
        tell(out, strncmp(to->name, "adapt_", 6) ? to->name : to->name + 6, base + frame_of(dispatch) + below(to), way_text(to));
    }
}

void stacks(const char *report_file, const char *sizes, int room, struct equation **all)
{
    FILE *out = fopen(report_file ? report_file : "/dev/null", "a");
    if (!out) {
        perror(report_file);
        exit(2);
    }
    start(sizes, all);
    int trap = frame_named("kernel_entry") + depth_of("trap_in_kernel"), words = depth_of("panic");
    int last = depth_of("panic_at") > words ? depth_of("panic_at") : words, registers = frame_named("user_entry");
    int on_top = trap + last;
    fprintf(out, "\nDeepest stacks, of %d bytes: in each are %d for the user's registers, %d for an interrupt or fault in the kernel,\n"
            "%d for a panic; behind each function of the deepest way stands its frame with the return address.\n\n", room, registers, trap, last);
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        if (!is_top(f))
            continue;
        int bytes = registers + below(f) + on_top;
        tell(out, f->name, bytes, way_text(f));
        if (bytes > room)
            error_at(f, file_of(f->value), text("the kernel stack has %d bytes, but %d may be needed: %s", room, bytes, way_text(f)),
                     "smaller local variables, or kmalloc() in a scope");
        if (!strcmp(f->name, "syscall_dispatch"))
            tell_calls(out, f, registers + on_top);
    }
    fprintf(out, "\n");
    for (int i = 0; i < scope_count; i++)
        if (of_scope[i].bytes >= 0)
            tell(out, text("scope %s", scopes[i].name), of_scope[i].bytes, of_scope[i].rest);
    fclose(out);
}
