// SPDX-License-Identifier: MIT
/*
 * sweep.h - what the parts of the sweep share: scenarios, states, outcomes (see sweep.c)
 */
#ifndef ANTE_TESTS_USER_CAMPAIGN_SWEEP_H
#define ANTE_TESTS_USER_CAMPAIGN_SWEEP_H

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum {
    PAGE = 4096,
    BIG_BYTES = 300 << 10,    /* two windows of a read */
    FILE_BYTES = 10000,       /* of t/file */
    ORDINARY_USER = 1000,
};

/* Descriptors have fixed numbers, so that states can be compared.  All lie in the table's first leaf of 32. */
enum { FD_A = 10, FD_B, FD_WORLD = 20, FD_CONTROL, FD_DROP, FD_REPORT_IN, FD_REPORT_OUT, LEAF = 32 };

/* --- scenarios: one call in one situation --- */

enum scenario_flags {
    PARTIAL = 1,      /* refused in a later window it answers a short count */
    AS_USER = 2,      /* by an ordinary user */
    FULL_DISK = 4,    /* no block is free */
    ONLY_ANTE = 8,    /* not for the comparison with Linux */
    REPLACES = 16,    /* success is another program: it reports through FD_REPORT_OUT */
    NO_POINT = 32,    /* what it does needs nothing, though its kind of call may */
    ADDS = 64,        /* doing it again after a part was done gives another state: appending */
    NO_LEAF = 128,    /* all lower descriptors are in use: the next one needs a leaf of the table */
    COUNTS = 256,     /* the numbers in the text that it reads may be others each time */
};

struct scenario {
    const char *name, *call;
    long number, args[6];
    unsigned paths;           /* which arguments are names in the tree t, to be reached by every route */
    long expect;              /* what it answers when nothing is refused; SOME: not negative */
    unsigned flags;
    void (*ready)(void);      /* in the child, before its state is looked at */
    bool (*check)(const struct scenario *s, long result); /* what was read or written, at a result that is not negative */
    long (*act)(const struct scenario *s);                /* in place of the plain call */
};

/* Rows of the tables leave out what they do not need. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#define SOME     0x7fff0000l
#define A(x)     ((long)(x))          /* an argument that is an address */
#define CALL(id) #id, SYS_##id
#define PATH(n)  (1u << (n))

extern const struct scenario path_scenarios[], data_scenarios[], process_scenarios[];

extern char buffer[BIG_BYTES + PAGE]; /* what calls read and write */
extern char area[64];                 /* small structures that calls read and write */
extern char grown[300], grown12[300]; /* names for which their folders must grow, by an indirect block too */

long raw(long number, const long *args); /* the call itself: its answer or -errno */

/* --- sweep_world.c: the files, and what they must be --- */

enum { LEVELS = 4 };
uint64_t level_offset(int level);     /* in a file: direct, indirect, double, triple */
void world_make(const char *leave, const char *folder); /* leave: the program of t/prog; exits when that is not possible */
void world_restore(void);             /* the tree as it was made */
bool world_may_fill(void);            /* whether the file system is a small one, made for this */
void world_fill(void);                /* takes all free blocks */
void world_unfill(void);
void pattern(char *to, size_t n, uint64_t at, unsigned seed);
bool is_pattern(const char *data, size_t n, uint64_t at, unsigned seed);

/* Ways to the tree t: a prefix for the names in it. */
struct route {
    const char *name;
    char prefix[1600];
};
enum { ROUTES = 8 };
extern struct route routes[ROUTES];
extern char deep_folder[1600];

/* --- sweep_state.c: what a refused call must not change --- */

enum { STATE_TEXT = 8000 };
struct state {
    char same[STATE_TEXT];  /* files, descriptors, memory map, signals, what calls put into `buffer` and `area` */
    char exact[STATE_TEXT]; /* inode numbers, times, free space: after a refused call only */
};

void state_take(struct state *s);
void state_line(char *text, const char *format, ...);
void world_state(struct state *s);
extern struct watched { /* memory of the scenario that the state comprises */
    const void *at;
    size_t n;
    bool locks; /* those of t/file, too */
} watched;
uint64_t hash(const void *data, size_t n);
/* The first line that differs, or NULL. */
const char *text_differs(const char *was, const char *is);

/* --- sweep_ama.c: the kernel's side --- */

enum policy { FAIL, RETRY, BACKOFF, POLICIES };
enum caches { WARM, COLD, NO_PAGES, NO_NAMES, CACHES };
extern const char *const policy_names[POLICIES], *const cache_names[CACHES];

struct outcome {
    long result;
    uint64_t points;
    bool refused, at_try;
    char scope[24];
};

bool ama_begin(void);                        /* false: nothing injects here */
void ama_take_control(void);                 /* a child's own FD_CONTROL */
void ama_policy(enum policy p);
void ama_caches(enum caches c);              /* writes what is dirty, drops what is to be cold */
void ama_arm(uint64_t nth);
void ama_disarm(struct outcome *o);
bool ama_parse(const char *text, struct outcome *o);
enum { BALANCE_TEXT = 8192 };
void ama_balance(char *text, bool all);      /* all: objects that are only cached too; settles first */
/* Waits until the balance is as it was; the line that stays different, or NULL. */
const char *ama_unbalanced(const char *was, bool all);

/* --- sweep_step.c: one attempt, in a child --- */

struct step {
    const struct scenario *s;
    enum caches cache;
    enum policy policy;
    uint64_t nth;      /* 0: the reference */
};

struct report {
    struct outcome o;
    bool shortened, wrong;
    char why[500];
};

void steps_begin(bool injects);
/* Runs the step; the report stays until the next one. */
const struct report *step_run(const struct step *step);

void die(const char *what);
void open_as(const char *path, int flags, int at); /* opens as descriptor `at`, or dies */

#endif
