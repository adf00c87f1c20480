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
    error_at(body, x->site ? place_of(x->site) : "?",
             text("how much %s is taken cannot be known at the entry: it depends on %s%s", class_name(&x->class, body->value),
                  culprit ? culprit->why : "something", loop),
             "AMA_UPTO(value, most), or AMA_BOUND and AMA_ITER with an AMA_STATE function");
}

static bool to_bounds(struct func *body, struct entry *x)
{
    struct expr *culprit = NULL;
    loop_to_blame = NULL;
    struct expr *peak = upper(x->peak, &culprit);
    if (peak && x->class.what && !x->class.what->exact) {
        upper(x->class.what, &culprit);
        peak = NULL;
    }
    if (peak)
        x->peak = larger(peak, number(0));
    else
        blame(body, x, culprit);
    return peak && !is_zero(x->peak);
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
    for (int i = 0; i < all->entries; i++)
        if (to_bounds(body, &all->entry[i]))
            q->entry[q->entries++] = all->entry[i];
    q->missing = notes;
    only_noting = false;
    return q;
}

/* --- C --- */

static char *statement(const struct equation *q, const struct entry *x)
{
    LLVMValueRef f = q->scope->slot[SLOT_BODY]->value;
    char *count = as_c(x->peak, f);
    switch (x->class.kind) {
    case CLASS_OBJECT: return text("need_object(n, &%s, %s);", name_of(x->class.cache), count);
    case CLASS_KMALLOC: return text("need_kmalloc(n, %s, %s);", as_c(x->class.what, f), count);
    case CLASS_FRAMES: return q->scope->large ? text("n->now += %s;", count) : text("need_frames(n, %s);", count);
    case CLASS_STACK: return text("n->now += %s;", count);
    case CLASS_SLOTS: return text("n->slots += %s;", count);
    case CLASS_BLOCK: return text("need_blocks(n, %s, %s);", as_c(x->class.what, f), count);
    case CLASS_CHARGE: return text("n->charge += %s;", count);
    case CLASS_RESOURCE: return text("need_resource(n, %s, %s);", as_c(x->class.what, f), count);
    default: {
        int64_t times;
        char *call = as_c(x->class.what, f);
        size_t length = strlen(call) - 1;
        bool empty = call[length - 1] == '(';
        call = text("%.*s%sn);", (int)length, call, empty ? "" : ", ");
        return is_number(x->peak, &times) && times == 1 ? call : text("for (u64 i = %s; i; i--)\n        %s", count, call);
    }
    }
}

static void emit_need(FILE *out, const struct equation *q)
{
    char *lines = text("%s", "");
    print_argument_type = NULL;
    for (int i = 0; i < q->entries; i++)
        lines = text("%s    %s\n", lines, statement(q, &q->entry[i]));
    const char *type = print_argument_type ? tag_of(print_argument_type) : NULL;
    fprintf(out, "\nstatic void need_%s(void *p%s, struct need *n%s)\n{\n", q->scope->name, type ? "" : " UNUSED", q->entries ? "" : " UNUSED");
    if (type)
        fprintf(out, "    struct %s *a = p;\n", type);
    fprintf(out, "%s}\n", lines);
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
        fprintf(out, "// Made by tools/amalyzer from %s: its needs.\n#include \"%s\"\n#include \"kernel/lib/ama.h\"\n", source, source);
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
