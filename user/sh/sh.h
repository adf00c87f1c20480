// SPDX-License-Identifier: MIT
/*
 * sh.h - what the parts of the shell know of each other
 *
 * A command line passes through four stages, each in files of its own:
 *
 *     source.c -> lexer.c, word.c -> parser.c -> exec.c, run.c, redir.c, jobs.c
 *     characters  words in parts     a tree      processes
 *                                       `-> expand.c, param.c, arith.c, glob.c: parts to strings
 *
 * The tree of one complete command lives in one arena and is freed at once after it has run; a function keeps
 * a reference to the arena that it was read into.  Strings made by expansion live in a second arena, the
 * scratch, freed when the command that needed them is done.
 *
 * Errors:  sh_fail() prints and leaves: to the prompt when interactive, out of the shell with status 2
 * otherwise.
 */
#ifndef USER_SH_SH_H
#define USER_SH_SH_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* ---- mem.c: storage ---- */

struct chunk;

struct arena {
    struct chunk *chunks; // newest first
    int refs;             // the running command, and each function defined in it
    struct arena *below;  // the scratch that was current before this one
};

struct strbuf {
    char *data; // always ends in NUL once something was added
    size_t len, size;
};

void *mem_alloc(size_t size);
void *mem_grow(void *old, size_t size);
char *mem_dup(const char *text);

struct arena *arena_new(void);
void arena_get(struct arena *a);
void arena_put(struct arena *a);
void *arena_alloc(struct arena *a, size_t size);
char *arena_dup(struct arena *a, const char *text, size_t len);

struct arena *scratch_push(void);
void scratch_pop(struct arena *until);
char *scratch_dup(const char *text, size_t len);
struct arena *scratch_now(void);

void buf_char(struct strbuf *b, char c);
void buf_add(struct strbuf *b, const char *text, size_t len);
void buf_fill(struct strbuf *b, char c, size_t count);
void buf_text(struct strbuf *b, const char *text);
void buf_free(struct strbuf *b);

/* ---- the tree ---- */

enum part_type { PART_TEXT, PART_PARAM, PART_COMMAND, PART_ARITH };

struct part {
    enum part_type type;
    bool quoted;       // inside quotes: the result is neither split nor globbed
    bool colon;        // PARAM: the operator had a colon
    char op;           // PARAM: 0, or one of - = + ? % # and, for %% ## and length, P H L
    char *text;        // TEXT: the characters; PARAM: the name
    struct word *arg;  // PARAM: the word behind the operator; ARITH: the expression
    struct node *body; // COMMAND
    struct part *next;
};

struct word {
    struct part *parts;
    struct word *next;
};

enum redir_type { REDIR_IN, REDIR_OUT, REDIR_CLOBBER, REDIR_APPEND, REDIR_BOTH, REDIR_DUP, REDIR_HERE };

struct redir {
    enum redir_type type;
    int fd;
    struct word *target; // HERE: the text
    struct redir *next;
};

struct case_item {
    struct word *patterns;
    struct node *body;
    struct case_item *next;
};

enum node_type {
    NODE_SIMPLE,   // assigns words
    NODE_PIPE,     // a, then its chain by next
    NODE_NOT,      // a
    NODE_AND,      // a b
    NODE_OR,       // a b
    NODE_LIST,     // a b
    NODE_BACK,     // a
    NODE_SUBSHELL, // a
    NODE_GROUP,    // a
    NODE_IF,       // a then b else c
    NODE_WHILE,    // a do b
    NODE_UNTIL,    // a do b
    NODE_FOR,      // name, words (the parameters when not listed), do b
    NODE_CASE,     // words (one), items
    NODE_FUNCTION, // name, body a
};

struct node {
    enum node_type type;
    int line;
    bool listed; // FOR: had an `in`
    struct node *a, *b, *c, *next;
    struct word *assigns, *words;
    struct redir *redirs;
    struct case_item *items;
    char *name;
    struct arena *home; // FUNCTION: where the tree lives
};

