// SPDX-License-Identifier: MIT
/*
 * report.c - for people: each scope's equation, what it assumes, the figures of the analysis
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>
#include <sys/resource.h>

/* --- what an equation assumes --- */

static void print_assumptions(FILE *out, const struct equation *q)
{
    struct vec looks = held_looks(q);
    for (int i = 0; i < looks.count; i++)
        fprintf(out, "    assumes  %s: %s\n", as_c(looks.at[i], q->scope->slot[SLOT_BODY]->value), hold_of(q->scope, looks.at[i]));
}

/* The most that it can ever say, of what is needed while the call runs and of what is left after it. */
static void print_ceilings(FILE *out, const struct equation *q)
{
    static const char *const title[] = {"while it runs", "may stay after it"};
    for (int stays = 0; stays < 2; stays++) {
        int printed = 0;
        for (int i = 0; i < q->ceilings; i++) {
            const struct ceiling *c = &q->ceiling[i];
            int64_t most = ceiling_most(c);
            if (c->stays != stays || !most)
                continue;
            fprintf(out, "%s %s %s", printed++ ? "," : text("    ceiling  %s:", title[stays]), c->name,
                    most < 0 ? text("no constant: %s", c->why) : text("%ld", most));
        }
        fprintf(out, printed ? "\n" : "");
    }
}

static const char *slot_name(const struct scope *s, enum slot k)
{
    struct func *f = s->slot[k];
    return !f || !strcmp(f->name + (strlen(f->name) > 5 ? strlen(f->name) - 5 : 0), "_none") ? "-" : f->name;
}

static void print_equation(FILE *out, const struct equation *q)
{
    const struct scope *s = q->scope;
    LLVMValueRef f = s->slot[SLOT_BODY]->value;
    if (s->is_op)
        fprintf(out, "%s()  (%s, an operation of a port)\n", s->name, file_of(f));
    else
        fprintf(out, "%s  (%s, guard %s, pin %s)\n", s->name, file_of(f), slot_name(s, SLOT_GUARD), slot_name(s, SLOT_PIN));
    print_seen = named_looks(q);
    for (int i = 0; i < q->entries; i++)
        fprintf(out, "    %-24s %s\n", class_name(&q->entry[i].class, f), as_c(q->entry[i].peak, f));
    for (int i = 0; i < print_seen.count; i++)
        fprintf(out, "    %s  %-24s %s\n", i ? "     " : "where", look_name(i), look_meaning(i, f));
    print_assumptions(out, q);
    print_ceilings(out, q);
    print_seen = (struct vec){0};
    if (!q->entries)
        fprintf(out, "    nothing\n");
    fprintf(out, "\n");
}

/* --- figures --- */

struct figures {
    int functions, edges, lines, loops, counted, marked;
};

static bool is_marked(const struct func *f, const struct loop *l)
{
    for (int i = 0; i < f->nodes; i++)
        if (l->in[i] && f->node[i].iter)
            return true;
    return false;
}

static void count_function(struct figures *all, struct func *f, bool pruned)
{
    all->functions++;
    all->lines += f->lines;
    for (int k = 0; k < f->edges; k++)
        all->edges += !pruned || f->edge[k].to->takes;
    if (!pruned || f->prim)
        return;
    flow_build(f);
    for (int i = 0; i < f->loops; i++) {
        bool counted = loop_trips(f, &f->loop[i]);
        all->loops++;
        all->counted += counted;
        all->marked += !counted && is_marked(f, &f->loop[i]);
    }
}

/* Marks in functions that take memory: a limit of depth elsewhere is for the stack alone. */
static int count_calls(enum prim p)
{
    int count = 0;
    for (int i = 0; i < function_count; i++)
        for (int k = 0; functions[i].takes && k < functions[i].edges; k++)
            count += functions[i].edge[k].to->prim == p;
    return count;
}

/* Those that say themselves what they answer at most: that is for ceilings. */
static int count_limited_looks(void)
{
    int count = 0;
    for (int i = 0; i < function_count; i++)
        for (int k = 0; functions[i].state && k < functions[i].edges; k++)
            count += functions[i].edge[k].to->prim == PRIM_UPTO;
    return count;
}

