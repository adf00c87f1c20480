// SPDX-License-Identifier: MIT
/*
 * dot.c - the graph of what takes memory, for Graphviz
 *
 *     system call -> the scopes that it enters -> functions from which an allocator can be reached -> what is taken
 *
 * Of one system call, of one scope, or of all.  A colour for each service; dashed: through a pointer.  The scope of page faults, which
 * every copy of user memory may enter, is left out of the graphs of calls.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

static const struct {
    const char *folder, *colour, *name;
} services[] = {
    {"kernel/", "#cfe2f3", "kernel"}, {"mm/", "#fff2cc", "mm"}, {"fs/vfs", "#d9ead3", "fs/vfs"}, {"fs/ext2mfr", "#f9cb9c", "fs/ext2mfr"},
    {"fs/proc", "#ead1dc", "fs/proc"}, {"fs/dev", "#d9d2e9", "fs/dev"}, {"drivers/ata", "#d0e0e3", "drivers/ata"},
    {"drivers/tty", "#d0d0d0", "drivers/tty"},
};
enum { SERVICES = sizeof(services) / sizeof(*services) };

static FILE *out;
static bool *seen;               /* by id */
static bool used[SERVICES];
static struct vec lines;         /* text: edges, each once */

static void edge(const char *from, const char *to, const char *style)
{
    char *s = text("\"%s\" -> \"%s\"%s;\n", from, to, style);
    for (int i = 0; i < lines.count; i++)
        if (!strcmp(lines.at[i], s))
            return;
    vec_add(&lines, s);
}

/* --- what is taken --- */

static const char *what_is_taken(const struct edge *e)
{
    LLVMValueRef first = LLVMGetNumArgOperands(e->call) ? stripped(LLVMGetArgOperand(e->call, 0)) : NULL;
    if (e->to->prim == PRIM_OBJECT && LLVMIsAGlobalVariable(first))
        return text("object of %s", name_of(first));
    if (e->to->prim == PRIM_KMALLOC && LLVMIsAConstantInt(first))
        return text("kmalloc(%lu)", (unsigned long)LLVMConstIntGetZExtValue(first));
    return text("%s()", e->to->name);
}

static const char *style_of(const struct edge *e) { return e->indirect ? " [style=dashed]" : ""; }

/* Static functions of several files may have one name. */
static char *node_of_function(const struct func *f) { return text("%s %d", f->name, f->id); }

static void draw_taking(const struct func *f, const struct edge *e)
{
    const char *what = what_is_taken(e);
    fprintf(out, "\"%s\" [shape=box, style=\"filled,rounded\", fillcolor=\"#f4a582\"];\n", what);
    edge(node_of_function(f), what, style_of(e));
}

/* --- functions --- */

static int service_of(const struct func *f)
{
    const char *file = file_of(f->value);
    file += strncmp(file, "./", 2) ? 0 : 2;
    for (int i = 0; i < SERVICES; i++)
        if (!strncmp(file, services[i].folder, strlen(services[i].folder)))
            return i;
    return -1;
}

static void draw(const struct func *f)
{
    int s = service_of(f);
    if (seen[f->id] || !f->takes || f->prim)
        return;
    seen[f->id] = true;
    if (s >= 0)
        used[s] = true;
    fprintf(out, "\"%s\" [label=\"%s\", fillcolor=\"%s\", tooltip=\"%s\"];\n", node_of_function(f), f->name, s < 0 ? "white" : services[s].colour, file_of(f->value));
    for (int k = 0; k < f->edges; k++) {
        struct func *to = f->edge[k].to;
        if (to->takes && to->prim)
            draw_taking(f, &f->edge[k]);
        else if (to->takes)
            edge(node_of_function(f), node_of_function(to), style_of(&f->edge[k]));
        draw(to);
    }
}

