// SPDX-License-Identifier: MIT
/*
 * graph.c - who calls whom, and from where an allocator can be reached
 *
 * A call through a pointer is followed exactly.  Where the pointer is read from a field of a structure, the targets are the
 * functions that stand in that field in any constant of that type (tables of operations), and those that some store puts there;
 * where it is a variable, what is stored into it; where it is a parameter, what the callers pass.  A pointer that comes from elsewhere is an error: its targets are not known.
 *
 * Allocators are known by name and not looked into.  The gate is not looked into either: behind it begins a scope.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

struct func *functions;
struct scope *scopes;
int function_count, edge_count, indirect_count, scope_count;
static struct vec by_value, constants, stores; /* maps: function; type to constants of it; type to stores into it */

/* Where a structure holds functions whose parameters hold it again, the compiler may give a table no name of its type. */
struct table {
    const char *tag;
    LLVMValueRef constant;
};
static struct vec nameless;      /* struct table */

static const struct {
    const char *name;
    enum prim prim;
} known[] = {
    {"kmem_cache_alloc", PRIM_OBJECT}, {"kmalloc", PRIM_KMALLOC}, {"kmalloc_upto", PRIM_KMALLOC_UPTO}, {"frame_take", PRIM_FRAME},
    {"frame_take_zeroed", PRIM_FRAME}, {"alloc_pages", PRIM_BLOCK}, {"vmalloc", PRIM_VMALLOC}, {"charge_take", PRIM_CHARGE},
    {"resource_take", PRIM_RESOURCE}, {"kmem_cache_free", PRIM_OBJECT_FREE}, {"kfree", PRIM_KFREE}, {"frame_put", PRIM_FRAME_PUT},
    {"free_pages", PRIM_BLOCK_FREE}, {"vfree", PRIM_VFREE}, {"gate_call", PRIM_GATE}, {"ama_mark_bound", PRIM_BOUND},
    {"ama_mark_iter", PRIM_ITER}, {"ama_mark_upto", PRIM_UPTO}, {"ama_mark_depth", PRIM_DEPTH},
    {"ama_mark_at_most", PRIM_AT_MOST}, {"ama_mark_takes", PRIM_TAKES}, {"ama_mark_uses", PRIM_USES},
    {"ama_mark_reads", PRIM_READS}, {"ama_mark_passes", PRIM_PASSES}, {"ama_mark_only_if", PRIM_ONLY_IF},
    {"ama_mark_covers", PRIM_COVERS}, {"ama_mark_covered", PRIM_COVERED}, {"ama_mark_as", PRIM_AS},
    {"panic", PRIM_PANIC}, {"panic_at", PRIM_PANIC},
};

static enum prim prim_named(const char *name)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (!strcmp(known[i].name, name))
            return known[i].prim;
    return PRIM_NONE;
}

struct func *func_of(LLVMValueRef function) { return map_get(&by_value, function); }

enum prim prim_call(LLVMValueRef i)
{
    struct func *f = is_call(i) ? func_of(called(i)) : NULL;
    return f ? f->prim : PRIM_NONE;
}

/* --- where pointers to functions are kept --- */

static struct vec *list_under(struct vec *map, const void *key)
{
    struct vec *v = map_get(map, key);
    if (!v) {
        v = fresh(sizeof(*v));
        map_put(map, key, v);
    }
    return v;
}

static void index_constant(LLVMValueRef c, const char *tag)
{
    if (!LLVMIsAConstantStruct(c) && !LLVMIsAConstantArray(c))
        return;
    if (LLVMIsAConstantStruct(c))
        vec_add(list_under(&constants, representative(LLVMTypeOf(c))), c);
    if (LLVMIsAConstantStruct(c) && !LLVMGetStructName(LLVMTypeOf(c)) && tag) {
        struct table *t = fresh(sizeof(*t));
        *t = (struct table){tag, c};
        vec_add(&nameless, t);
    }
    for (int i = 0; i < LLVMGetNumOperands(c); i++)
        index_constant(LLVMGetOperand(c, i), tag);
}

