// SPDX-License-Identifier: MIT
/*
 * change.c - what a scope may change before it is done
 *
 * What a parameter leads to through fields can be read at the entry of the scope just as well as later, if nothing in the scope
 * writes there first.  So the fields that the scope's functions store into are collected; objects that a function has just made
 * itself do not count.  The same is asked of functions marked AMA_STATE: do they look at a field that is stored into?
 */
#include "tools/amalyzer/amalyzer.h"

static struct vec written;       /* map: fields that this scope may change */

static void collect_stores(const struct func *f, bool *seen);

static const void *field_key(LLVMTypeRef structure, unsigned field) { return (const void *)(((uintptr_t)structure << 8) + 16ul * field + 16); }

bool may_change(LLVMTypeRef structure, unsigned field) { return map_get(&written, field_key(structure, field)); }

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

static void note_change(LLVMTypeRef t, unsigned index)
{
    map_put(&written, field_key(t, index), t);
}

LLVMValueRef written_by(LLVMValueRef i, bool *whole)
{
    *whole = LLVMIsAMemCpyInst(i) || LLVMIsAMemSetInst(i);
    if (*whole)
        return LLVMGetArgOperand(i, 0);
    return LLVMIsAStoreInst(i) ? LLVMGetOperand(i, 1) : LLVMIsAAtomicRMWInst(i) || LLVMIsAAtomicCmpXchgInst(i) ? LLVMGetOperand(i, 0) : NULL;
}

static void note_structure(LLVMTypeRef t)
{
    if (LLVMGetTypeKind(t) != LLVMStructTypeKind || !LLVMGetStructName(t))
        return;
    t = representative(t);
    for (unsigned k = 0; k < LLVMCountStructElementTypes(t); k++) {
        note_change(t, k);
        note_structure(LLVMStructGetTypeAtIndex(t, k));
    }
}

static void collect_store(LLVMValueRef i)
{
    LLVMTypeRef t;
    unsigned index;
    bool whole;
    LLVMValueRef pointer = written_by(i, &whole);
    if (!pointer || is_new(pointer, 0))
        return;
    if (field_of(pointer, &t, &index)) {
        note_change(t, index);
        if (whole)
            note_structure(LLVMStructGetTypeAtIndex(t, index));
    } else if (whole) {
        t = LLVMTypeOf(stripped(pointer));
        if (LLVMGetTypeKind(t) == LLVMPointerTypeKind)
            note_structure(LLVMGetElementType(t));
    }
}

/* A number or pointer in a structure whose address is handed to a function may be written there. */
static void collect_addresses(LLVMValueRef call)
{
    LLVMTypeRef t;
    unsigned index;
    for (unsigned i = 0; is_call(call) && func_of(called(call)) && i < LLVMGetNumArgOperands(call); i++) {
        LLVMValueRef argument = LLVMGetArgOperand(call, i);
        if (LLVMGetTypeKind(LLVMTypeOf(argument)) != LLVMPointerTypeKind || !field_of(argument, &t, &index))
            continue;
        LLVMTypeKind kind = LLVMGetTypeKind(LLVMStructGetTypeAtIndex(t, index));
        if (kind == LLVMIntegerTypeKind || kind == LLVMPointerTypeKind)
            note_change(t, index);
    }
}

static void collect_reads(const struct func *f, bool *seen, bool *changes)
{
    LLVMTypeRef t;
    unsigned index;
    if (seen[f->id] || *changes || !f->defined)
        return;
    seen[f->id] = true;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f->value); b; b = LLVMGetNextBasicBlock(b))
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i))
            *changes |= LLVMIsALoadInst(i) && field_of(LLVMGetOperand(i, 0), &t, &index) && may_change(t, index);
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

bool sees_mutable(struct func *f)
{
    static bool *all;
    static struct vec of_kernel;
    const char *held = mark_starting(f->value, "ama:held=");
    if (held && !strcmp(held, "fixed"))
        return false;
    struct vec of_scope = written;
    bool changes = false;
    if (!all) {
        all = fresh(function_count);
        written = (struct vec){0};
        for (int i = 0; i < function_count; i++)
            collect_stores(&functions[i], all);
        of_kernel = written;
    }
    written = of_kernel;
    collect_reads(f, fresh(function_count), &changes);
    written = of_scope;
    return changes;
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

static bool reaches(const struct func *from, const struct func *to, bool *seen)
{
    if (from == to || seen[from->id] || from->prim)
        return from == to;
    seen[from->id] = true;
    bool found = false;
    for (int k = 0; k < from->edges && !found; k++)
        found = reaches(from->edge[k].to, to, seen);
    return found;
}

/* An operation's need is asked for before its scope does anything: what any scope stores that calls it may change meanwhile. */
void changes_begin(const struct func *body)
{
    written = (struct vec){0};
    collect_stores(body, fresh(function_count));
    for (int i = 0; i < scope_count; i++)
        if (!scopes[i].is_op && scopes[i].slot[SLOT_BODY] && reaches(scopes[i].slot[SLOT_BODY], body, fresh(function_count)))
            collect_stores(scopes[i].slot[SLOT_BODY], fresh(function_count));
}
