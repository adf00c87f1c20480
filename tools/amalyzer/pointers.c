// SPDX-License-Identifier: MIT
/*
 * pointers.c - pointers to functions stay where the calls through them are looked up
 *
 * A call through a field is followed to the functions that stand in that field of the tables of its type (graph.c).  That is all
 * of them only if no table is taken for one of another type, or copied into one, and if no pointer to a function is stored where
 * no field is seen.  And a function that takes memory and whose address is taken must be found by some call: where it is not, the
 * call that reaches it is one that nobody has seen.  Beside an operation in a table stands the need that was derived from it.
 */
#include "tools/amalyzer/amalyzer.h"

static const char *const advice = "keep functions in the fields of const tables, without casts and copies";

/* --- tables --- */

static bool has_functions(LLVMValueRef constant)
{
    constant = stripped(constant);
    if (LLVMIsAFunction(constant))
        return true;
    bool found = false;
    for (int i = 0; (LLVMIsAConstantStruct(constant) || LLVMIsAConstantArray(constant)) && i < LLVMGetNumOperands(constant) && !found; i++)
        found = has_functions(LLVMGetOperand(constant, i));
    return found;
}

/* The table that an address lies in; NULL: it is none with functions.  What local variables begin with is followed in graph.c. */
static LLVMValueRef table_of(LLVMValueRef address)
{
    LLVMValueRef base = base_of(address);
    bool found = LLVMIsAGlobalVariable(base) && LLVMGetInitializer(base) && has_functions(LLVMGetInitializer(base));
    return found && strncmp(name_of(base), "__const.", 8) ? base : NULL;
}

static LLVMTypeRef structure_at(LLVMValueRef pointer)
{
    LLVMTypeRef t = LLVMTypeOf(pointer);
    t = LLVMGetTypeKind(t) == LLVMPointerTypeKind ? LLVMGetElementType(t) : t;
    while (LLVMGetTypeKind(t) == LLVMArrayTypeKind)
        t = LLVMGetElementType(t);
    return LLVMGetTypeKind(t) == LLVMStructTypeKind ? representative(t) : NULL;
}

static bool same_structure(LLVMTypeRef a, LLVMTypeRef b)
{
    const char *x = a ? tag_of(a) : NULL, *y = b ? tag_of(b) : NULL;
    return a == b || (x && y && !strcmp(x, y)) || (a && b && (!x || !y)); /* the compiler may give a table's type no name */
}

static void check_copy(struct func *f, LLVMValueRef copy)
{
    bool whole;
    LLVMValueRef to = written_by(copy, &whole), from;
    if (!to || !whole || LLVMIsAMemSetInst(copy) || LLVMGetNumArgOperands(copy) < 3)
        return;
    from = LLVMGetArgOperand(copy, 1);
    if (LLVMGetTypeKind(LLVMTypeOf(from)) != LLVMPointerTypeKind || !table_of(from))
        return;
    LLVMTypeRef a = structure_at(stripped(from)), b = structure_at(stripped(to));
    if (!a || !b || !same_structure(a, b))
        error_at(f, place_of(copy), text("the table %s, which holds functions, is copied into what is no such table", name_of(table_of(from))), advice);
}

static bool is_void_pointer(LLVMValueRef v)
{
    LLVMTypeRef t = LLVMGetTypeKind(LLVMTypeOf(v)) == LLVMPointerTypeKind ? LLVMGetElementType(LLVMTypeOf(v)) : NULL;
    return t && LLVMGetTypeKind(t) == LLVMIntegerTypeKind && LLVMGetIntTypeWidth(t) == 8;
}

/* A cast of a table's address; void pointers are cast back by who knows what they are. */
static void check_cast(struct func *f, LLVMValueRef at, LLVMValueRef v)
{
    bool cast = LLVMIsABitCastInst(v) || (LLVMIsAConstantExpr(v) && LLVMGetConstOpcode(v) == LLVMBitCast);
    LLVMValueRef from = cast ? LLVMGetOperand(v, 0) : NULL, table = from ? table_of(from) : NULL;
    LLVMTypeRef a = from ? structure_at(from) : NULL, b = structure_at(v);
    if (table && (b ? !same_structure(a, b) : !is_void_pointer(v)))
        error_at(f, place_of(at), text("the table %s, which holds functions, is taken for one of another type", name_of(table)), advice);
}

/* --- stores --- */

static bool is_function_pointer(LLVMValueRef v)
{
    LLVMTypeRef t = LLVMTypeOf(v);
    return LLVMGetTypeKind(t) == LLVMPointerTypeKind && LLVMGetTypeKind(LLVMGetElementType(t)) == LLVMFunctionTypeKind;
}

