// SPDX-License-Identifier: MIT
/*
 * value.c - from the compiler's values to expressions over the function's parameters
 *
 * What a parameter leads to through fields can be read at the entry of the scope just as well as later, if the scope does not
 * change it first (change.c); else the load is not known at the entry.  The same holds for functions marked AMA_STATE, which only
 * look at state and are total, so that an equation may call them.
 *
 * A field of a local structure that is set once, where the structure begins, has that value everywhere.
 *
 * What an AMA_BOUND, or the limit of an AMA_UPTO, says is different: there the author declares that the value at the entry is at
 * least the one that it has later.  Host tests check the promise as it runs, and the report lists it.
 */
#include "tools/amalyzer/amalyzer.h"

int epoch;
static struct vec known[2];      /* maps: value to expression; [1]: as declared by a mark */
static bool declaring;

void values_begin(const struct func *body)
{
    epoch++;
    known[0] = known[1] = (struct vec){0};
    expr_forget();
    changes_begin(body);
}

static unsigned width(LLVMValueRef v)
{
    LLVMTypeRef t = LLVMTypeOf(v);
    return LLVMGetTypeKind(t) == LLVMIntegerTypeKind ? LLVMGetIntTypeWidth(t) : 64;
}

/* --- conditions --- */

struct expr *declared_value(struct func *f, LLVMValueRef v)
{
    bool before = declaring;
    declaring = true;
    struct expr *e = value_of(f, v);
    declaring = before;
    return e;
}

/* What may change counts as known only where the author declares it. */
static struct expr *if_stable(LLVMValueRef v, struct expr e, unsigned bits)
{
    struct expr *x = expr_new(e);
    if (declaring || !x->changes)
        return x;
    return unknown(v, text("%s, which may change in the scope, at %s", as_c(x, LLVMGetBasicBlockParent(LLVMGetInstructionParent(v))), place_of(v)),
                   bits <= 16 ? number((1l << bits) - 1) : NULL);
}

struct expr *condition_at(struct func *f, LLVMValueRef condition) { return condition_of(value_of(f, condition)); }

bool may_gate(const struct expr *c) { return c->exact && !c->changes; }

/* --- fields of local structures --- */

/* The local structure that an address lies in; *fixed: none of its fields on the way is written through another pointer. */
static LLVMValueRef local_below(const struct expr *e, bool *fixed)
{
    *fixed = true;
    for (; e->kind == FIELD; e = e->arg[0])
        *fixed &= !may_change(e->type, e->number);
    return e->kind == UNKNOWN && e->value && LLVMIsAAllocaInst(e->value) ? e->value : NULL;
}

static bool lies_in(const struct expr *address, const struct expr *whole)
{
    while (address != whole && address->kind == FIELD)
        address = address->arg[0];
    return address == whole;
}

/* The same place in a structure that is copied to `to` from somewhere else. */
static struct expr *copied_from(struct func *f, LLVMValueRef copy, const struct expr *address, const struct expr *to)
{
    if (address == to)
        return value_of(f, LLVMGetArgOperand(copy, 1));
    struct expr *from = copied_from(f, copy, address->arg[0], to);
    return field_address(from, address->type, address->number);
}

static struct expr *copied_value(struct func *f, LLVMValueRef copy, const struct expr *address)
{
    struct expr *from = copied_from(f, copy, address, value_of(f, LLVMGetArgOperand(copy, 0)));
    if (!from->exact || from->kind != FIELD || may_change(from->type, from->number))
        return NULL;
    return expr_new((struct expr){.kind = LOAD, .args = 1, .arg = {from}, .number = 64});
}

/* The store follows the clearing of the whole directly: both are one initialiser. */
static bool is_initialiser(LLVMValueRef clearing, LLVMValueRef store)
{
    LLVMValueRef i = clearing;
    while (i && i != store && (i == clearing || !is_call(i) || !func_of(called(i))))
        i = LLVMGetNextInstruction(i);
    return i == store;
}

enum hands { OWN, CALLEE, ANYBODY };