static void draw_scope(const struct scope *s)
{
    struct func *body = s->slot[SLOT_BODY];
    bool takes = body && body->takes;
    fprintf(out, "\"scope %s\" [shape=ellipse, fillcolor=\"#ffffff\", penwidth=2%s];\n", s->name, takes ? "" : ", label=\"scope \\N\\nneeds nothing\"");
    if (!takes)
        return;
    edge(text("scope %s", s->name), node_of_function(body), "");
    draw(body);
}

/* --- the scopes of a call --- */

static void add_passed(LLVMValueRef v, struct vec *found)
{
    v = stripped(v);
    if (LLVMIsASelectInst(v)) {
        add_passed(LLVMGetOperand(v, 1), found);
        add_passed(LLVMGetOperand(v, 2), found);
    }
    for (int i = 0; i < scope_count; i++)
        if (scopes[i].global == v && strcmp(scopes[i].name, "fault") && !vec_has(found, &scopes[i]))
            vec_add(found, &scopes[i]);
}

/* A scope is entered where it is passed on: to the gate, or to a function that calls the gate with it. */
static void scopes_entered(const struct func *f, bool *visited, struct vec *found)
{
    if (visited[f->id] || f->prim == PRIM_GATE || f->prim == PRIM_PANIC)
        return;
    visited[f->id] = true;
    for (int k = 0; k < f->edges; k++) {
        LLVMValueRef call = f->edge[k].call;
        for (unsigned i = 0; i < LLVMGetNumArgOperands(call); i++)
            add_passed(LLVMGetArgOperand(call, i), found);
        scopes_entered(f->edge[k].to, visited, found);
    }
}

static bool draw_call(const char *name)
{
    struct vec found = {0};
    const char *handler = text("sys_%s", name);
    struct func *f = NULL;
    for (int i = 0; i < function_count; i++)
        if (functions[i].defined && !strcmp(functions[i].name, handler))
            f = &functions[i];
    if (!f)
        return false;
    scopes_entered(f, fresh(function_count), &found);
    fprintf(out, "\"%s()\" [shape=ellipse, fillcolor=\"#ffe599\", penwidth=2];\n", name);
    for (int i = 0; i < found.count; i++) {
        draw_scope(found.at[i]);
        edge(text("%s()", name), text("scope %s", ((struct scope *)found.at[i])->name), "");
    }
    return true;
}

/* --- the file --- */

static void legend(void)
{
    fprintf(out, "legend [shape=plain, style=\"\", label=<<table border=\"0\" cellborder=\"1\" cellspacing=\"0\" cellpadding=\"5\">\n");
    for (int i = 0; i < SERVICES; i++)
        if (used[i])
            fprintf(out, "<tr><td bgcolor=\"%s\">%s</td></tr>\n", services[i].colour, services[i].name);
    fprintf(out, "<tr><td bgcolor=\"#f4a582\">is taken</td></tr><tr><td>dashed: by a pointer</td></tr></table>>];\n");
}

/* name: of a system call or a scope; NULL: of all scopes.  False: there is none. */
bool graph_write(const char *file, const char *name)
{
    out = fopen(file, "w");
    seen = fresh(function_count);
    if (!out) {
        perror(file);
        exit(2);
    }
    fprintf(out, "digraph needs {\nrankdir=LR; ranksep=0.4; nodesep=0.15;\n"
            "node [shape=box, style=filled, fontname=\"DejaVu Sans\", fontsize=11, height=0.3];\nedge [color=\"#555555\", arrowsize=0.6];\n");
    bool drawn = name && draw_call(name);
    for (int i = 0; i < scope_count && !drawn; i++)
        if (scopes[i].slot[SLOT_BODY] && (!name || !strcmp(name, scopes[i].name)))
            draw_scope(&scopes[i]);
    for (int i = 0; i < lines.count; i++)
        fprintf(out, "%s", (char *)lines.at[i]);
    legend();
    fprintf(out, "}\n");
    fclose(out);
    return lines.count || drawn;
}
