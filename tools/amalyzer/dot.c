// SPDX-License-Identifier: MIT
/*
 * dot.c - the graph of what takes memory, for Graphviz: one scope's or all; a colour for each folder of the source
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

static const char *colour(const struct func *f)
{
    static const struct {
        const char *folder, *colour;
    } of[] = {{"kernel/", "#cfe2f3"}, {"mm/", "#fff2cc"}, {"fs/vfs", "#d9ead3"}, {"fs/ext2mfr", "#f9cb9c"}, {"fs/", "#ead1dc"}, {"drivers/", "#d0d0d0"}};
    if (f->prim)
        return "#f4a582";
    for (size_t i = 0; i < sizeof(of) / sizeof(*of); i++)
        if (!strncmp(file_of(f->value), of[i].folder, strlen(of[i].folder)))
            return of[i].colour;
    return "white";
}

static void reach(const struct func *f, bool *seen)
{
    if (seen[f->id] || !f->takes)
        return;
    seen[f->id] = true;
    for (int k = 0; k < f->edges; k++)
        reach(f->edge[k].to, seen);
}

static void write_node(FILE *out, const struct func *f, const bool *seen)
{
    struct vec drawn = {0};
    fprintf(out, "\"%s\" [fillcolor=\"%s\"];\n", f->name, colour(f));
    for (int k = 0; k < f->edges; k++) {
        struct func *to = f->edge[k].to;
        if (!seen[to->id] || vec_has(&drawn, to))
            continue;
        vec_add(&drawn, to);
        fprintf(out, "\"%s\" -> \"%s\"%s;\n", f->name, to->name, f->edge[k].indirect ? " [style=dashed]" : "");
    }
}

void graph_write(const char *file, const char *scope)
{
    FILE *out = fopen(file, "w");
    bool *seen = fresh(function_count);
    if (!out) {
        perror(file);
        exit(2);
    }
    for (int i = 0; i < scope_count; i++)
        if (scopes[i].slot[SLOT_BODY] && (!scope || !strcmp(scope, scopes[i].name)))
            reach(scopes[i].slot[SLOT_BODY], seen);
    fprintf(out, "digraph needs {\nrankdir=LR;\nnode [shape=box, style=filled, fontname=sans, fontsize=10];\n");
    for (int i = 0; i < function_count; i++)
        if (seen[i])
            write_node(out, &functions[i], seen);
    fprintf(out, "}\n");
    fclose(out);
}