/* Who may write to a local variable besides its function: a function of the kernel, whose stores into fields are known, or others. */
static enum hands in_whose_hands(LLVMValueRef pointer)
{
    enum hands all = OWN;
    for (LLVMUseRef u = LLVMGetFirstUse(pointer); u && all != ANYBODY; u = LLVMGetNextUse(u)) {
        LLVMValueRef user = LLVMGetUser(u);
        struct func *to = is_call(user) ? func_of(called(user)) : NULL;
        bool own = LLVMIsALoadInst(user) || LLVMIsAICmpInst(user) || (LLVMIsAStoreInst(user) && LLVMGetOperand(user, 1) == pointer);
        enum hands one = ANYBODY;
        if (own || (is_call(user) && LLVMIsAFunction(called(user)) && !strncmp(name_of(called(user)), "llvm.", 5)))
            one = OWN;
        else if (LLVMIsAGetElementPtrInst(user) || LLVMIsABitCastInst(user))
            one = in_whose_hands(user);
        else if (to && (to->defined || to->prim))
            one = CALLEE;
        all = one > all ? one : all;
    }
    return all;
}

struct expr *forwarded(struct expr *address)
{
    bool fixed, whole;
    LLVMValueRef local = local_below(address, &fixed), set = NULL, zero = NULL;
    struct func *f = local ? func_of(LLVMGetBasicBlockParent(LLVMGetInstructionParent(local))) : NULL;
    if (!f || !fixed || in_whose_hands(local) > (address->kind == FIELD ? CALLEE : OWN))
        return NULL;
    for (LLVMBasicBlockRef b = LLVMGetFirstBasicBlock(f->value); b; b = LLVMGetNextBasicBlock(b)) {
        for (LLVMValueRef i = LLVMGetFirstInstruction(b); i; i = LLVMGetNextInstruction(i)) {
            LLVMValueRef pointer = written_by(i, &whole);
            struct expr *to = pointer ? value_of(f, pointer) : NULL;
            if (!to || !(whole ? lies_in(address, to) : to == address))
                continue;
            if (is_call(i) && func_of(called(i)))
                return NULL; /* how much of it is copied is not known */
            bool clears = LLVMIsAMemSetInst(i) != NULL;
            if (set || (clears && zero))
                return NULL;
            zero = clears ? i : zero;
            set = clears ? NULL : i;
        }
    }
    if (!set)
        return zero ? number(0) : NULL;
    if (zero && !is_initialiser(zero, set))
        return NULL;
    return LLVMIsAStoreInst(set) ? value_of(f, LLVMGetOperand(set, 0)) : copied_value(f, set, address);
}

/* --- values --- */

void value_set(LLVMValueRef v, struct expr *e) { map_put(&known[declaring], v, e); }

struct expr *field_address(struct expr *base, LLVMTypeRef t, unsigned k)
{
    return expr_new((struct expr){.kind = FIELD, .args = 1, .arg = {base}, .type = representative(t), .number = k});
}

/* A structure that is handed over in parts is read as one without a name: it is the one of the field that it stands in. */
static LLVMTypeRef named_structure(LLVMTypeRef t, const struct expr *base)
{
    bool has_name = LLVMGetTypeKind(t) != LLVMStructTypeKind || LLVMGetStructName(t);
    if (!has_name && base->kind == GLOBAL)
        return LLVMGlobalGetValueType(base->value);
    return has_name || base->kind != FIELD ? t : LLVMStructGetTypeAtIndex(base->type, base->number);
}

static struct expr *address_value(struct func *f, LLVMValueRef v)
{
    struct expr *e = value_of(f, LLVMGetOperand(v, 0)), *at = value_of(f, LLVMGetOperand(v, 1));
    LLVMTypeRef t = named_structure(LLVMGetGEPSourceElementType(v), e);
    if (!is_zero(at))
        e = expr_new((struct expr){.kind = INDEX, .args = 2, .arg = {e, at}, .type = representative(t)});
    for (int i = 2; i < LLVMGetNumOperands(v); i++) {
        LLVMValueRef index = LLVMGetOperand(v, i);
        if (LLVMGetTypeKind(t) != LLVMStructTypeKind) {
            e = expr_new((struct expr){.kind = INDEX, .args = 2, .arg = {e, value_of(f, index)}, .type = representative(t)});
            t = LLVMGetElementType(t);
            continue;
        }
        unsigned k = LLVMConstIntGetZExtValue(index);
        if (!field_name(t, k))
            return unknown(v, text("a field without a name at %s", place_of(v)), NULL);
        e = field_address(e, t, k);
        t = LLVMStructGetTypeAtIndex(t, k);
    }
    return e;
}

