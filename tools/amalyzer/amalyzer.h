// SPDX-License-Identifier: MIT
/*
 * amalyzer.h - what the files of the analyzer share, in reading order
 *
 *     module.c   bitcode, names, places in the source, the fields of structures
 *     graph.c    functions, calls, targets of indirect calls; what can reach an allocation
 *     flow.c     blocks, dominators and loops of one function
 *     expr.c     expressions over a scope's arguments, in a normal form; choose.c: maxima and choices; bound.c: upper bounds;
 *                print.c: as C
 *     value.c    from the compiler's values to expressions; change.c: what a scope changes; trips.c: how often a loop can run
 *     effect.c   what an instruction sequence takes and keeps: the algebra
 *     summary.c  the effect of a call; walk.c: of a function's body; limit.c: what its author says of it
 *     pointers.c where pointers to functions may be kept;  check.c: what must hold of the whole kernel;  hold.c: what keeps an equation true;  ceiling.c: the most that it can say
 *     frames.c   how much stack a function takes;  stack.c: the deepest stack of each entry
 *     emit.c     the needs as C;  report.c: for people;  main.c: the order of work
 *
 * The analyzer runs once and ends: memory is never given back.
 */
#pragma once
#include <llvm-c/Core.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* --- memory and text --- */
struct vec {
    void **at;
    int count;
};
void *fresh(size_t bytes);                       /* zeroed */
char *text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void vec_add(struct vec *v, void *item);
bool vec_has(const struct vec *v, const void *item);
void *map_get(const struct vec *map, const void *key); /* NULL when it is not there */
void map_put(struct vec *map, const void *key, void *item);

/* --- module.c --- */
extern LLVMModuleRef module;
void module_load(char **word, int count);        /* files; "--service NAME" opens a name space of its own */
const char *name_of(LLVMValueRef v);             /* as in the source: without what the linker appended */
const char *place_of(LLVMValueRef instruction);  /* file:line */
const char *file_of(LLVMValueRef function);
const char *unit_of(LLVMValueRef function);      /* the file that was compiled, also for what stands in a header */
const char *field_name(LLVMTypeRef structure, unsigned index); /* NULL when it has none */
LLVMTypeRef representative(LLVMTypeRef t);       /* of all types that are the same structure of the source */
const char *tag_of(LLVMTypeRef structure);       /* its name in the source */
const char *tag_of_global(LLVMValueRef global);   /* the structure that it is, or an array of; NULL: neither */
/* Of a parameter as in the source: small structures come in parts. */
const char *parameter_type(LLVMValueRef function, unsigned index);
const char *parameter_name(LLVMValueRef function, unsigned index);
bool is_part(LLVMValueRef function, unsigned index, unsigned *part);
const char *parameter_part(LLVMValueRef function, unsigned index); /* "name.len" */
/* What follows `start` in __attribute__((annotate("..."))); NULL: the function has no such mark. */
const char *mark_starting(LLVMValueRef function, const char *start);
LLVMValueRef stripped(LLVMValueRef v);           /* without casts that keep the value */
bool is_address(LLVMValueRef v);                 /* of a field or an element, counted from operand 0 */
LLVMValueRef called(LLVMValueRef call);          /* a function, or the value that is called */
bool is_call(LLVMValueRef v);                    /* of a function, not of assembly */

/* --- graph.c --- */
enum prim {
    PRIM_NONE,
    /* takers */
    PRIM_OBJECT, PRIM_KMALLOC, PRIM_KMALLOC_UPTO, PRIM_FRAME, PRIM_BLOCK, PRIM_VMALLOC, PRIM_CHARGE, PRIM_RESOURCE,
    /* givers */
    PRIM_OBJECT_FREE, PRIM_KFREE, PRIM_FRAME_PUT, PRIM_BLOCK_FREE, PRIM_VFREE,
    /* the entry, and the marks of kernel/lib/ama.h */
    PRIM_GATE, PRIM_BOUND, PRIM_ITER, PRIM_UPTO, PRIM_DEPTH, PRIM_AT_MOST, PRIM_TAKES, PRIM_USES, PRIM_READS, PRIM_PASSES, PRIM_ONLY_IF, PRIM_COVERS, PRIM_COVERED,
    PRIM_AS,
    /* does not come back */
    PRIM_PANIC,
};
#define PRIM_LAST_TAKER PRIM_RESOURCE

