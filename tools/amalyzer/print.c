// SPDX-License-Identifier: MIT
/*
 * print.c - an expression as C
 *
 * A pointer of the compiler is either a place of the source (a field, an element, a global: printed without its &) or a value.
 * The body of a scope has one parameter, `void *`; it is printed as `a`, which the generated function declares with the type
 * that the body gives it (print_argument_type).
 */
#include "tools/amalyzer/amalyzer.h"

LLVMTypeRef print_argument_type;
struct vec print_seen;           /* looks that have a name of their own in the need that is printed */
static const struct expr *defining; /* the one whose name is being explained */

/* block_keep_3: a look by its function and its number. */
char *look_name(int i)
{
    const struct expr *e = print_seen.at[i];
    return text("%s_%d", name_of(e->value), i);
}

char *look_meaning(int i, LLVMValueRef f)
{
    defining = print_seen.at[i];
    char *s = as_c(print_seen.at[i], f);
    defining = NULL;
    return s;
}

static const char *seen_before(const struct expr *e)
{
    for (int i = 0; e != defining && i < print_seen.count; i++)
        if (print_seen.at[i] == e)
            return look_name(i);
    return NULL;
}

static char *place(struct expr *e, LLVMValueRef f);

static bool is_place(const struct expr *e) { return e->kind == FIELD || e->kind == INDEX || e->kind == GLOBAL; }

static char *list(struct expr **arg, int count, LLVMValueRef f)
{
    char *s = text("%s", "");
    for (int i = 0; i < count; i++)
        s = text("%s%s%s", s, i ? ", " : "", as_c(arg[i], f));
    return s;
}

static bool is_void_parameter(const struct expr *e, LLVMValueRef f)
{
    return e->kind == PARAM && f && !strcmp(parameter_type(f, e->number), "void *");
}

/* The place that the compiler has read as a structure of another type: an area of bytes that a service uses as its own. */
static bool is_other_type(const struct expr *of, LLVMTypeRef t)
{
    return of->kind == FIELD && representative(LLVMStructGetTypeAtIndex(of->type, of->number)) != t;
}

static char *field(struct expr *e, LLVMValueRef f)
{
    struct expr *of = e->arg[0];
    const char *name = field_name(e->type, e->number);
    if (is_place(of) && is_other_type(of, e->type))
        return text("((struct %s *)&%s)->%s", tag_of(e->type), place(of, f), name);
    if (is_void_parameter(of, f)) {
        print_argument_type = e->type;
        return text("a->%s", name);
    }
    return is_place(of) ? text("%s.%s", place(of, f), name) : text("%s->%s", as_c(of, f), name);
}

/* What a pointer points to. */
static char *place(struct expr *e, LLVMValueRef f)
{
    if (e->kind == GLOBAL)
        return text("%s", name_of(e->value));
    if (e->kind == FIELD)
        return field(e, f);
    if (e->kind != INDEX)
        return text("*%s", as_c(e, f));
    bool array = LLVMGetTypeKind(e->type) == LLVMArrayTypeKind;
    return text("%s[%s]", array ? place(e->arg[0], f) : as_c(e->arg[0], f), as_c(e->arg[1], f));
}

/* Would C compute it in 32 bits without a sign? */
static bool is_narrow(struct expr *e, LLVMValueRef f)
{
    switch (e->kind) {
    case PARAM: return f && strcmp(parameter_type(f, e->number), "u64");
    case PEEK: return e->number == 32 && !seen_before(e);
    case LOAD: case NARROW: return e->number == 32;
    case CHOICE: return is_narrow(e->arg[1], f) || is_narrow(e->arg[2], f);
    case PRODUCT: case QUOTIENT: case REMAINDER: case BIT_AND: case BIT_OR: case BIT_XOR:
        return is_narrow(e->arg[0], f) || is_narrow(e->arg[1], f);
    case SHIFT_RIGHT: case SHIFT_LEFT: return is_narrow(e->arg[0], f);
    default: return false;
    }
}