/* What stands in tables of the kernel; elements elsewhere may be written by anybody who has their address. */
static bool is_constant(const struct expr *address)
{
    while (address->kind == INDEX || address->kind == FIELD)
        address = address->arg[0];
    return address->kind == GLOBAL && LLVMIsGlobalConstant(address->value);
}

/* The field that is read, or one that it lies in. */
static bool a_field_changes(const struct expr *address)
{
    bool changes = false;
    for (; address->kind == FIELD || address->kind == INDEX; address = address->arg[0])
        changes |= address->kind == FIELD && may_change(address->type, address->number);
    return changes;
}

static struct expr *load_value(struct func *f, LLVMValueRef v)
{
    struct expr *from = value_of(f, LLVMGetOperand(v, 0));
    unsigned bits = width(v);
    LLVMTypeRef t;
    unsigned index;
    struct expr *set = from->exact ? NULL : forwarded(from);
    if (set)
        return set;
    if (!from->exact || from->kind == PARAM || from->kind == PEEK)
        return unknown(v, from->kind == UNKNOWN ? from->why : text("what is read at %s", place_of(v)), bits <= 16 ? number((1l << bits) - 1) : NULL);
    bool changes = field_of(LLVMGetOperand(v, 0), &t, &index) ? a_field_changes(from) : !is_constant(from);
    return if_stable(v, (struct expr){.kind = LOAD, .args = 1, .arg = {from}, .number = bits, .changes = changes}, bits);
}

static struct expr *call_value(struct func *f, LLVMValueRef v)
{
    struct func *to = is_call(v) ? func_of(called(v)) : NULL;
    if (to && to->prim == PRIM_UPTO) {
        struct expr *e = value_of(f, LLVMGetArgOperand(v, 0));
        struct expr *most = declared_value(f, LLVMGetArgOperand(v, 1));
        return e->exact ? smaller(e, most) : unknown(v, e->kind == UNKNOWN ? e->why : "AMA_UPTO", most);
    }
    if (to && to->prim == PRIM_AS)
        return declared_value(f, LLVMGetArgOperand(v, 1));
    if (!to || !to->state || LLVMGetNumArgOperands(v) > EXPR_ARGS)
        return unknown(v, text("what %s returns at %s", to ? text("%s()", to->name) : "a call", place_of(v)), NULL);
    struct expr e = {.kind = PEEK, .value = first_of(to), .args = LLVMGetNumArgOperands(v), .number = width(v), .changes = looks_at_changes(to)};
    for (int i = 0; i < e.args; i++)
        e.arg[i] = value_of(f, LLVMGetArgOperand(v, i));
    return if_stable(v, e, width(v));
}

/* Two ways that met: the value of the one that a known condition chooses. */
static struct expr *chosen_value(struct func *f, LLVMValueRef v, const struct node *n)
{
    struct node *p[2];
    int side[2];
    for (int i = 0; i < 2; i++)
        p[i] = node_ending(f, LLVMGetIncomingBlock(v, i));
    if (p[0]->order < 0 || p[1]->order < 0)
        return NULL;
    int d = common_dominator(f, p[0]->index, p[1]->index);
    LLVMValueRef branch = branch_condition(&f->node[d]);
    for (int i = 0; i < 2 && branch; i++)
        side[i] = branch_side(f, d, p[i]->index, p[i]->to.at[0] == n ? 0 : 1);
    if (!branch || side[0] < 0 || side[1] < 0 || side[0] == side[1])
        return NULL;
    struct expr *c = condition_at(f, branch);
    return may_gate(c) || (declaring && c->exact) ? choice(c, value_of(f, LLVMGetIncomingValue(v, side[0])), value_of(f, LLVMGetIncomingValue(v, !side[0]))) : NULL;
}

static struct expr *merged_value(struct func *f, LLVMValueRef v)
{
    struct node *n = node_of(f, v);
    struct expr *limit = NULL, *culprit;
    unsigned count = LLVMCountIncoming(v);
    if (n->loop && n->loop->head == n->index)
        return unknown(v, text("%s, which a loop changes, at %s", name_of(v), place_of(n->last)), NULL);
    struct expr *e = count == 2 ? chosen_value(f, v, n) : NULL;
    if (e)
        return e;
    for (unsigned i = 0; i < count; i++) {
        struct expr *u = upper(value_of(f, LLVMGetIncomingValue(v, i)), &culprit);
        limit = !u || (i && !limit) ? NULL : limit ? larger(limit, u) : u;
        if (!limit)
            break;
    }
    return unknown(v, text("%s, which has several values, at %s", name_of(v), place_of(n->last)), limit);
}