static void check_store(struct func *f, LLVMValueRef store)
{
    LLVMTypeRef t;
    unsigned index;
    LLVMValueRef value = LLVMGetOperand(store, 0), to = stripped(LLVMGetOperand(store, 1));
    bool is_pointer = is_function_pointer(value) || is_function_pointer(stripped(value));
    if (is_pointer && !LLVMIsAConstantPointerNull(value) && !field_of(to, &t, &index) && !LLVMIsAAllocaInst(base_of(to)) && !LLVMIsAGlobalVariable(base_of(to)))
        error_at(f, place_of(store), "a pointer to a function is stored where no call looks for it", advice);
}

/* --- functions that no call finds --- */

/* Does the address go anywhere but into calls of it?  The compiler's own lists do not count. */
static bool is_taken(LLVMValueRef v, LLVMValueRef f)
{
    if (LLVMIsAGlobalVariable(v))
        return strncmp(name_of(v), "llvm.", 5);
    bool taken = false;
    for (LLVMUseRef u = LLVMGetFirstUse(v); u && !taken; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        taken = LLVMIsAConstant(user) ? is_taken(user, f) : !LLVMIsACallInst(user) || called(user) != f;
    }
    return taken;
}

static bool is_in_slot(const struct func *f)
{
    for (int i = 0; i < scope_count; i++)
        for (int k = 0; k <= SLOT_UNGUARD; k++)
            if (scopes[i].slot[k] == f)
                return true;
    return false;
}

/* Where a call is told of already, it may be the one. */
static void check_found(void)
{
    bool *found = fresh(function_count);
    if (errors)
        return;
    for (int i = 0; i < function_count; i++)
        for (int k = 0; k < functions[i].edges; k++)
            found[functions[i].edge[k].to->id] |= functions[i].edge[k].indirect;
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        if (f->defined && f->takes && !found[i] && !f->entry && !is_in_slot(f) && is_taken(f->value, f->value))
            error_at(f, file_of(f->value), text("%s() takes memory and its address is taken, but no call through a pointer is known to reach it", f->name), advice);
    }
}

/* --- operations --- */

/* Of one table: each operation that takes memory has the need that is derived from it. */
static void check_table(LLVMValueRef table, LLVMTypeRef t)
{
    for (unsigned k = 0; k < LLVMCountStructElementTypes(t); k++) {
        const char *name = field_name(t, k);
        LLVMValueRef value = stripped(LLVMGetOperand(table, k));
        struct func *f = name && LLVMIsAFunction(value) ? func_of(value) : NULL;
        for (unsigned j = 0; f && f->takes && j < LLVMCountStructElementTypes(t); j++) {
            const char *other = field_name(t, j);
            LLVMValueRef need = stripped(LLVMGetOperand(table, j));
            if (!other || strcmp(other, text("%s_need", name)))
                continue;
            struct func *given = LLVMIsAFunction(need) ? func_of(need) : NULL;
            if (!given || given->defined || strcmp(given->name, text("need_%s", f->name)))
                error_at(f, file_of(f->value), text("the operation %s() takes memory, and beside it stands %s, which is not derived from it", f->name, given ? given->name : "no need"),
                         text("DERIVE_OP(%s); and need_%s beside it in the table", f->name, f->name));
        }
    }
}

static void check_operations(void)
{
    struct vec done = {0};
    LLVMTypeRef t;
    unsigned index;
    for (int i = 0; i < function_count; i++)
        for (int k = 0; k < functions[i].edges; k++) {
            const struct edge *e = &functions[i].edge[k];
            if (!e->indirect || !paired_need(e->call, &t, &index) || vec_has(&done, t))
                continue;
            vec_add(&done, t);
            struct vec tables = tables_of(t);
            for (int n = 0; n < tables.count; n++)
                check_table(tables.at[n], t);
        }
}

void check_pointers(void)
{
    for (int i = 0; i < function_count; i++)
        for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(functions[i].value); b; b = LLVMGetNextBasicBlock(b))
            for (LLVMValueRef v = LLVMGetFirstInstruction(b); v; v = LLVMGetNextInstruction(v)) {
                check_copy(&functions[i], v);
                check_cast(&functions[i], v, v);
                for (int k = 0; k < LLVMGetNumOperands(v); k++)
                    check_cast(&functions[i], v, LLVMGetOperand(v, k));
                if (LLVMIsAStoreInst(v))
                    check_store(&functions[i], v);
            }
    check_found();
    check_operations();
}
