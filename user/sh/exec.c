// SPDX-License-Identifier: MIT
/*
 * exec.c - runs the tree of a command
 *
 * exec_node() walks the tree and gives the exit status, which is also in sh.status.  Two flags go down with
 * it: LAST says that this process will exit afterwards, so a program may replace it without a fork; TESTED
 * says that someone looks at the status (if, while, &&, ||, !), so `set -e` does not apply.
 *
 * break, continue and return set sh.unwind; every loop and list then ends early until the one that is meant.
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* After `set -e` a command that failed, and that nobody tests, ends the shell. */
static void errexit_check(int status, int flags)
{
    if (status && sh.option[OPT_E] && !(flags & EXEC_TESTED))
        sh_exit(status);
}

/* Whether the loop that just ran its body ends; counts the levels of break and continue down. */
static bool loop_stops(void)
{
    bool breaks = sh.unwind == UNWIND_BREAK;

    if (sh.unwind == UNWIND_NONE)
        return false;
    if (sh.unwind == UNWIND_RETURN || --sh.unwind_levels > 0)
        return true;
    sh.unwind = UNWIND_NONE;
    return breaks;
}

static int exec_while(struct node *n, int flags)
{
    bool until = n->type == NODE_UNTIL;
    int status = 0;

    sh.loops++;
    for (;;) {
        int tested = exec_node(n->a, EXEC_TESTED);

        if (sh.unwind != UNWIND_NONE) {
            status = tested;
            if (loop_stops())
                break;
            continue;
        }
        if ((tested == 0) == until)
            break;
        status = exec_node(n->b, flags);
        if (loop_stops())
            break;
    }
    sh.loops--;
    return status;
}

static void for_fields(struct fields *f, const struct node *n)
{
    const struct word *w;
    int i;

    for (w = n->words; w; w = w->next)
        expand_fields(f, w);
    for (i = 0; !n->listed && i < sh.param_count; i++)
        fields_add(f, scratch_dup(sh.params[i], strlen(sh.params[i])));
}

static int exec_for(struct node *n, int flags)
{
    struct arena *before = scratch_push();
    struct fields f = {0};
    int i, status = 0;

    for_fields(&f, n);
    sh.loops++;
    for (i = 0; i < f.count; i++) {
        var_set(n->name, f.list[i]);
        status = exec_node(n->b, flags);
        if (loop_stops())
            break;
    }
    sh.loops--;
    scratch_pop(before);
    return status;
}

static bool item_fits(const struct case_item *item, const char *subject)
{
    const struct word *w;

    for (w = item->patterns; w; w = w->next)
        if (match(expand_pattern(w), subject))
            return true;
    return false;
}

static int exec_case(struct node *n, int flags)
{
    struct arena *before = scratch_push();
    const char *subject = expand_string(n->words);
    struct case_item *item = n->items;

    while (item && !item_fits(item, subject))
        item = item->next;
    scratch_pop(before);
    return item && item->body ? exec_node(item->body, flags) : 0;
}

static int exec_if(struct node *n, int flags)
{
    int status = exec_node(n->a, EXEC_TESTED);

    if (sh.unwind != UNWIND_NONE)
        return status;
    if (status == 0)
        return exec_node(n->b, flags);
    return n->c ? exec_node(n->c, flags) : 0;
}

/* In a child: one command of a pipeline or a subshell, then the end. */
static void child_run(struct node *n, int flags)
{
    sh_exit(exec_node(n, EXEC_LAST | (flags & EXEC_TESTED)));
}

static void end_use(int from, int to)
{
    if (from < 0 || from == to)
        return;
    dup2(from, to);
    close(from);
}

/*
 * Starts the commands of a pipeline, each with what the one before writes:
 *
 *     in        ends[1]   ends[0] becomes the next in
 *     |  +---+  |         |
 *     `->| n |--'         `--> ...
 *        +---+
 */
static void pipeline_start(struct job *j, struct node *n, int flags)
{
    int in = -1, ends[2];

    for (; n && !j->failed; n = n->next) {
        ends[0] = ends[1] = -1;
        if (n->next && pipe(ends) < 0) {
            job_fail(j, "pipe");
            break;
        }
        if (job_fork(j) == 0) {
            if (ends[0] >= 0)
                close(ends[0]);
            end_use(in, 0);
            end_use(ends[1], 1);
            child_run(n, flags);
        }
        if (in >= 0)
            close(in);
        if (ends[1] >= 0)
            close(ends[1]);
        in = ends[0];
    }
    if (in >= 0)
        close(in);
}

static int exec_pipe(struct node *n, int flags)
{
    struct job *j = job_new(n, false);

    pipeline_start(j, n->a, flags);
    return job_wait(j);
}