static struct expr *arithmetic_value(struct func *f, LLVMValueRef v, LLVMOpcode op)
{
    int64_t n;
    unsigned bits = width(v), bits_before = width(LLVMGetOperand(v, 0));
    struct expr *a = value_of(f, LLVMGetOperand(v, 0)), *b = LLVMGetNumOperands(v) > 1 ? value_of(f, LLVMGetOperand(v, 1)) : NULL;
    switch (op) {
    case LLVMBitCast: case LLVMZExt: case LLVMPtrToInt: case LLVMIntToPtr: case LLVMFreeze: return a;
    case LLVMSExt: return narrow(sign_extend(a, bits_before), bits);
    case LLVMTrunc: return narrow(a, bits);
    case LLVMAdd: return narrow(plus(a, b), bits);
    case LLVMSub: return narrow(minus(a, b), bits);
    case LLVMMul: return narrow(times(a, b), bits);
    case LLVMShl: return narrow(binary(SHIFT_LEFT, a, b), bits);
    case LLVMUDiv: return binary(QUOTIENT, a, b);
    case LLVMURem: return binary(REMAINDER, a, b);
    case LLVMLShr: return binary(SHIFT_RIGHT, a, b);
    case LLVMAnd: return binary(BIT_AND, a, b);
    case LLVMOr: return binary(BIT_OR, a, b);
    case LLVMXor: return bits == 1 && is_number(b, &n) && n ? truth(test(LLVMIntEQ, a, number(0))) : binary(BIT_XOR, a, b);
    case LLVMSelect: return choice(condition_of(a), b, value_of(f, LLVMGetOperand(v, 2)));
    case LLVMICmp: {
        LLVMIntPredicate p = LLVMGetICmpPredicate(v);
        bool is_signed = p >= LLVMIntSGT;
        return truth(test(p, is_signed ? sign_extend(a, bits_before) : a, is_signed ? sign_extend(b, bits_before) : b));
    }
    default: return unknown(v, text("what is computed at %s", place_of(v)), NULL);
    }
}

static struct expr *parameter_value(struct func *f, LLVMValueRef v)
{
    int64_t i = 0;
    while (LLVMGetParam(f->value, i) != v)
        i++;
    return expr_new((struct expr){.kind = PARAM, .number = i});
}

static struct expr *new_value(struct func *f, LLVMValueRef v)
{
    if (LLVMIsAArgument(v))
        return parameter_value(f, v);
    if (LLVMIsAConstantInt(v))
        return width(v) <= 64 ? number(LLVMConstIntGetZExtValue(v)) : unknown(v, "a number of more than 64 bits", NULL);
    if (LLVMIsAConstantPointerNull(v) || LLVMIsUndef(v))
        return number(0);
    if (LLVMIsAGlobalValue(v))
        return expr_new((struct expr){.kind = GLOBAL, .value = v});
    LLVMOpcode op = LLVMIsAConstantExpr(v) ? LLVMGetConstOpcode(v) : LLVMIsAInstruction(v) ? LLVMGetInstructionOpcode(v) : 0;
    if (!op)
        return unknown(v, "a constant of another kind", NULL);
    switch (op) {
    case LLVMAlloca: return unknown(v, text("the local variable %s", name_of(v)), NULL);
    case LLVMGetElementPtr: return address_value(f, v);
    case LLVMLoad: return load_value(f, v);
    case LLVMCall: return call_value(f, v);
    case LLVMPHI: return merged_value(f, v);
    default: return arithmetic_value(f, v, op);
    }
}

struct expr *value_of(struct func *f, LLVMValueRef v)
{
    if (LLVMIsAConstant(v) || LLVMIsAArgument(v))
        return new_value(f, v);
    struct expr *e = map_get(&known[declaring], v);
    if (e)
        return e;
    value_set(v, unknown(v, text("a value that depends on itself at %s", place_of(v)), NULL));
    e = new_value(f, v);
    value_set(v, e);
    return e;
}
