// SPDX-License-Identifier: MIT
/*
 * change.c - what a scope may change before it is done
 *
 * What a parameter leads to through fields can be read at the entry of the scope just as well as later, if nothing in the scope
 * writes there first.  So the fields and variables that the scope's functions store into are collected, with what is copied, what
 * assembly may write, and places whose address is handed on or kept anywhere; objects that a function has just made itself do
 * not count.  The same is asked of functions marked AMA_STATE: do they look at such a place?
 */
#include "tools/amalyzer/amalyzer.h"

static struct vec written;       /* map: fields that this scope may change */

static void collect_stores(const struct func *f, bool *seen);

static const void *field_key(LLVMTypeRef structure, unsigned field) { return (const void *)(((uintptr_t)structure << 8) + 16ul * field + 16); }

static struct vec *kept_places(void);

bool may_change(LLVMTypeRef structure, unsigned field)
{
    return map_get(&written, field_key(structure, field)) || map_get(kept_places(), field_key(structure, field));
}

static bool is_new(LLVMValueRef pointer, int depth);

/* A local structure, or a part of one: its function may look at it before and after. */
static bool is_local(LLVMValueRef pointer)
{
    LLVMValueRef p = stripped(pointer);
    while (LLVMIsAGetElementPtrInst(p))
        p = stripped(LLVMGetOperand(p, 0));
    return LLVMIsAAllocaInst(p) != NULL;
}

/* All callers pass an object that they have just made. */
static bool is_new_parameter(LLVMValueRef parameter, int depth)
{
    LLVMValueRef f = LLVMGetParamParent(parameter);
    unsigned k = 0;
    while (LLVMGetParam(f, k) != parameter)
        k++;
    for (LLVMUseRef u = LLVMGetFirstUse(f); u; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        if (!LLVMIsACallInst(user) || called(user) != f || is_local(LLVMGetArgOperand(user, k)) || !is_new(LLVMGetArgOperand(user, k), depth))
            return false;
    }
    return LLVMGetFirstUse(f) != NULL;
}

/* An object that this function, or one that calls it, has just made: nobody could read it before. */
static bool is_new(LLVMValueRef pointer, int depth)
{
    LLVMValueRef p = stripped(pointer);
    while (LLVMIsAGetElementPtrInst(p))
        p = stripped(LLVMGetOperand(p, 0));
    if (LLVMIsAAllocaInst(p))
        return true;
    if (LLVMIsAArgument(p))
        return depth < 3 && is_new_parameter(p, depth + 1);
    enum prim prim = prim_call(p);
    if (prim)
        return prim <= PRIM_LAST_TAKER;
    struct func *f = is_call(p) ? func_of(called(p)) : NULL;
    if (!f || !f->defined || depth > 3)
        return false;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f->value); b; b = LLVMGetNextBasicBlock(b)) {
        LLVMValueRef last = LLVMGetBasicBlockTerminator(b);
        if (LLVMIsAReturnInst(last) && (!LLVMGetNumOperands(last) || !is_new(LLVMGetOperand(last, 0), depth + 1)))
            return false;
    }
    return true;
}

/* --- places: a field of a structure, or a variable of the kernel --- */

static void note_change(LLVMTypeRef t, unsigned index)
{
    map_put(&written, field_key(t, index), t);
}

static void note_structure(LLVMTypeRef t)
{
    while (LLVMGetTypeKind(t) == LLVMArrayTypeKind)
        t = LLVMGetElementType(t);
    if (LLVMGetTypeKind(t) != LLVMStructTypeKind || !LLVMGetStructName(t))
        return;
    t = representative(t);
    for (unsigned k = 0; k < LLVMCountStructElementTypes(t); k++) {
        note_change(t, k);
        note_structure(LLVMStructGetTypeAtIndex(t, k));
    }
}

struct field {
    LLVMTypeRef in;
    unsigned index;
};

