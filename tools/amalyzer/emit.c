// SPDX-License-Identifier: MIT
/*
 * emit.c - the needs as C
 *
 * The equation of a scope is the peak of its body, for each class, over all outcomes.  Each file with derived needs becomes a
 * file of the build that includes it and then defines them: so an equation may name what the file keeps to itself.
 */
#include "tools/amalyzer/amalyzer.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

/* --- equations --- */

static void blame(struct func *body, const struct entry *x, struct expr *culprit)
{
    const char *loop = loop_to_blame ? text("; the loop at %s needs it", loop_to_blame) : "";
    error_below(body, x->site,
             text("how much %s is taken cannot be known at the entry: it depends on %s%s", class_name(&x->class, body->value),
                  culprit ? culprit->why : "something", loop),
             "AMA_UPTO(value, most), or AMA_BOUND and AMA_ITER with an AMA_STATE function");
}

/* A count that may stay unknown gets its bound; false, after a message, when there is none. */
static bool bounded(struct func *body, const struct entry *x, struct expr **count)
{
    struct expr *culprit = NULL, *bound;
    loop_to_blame = NULL;
    bound = upper(*count, &culprit);
    if (bound)
        *count = larger(bound, number(0));
    else
        blame(body, x, culprit);
    return bound;
}

/* What tells classes apart (a size, a resource) must be known; what an operation is asked with may be a bound. */
static bool known_class(struct func *body, struct entry *x)
{
    struct expr *culprit = NULL;
    if (!x->class.what || x->class.what->exact)
        return true;
    if (x->class.kind != CLASS_NEED) {
        upper(x->class.what, &culprit);
        blame(body, x, culprit);
        return false;
    }
    struct expr call = *x->class.what;
    for (int k = 0; k < call.args; k++)
        if (!call.arg[k]->exact && !bounded(body, x, &call.arg[k]))
            return false;
    x->class.what = expr_new(call);
    return true;
}

static bool to_bounds(struct func *body, struct entry *x)
{
    if (!bounded(body, x, &x->peak) || is_zero(x->peak) || !known_class(body, x) || !bounded(body, x, &x->net) || !bounded(body, x, &x->extra))
        return false;
    struct expr *simple = plus(x->net, x->extra);
    if (expr_size(x->peak) > 2 * expr_size(simple))
        x->peak = simple;
    return true;
}

/* The parameters that an operation's equation depends on. */
static unsigned asked(const struct expr *e)
{
    unsigned all = e->kind == PARAM ? 1u << e->number : 0;
    for (int i = 0; i < e->args; i++)
        all |= asked(e->arg[i]);
    for (int i = 0; i < e->terms; i++)
        all |= asked(e->term[i].of);
    return all;
}

struct equation *derive(const struct scope *s)
{
    struct equation *q = fresh(sizeof(*q));
    struct func *body = s->slot[SLOT_BODY];
    struct effect *all = effect_none();
    q->scope = s;
    if (!body || !body->takes)
        return q;
    only_noting = !s->derived;
    notes = (struct vec){0};
    values_begin(body);
    struct summary *sum = summarize(body);
    for (int k = 0; k < 3; k++)
        all = effect_either(NULL, all, sum->by[k]);
    q->entry = fresh(all->entries * sizeof(*q->entry));
    for (int i = 0; i < all->entries; i++) {
        struct entry *x = &all->entry[i];
        if (!to_bounds(body, x))
            continue;
        q->entry[q->entries++] = *x;
        body->asks |= s->is_op ? ASKS | asked(x->peak) | asked(x->net) | asked(x->extra) | (x->class.what ? asked(x->class.what) : 0) : 0;
    }
    if (s->derived)
        check_holds(q);
    q->missing = notes;
    only_noting = false;
    return q;
}

/* Operations are called one after the other: what one of them uses for a moment only is not added to what the others use.  One
 * that calls others itself may hold it meanwhile. */