bool field_of(LLVMValueRef pointer, LLVMTypeRef *structure, unsigned *index)
{
    LLVMValueRef p = stripped(pointer);
    for (;;) {
        if (!is_address(p))
            return false;
        *structure = LLVMGetGEPSourceElementType(p);
        if (LLVMGetTypeKind(*structure) == LLVMStructTypeKind && LLVMGetNumOperands(p) >= 3) {
            *structure = representative(*structure);
            *index = LLVMConstIntGetZExtValue(LLVMGetOperand(p, 2));
            return true;
        }
        p = stripped(LLVMGetOperand(p, 0));
    }
}

static void index_store(LLVMValueRef i)
{
    LLVMTypeRef t;
    unsigned index;
    if (LLVMIsAStoreInst(i) && field_of(LLVMGetOperand(i, 1), &t, &index))
        vec_add(list_under(&stores, t), i);
}

#define EACH_INSTRUCTION(i, f)                                                                                          \
    for (LLVMBasicBlockRef block_ = LLVMGetFirstBasicBlock(f); block_; block_ = LLVMGetNextBasicBlock(block_))          \
        for (LLVMValueRef i = LLVMGetFirstInstruction(block_); i; i = LLVMGetNextInstruction(i))

static void index_all(void)
{
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
        if (LLVMGetInitializer(g))
            index_constant(LLVMGetInitializer(g), tag_of_global(g));
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        EACH_INSTRUCTION(i, f)
            index_store(i);
}

/* --- targets of calls --- */

static bool targets(LLVMValueRef v, struct vec *out, int depth);

struct vec tables_of(LLVMTypeRef t)
{
    struct vec all = {0}, *named = map_get(&constants, t);
    const char *tag = tag_of(t);
    for (int i = 0; tag && i < nameless.count; i++) {
        struct table *n = nameless.at[i];
        if (!strcmp(n->tag, tag) && LLVMGetNumOperands(n->constant) == (int)LLVMCountStructElementTypes(t))
            vec_add(&all, n->constant);
    }
    for (int i = 0; named && i < named->count; i++)
        vec_add(&all, named->at[i]);
    return all;
}

bool field_targets(LLVMTypeRef t, unsigned index, struct vec *out, int depth)
{
    struct vec tables = tables_of(t), *written = map_get(&stores, t);
    bool sure = true;
    for (int i = 0; i < tables.count; i++)
        sure &= targets(LLVMGetOperand(tables.at[i], index), out, depth);
    for (int i = 0; written && i < written->count; i++) {
        LLVMTypeRef same;
        unsigned at;
        field_of(LLVMGetOperand(written->at[i], 1), &same, &at);
        if (at == index)
            sure &= targets(LLVMGetOperand(written->at[i], 0), out, depth);
    }
    return sure;
}

/* What is, or is copied from, a constant. */
static bool constant_targets(LLVMValueRef from, struct vec *out, int depth)
{
    LLVMValueRef constant = stripped(from), content = LLVMIsAGlobalVariable(constant) ? LLVMGetInitializer(constant) : NULL;
    if (content && !LLVMIsAConstantStruct(content))
        return targets(content, out, depth);
    bool sure = content && LLVMIsAConstantStruct(content);
    for (int i = 0; sure && i < LLVMGetNumOperands(content); i++)
        sure &= targets(LLVMGetOperand(content, i), out, depth);
    return sure;
}

/* A variable: what it begins with, and what is stored into it. */
static bool variable_targets(LLVMValueRef variable, struct vec *out, int depth)
{
    if (LLVMIsAGlobalVariable(variable) && LLVMIsGlobalConstant(variable))
        return constant_targets(variable, out, depth);
    LLVMValueRef first = LLVMIsAGlobalVariable(variable) ? LLVMGetInitializer(variable) : NULL;
    bool sure = !first || targets(first, out, depth);
    for (LLVMUseRef u = LLVMGetFirstUse(variable); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if (LLVMIsABitCastInst(user))
            sure &= variable_targets(user, out, depth);
        else if (LLVMIsAStoreInst(user))
            sure &= LLVMGetOperand(user, 1) == variable && targets(LLVMGetOperand(user, 0), out, depth);
        else if (LLVMIsAMemCpyInst(user))
            sure &= constant_targets(LLVMGetArgOperand(user, 1), out, depth);
        else
            sure &= LLVMIsALoadInst(user) != NULL;
    }
    return sure;
}