/* All fields that an address goes through, from the outer structure to the inner one. */
static void fields_on_way(LLVMValueRef pointer, struct vec *out)
{
    LLVMValueRef p = stripped(pointer);
    if (!is_address(p))
        return;
    fields_on_way(LLVMGetOperand(p, 0), out);
    LLVMTypeRef t = LLVMGetGEPSourceElementType(p);
    for (int i = 2; i < LLVMGetNumOperands(p); i++) {
        bool is_structure = LLVMGetTypeKind(t) == LLVMStructTypeKind;
        unsigned k = is_structure ? LLVMConstIntGetZExtValue(LLVMGetOperand(p, i)) : 0;
        if (is_structure && LLVMGetStructName(t)) {
            struct field *f = fresh(sizeof(*f));
            *f = (struct field){representative(t), k};
            vec_add(out, f);
        }
        t = is_structure ? LLVMStructGetTypeAtIndex(t, k) : LLVMGetElementType(t);
    }
}

/* What is written there is the innermost one, whatever it lies in; NULL: it is no field. */
static const struct field *innermost_field(LLVMValueRef pointer)
{
    struct vec way = {0};
    fields_on_way(pointer, &way);
    return way.count ? way.at[way.count - 1] : NULL;
}

/* What an address is counted from, through elements and fields. */
LLVMValueRef base_of(LLVMValueRef pointer)
{
    LLVMValueRef p = stripped(pointer);
    while (is_address(p))
        p = stripped(LLVMGetOperand(p, 0));
    return p;
}

bool variable_changes(LLVMValueRef variable) { return map_get(&written, variable) || map_get(kept_places(), variable); }

static bool is_choice(LLVMValueRef v) { return LLVMIsAPHINode(v) || LLVMIsASelectInst(v); }

/* One of the pointers that a choice is made of; NULL: there are no more. */
static LLVMValueRef chosen(LLVMValueRef v, unsigned i)
{
    if (LLVMIsASelectInst(v))
        return i < 2 ? LLVMGetOperand(v, i + 1) : NULL;
    return i < LLVMCountIncoming(v) ? LLVMGetIncomingValue(v, i) : NULL;
}
enum { CHOICES = 4 };            /* of choices; loops come back to their first */

/* The structures that the pointer leads to, as its function sees it: a void pointer by what it is cast to. */
static void note_pointed(LLVMValueRef p)
{
    if (LLVMGetTypeKind(LLVMTypeOf(p)) == LLVMPointerTypeKind)
        note_structure(LLVMGetElementType(LLVMTypeOf(p)));
    for (LLVMUseRef u = LLVMIsAInstruction(p) || LLVMIsAArgument(p) ? LLVMGetFirstUse(p) : NULL; u; u = LLVMGetNextUse(u)) {
        LLVMValueRef cast = LLVMGetUser(u);
        if (LLVMIsABitCastInst(cast) && LLVMGetTypeKind(LLVMTypeOf(cast)) == LLVMPointerTypeKind)
            note_structure(LLVMGetElementType(LLVMTypeOf(cast)));
    }
}

static bool is_structure_pointer(LLVMValueRef p)
{
    LLVMTypeRef t = LLVMTypeOf(p);
    return LLVMGetTypeKind(t) == LLVMPointerTypeKind && LLVMGetTypeKind(LLVMGetElementType(t)) == LLVMStructTypeKind;
}

/* Something is written there; whole: all of what stands there. */
static void note_pointer(LLVMValueRef pointer, bool whole, int depth)
{
    LLVMValueRef p = stripped(pointer), base = base_of(p);
    const struct field *f = innermost_field(p);
    for (unsigned i = 0; is_choice(p) && depth < CHOICES && chosen(p, i); i++)
        note_pointer(chosen(p, i), whole, depth + 1);
    if (is_new(p, 0))
        return;
    if (LLVMIsAGlobalVariable(base))
        map_put(&written, base, base);
    if (f)
        note_change(f->in, f->index);
    if (whole || is_structure_pointer(p)) /* a small structure is stored as a number */
        note_pointed(p);
}

/* memcpy() and the like, as the kernel's own functions. */
static bool copies(LLVMValueRef i)
{
    const char *name = is_call(i) && LLVMIsAFunction(called(i)) ? name_of(called(i)) : "";
    return !strcmp(name, "memcpy") || !strcmp(name, "memmove") || !strcmp(name, "memset");
}

LLVMValueRef written_by(LLVMValueRef i, bool *whole)
{
    *whole = LLVMIsAMemCpyInst(i) || LLVMIsAMemMoveInst(i) || LLVMIsAMemSetInst(i) || copies(i);
    if (*whole)
        return LLVMGetArgOperand(i, 0);
    return LLVMIsAStoreInst(i) ? LLVMGetOperand(i, 1) : LLVMIsAAtomicRMWInst(i) || LLVMIsAAtomicCmpXchgInst(i) ? LLVMGetOperand(i, 0) : NULL;
}

