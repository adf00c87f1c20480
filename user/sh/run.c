// SPDX-License-Identifier: MIT
/*
 * run.c - simple commands: assignments, builtins, functions, programs
 *
 *     x=1 name args >file
 *
 * The words are expanded, then the name decides: special builtin, function, builtin, program on PATH.
 * Assignments stay when there is no name or a special builtin; otherwise they hold for the command alone.
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEEPEST_CALL 400

static void trace(char *const *list)
{
    struct strbuf line = {0};
    const char *prefix = var_get("PS4");

    buf_text(&line, prefix ? prefix : "");
    for (; *list; list++) {
        buf_text(&line, *list);
        buf_char(&line, list[1] ? ' ' : '\n');
    }
    fflush(stdout);
    if (write(2, line.data, line.len) < 0)
        sh.option[OPT_X] = false;
    buf_free(&line);
}

/* Assigns in order; for the command alone when `local`, then exported and to be undone by scope_leave(). */
static void assign_all(const struct word *w, bool local)
{
    for (; w; w = w->next) {
        char *text = expand_assign(w), *list[] = {text, NULL};
        char *name = scratch_dup(text, strcspn(text, "="));

        if (sh.option[OPT_X])
            trace(list);
        if (local)
            scope_local(name);
        var_assign(text);
        if (local)
            var_flag(name, VAR_EXPORT);
    }
}

static int run_nothing(struct node *n)
{
    struct saved *mark = redir_mark();
    bool done;

    assign_all(n->assigns, false);
    done = redir_apply(n->redirs, true);
    redir_undo(mark);
    return done ? sh.assign_status : 1;
}

/* The end of a builtin: what it printed goes out now, and an error in that is its failure. */
static int output_end(const char *name, int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    sh_say("%s: %s", name, strerror(errno));
    clearerr(stdout);
    return status ? status : 1;
}

static int run_builtin(struct node *n, struct fields *f, const struct builtin *b)
{
    struct saved *mark = redir_mark();
    bool scoped = n->assigns && !b->special;
    int status = 1;

    if (!redir_apply(n->redirs, true)) {
        redir_undo(mark);
        if (b->special && !sh.interactive)
            sh_abort(2);
        return 1;
    }
    if (scoped)
        scope_enter();
    assign_all(n->assigns, scoped);
    status = output_end(f->list[0], b->run(f->count, f->list));
    if (scoped)
        scope_leave();
    if (b->run == b_exec)
        redir_keep(mark);
    else
        redir_undo(mark);
    return status;
}

static int function_run(struct function *f, int flags)
{
    struct arena *home = f->home;
    int status, loops = sh.loops;

    if (++sh.calls > DEEPEST_CALL)
        sh_fail("%s: calls are nested too deeply", f->name);
    arena_get(home);
    sh.loops = 0;
    status = exec_node(f->body, flags & EXEC_TESTED);
    if (sh.unwind == UNWIND_RETURN)
        sh.unwind = UNWIND_NONE;
    sh.loops = loops;
    sh.calls--;
    arena_put(home);
    return status;
}

static int run_function(struct node *n, struct fields *fields, struct function *f, int flags)
{
    struct saved *mark = redir_mark();
    int status = 1;

    if (redir_apply(n->redirs, true)) {
        scope_enter();
        assign_all(n->assigns, true);
        params_set(fields->list + 1, fields->count - 1);
        status = function_run(f, flags);
        scope_leave();
    }
    redir_undo(mark);
    return status;
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* The path, in the scratch, of the program that `name` runs; NULL when there is none. */
char *path_find(const char *name)
{
    const char *dir = var_get("PATH");

    if (strchr(name, '/'))
        return is_program(name) ? scratch_dup(name, strlen(name)) : NULL;
    while (dir) {
        size_t len = strcspn(dir, ":");
        struct strbuf path = {0};
        char *copy;

        buf_add(&path, dir, len);
        if (len)
            buf_char(&path, '/');
        buf_text(&path, name);
        copy = scratch_dup(path.data, path.len);
        buf_free(&path);
        if (is_program(copy))
            return copy;
        dir = dir[len] ? dir + len + 1 : NULL;
    }
    return NULL;
}

/* A file that is executable but of no known format is a script without #! line. */
static void script_exec(const char *path, char **argv, char **env)
{
    int count = 0;
    char **list;

    while (argv[count])
        count++;
    list = arena_alloc(scratch_now(), (size_t)(count + 2) * sizeof *list);
    list[0] = "sh";
    list[1] = scratch_dup(path, strlen(path));
    memcpy(list + 2, argv + 1, (size_t)count * sizeof *list);
    execve("/bin/sh", list, env);
}

/* Becomes the program argv[0]; exits with 127 when it is not there, 126 when it cannot be started. */
void run_program(char **argv)
{
    char *path = strchr(argv[0], '/') ? argv[0] : path_find(argv[0]);
    char **env = vars_environ();
    int error;

    if (!path) {
        sh_say("%s: not found", argv[0]);
        _exit(127);
    }
    execve(path, argv, env);
    if (errno == ENOEXEC)
        script_exec(path, argv, env);
    error = errno;
    sh_say("%s: %s", argv[0], strerror(error));
    _exit(error == ENOENT || error == ENOTDIR ? 127 : 126);
}

static void program_child(struct node *n, struct fields *f)
{
    if (!redir_apply(n->redirs, false))
        sh_exit(1);
    scope_enter();
    assign_all(n->assigns, true);
    run_program(f->list);
}

static int run_external(struct node *n, struct fields *f, int flags)
{
    struct job *j;

    if ((flags & EXEC_LAST) && !trap_any()) {
        fflush(stdout);
        program_child(n, f);
    }
    j = job_new(n, false);
    if (job_fork(j) == 0)
        program_child(n, f);
    return job_wait(j);
}

static int run_named(struct node *n, struct fields *f, int flags)
{
    const struct builtin *b = builtin_find(f->list[0]);
    struct function *function = b && b->special ? NULL : function_find(f->list[0]);

    if (function)
        return run_function(n, f, function, flags);
    if (b)
        return run_builtin(n, f, b);
    return run_external(n, f, flags);
}

/* Runs a simple command and gives its exit status. */
int run_simple(struct node *n, int flags)
{
    struct arena *before = scratch_push();
    struct fields f = {0};
    const struct word *w;
    int status;

    sh.line = n->line;
    sh.assign_status = 0;
    for (w = n->words; w; w = w->next)
        expand_fields(&f, w);
    if (f.count && sh.option[OPT_X])
        trace(f.list);
    status = f.count ? run_named(n, &f, flags) : run_nothing(n);
    scratch_pop(before);
    return status;
}