static const struct {
    enum prim prim;
    const char *name;
} marks[] = {
    {PRIM_AT_MOST, "AMA_AT_MOST"}, {PRIM_USES, "AMA_USES"}, {PRIM_READS, "AMA_READS"}, {PRIM_PASSES, "AMA_PASSES"},
    {PRIM_TAKES, "AMA_TAKES"}, {PRIM_ONLY_IF, "AMA_ONLY_IF"}, {PRIM_COVERS, "AMA_COVERS"}, {PRIM_AS, "AMA_AS"},
    {PRIM_UPTO, "AMA_UPTO"}, {PRIM_BOUND, "AMA_BOUND"}, {PRIM_DEPTH, "AMA_DEPTH"},
};

static bool is_mark(enum prim p)
{
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (marks[i].prim == p)
            return true;
    return false;
}

/* Where each of a kind stands. */
static void print_places(FILE *out, enum prim p, const char *name)
{
    for (int i = 0; i < function_count; i++)
        for (int k = 0; (functions[i].takes || functions[i].state) && k < functions[i].edges; k++)
            if (functions[i].edge[k].to->prim == p)
                fprintf(out, "    %-12s %-32s in %s()\n", name, place_of(functions[i].edge[k].call), functions[i].name);
}

/* Loops under a mark of their whole function. */
static int count_covered(void)
{
    int count = 0;
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        bool marked = false;
        for (int k = 0; f->takes && k < f->edges; k++)
            marked |= is_mark(f->edge[k].to->prim) && f->edge[k].to->prim != PRIM_AS && f->edge[k].to->prim != PRIM_UPTO;
        for (int k = 0; marked && f->defined && !f->prim && k < f->loops; k++)
            count += !loop_trips(f, &f->loop[k]);
    }
    return count;
}

static int count_held(void)
{
    int count = 0;
    for (int i = 0; i < function_count; i++)
        count += functions[i].state && mark_starting(functions[i].value, "ama:held=");
    return count;
}

static void print_marks(FILE *out, int lines, int states)
{
    int all = 0;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        all += count_calls(marks[i].prim);
    fprintf(out, "annotations        %5d, %.2f for 100 lines that take memory:", all, 100.0 * all / lines);
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        fprintf(out, " %d %s", count_calls(marks[i].prim), marks[i].name);
    fprintf(out, "; %d state functions, %d of them with AMA_HELD, in which %d AMA_UPTO\n", states, count_held(), count_limited_looks());
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        print_places(out, marks[i].prim, marks[i].name);
}

void report(const char *file, struct equation **all, int count, double seconds)
{
    FILE *out = fopen(file, "w");
    struct figures whole = {0}, pruned = {0};
    int states = 0, derived = 0, operations = 0;
    if (!out) {
        perror(file);
        exit(2);
    }
    for (int i = 0; i < count; i++) {
        print_equation(out, all[i]);
        operations += all[i]->scope->is_op;
        derived += all[i]->scope->derived && !all[i]->scope->is_op;
    }
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        states += f->state;
        if (f->defined)
            count_function(&whole, f, false);
        if (f->defined && f->takes)
            count_function(&pruned, f, true);
    }
    fprintf(out, "kernel              %5d functions %5d calls %6d lines, %d calls through pointers\n", whole.functions, whole.edges, whole.lines, indirect_count);
    fprintf(out, "that take memory    %5d functions %5d calls %6d lines, %d loops: %d counted, %d annotated, %d under a mark of their function\n", pruned.functions,
            pruned.edges, pruned.lines, pruned.loops, pruned.counted, pruned.marked, count_covered());
    fprintf(out, "recursions          %5d, each with AMA_DEPTH\n", cycles);
    fprintf(out, "scopes              %5d, %d derived; operations of ports %d, all derived\n", count - operations, derived, operations);
    fprintf(out, "calls              %5d that are proved to need nothing\n", needless_calls);
    print_marks(out, pruned.lines, states);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    fprintf(out, "time                %5.2f s\n", seconds);
    fprintf(out, "memory              %5ld MiB\n", used.ru_maxrss / 1024);
    fclose(out);
}