static void collect_store(LLVMValueRef i)
{
    bool whole;
    LLVMValueRef pointer = written_by(i, &whole);
    if (pointer)
        note_pointer(pointer, whole, 0);
    if (whole && !LLVMIsAMemSetInst(i) && !is_new(pointer, 0)) /* what is copied tells what it is, too */
        note_pointed(stripped(LLVMGetArgOperand(i, 1)));
}

/* What is no structure, which is written field by field. */
static bool is_plain(LLVMTypeRef t)
{
    while (LLVMGetTypeKind(t) == LLVMArrayTypeKind)
        t = LLVMGetElementType(t);
    return LLVMGetTypeKind(t) == LLVMIntegerTypeKind || LLVMGetTypeKind(t) == LLVMPointerTypeKind;
}

/* The place whose address this is, if it holds a number or a pointer: whoever has the address may write there. */
static const void *plain_place(LLVMValueRef address)
{
    LLVMValueRef p = stripped(address);
    const struct field *f = innermost_field(p);
    if (LLVMGetTypeKind(LLVMTypeOf(p)) != LLVMPointerTypeKind || is_new(p, 0))
        return NULL;
    if (f)
        return is_plain(LLVMStructGetTypeAtIndex(f->in, f->index)) ? field_key(f->in, f->index) : NULL;
    p = base_of(p);
    return LLVMIsAGlobalVariable(p) && !LLVMIsGlobalConstant(p) && is_plain(LLVMGlobalGetValueType(p)) ? p : NULL;
}

/* The same of each address that a choice is made of. */
static void note_places(LLVMValueRef address, struct vec *out, int depth)
{
    LLVMValueRef p = stripped(address);
    const void *place = plain_place(p);
    if (place)
        map_put(out, place, address);
    for (unsigned i = 0; is_choice(p) && depth < CHOICES && chosen(p, i); i++)
        note_places(chosen(p, i), out, depth + 1);
}

/* Addresses that are handed to a function, or to assembly. */
static void collect_addresses(LLVMValueRef call)
{
    bool assembly = LLVMIsACallInst(call) && LLVMIsAInlineAsm(LLVMGetCalledValue(call));
    for (unsigned i = 0; (assembly || (is_call(call) && !copies(call))) && i < LLVMGetNumArgOperands(call); i++) {
        LLVMValueRef argument = LLVMGetArgOperand(call, i);
        bool ours = assembly || !LLVMIsAFunction(called(call)) || func_of(called(call));
        if (ours)
            note_places(argument, &written, 0);
        if (assembly && LLVMGetTypeKind(LLVMTypeOf(argument)) == LLVMPointerTypeKind)
            note_pointer(argument, true, 0);
    }
}

static void keep_initialiser(LLVMValueRef constant, struct vec *out)
{
    note_places(constant, out, 0);
    for (int i = 0; (LLVMIsAConstantStruct(constant) || LLVMIsAConstantArray(constant)) && i < LLVMGetNumOperands(constant); i++)
        keep_initialiser(LLVMGetOperand(constant, i), out);
}

/* Places whose address is kept somewhere: from then on anybody may write there. */
static struct vec *kept_places(void)
{
    static struct vec kept;
    static bool done;
    for (int i = 0; !done && i < function_count; i++)
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(functions[i].value); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef v = LLVMGetFirstInstruction(b); v; v = LLVMGetNextInstruction(v)) {
                bool keeps = LLVMIsAStoreInst(v) || (LLVMIsAReturnInst(v) && LLVMGetNumOperands(v));
                if (keeps)
                    note_places(LLVMGetOperand(v, 0), &kept, LLVMIsAReturnInst(v) ? CHOICES : 0);
                if (LLVMIsAInsertValueInst(v))
                    note_places(LLVMGetOperand(v, 1), &kept, 0);
            }
    for (LLVMValueRef g = LLVMGetFirstGlobal(module); g && !done; g = LLVMGetNextGlobal(g))
        if (LLVMGetInitializer(g) && strncmp(name_of(g), "llvm.", 5))
            keep_initialiser(LLVMGetInitializer(g), &kept);
    done = true;
    return &kept;
}

/* --- who looks there --- */