static bool element_targets(LLVMValueRef pointer, struct vec *out, int depth)
{
    LLVMValueRef array = LLVMIsAGetElementPtrInst(pointer) ? stripped(LLVMGetOperand(pointer, 0)) : NULL;
    LLVMValueRef content = array && LLVMIsAGlobalVariable(array) ? LLVMGetInitializer(array) : NULL;
    bool sure = content && LLVMIsAConstantArray(content);
    for (int i = 0; sure && i < LLVMGetNumOperands(content); i++)
        sure &= targets(LLVMGetOperand(content, i), out, depth);
    return sure;
}

/* What the callers pass. */
static bool passed_targets(LLVMValueRef parameter, struct vec *out, int depth)
{
    LLVMValueRef f = LLVMGetParamParent(parameter);
    unsigned k = 0;
    bool sure = true;
    while (LLVMGetParam(f, k) != parameter)
        k++;
    for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        bool direct = LLVMIsACallInst(user) && called(user) == f;
        sure &= direct && targets(LLVMGetArgOperand(user, k), out, depth);
    }
    return sure;
}

static bool targets(LLVMValueRef v, struct vec *out, int depth)
{
    LLVMTypeRef t;
    unsigned index;
    v = stripped(v);
    if (depth > 8)
        return false;
    if (LLVMIsAConstantPointerNull(v))
        return true;
    if (LLVMIsAFunction(v)) {
        if (!vec_has(out, func_of(v)))
            vec_add(out, func_of(v));
        return true;
    }
    if (LLVMIsAArgument(v))
        return passed_targets(v, out, depth + 1);
    if (LLVMIsAPHINode(v)) {
        bool sure = true;
        for (unsigned i = 0; i < LLVMCountIncoming(v); i++)
            sure &= targets(LLVMGetIncomingValue(v, i), out, depth + 1);
        return sure;
    }
    if (!LLVMIsALoadInst(v))
        return false;
    LLVMValueRef pointer = stripped(LLVMGetOperand(v, 0));
    if (LLVMIsAAllocaInst(pointer) || LLVMIsAGlobalVariable(pointer))
        return variable_targets(pointer, out, depth + 1);
    return field_of(pointer, &t, &index) ? field_targets(t, index, out, depth + 1) : element_targets(pointer, out, depth + 1);
}

bool call_targets(LLVMValueRef call, struct vec *out) { return targets(LLVMGetCalledValue(call), out, 0); }

bool paired_need(LLVMValueRef call, LLVMTypeRef *t, unsigned *index)
{
    LLVMValueRef v = stripped(LLVMGetCalledValue(call));
    if (!LLVMIsALoadInst(v) || !field_of(LLVMGetOperand(v, 0), t, index))
        return false;
    const char *name = field_name(*t, *index), *wanted = name ? text("%s_need", name) : NULL;
    for (unsigned i = 0; wanted && i < LLVMCountStructElementTypes(*t); i++) {
        const char *other = field_name(*t, i);
        if (!other || strcmp(other, wanted))
            continue;
        *index = i;
        return true;
    }
    return false;
}

/* --- functions and edges --- */

static bool is_ours(LLVMValueRef f) { return strncmp(name_of(f), "llvm.", 5); }

static void add_function(LLVMValueRef v)
{
    struct func *f = &functions[function_count];
    *f = (struct func){.value = v, .name = name_of(v), .id = function_count++, .defined = !LLVMIsDeclaration(v)};
    f->prim = prim_named(f->name);
    f->state = mark_starting(v, "ama:state") != NULL;
    map_put(&by_value, v, f);
}