/* ---- source.c: characters ---- */

enum source_type { SOURCE_STRING, SOURCE_FILE, SOURCE_SHARED, SOURCE_TERMINAL };

struct source {
    enum source_type type;
    const char *name; // for messages, NULL: the shell itself
    int fd, line;
    bool ended;
    bool inside; // a command has begun: the next prompt is PS2
    struct strbuf text;
    size_t at;
    struct arena *arena; // of the command that runs
    struct source *below;
};

#define SOURCE_END (-1)

void source_push(struct source *s, enum source_type type, int fd, const char *text);
void source_pop(void);
void source_pop_to(struct source *s);
struct source *source_now(void);
int source_get(void);
int source_peek(void);
void source_back(void);

/* ---- lexer.c, word.c, parser.c ---- */

enum token_type {
    TOK_END,
    TOK_NEWLINE,
    TOK_WORD,
    TOK_AND,
    TOK_OR,
    TOK_PIPE,
    TOK_AMP,
    TOK_SEMI,
    TOK_DSEMI,
    TOK_LPAREN,
    TOK_RPAREN,
    TOK_REDIR,
};

struct token {
    enum token_type type;
    const char *text;  // the characters of an operator or of a word without quotes and expansions, else ""
    struct word *word; // WORD
    int line;
    int fd; // REDIR: descriptor
    enum redir_type redir;
    bool here_strip; // REDIR: <<- takes leading tabs away
};

struct here; // a here-document whose text begins behind the next newline

struct parser {
    struct arena *arena;
    struct token tok;
    bool have; // tok holds a token that was not yet used
    struct here *heres;
};

struct token *token_peek(struct parser *p);
void token_next(struct parser *p);
void token_fail(struct parser *p) __attribute__((noreturn));
void here_add(struct parser *p, struct redir *r, struct word *end, bool strip);

int lex_char(void);
int lex_peek(void);

enum word_mode { WORD_PLAIN, WORD_QUOTED, WORD_BRACE, WORD_BRACE_QUOTED, WORD_ARITH, WORD_HERE };

struct word *word_read(struct parser *p, enum word_mode mode);
bool name_start(int c);
bool name_char(int c);
size_t name_length(const char *text);

struct node *parse_line(struct parser *p);
struct node *parse_inside(struct parser *p);
struct node *parse_string(struct parser *p, const char *text);

/* ---- vars.c: variables, parameters, functions ---- */

enum { VAR_EXPORT = 1, VAR_READONLY = 2 };

struct function {
    char *name;
    struct node *body;
    struct arena *home;
    struct function *next;
};

void vars_init(char **env);
const char *var_get(const char *name);
void var_set(const char *name, const char *value);
void var_assign(const char *text);
void var_flag(const char *name, int flags);
void var_unset(const char *name);
void vars_print(int flags, const char *prefix);
char **vars_environ(void);
void scope_enter(void);
void scope_leave(void);
void scopes_leave(void);
void scope_local(const char *name);
void params_set(char **values, int count);
struct function *function_find(const char *name);
void function_set(struct node *n);
bool function_unset(const char *name);

/* ---- expand.c, param.c, arith.c, glob.c ---- */

/* Characters under expansion, each with what splitting and globbing may do to it. */
enum { MARK_QUOTED = 1, MARK_SPLIT = 2, MARK_BREAK = 4, MARK_EMPTY = 8 };

struct marked {
    struct strbuf text, marks;
};

struct fields {
    char **list; // in the scratch, ends in NULL
    int count, size;
};

void marked_add(struct marked *m, const char *text, size_t len, int mark);
void marked_free(struct marked *m);
void fields_add(struct fields *f, char *text);
void expand_parts(struct marked *m, const struct part *part, bool in_arg);
void expand_param(struct marked *m, const struct part *part);
void expand_fields(struct fields *f, const struct word *w);
char *expand_string(const struct word *w);
char *expand_pattern(const struct word *w);
char *expand_assign(const struct word *w);
char *expand_text(const char *text);
long arith_eval(const char *text);
bool match(const char *pattern, const char *text);
bool glob_fields(struct fields *f, const char *pattern);