static bool is_shared(const struct equation *q, const struct entry *x)
{
    bool can_be = x->class.kind == CLASS_FRAMES || x->class.kind == CLASS_OBJECT;
    for (int i = 0; i < q->entries; i++)
        can_be &= q->entry[i].class.kind != CLASS_NEED;
    return q->scope->is_op && can_be && !is_zero(x->extra);
}

/* --- looks with a name --- */

static bool gives_pointer(const struct expr *e)
{
    return LLVMGetTypeKind(LLVMGetReturnType(LLVMGlobalGetValueType(e->value))) == LLVMPointerTypeKind;
}

#define LONG_LOOK 4 /* so many parts make a look worth a name, although it is made once */

static void count_looks(struct expr *e, struct vec *once, struct vec *again)
{
    if (e->kind == PEEK && e->args && !gives_pointer(e)) {
        bool seen = vec_has(once, e);
        if (!seen)
            vec_add(once, e);
        if ((seen || expr_size(e) > LONG_LOOK) && !vec_has(again, e))
            vec_add(again, e);
        if (seen)
            return;
    }
    for (int i = 0; i < e->args; i++)
        count_looks(e->arg[i], once, again);
    for (int i = 0; i < e->terms; i++)
        count_looks(e->term[i].of, once, again);
}

struct vec named_looks(const struct equation *q)
{
    struct vec once = {0}, again = {0};
    for (int i = 0; i < q->entries; i++) {
        struct entry *x = &q->entry[i];
        if (!is_shared(q, x))
            count_looks(x->peak, &once, &again);
        else {
            count_looks(x->net, &once, &again);
            count_looks(x->extra, &once, &again);
        }
        if (x->class.what)
            count_looks(x->class.what, &once, &again);
    }
    return again;
}

/* --- C --- */

static char *shared(const struct equation *q, const struct entry *x, const char *what)
{
    LLVMValueRef f = q->scope->slot[SLOT_BODY]->value;
    if (!is_shared(q, x))
        return text("need_%s%s);", what, as_c(x->peak, f));
    char *passing = text("need_passing_%s%s);", what, as_c(x->extra, f));
    return is_zero(x->net) ? passing : text("need_%s%s);\n    %s", what, as_c(x->net, f), passing);
}

static bool only_truths(const struct expr *e)
{
    return e->kind == TRUTH || (e->kind == PRODUCT && only_truths(e->arg[0]) && only_truths(e->arg[1]));
}

static char *ask_operation(const struct entry *x, LLVMValueRef f)
{
    int64_t times;
    char *call = as_c(x->class.what, f);
    call = text("%.*s, n);", (int)strlen(call) - 1, call);
    if (is_number(x->peak, &times) && times == 1)
        return call;
    return only_truths(x->peak) ? text("if (%s)\n        %s", conditions_as_c(x->peak, f), call) : text("for (u64 i = %s; i; i--)\n        %s", as_c(x->peak, f), call);
}

static char *statement(const struct equation *q, const struct entry *x)
{
    LLVMValueRef f = q->scope->slot[SLOT_BODY]->value;
    switch (x->class.kind) {
    case CLASS_OBJECT: return shared(q, x, text("object(n, &%s, ", name_of(x->class.cache)));
    case CLASS_KMALLOC: return text("need_kmalloc(n, %s, %s);", as_c(x->class.what, f), as_c(x->peak, f));
    case CLASS_FRAMES: return q->scope->large ? text("n->now += %s;", as_c(x->peak, f)) : shared(q, x, "frames(n, ");
    case CLASS_STACK: return text("n->now += %s;", as_c(x->peak, f));
    case CLASS_SLOTS: return text("n->slots += %s;", as_c(x->peak, f));
    case CLASS_BLOCK: return text("need_blocks(n, %s, %s);", as_c(x->class.what, f), as_c(x->peak, f));
    case CLASS_CHARGE: return text("n->charge += %s;", as_c(x->peak, f));
    case CLASS_RESOURCE: return text("need_resource(n, %s, %s);", as_c(x->class.what, f), as_c(x->peak, f));
    default: return ask_operation(x, f);
    }
}