/* A function of a header is in every file that includes it: the first one stands for all. */
LLVMValueRef first_of(const struct func *f)
{
    static struct vec first; /* functions of headers, one of each */
    const char *file = file_of(f->value);
    if (!strstr(file, ".h"))
        return f->value;
    for (int i = 0; i < first.count; i++) {
        const struct func *other = first.at[i];
        if (!strcmp(other->name, f->name) && !strcmp(file_of(other->value), file))
            return other->value;
    }
    vec_add(&first, (void *)f);
    return f->value;
}

static void add_edge(struct func *f, LLVMValueRef call, struct func *to, bool indirect)
{
    if (!to)
        return;
    if (!(f->edges & (f->edges - 1)))
        f->edge = realloc(f->edge, (f->edges ? 2 * f->edges : 1) * sizeof(*f->edge));
    f->edge[f->edges++] = (struct edge){call, to, indirect};
    edge_count++;
}

/* The layout of struct scope: name, flags, then the slots. */
enum { FLAGS = 1, FIRST_SLOT = 2 };

/* The gate runs the slots of a scope: there begins what is analyzed on its own. */
static bool is_slot(struct func *f, LLVMValueRef call)
{
    LLVMTypeRef t;
    unsigned index;
    LLVMValueRef v = stripped(LLVMGetCalledValue(call));
    const char *tag = LLVMIsALoadInst(v) && field_of(LLVMGetOperand(v, 0), &t, &index) ? tag_of(t) : NULL;
    bool found = tag && !strcmp(tag, "scope");
    if (found)
        f->slots |= 1u << (index - FIRST_SLOT);
    return found;
}

static void add_call(struct func *f, LLVMValueRef call)
{
    LLVMValueRef to = called(call);
    struct vec all = {0};
    if (LLVMIsAFunction(to)) {
        add_edge(f, call, func_of(to), false);
        if (prim_call(call) == PRIM_DEPTH)
            f->depth = LLVMConstIntGetZExtValue(LLVMGetArgOperand(call, 0));
        return;
    }
    indirect_count++;
    if (is_slot(f, call))
        return;
    if (!call_targets(call, &all) || !all.count)
        error_at(f, place_of(call), "what this call through a pointer reaches is not known",
                 "keep functions in the fields of const tables, without casts and copies");
    for (int i = 0; i < all.count; i++)
        add_edge(f, call, all.at[i], true);
}

static void add_calls(struct func *f)
{
    unsigned first = ~0u, last = 0;
    EACH_INSTRUCTION(i, f->value) {
        unsigned line = LLVMGetDebugLocLine(i);
        first = line && line < first ? line : first;
        last = line > last ? line : last;
        if (is_call(i))
            add_call(f, i);
    }
    f->lines = last ? last - first + 1 : 1;
}

/* --- operations: who implements an operation of a port declares need_FUNCTION(), and that is derived --- */

static struct func *named(const char *name)
{
    for (int i = 0; i < function_count; i++)
        if (functions[i].defined && !strcmp(functions[i].name, name))
            return &functions[i];
    return NULL;
}

static bool reaches_port(struct func *f, bool *seen)
{
    LLVMTypeRef t;
    unsigned index;
    if (seen[f->id])
        return false;
    seen[f->id] = true;
    for (int k = 0; k < f->edges; k++)
        if ((f->edge[k].indirect && paired_need(f->edge[k].call, &t, &index)) || reaches_port(f->edge[k].to, seen))
            return true;
    return false;
}

static void add_scope(struct scope s)
{
    scopes = realloc(scopes, (scope_count + 1) * sizeof(*scopes));
    scopes[scope_count++] = s;
}

static bool is_need_of_scope(const struct func *need)
{
    for (int i = 0; i < scope_count; i++)
        if (scopes[i].slot[SLOT_NEED] == need)
            return true;
    return false;
}