/* ---- exec.c, run.c, redir.c, jobs.c, trap.c ---- */

enum { EXEC_LAST = 1, EXEC_TESTED = 2 };

int exec_node(struct node *n, int flags);
int exec_source(int flags);
int exec_string(const char *text, int flags);
int exec_file(int fd, const char *name);
int run_simple(struct node *n, int flags);
void run_program(char **argv) __attribute__((noreturn));
char *path_find(const char *name);

struct saved;

struct saved *redir_mark(void);
bool redir_apply(struct redir *list, bool save);
void redir_undo(struct saved *mark);
void redir_keep(struct saved *mark);

enum job_state { JOB_RUNNING, JOB_STOPPED, JOB_DONE };

struct process {
    pid_t pid;
    int status; // as waitpid gave it
    enum job_state state;
};

struct job {
    int number;
    pid_t group;                   // 0: in the shell's own group
    bool background, told, failed; // failed: a process could not be started
    char *text;
    int count;
    struct process *list;
    struct job *next;
};

struct job *job_new(struct node *n, bool background);
pid_t job_fork(struct job *j);
int job_wait(struct job *j);
void job_fail(struct job *j, const char *what);
void jobs_init(void);
void jobs_report(void);
void jobs_forget(void);
struct job *job_find(const char *text);
int job_resume(struct job *j, bool foreground);
int jobs_print(void);
int jobs_wait(char **argv);
void terminal_take(pid_t group);

void trap_init(void);
void trap_set(int sig, const char *action);
void trap_run(void);
void trap_reset(void);
void trap_print(void);
int trap_pending(void);
ssize_t trap_read(int fd, void *block, size_t size);
bool trap_any(void);
void trap_exit(void);
bool interrupt_seen(void);
int signal_number(const char *name);
const char *signal_name(int sig);

/* ---- builtin*.c ---- */

typedef int builtin_fn(int argc, char **argv);

struct builtin {
    const char *name;
    builtin_fn *run;
    bool special; // assignments before it stay, its errors end a script
};

const struct builtin *builtin_find(const char *name);
void builtins_print(void);

builtin_fn b_bg, b_break, b_cd, b_command, b_dot, b_echo, b_eval, b_exit, b_export, b_false, b_fg, b_getopts;
builtin_fn b_help, b_jobs, b_kill, b_local, b_printf, b_pwd, b_read, b_readonly, b_return, b_set, b_shift;
builtin_fn b_test, b_trap, b_true, b_type, b_ulimit, b_umask, b_unset, b_wait, b_exec;

bool set_option(const char *arg);
const char *option_letters(void);

/* ---- main.c ---- */

enum unwind { UNWIND_NONE, UNWIND_BREAK, UNWIND_CONTINUE, UNWIND_RETURN };

enum { OPT_E, OPT_U, OPT_X, OPT_F, OPT_N, OPT_A, OPT_M, OPT_C, OPT_COUNT };

struct shell {
    const char *name; // $0
    pid_t pid;        // $$, also in subshells
    pid_t last_back;  // $!
    int status;       // $?
    int line;         // of the command that runs
    bool interactive; // prompts; errors return to the prompt
    bool subshell;
    bool option[OPT_COUNT];
    char **params; // $1 ...
    int param_count;
    int loops; // how many loops surround the command in this function
    int calls; // how many functions and dot files do
    enum unwind unwind;
    int unwind_levels;
    int assign_status; // of the last command substitution in a line that only assigns
    jmp_buf prompt;
    bool can_jump;
};

extern struct shell sh;

void sh_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
void syntax_fail(int line, const char *format, ...) __attribute__((noreturn, format(printf, 2, 3)));
void sh_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void sh_abort(int status) __attribute__((noreturn));
void sh_exit(int status) __attribute__((noreturn));

#endif