/* What is below zero on the way must not become 2^32 and less. */
static bool must_widen(struct expr *e, LLVMValueRef f)
{
    bool negative = e->number < 0, narrow = false;
    for (int i = 0; i < e->terms; i++) {
        negative |= e->term[i].factor < 0;
        narrow |= is_narrow(e->term[i].of, f);
    }
    return negative && narrow;
}

static char *sum_as_c(struct expr *e, LLVMValueRef f)
{
    char *s = text("%s", "");
    bool widens = must_widen(e, f);
    bool constant = e->number || !e->terms;
    for (int i = 0; i < e->terms; i++) {
        int64_t k = e->term[i].factor, size = k < 0 ? -k : k;
        char *t = as_c(e->term[i].of, f);
        if (e->term[i].of->kind == TRUTH && size > 1)
            t = text("(%s ? %ld : 0)", as_c(e->term[i].of->arg[0], f), size);
        else if (size > 1)
            t = text("%ld * %s", size, t);
        t = *s || !widens ? t : text("(u64)%s", t);
        s = *s ? text("%s %c %s", s, k < 0 ? '-' : '+', t) : k < 0 ? text("-%s", t) : t;
    }
    if (constant)
        s = *s ? text("%s %c %ld", s, e->number < 0 ? '-' : '+', e->number < 0 ? -e->number : e->number) : text("%ld", e->number);
    return e->terms + constant > 1 || (e->terms && e->term[0].factor != 1) ? text("(%s)", s) : s;
}

static void collect_factors(struct expr *e, struct vec *all)
{
    if (e->kind == PRODUCT) {
        collect_factors(e->arg[0], all);
        collect_factors(e->arg[1], all);
        return;
    }
    int at = all->count;
    vec_add(all, e);
    for (; at && expr_size(all->at[at - 1]) > expr_size(e); at--)
        all->at[at] = all->at[at - 1];
    all->at[at] = e;
}

/* The conditions among the factors; a simple one comes first, since it may be what allows to look at another one. */
char *conditions_as_c(struct expr *e, LLVMValueRef f)
{
    struct vec factors = {0};
    char *s = text("%s", "");
    collect_factors(e, &factors);
    for (int i = 0; i < factors.count; i++) {
        struct expr *x = factors.at[i];
        if (x->kind == TRUTH)
            s = text("%s%s%s", s, *s ? " && " : "", as_c(x->arg[0], f));
    }
    return s;
}

/* A product with a truth is a choice. */
static char *product_as_c(struct expr *e, LLVMValueRef f)
{
    struct vec factors = {0};
    char *conditions = conditions_as_c(e, f), *s = text("%s", "");
    collect_factors(e, &factors);
    for (int i = 0; i < factors.count; i++) {
        struct expr *x = factors.at[i];
        if (x->kind != TRUTH)
            s = text("%s%s%s", s, *s ? " * " : "", as_c(x, f));
    }
    return *conditions ? text("(%s ? %s : 0)", conditions, *s ? s : "1") : text("(%s)", s);
}

static char *signed_operand(const struct expr *e, char *printed)
{
    int64_t n;
    return e->kind == SIGNED || is_number(e, &n) ? printed : text("(i64)%s", printed);
}

static char *test_as_c(struct expr *e, LLVMValueRef f)
{
    static const char *sign[] = {"==", "!=", ">", ">=", "<", "<=", ">", ">=", "<", "<="};
    bool is_signed = e->number >= LLVMIntSGT;
    int64_t n;
    char *a = as_c(e->arg[0], f), *b = as_c(e->arg[1], f);
    if (is_number(e->arg[1], &n) && !n && e->number == LLVMIntNE)
        return a;
    if (is_number(e->arg[1], &n) && !n && e->number == LLVMIntEQ)
        return text("!%s", a);
    return text("%s %s %s", is_signed ? signed_operand(e->arg[0], a) : a, sign[e->number - LLVMIntEQ], is_signed ? signed_operand(e->arg[1], b) : b);
}

/* A structure that is handed over in parts, of which this is the first. */
static char *structure_as_c(struct expr *first, const char *type, LLVMValueRef f)
{
    if (first->kind == SUM)
        return text("(%s){0}", type);
    if (first->kind == PARAM && f)
        return text("%s", parameter_name(f, first->number));
    bool whole = first->kind == LOAD && first->arg[0]->kind == FIELD && !first->arg[0]->number;
    return whole ? place(first->arg[0]->arg[0], f) : text("<%s>", as_c(first, f));
}