/* They come before the scopes, those that call operations themselves after the others. */
static void find_operations(void)
{
    struct vec early = {0}, late = {0};
    struct scope *real = scopes;
    int reals = scope_count;
    for (int i = 0; i < function_count; i++) {
        struct func *need = &functions[i];
        struct func *f = !need->defined && !strncmp(need->name, "need_", 5) ? named(need->name + 5) : NULL;
        if (f && !is_need_of_scope(need))
            vec_add(reaches_port(f, fresh(function_count)) ? &late : &early, f);
    }
    scopes = NULL;
    scope_count = 0;
    for (int i = 0; i < early.count + late.count; i++) {
        struct func *f = i < early.count ? early.at[i] : late.at[i - early.count];
        add_scope((struct scope){.name = f->name, .slot[SLOT_BODY] = f, .derived = true, .is_op = true});
    }
    for (int i = 0; i < reals; i++)
        add_scope(real[i]);
}

/* --- scopes --- */

static struct func *slot_function(LLVMValueRef scope, unsigned index)
{
    LLVMValueRef f = stripped(LLVMGetOperand(scope, index));
    return LLVMIsAFunction(f) ? func_of(f) : NULL;
}

static void look_for_scope(LLVMValueRef g)
{
    enum { LARGE = 4 };
    LLVMTypeRef t = LLVMGlobalGetValueType(g);
    const char *tag = tag_of(t);
    LLVMValueRef content = LLVMGetInitializer(g);
    if (!tag || strcmp(tag, "scope") || !content || strncmp(name_of(g), "scope_", 6))
        return;
    struct scope s = {.name = name_of(g) + 6, .global = g};
    s.large = LLVMConstIntGetZExtValue(LLVMGetOperand(content, FLAGS)) & LARGE;
    int k = 0;
    for (unsigned i = FIRST_SLOT; i < LLVMCountStructElementTypes(t) && k <= SLOT_UNGUARD; i++)
        if (LLVMGetTypeKind(LLVMTypeOf(LLVMGetOperand(content, i))) == LLVMPointerTypeKind)
            s.slot[k++] = slot_function(content, i);
    struct func *need = s.slot[SLOT_NEED];
    s.derived = need && !need->defined;
    add_scope(s);
}

/* --- all --- */

static bool is_passed_on(LLVMValueRef f)
{
    for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if ((LLVMIsACallInst(user) && called(user) != f) || LLVMIsAStoreInst(user))
            return true;
    }
    return false;
}

static void find_entries(const struct vec *names)
{
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        f->entry = f->defined && is_passed_on(f->value);
        for (int k = 0; k < names->count; k++)
            f->entry |= !strcmp(names->at[k], f->name);
        f->entry |= f->defined && !names->count && !LLVMGetFirstUse(f->value);
    }
}

static void find_takers(void)
{
    bool again = true;
    for (int i = 0; i < function_count; i++)
        functions[i].takes = functions[i].prim && functions[i].prim <= PRIM_LAST_TAKER;
    while (again) {
        again = false;
        for (int i = 0; i < function_count; i++) {
            struct func *f = &functions[i];
            for (int k = 0; k < f->edges && !f->takes && !f->prim; k++)
                f->takes = f->edge[k].to->takes;
            again |= f->takes && !f->epoch;
            f->epoch = f->takes;
        }
    }
    for (int i = 0; i < function_count; i++)
        functions[i].epoch = 0;
}

void graph_build(const struct vec *entries)
{
    int room = 0;
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        room += is_ours(f);
    functions = fresh(room * sizeof(*functions));
    for (LLVMValueRef f = LLVMGetFirstFunction(module); f; f = LLVMGetNextFunction(f))
        if (is_ours(f))
            add_function(f);
    find_entries(entries);
    index_all();
    for (int i = 0; i < function_count; i++)
        if (functions[i].defined)
            add_calls(&functions[i]);
    find_takers();
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g; g = LLVMGetNextGlobal(g))
        look_for_scope(g);
    find_operations();
}
