// SPDX-License-Identifier: MIT
/*
 * frames.c - how much of the stack each function takes for itself
 *
 * The compiler writes it down while it makes the kernel's objects (-fstack-usage), a line for each function that is left after
 * inlining:
 *
 *     kernel/gate.c:227:gate_call <tab> 216 <tab> static
 *
 * (the file is the one that is compiled, also for functions of headers).
 * That is the frame with saved registers, without the return address.  A function of the bitcode without a line was inlined
 * wherever it is called: its frame is part of its callers'.  For assembly the lines come from comments in it.
 */
#include "tools/amalyzer/amalyzer.h"
#include <stdlib.h>

#define WORD 8 /* a return address, an argument */
#define REGISTERS 6 /* arguments that travel in registers (AMD64 ABI 3.2.3) */

static int *frame; /* by id; -1: has no line */
static struct vec named; /* struct line: of what is not a function of the bitcode */

struct line {
    const char *name;
    int bytes;
};

static void add_line(const char *file, const char *name, int bytes, bool constant)
{
    bool found = false;
    for (int i = 0; i < function_count; i++) {
        struct func *f = &functions[i];
        if (strcmp(f->name, name) || (f->defined && strcmp(unit_of(f->value), file)))
            continue;
        frame[f->id] = bytes > frame[f->id] ? bytes : frame[f->id];
        found = true;
        if (!constant)
            error_at(f, file_of(f->value), "its frame has no constant size", "an array of a constant size");
    }
    if (found)
        return;
    if (strcmp(file, "asm")) {
        fprintf(stderr, "amalyzer: %s() of %s is compiled, but no bitcode that was read has it: is its file, or the DERIVE of its need, missing?\n", name, file);
        exit(2);
    }
    struct line *l = fresh(sizeof(*l));
    *l = (struct line){name, bytes};
    vec_add(&named, l);
}

void frames_read(const char *path)
{
    char *row = NULL;
    size_t room = 0;
    FILE *in = fopen(path, "r");
    if (!in) {
        perror(path);
        exit(2);
    }
    frame = fresh(function_count * sizeof(*frame));
    memset(frame, -1, function_count * sizeof(*frame));
    while (getline(&row, &room, in) > 0) {
        char *words = strchr(row, '\t'), *name = words ? memrchr(row, ':', words - row) : NULL, *kind;
        if (!name)
            continue;
        *words = *name = 0;
        int bytes = strtol(words + 1, &kind, 10);
        add_line(text("%.*s", (int)strcspn(row, ":"), row), text("%s", name + 1), bytes, !strncmp(kind, "\tstatic", 7));
    }
    fclose(in);
}

int frame_named(const char *name)
{
    for (int i = 0; i < named.count; i++)
        if (!strcmp(((struct line *)named.at[i])->name, name))
            return ((struct line *)named.at[i])->bytes;
    return 0;
}

static const char *place_of_call(const struct func *to)
{
    for (int i = 0; i < function_count; i++)
        for (int k = 0; k < functions[i].edges; k++)
            if (functions[i].edge[k].to == to)
                return place_of(functions[i].edge[k].call);
    return "?";
}

/* With the return address; 0 for what was inlined. */
int frame_of(struct func *f)
{
    if (frame[f->id] >= 0)
        return frame[f->id] + WORD;
    if (!f->defined && f->prim < PRIM_GATE)
        error_at(f, place_of_call(f), text("the frame size of %s() is not known", f->name), "a line  ; stack: NAME BYTES  in the assembly file");
    return 0;
}

/* What a call puts on the stack besides: arguments beyond the sixth. */
int call_bytes(LLVMValueRef call)
{
    int more = (int)LLVMGetNumArgOperands(call) - REGISTERS;
    return more > 0 ? (more * WORD + 15) / 16 * 16 : 0;
}