/* The arguments of a call of `to`, from arg[0] on. */
static char *arguments(LLVMValueRef to, struct expr **arg, int count, LLVMValueRef f)
{
    char *s = text("%s", "");
    unsigned part;
    for (int i = 0; i < count; i++) {
        bool in_parts = is_part(to, i, &part);
        if (!in_parts || !part)
            s = text("%s%s%s", s, *s ? ", " : "", in_parts ? structure_as_c(arg[i], parameter_type(to, i), f) : as_c(arg[i], f));
    }
    return s;
}

static char *call_as_c(struct expr *e, LLVMValueRef f)
{
    if (e->kind == NEED_CALL)
        return text("%s(%s)", as_c(e->arg[0], f), arguments(e->value, e->arg + 1, e->args - 1, f));
    if (!strcmp(name_of(e->value), "current_task"))
        return text("current");
    const char *seen = seen_before(e);
    return seen ? text("%s", seen) : text("%s(%s)", name_of(e->value), arguments(e->value, e->arg, e->args, f));
}

static char *operator_as_c(struct expr *e, LLVMValueRef f)
{
    static const char *sign[] = {[QUOTIENT] = "/", [REMAINDER] = "%", [SHIFT_RIGHT] = ">>", [SHIFT_LEFT] = "<<", [BIT_AND] = "&", [BIT_OR] = "|", [BIT_XOR] = "^"};
    int64_t n;
    bool mask = is_number(e->arg[1], &n) && n > 9 && e->kind == BIT_AND;
    return text("(%s %s %s)", as_c(e->arg[0], f), sign[e->kind], mask ? text("0x%lx", n) : as_c(e->arg[1], f));
}

static char *parameter_as_c(const struct expr *e, LLVMValueRef f)
{
    unsigned part;
    if (!f)
        return text("?");
    if (is_void_parameter(e, f))
        return text("p");
    return text("%s", is_part(f, e->number, &part) ? parameter_part(f, e->number) : parameter_name(f, e->number));
}

/* What is 0 or 1 in C already is left as it is. */
static char *truth_as_c(struct expr *condition, LLVMValueRef f)
{
    bool zero = condition->kind == TEST && is_zero(condition->arg[1]);
    bool is_bool = zero && condition->arg[0]->kind == PEEK && condition->arg[0]->number == 1;
    if (zero && (condition->number == LLVMIntEQ || (is_bool && condition->number == LLVMIntNE)))
        return as_c(condition, f);
    return text("(%s ? 1 : 0)", as_c(condition, f));
}

char *as_c(struct expr *e, LLVMValueRef f)
{
    switch (e->kind) {
    case SUM: return sum_as_c(e, f);
    case PARAM: return parameter_as_c(e, f);
    case GLOBAL: return LLVMIsAFunction(e->value) ? text("%s", name_of(e->value)) : text("&%s", name_of(e->value));
    case FIELD: case INDEX: return text("&%s", place(e, f));
    case LOAD: return place(e->arg[0], f);
    case PEEK: case NEED_CALL: return call_as_c(e, f);
    case PRODUCT: return product_as_c(e, f);
    case NARROW: return text("(u%ld)%s", e->number == 1 ? 8 : e->number, as_c(e->arg[0], f));
    case SIGNED: return text("(i64)(i%ld)%s", e->number, as_c(e->arg[0], f));
    case MAXIMUM: return text("ama_larger(%s)", list(e->arg, 2, f));
    case MINIMUM: return text("ama_smaller(%s)", list(e->arg, 2, f));
    case TRUTH: return truth_as_c(e->arg[0], f);
    case CHOICE: return text("(%s ? %s : %s)", as_c(e->arg[0], f), as_c(e->arg[1], f), as_c(e->arg[2], f));
    case TEST: return test_as_c(e, f);
    case ROUNDS: return text("ama_rounds(%s)", list(e->arg, 2, f));
    case UNKNOWN: return text("<%s>", e->why);
    default: return operator_as_c(e, f);
    }
}
