// SPDX-License-Identifier: MIT
/*
 * emit.c - the needs as C
 *
 * The equation of a scope is the peak of its body, for each class, over all outcomes.  Each file with derived needs becomes a
 * file of the build that includes it and then defines them: so an equation may name what the file keeps to itself.
 *
 * The counts of all needs are numbered: tests/mutants lowers each by one.  The list of them, terms.txt, has lines of number, need
 * and class.
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
             culprit && culprit->why && strstr(culprit->why, "which may change")
                 ? "a look before the change (AMA_AT_ENTRY, where it is no other value), AMA_UPTO(value, most), or AMA_BOUND and AMA_ITER with what was there at the entry"
                 : "AMA_UPTO(value, most), or AMA_BOUND and AMA_ITER with an AMA_STATE function");
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
    check_holds(q);
    return q;
}

/* Operations are called one after the other: what one of them uses for a moment only is not added to what the others use.  One
 * that calls others itself may hold it meanwhile. */
bool is_shared(const struct equation *q, const struct entry *x)
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

static int terms;
static FILE *term_list;

/* What an operation needs is told by its name alone. */
static char *class_of_term(const struct entry *x, LLVMValueRef f)
{
    char *call = x->class.kind == CLASS_NEED ? as_c(x->class.what, f) : NULL;
    return call ? text("%.*s", (int)strcspn(call, "("), call) : class_name(&x->class, f);
}

static char *term(const struct equation *q, const struct entry *x, const char *kind, const char *count)
{
    fprintf(term_list, "%d %s %s%s\n", ++terms, q->scope->name, kind, class_of_term(x, q->scope->slot[SLOT_BODY]->value));
    return text("AMA_TERM(%d, %s)", terms, count);
}

static char *count_of(const struct equation *q, const struct entry *x)
{
    return term(q, x, "", as_c(x->peak, q->scope->slot[SLOT_BODY]->value));
}

static char *shared(const struct equation *q, const struct entry *x, const char *what)
{
    LLVMValueRef f = q->scope->slot[SLOT_BODY]->value;
    if (!is_shared(q, x))
        return text("need_%s%s);", what, count_of(q, x));
    char *lasting = is_zero(x->net) ? text("%s", "") : text("need_%s%s);\n    ", what, term(q, x, "", as_c(x->net, f)));
    return text("%sneed_passing_%s%s);", lasting, what, term(q, x, "passing ", as_c(x->extra, f)));
}

static bool only_truths(const struct expr *e)
{
    return e->kind == TRUTH || (e->kind == PRODUCT && only_truths(e->arg[0]) && only_truths(e->arg[1]));
}

static char *ask_operation(const struct equation *q, const struct entry *x)
{
    LLVMValueRef f = q->scope->slot[SLOT_BODY]->value;
    int64_t times;
    char *call = as_c(x->class.what, f);
    call = text("%.*s, n);", (int)strlen(call) - 1, call);
    bool once = is_number(x->peak, &times) && times == 1;
    if (once || only_truths(x->peak))
        return text("if (%s)\n        %s", term(q, x, "", once ? "1" : text("!!(%s)", conditions_as_c(x->peak, f))), call);
    return text("for (u64 i = %s; i; i--)\n        %s", count_of(q, x), call);
}

static char *statement(const struct equation *q, const struct entry *x)
{
    LLVMValueRef f = q->scope->slot[SLOT_BODY]->value;
    switch (x->class.kind) {
    case CLASS_OBJECT: return shared(q, x, text("object(n, &%s, ", name_of(x->class.cache)));
    case CLASS_KMALLOC: return text("need_kmalloc(n, %s, %s);", as_c(x->class.what, f), count_of(q, x));
    case CLASS_FRAMES: return q->scope->large ? text("n->now += %s;", count_of(q, x)) : shared(q, x, "frames(n, ");
    case CLASS_STACK: return text("n->now += %s;", count_of(q, x));
    case CLASS_SLOTS: return text("n->slots += %s;", count_of(q, x));
    case CLASS_BLOCK: return text("need_blocks(n, %s, %s);", as_c(x->class.what, f), count_of(q, x));
    case CLASS_CHARGE: return text("n->charge += %s;", count_of(q, x));
    case CLASS_RESOURCE: return text("need_resource(n, %s, %s);", as_c(x->class.what, f), count_of(q, x));
    default: return ask_operation(q, x);
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

/* Frames that the scope may need while it runs, whatever the state; empty: it needs none, or as many as it is admitted. */
static char *ceiling_line(const struct equation *q)
{
    for (int i = 0; i < q->ceilings && !q->scope->is_op; i++)
        if (q->ceiling[i].frames && ceiling_most(&q->ceiling[i]) > 0)
            return text("    AMA_CEILING(n, \"%s\", %ld);\n", q->scope->name, ceiling_most(&q->ceiling[i]));
    return text("%s", "");
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
    fprintf(out, "%s%s%s", looks, lines, ceiling_line(q));
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

/* The file of the needs of all bodies of a source. */
static void emit_unit(const char *folder, const char *source, struct equation **all, int count)
{
    char *content;
    size_t size;
    FILE *out = open_memstream(&content, &size);
    fprintf(out, "// Made by tools/amalyzer from %s: its needs.\n#include \"%s\"\n#include \"kernel/lib/ama.h\"\n"
                 "#pragma clang diagnostic ignored \"-Wunused-parameter\"\n", source, source);
    for (int k = 0; k < count; k++)
        if (all[k]->scope->derived && !strcmp(file_of(all[k]->scope->slot[SLOT_BODY]->value), source))
            emit_need(out, all[k]);
    fclose(out);
    write_unit(text("%s/%s", folder, source), content, size);
}

void emit_needs(const char *folder, struct equation **all, int count)
{
    struct vec done = {0};
    char *list;
    size_t size;
    term_list = open_memstream(&list, &size);
    for (int i = 0; i < count; i++) {
        char *source = all[i]->scope->derived ? text("%s", file_of(all[i]->scope->slot[SLOT_BODY]->value)) : NULL;
        bool is_new = source;
        for (int k = 0; k < done.count; k++)
            is_new &= !source || strcmp(done.at[k], source);
        if (!is_new)
            continue;
        vec_add(&done, source);
        emit_unit(folder, source, all, count);
    }
    fclose(term_list);
    write_unit(text("%s/terms.txt", folder), list, size);
}