static bool sees_change(LLVMValueRef pointer, int depth)
{
    LLVMValueRef p = stripped(pointer), base = base_of(p);
    struct vec way = {0};
    fields_on_way(p, &way);
    bool changes = LLVMIsAGlobalVariable(base) && variable_changes(base);
    for (int i = 0; i < way.count; i++) {
        const struct field *f = way.at[i];
        changes |= may_change(f->in, f->index);
    }
    for (unsigned i = 0; is_choice(p) && depth < CHOICES && chosen(p, i); i++)
        changes |= sees_change(chosen(p, i), depth + 1);
    return changes;
}

/* A structure is copied: all its fields are looked at. */
static bool sees_changed_structure(LLVMValueRef source)
{
    LLVMTypeRef t = LLVMTypeOf(stripped(source));
    t = LLVMGetTypeKind(t) == LLVMPointerTypeKind ? LLVMGetElementType(t) : t;
    bool changes = false;
    if (LLVMGetTypeKind(t) == LLVMStructTypeKind && LLVMGetStructName(t))
        for (unsigned k = 0; k < LLVMCountStructElementTypes(t); k++)
            changes |= may_change(representative(t), k);
    return changes;
}

static void collect_reads(const struct func *f, bool *seen, bool *changes)
{
    if (seen[f->id] || *changes || !f->defined)
        return;
    seen[f->id] = true;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f->value); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            *changes |= (LLVMIsALoadInst(i) && sees_change(LLVMGetOperand(i, 0), 0)) ||
                        (LLVMIsAMemCpyInst(i) && !is_local(LLVMGetArgOperand(i, 1)) && sees_changed_structure(LLVMGetArgOperand(i, 1)));
    for (int k = 0; k < f->edges; k++)
        collect_reads(f->edge[k].to, seen, changes);
}

bool looks_at_changes(const struct func *f)
{
    const char *held = mark_starting(f->value, "ama:held=");
    if (held && (!strcmp(held, "fixed") || !strcmp(held, "load")))
        return false;
    bool changes = false;
    collect_reads(f, fresh(function_count), &changes);
    return changes;
}

/* What any function of the kernel stores. */
static struct vec stores_of_kernel(void)
{
    static struct vec all;
    static bool done;
    if (done)
        return all;
    struct vec of_scope = written;
    bool *seen = fresh(function_count);
    written = (struct vec){0};
    for (int i = 0; i < function_count; i++)
        collect_stores(&functions[i], seen);
    all = written;
    written = of_scope;
    done = true;
    return all;
}

bool sees_mutable(struct func *f)
{
    const char *held = mark_starting(f->value, "ama:held=");
    if (held && !strcmp(held, "fixed"))
        return false;
    struct vec of_scope = written;
    bool changes = false;
    written = stores_of_kernel();
    collect_reads(f, fresh(function_count), &changes);
    written = of_scope;
    return changes;
}

bool is_mutable(LLVMTypeRef structure, unsigned field)
{
    struct vec of_kernel = stores_of_kernel();
    return map_get(&of_kernel, field_key(structure, field)) || may_change(structure, field);
}

static void collect_stores(const struct func *f, bool *seen)
{
    if (seen[f->id] || !f->defined || f->prim)
        return;
    seen[f->id] = true;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f->value); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            collect_store(i);
            collect_addresses(i);
        }
    for (int k = 0; k < f->edges; k++)
        collect_stores(f->edge[k].to, seen);
}

static bool leads_to(const struct func *from, const struct func *to, bool *seen)
{
    if (from == to || seen[from->id] || from->prim)
        return from == to;
    seen[from->id] = true;
    bool found = false;
    for (int k = 0; k < from->edges && !found; k++)
        found = leads_to(from->edge[k].to, to, seen);
    return found;
}

bool reaches(const struct func *from, const struct func *to) { return leads_to(from, to, fresh(function_count)); }

/* An operation's need is asked for before its scope does anything: what any scope stores that calls it may change meanwhile. */
void changes_begin(const struct func *body)
{
    written = (struct vec){0};
    collect_stores(body, fresh(function_count));
    for (int i = 0; i < scope_count; i++)
        if (!scopes[i].is_op && scopes[i].slot[SLOT_BODY] && reaches(scopes[i].slot[SLOT_BODY], body))
            collect_stores(scopes[i].slot[SLOT_BODY], fresh(function_count));
}