struct edge {
    LLVMValueRef call;
    struct func *to;
    bool indirect;
};
struct func {
    LLVMValueRef value;
    const char *name;
    int id, lines;
    bool defined;
    bool state;                  /* AMA_STATE: only looks */
    bool takes;                  /* an allocator can be reached */
    enum prim prim;
    unsigned asks;               /* an operation: bit k: its equation depends on parameter k; ASKS: it needs something */
    struct edge *edge;
    int edges;
    int cycle;                   /* number of its cycle of calls, 0: in none */
    int depth;                   /* AMA_DEPTH */
    unsigned slots;              /* of the gate: which slots of a scope it calls, by bit */
    bool entry;                  /* assembly calls it, or a thread begins with it */
    /* --- flow.c --- */
    struct node *node;
    int nodes;
    struct loop *loop;
    int loops;
    /* --- of the scope that is being analyzed --- */
    int epoch;
    bool busy;
    struct summary *summary;
};
#define ASKS (1u << 31)

struct scope {                   /* struct scope of kernel/gate.h; or an operation of a port, which has a body only */
    const char *name;
    LLVMValueRef global;
    struct func *slot[6];        /* enum slot */
    bool large;                  /* SCOPE_LARGE: frames stay */
    bool derived;                /* its need is generated */
    bool is_op;
};
enum slot { SLOT_GUARD, SLOT_PIN, SLOT_NEED, SLOT_BODY, SLOT_NEXT, SLOT_UNGUARD };

extern struct func *functions;
extern int function_count, edge_count, indirect_count;
extern struct scope *scopes;     /* operations first, those before others that call them */
extern int scope_count;
struct vec tables_of(LLVMTypeRef t);             /* constants of that type */
void graph_build(const struct vec *entries);     /* names of functions that assembly calls; none: all that nobody calls */
struct func *func_of(LLVMValueRef function);     /* NULL: not a function of the kernel */
LLVMValueRef first_of(const struct func *f);
enum prim prim_call(LLVMValueRef instruction);
/* What the call may reach; false when that is not known. */
bool call_targets(LLVMValueRef call, struct vec *out);
bool field_targets(LLVMTypeRef t, unsigned index, struct vec *out, int depth); /* depth: 0 */
/* A call through field NAME of a table, beside which stands NAME_need: the table's type, and that field. */
bool paired_need(LLVMValueRef call, LLVMTypeRef *structure, unsigned *index);
/* The field that a pointer leads to; false when it is none. */
bool field_of(LLVMValueRef pointer, LLVMTypeRef *structure, unsigned *index);

/* --- flow.c --- */
struct node {                    /* a basic block, cut where AMA_ITER stands */
    LLVMBasicBlockRef block;
    LLVMValueRef first, last;
    LLVMValueRef iter;           /* the AMA_ITER that it begins with */
    int index, order;            /* order: of a reverse postorder, -1: not reached */
    int dominator;
    struct vec to, from;         /* nodes */
    struct loop *loop;           /* the innermost */
};
struct loop {
    int head, size;
    bool *in;                    /* nodes */
    bool *before_test;           /* nodes that run once more than the body */
    struct expr *trips;          /* NULL: not known */
    const char *why;             /* what its limit depends on, when that is why */
    int epoch;
};
void flow_build(struct func *f);
bool dominates(const struct func *f, int a, int b);
int common_dominator(const struct func *f, int a, int b);
struct node *node_ending(const struct func *f, LLVMBasicBlockRef b);
struct node *node_of(const struct func *f, LLVMValueRef instruction);
bool node_has(const struct node *n, LLVMValueRef instruction);
LLVMValueRef branch_condition(const struct node *n); /* NULL: the node does not branch on one */
/* Which way out of node d (0, 1) leads to the edge from p to its successor k; -1: both may. */
int branch_side(const struct func *f, int d, int p, int k);