static int exec_back(struct node *n)
{
    struct job *j = job_new(n->a, true);
    pid_t pid = job_fork(j);

    if (pid == 0)
        child_run(n->a, 0);
    if (pid < 0)
        return job_wait(j);
    sh.last_back = pid;
    if (sh.interactive && !sh.subshell)
        fprintf(stderr, "[%d] %d\n", j->number, (int)pid);
    return 0;
}

static int exec_subshell(struct node *n, int flags)
{
    struct job *j = job_new(n, false);

    if (job_fork(j) == 0) {
        if (!redir_apply(n->redirs, false))
            sh_exit(1);
        child_run(n->a, flags);
    }
    return job_wait(j);
}

static int exec_and_or(struct node *n, int flags)
{
    int status = exec_node(n->a, EXEC_TESTED);

    if (sh.unwind != UNWIND_NONE || (status == 0) != (n->type == NODE_AND))
        return status;
    return exec_node(n->b, flags);
}

/* All commands that run inside the shell and hold others. */
static int exec_compound(struct node *n, int flags)
{
    switch (n->type) {
    case NODE_AND:
    case NODE_OR:
        return exec_and_or(n, flags);
    case NODE_NOT:
        return !exec_node(n->a, EXEC_TESTED);
    case NODE_GROUP:
        return exec_node(n->a, flags);
    case NODE_IF:
        return exec_if(n, flags);
    case NODE_WHILE:
    case NODE_UNTIL:
        return exec_while(n, flags & ~EXEC_LAST);
    case NODE_FOR:
        return exec_for(n, flags & ~EXEC_LAST);
    default:
        return exec_case(n, flags);
    }
}

static int exec_redirected(struct node *n, int flags)
{
    struct saved *mark = redir_mark();
    struct arena *before;
    int status = 1;
    bool done;

    if (!n->redirs)
        return exec_compound(n, flags);
    before = scratch_push();
    done = redir_apply(n->redirs, true);
    scratch_pop(before);
    if (done)
        status = exec_compound(n, flags & ~EXEC_LAST);
    fflush(stdout);
    redir_undo(mark);
    return status;
}

static int exec_one(struct node *n, int flags)
{
    int status;

    switch (n->type) {
    case NODE_SIMPLE:
        status = run_simple(n, flags);
        break;
    case NODE_PIPE:
        status = exec_pipe(n, flags);
        break;
    case NODE_SUBSHELL:
        status = exec_subshell(n, flags);
        break;
    case NODE_BACK:
        return exec_back(n);
    case NODE_FUNCTION:
        function_set(n);
        return 0;
    default:
        return exec_redirected(n, flags);
    }
    sh.status = status;
    errexit_check(status, flags);
    return status;
}

/* Runs a tree and gives its exit status. */
int exec_node(struct node *n, int flags)
{
    for (; n->type == NODE_LIST; n = n->b) {
        exec_node(n->a, flags & ~EXEC_LAST);
        if (sh.unwind != UNWIND_NONE)
            return sh.status;
    }
    trap_run();
    sh.status = exec_one(n, flags);
    return sh.status;
}

/* Runs what is left of the current source, one complete command after the other; gives the last status. */
int exec_source(int flags)
{
    struct source *s = source_now();
    struct parser p = {0};
    int status = 0;
    bool ended;

    do {
        struct node *n;

        if (sh.interactive && !sh.subshell && s->type != SOURCE_STRING && s->type != SOURCE_FILE)
            jobs_report();
        trap_run();
        s->arena = p.arena = arena_new();
        n = parse_line(&p);
        ended = p.tok.type == TOK_END;
        if (n && !sh.option[OPT_N])
            status = exec_node(n, ended ? flags : flags & ~EXEC_LAST);
        arena_put(p.arena);
        s->arena = NULL;
    } while (!ended && sh.unwind == UNWIND_NONE);
    return status;
}

/* Runs a text: of -c, of eval, of a trap. */
int exec_string(const char *text, int flags)
{
    struct source s, *outer = source_now();
    int status;

    source_push(&s, SOURCE_STRING, -1, text);
    if (outer) {
        s.name = outer->name;
        s.line = sh.line ? sh.line : 1;
    }
    status = exec_source(flags);
    source_pop();
    return status;
}

/* Runs the commands of an open file and closes it. */
int exec_file(int fd, const char *name)
{
    struct source s;
    int status, high = fcntl(fd, F_DUPFD, 10);

    if (high < 0) {
        sh_say("%s: %s", name, strerror(errno));
        close(fd);
        return 1;
    }
    close(fd);
    fcntl(high, F_SETFD, FD_CLOEXEC);
    source_push(&s, SOURCE_FILE, high, NULL);
    s.name = name;
    status = exec_source(0);
    source_pop();
    close(high);
    return status;
}