/* The parameters of an operation's need: its own, and the need. */
static char *parameters(LLVMValueRef f)
{
    char *list = text("%s", "");
    unsigned part;
    for (unsigned i = 0; i < LLVMCountParams(f); i++) {
        if (is_part(f, i, &part) && part)
            continue;
        const char *type = parameter_type(f, i);
        list = text("%s%s%s%s, ", list, type, type[strlen(type) - 1] == '*' ? "" : " ", parameter_name(f, i));
    }
    return list;
}

static char *repeated(const char *word, int times)
{
    char *s = text("%s", word);
    while (--times > 0)
        s = text("%s, %s", s, word);
    return s;
}

static void emit_need(FILE *out, const struct equation *q)
{
    char *lines = text("%s", ""), *looks = text("%s", "");
    LLVMValueRef f = q->scope->slot[SLOT_BODY]->value;
    print_argument_type = NULL;
    print_seen = named_looks(q);
    for (int i = 0; i < q->entries; i++)
        lines = text("%s    %s\n", lines, statement(q, &q->entry[i]));
    for (int i = 0; i < print_seen.count; i++)
        looks = text("%s#define %s AMA_ONCE(seen[%d], %s)\n", looks, look_name(i), i, look_meaning(i, f));
    const char *type = print_argument_type && !q->scope->is_op ? tag_of(print_argument_type) : NULL;
    if (q->scope->is_op)
        fprintf(out, "\nvoid need_%s(%sstruct need *n)\n{\n", q->scope->name, parameters(f));
    else
        fprintf(out, "\nstatic void need_%s(void *p, struct need *n)\n{\n", q->scope->name);
    if (type)
        fprintf(out, "    struct %s *a = p;\n", type);
    if (print_seen.count)
        fprintf(out, "    u64 seen[] = {%s};\n", repeated("AMA_UNSEEN", print_seen.count));
    fprintf(out, "%s%s", looks, lines);
    for (int i = 0; i < print_seen.count; i++)
        fprintf(out, "#undef %s\n", look_name(i));
    fprintf(out, "}\n");
    print_seen = (struct vec){0};
}

static void make_folders(const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/'))
        if (mkdir(text("%.*s", (int)(slash - path), path), 0777) && errno != EEXIST)
            perror(path);
}

static bool has_content(const char *path, const char *content, size_t size)
{
    FILE *in = fopen(path, "r");
    char *old = fresh(size + 1);
    size_t got = in ? fread(old, 1, size + 1, in) : size + 1;
    if (in)
        fclose(in);
    return got == size && !memcmp(old, content, size);
}

/* A unit that is there already is left alone, so that it is not compiled again. */
static void write_unit(const char *path, const char *content, size_t size)
{
    if (has_content(path, content, size))
        return;
    make_folders(path);
    FILE *out = fopen(path, "w");
    if (!out || fwrite(content, 1, size, out) != size || fclose(out)) {
        perror(path);
        exit(2);
    }
}

void emit_needs(const char *folder, struct equation **all, int count)
{
    bool *done = fresh(count);
    for (int i = 0; i < count; i++) {
        if (done[i] || !all[i]->scope->derived)
            continue;
        const char *source = file_of(all[i]->scope->slot[SLOT_BODY]->value);
        char *content;
        size_t size;
        FILE *out = open_memstream(&content, &size);
        fprintf(out, "// Made by tools/amalyzer from %s: its needs.\n#include \"%s\"\n#include \"kernel/lib/ama.h\"\n"
                     "#pragma clang diagnostic ignored \"-Wunused-parameter\"\n", source, source);
        for (int k = i; k < count; k++) {
            struct func *body = all[k]->scope->slot[SLOT_BODY];
            if (!all[k]->scope->derived || strcmp(file_of(body->value), source))
                continue;
            emit_need(out, all[k]);
            done[k] = true;
        }
        fclose(out);
        write_unit(text("%s/%s", folder, source), content, size);
    }
}