/* --- expr.c --- */
enum expr_kind {
    SUM, PARAM, GLOBAL, FIELD, INDEX, LOAD, PEEK, NEED_CALL, PRODUCT, QUOTIENT, REMAINDER, SHIFT_RIGHT, SHIFT_LEFT, BIT_AND, BIT_OR, BIT_XOR,
    NARROW, SIGNED, MAXIMUM, MINIMUM, TRUTH, CHOICE, TEST, ROUNDS, UNKNOWN,
};
#define EXPR_ARGS 8
struct term {
    int64_t factor;
    struct expr *of;
};
struct expr {
    enum expr_kind kind;
    int id, args, terms;
    int64_t number;              /* SUM: constant; PARAM: index; FIELD: index; NARROW, SIGNED, LOAD, PEEK: bits; TEST: predicate */
    LLVMValueRef value;          /* GLOBAL, PEEK, UNKNOWN; NEED_CALL: an operation whose need it may be; arg[0] is the need */
    LLVMTypeRef type;            /* FIELD, INDEX: of what it is in */
    struct expr *arg[EXPR_ARGS];
    struct term *term;           /* SUM: in order of id */
    bool exact;                  /* no UNKNOWN inside */
    bool changes;                /* reads something that this scope can change before */
    struct expr *limit;          /* UNKNOWN: an upper bound, or NULL */
    const char *why;             /* UNKNOWN: what it is; ROUNDS: the loop */
    struct expr *next;
};
struct expr *expr_new(struct expr e);
struct expr *expr_pair(enum expr_kind k, struct expr *a, struct expr *b);
struct expr *expr_sum(int64_t constant, struct term *term, int count); /* equal terms become one */
int expr_spread(struct expr *e, int64_t factor, struct term *out, int64_t *constant);
int expr_terms(const struct expr *e);
struct expr *negated(struct expr *condition);
struct expr *number(int64_t n);
bool is_number(const struct expr *e, int64_t *n);
bool is_zero(const struct expr *e);
struct expr *plus(struct expr *a, struct expr *b);
struct expr *minus(struct expr *a, struct expr *b);
struct expr *times(struct expr *a, struct expr *b);
struct expr *larger(struct expr *a, struct expr *b);
struct expr *smaller(struct expr *a, struct expr *b);
struct expr *as_count(struct expr *e);
int expr_size(const struct expr *e);
struct expr *choice(struct expr *condition, struct expr *a, struct expr *b);
struct expr *test(LLVMIntPredicate p, struct expr *a, struct expr *b); /* 0, 1 or a condition */
struct expr *truth(struct expr *condition);      /* as a number */
struct expr *condition_of(struct expr *e);       /* e != 0 */
struct expr *binary(enum expr_kind k, struct expr *a, struct expr *b);
struct expr *narrow(struct expr *e, unsigned bits);
struct expr *sign_extend(struct expr *e, unsigned bits);
struct expr *rounds(struct expr *from, struct expr *to, const char *where);
struct expr *unknown(LLVMValueRef v, const char *why, struct expr *limit);
struct expr *substitute(struct expr *e, struct expr **argument, int count); /* for PARAMs */
void expr_forget(void);

/* --- bound.c --- */
/* An upper bound without UNKNOWN, or NULL with *culprit. */
struct expr *upper(struct expr *e, struct expr **culprit);
struct expr *upper_or_self(struct expr *e);
extern const char *loop_to_blame;

/* --- print.c --- */
char *as_c(struct expr *e, LLVMValueRef function); /* function: for the names of parameters */
extern LLVMTypeRef print_argument_type;         /* what the parameter `void *` was last printed as */
extern struct vec print_seen;                   /* looks that have a name of their own, look_name(i), in what is printed */
char *look_name(int i);
char *look_meaning(int i, LLVMValueRef function);
char *conditions_as_c(struct expr *product, LLVMValueRef function); /* "a && b"; empty: it has none */

/* --- change.c --- */
void changes_begin(const struct func *body);     /* another scope */
bool may_change(LLVMTypeRef structure, unsigned field);
bool variable_changes(LLVMValueRef variable);    /* of the kernel */
bool looks_at_changes(const struct func *f);     /* does a state function look at what this scope may change? */
bool sees_mutable(struct func *f);               /* at anything that is ever changed in an object that others can see? */
bool is_mutable(LLVMTypeRef structure, unsigned field); /* ever, by anybody */
bool reaches(const struct func *from, const struct func *to);
LLVMValueRef base_of(LLVMValueRef pointer);      /* what the address is counted from, through elements and fields */
LLVMValueRef written_by(LLVMValueRef i, bool *whole); /* the pointer that it writes to; *whole: all of what is there */

/* --- value.c, trips.c --- */
void values_begin(const struct func *body);      /* another scope: forget what was known of values */
extern int epoch;
struct expr *value_of(struct func *f, LLVMValueRef v);
struct expr *declared_value(struct func *f, LLVMValueRef v); /* as an argument of a mark */
void value_set(LLVMValueRef v, struct expr *e);
struct expr *condition_at(struct func *f, LLVMValueRef condition);
bool may_gate(const struct expr *condition);     /* it has at the entry the value that it will have */
struct expr *field_address(struct expr *base, LLVMTypeRef structure, unsigned index);
/* What the load of a field of a local structure gives, when that was set once; NULL: not known. */
struct expr *forwarded(struct expr *address);
struct expr *loop_trips(struct func *f, struct loop *l);

/* --- effect.c --- */
enum class_kind { CLASS_OBJECT, CLASS_KMALLOC, CLASS_FRAMES, CLASS_STACK, CLASS_SLOTS, CLASS_BLOCK, CLASS_CHARGE, CLASS_RESOURCE, CLASS_NEED };
struct class {
    enum class_kind kind;
    LLVMValueRef cache;
    struct expr *what;           /* size, order, resource; CLASS_NEED: the call of a need */
};
struct entry {
    struct class class;
    struct expr *peak, *net;     /* net: never below 0 */
    struct expr *extra;          /* at least peak - net, kept in a simpler form */
    LLVMValueRef site;           /* the first allocation, for messages */
};
struct effect {                  /* NULL: this way cannot be taken */
    struct entry *entry;
    int entries;
};
struct effect *effect_none(void);
struct entry *effect_entry(struct effect *e, struct class c);        /* NULL: has none */
struct entry *effect_make(struct effect *e, struct class c, LLVMValueRef site);
struct effect *effect_copy(const struct effect *e);
void effect_add(struct effect *e, const struct entry *more);
void effect_drop(struct effect *e, struct entry *x);
struct effect *effect_then(const struct effect *a, const struct effect *b);
struct effect *effect_either(struct expr *condition, const struct effect *a, const struct effect *b); /* condition: NULL when not known */
char *class_name(const struct class *c, LLVMValueRef function);

/* --- summary.c, walk.c --- */
enum { NEGATIVE = 1, ZERO = 2, POSITIVE = 4, ANY_OUTCOME = 7 };
struct summary {                 /* effect by outcome: the sign of the result */
    struct effect *by[3];        /* NULL: never ends so */
};
struct summary *summarize(struct func *f);
struct effect *call_effect(struct func *f, LLVMValueRef call, int outcomes);
bool has_effect(LLVMValueRef instruction);
int outcomes_of(struct func *f, LLVMValueRef result, struct node *at, int depth);
bool zero_test(struct func *f, struct node *n, LLVMValueRef condition, LLVMValueRef *tested, int *when_true);
struct summary *walk_function(struct func *f);
void limit_summary(struct func *f, struct summary *s);

/* --- check.c --- */
extern int errors, needless_calls, cycles; /* cycles: of calls */
void error_at(struct func *f, const char *place, const char *message, const char *advice);
/* Of something that the body reaches: the way goes from the body to the place. */
void error_below(struct func *body, LLVMValueRef site, const char *message, const char *advice);
void checks(void);
void check_pointers(void);                       /* pointers.c: of functions */
char *path_to(const struct func *f);

/* --- emit.c, hold.c, report.c --- */
struct equation {                /* a derived need */
    const struct scope *scope;
    struct entry *entry;         /* peaks are bounds; only those that are not 0 */
    int entries;
    struct ceiling *ceiling;     /* ceiling.c: a constant for each class, those of the operations that it calls among them */
    int ceilings;
};
struct equation *derive(const struct scope *s);
bool is_shared(const struct equation *q, const struct entry *x); /* an operation's, in part for a moment only: net and extra */
int check_calls(struct equation **all);         /* those of I6 enter no scope that needs something; returns how many there are */
void check_holds(const struct equation *q);
struct vec held_looks(const struct equation *q);
const char *hold_of(const struct scope *s, const struct expr *look); /* what keeps true what the look saw */
struct vec named_looks(const struct equation *q);
void emit_needs(const char *folder, struct equation **all, int count);
void report(const char *file, struct equation **all, int count, double seconds);
bool graph_write(const char *file, const char *name);

/* --- ceiling.c --- */
struct ceiling {
    const char *name, *why;      /* of the class; what has no limit, or NULL */
    int64_t most, passing;       /* passing: of one operation at a time */
    bool frames, stays;          /* frames for the time of the call; some of it is left after it */
};
void ceilings(struct equation **all, int count, int64_t allowed); /* allowed: frames that a call may need while it runs; 0: any */
int64_t ceiling_most(const struct ceiling *c);   /* -1: none */

/* --- frames.c, stack.c --- */
void frames_read(const char *path);              /* lines of -fstack-usage */
int frame_of(struct func *f);
int frame_named(const char *name);               /* of what assembly leaves on the stack */
int call_bytes(LLVMValueRef call);
void stacks(const char *report_file, const char *sizes, int room, struct equation **all);
