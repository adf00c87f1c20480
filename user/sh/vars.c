// SPDX-License-Identifier: MIT
/*
 * vars.c - variables, positional parameters and functions
 *
 * Variables live in one hash table.  `local`, and an assignment in front of a command, save the old variable
 * in the current scope; leaving the scope puts it back, so scoping is dynamic as in every POSIX shell.  A
 * scope also keeps the positional parameters that it replaced.
 */
#include "user/sh/sh.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUCKETS 64

struct var {
    char *name;
    char *value; // NULL: has flags only
    int flags;
    struct var *next;
};

struct scope {
    struct var *saved; // newest first; flags -1: did not exist
    char **params;
    int param_count;
    struct scope *below;
};

static struct var *table[BUCKETS];
static struct scope *scopes;
static struct function *functions;

static struct var **slot_find(const char *name)
{
    unsigned hash = 5381;
    const char *c;
    struct var **at;

    for (c = name; *c; c++)
        hash = hash * 33 + (unsigned char)*c;
    for (at = &table[hash % BUCKETS]; *at; at = &(*at)->next)
        if (strcmp((*at)->name, name) == 0)
            break;
    return at;
}

static struct var *var_make(const char *name)
{
    struct var **at = slot_find(name);

    if (!*at) {
        *at = mem_alloc(sizeof **at);
        **at = (struct var){.name = mem_dup(name)};
    }
    return *at;
}

/* The value, valid until the variable changes; NULL when it is not set. */
const char *var_get(const char *name)
{
    static char line[16];
    const struct var *v;

    if (strcmp(name, "LINENO") == 0) {
        snprintf(line, sizeof line, "%d", sh.line);
        return line;
    }
    v = *slot_find(name);
    return v ? v->value : NULL;
}

void var_set(const char *name, const char *value)
{
    struct var *v = var_make(name);
    char *copy;

    if (v->flags & VAR_READONLY)
        sh_fail("%s: is read only", name);
    copy = mem_dup(value);
    free(v->value);
    v->value = copy;
    if (sh.option[OPT_A])
        v->flags |= VAR_EXPORT;
}

/* Assigns by a text of the form name=value. */
void var_assign(const char *text)
{
    size_t len = strcspn(text, "=");
    char *name = scratch_dup(text, len);

    var_set(name, text + len + 1);
}

void var_flag(const char *name, int flags)
{
    var_make(name)->flags |= flags;
}

void var_unset(const char *name)
{
    struct var **at = slot_find(name), *v = *at;

    if (!v)
        return;
    if (v->flags & VAR_READONLY)
        sh_fail("%s: is read only", name);
    *at = v->next;
    free(v->name);
    free(v->value);
    free(v);
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct var *const *)a)->name, (*(struct var *const *)b)->name);
}

static void quoted_print(const char *text)
{
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\'", stdout);
        putchar(*text);
    }
    putchar('\'');
}

static size_t vars_count(void)
{
    size_t i, n = 0;

    for (i = 0; i < BUCKETS; i++)
        for (const struct var *v = table[i]; v; v = v->next)
            n++;
    return n;
}

/* Prints all variables that have `flags`, sorted, in a form that the shell can read again. */
void vars_print(int flags, const char *prefix)
{
    struct var **list = mem_alloc((vars_count() + 1) * sizeof *list);
    size_t i, n = 0;

    for (i = 0; i < BUCKETS; i++)
        for (struct var *v = table[i]; v; v = v->next)
            if ((v->flags & flags) == flags && (v->value || flags))
                list[n++] = v;
    qsort(list, n, sizeof *list, by_name);
    for (i = 0; i < n; i++) {
        printf("%s%s", prefix, list[i]->name);
        if (list[i]->value) {
            putchar('=');
            quoted_print(list[i]->value);
        }
        putchar('\n');
    }
    free(list);
}

/* The exported variables as execve() wants them, in the scratch. */
char **vars_environ(void)
{
    char **env = arena_alloc(scratch_now(), (vars_count() + 1) * sizeof *env);
    size_t i, n = 0;

    for (i = 0; i < BUCKETS; i++)
        for (const struct var *v = table[i]; v; v = v->next) {
            size_t len = strlen(v->name);

            if (!(v->flags & VAR_EXPORT) || !v->value)
                continue;
            env[n] = arena_alloc(scratch_now(), len + strlen(v->value) + 2);
            memcpy(env[n], v->name, len);
            env[n][len] = '=';
            strcpy(env[n++] + len + 1, v->value);
        }
    return env;
}

/* Begins a scope; the parameters stay as they are until params_set(). */
void scope_enter(void)
{
    struct scope *s = mem_alloc(sizeof *s);

    *s = (struct scope){.params = sh.params, .param_count = sh.param_count, .below = scopes};
    scopes = s;
}

static void var_restore(struct var *old)
{
    struct var *v = var_make(old->name);

    v->flags = 0;
    if (old->flags < 0) {
        var_unset(old->name);
    } else {
        free(v->value);
        v->value = old->value;
        v->flags = old->flags;
    }
    free(old->name);
    free(old);
}

static void params_free(char **list)
{
    int i;

    for (i = 0; list && list[i]; i++)
        free(list[i]);
    free(list);
}

/* Ends the innermost scope: its local variables and its parameters are gone. */
void scope_leave(void)
{
    struct scope *s = scopes;

    while (s->saved) {
        struct var *old = s->saved;

        s->saved = old->next;
        var_restore(old);
    }
    if (sh.params != s->params)
        params_free(sh.params);
    sh.params = s->params;
    sh.param_count = s->param_count;
    scopes = s->below;
    free(s);
}

void scopes_leave(void)
{
    while (scopes)
        scope_leave();
}

/* Makes `name` local to the innermost scope; its value and export flag stay until it is assigned. */
void scope_local(const char *name)
{
    const struct var *v = *slot_find(name);
    struct var *old;

    for (old = scopes->saved; old; old = old->next)
        if (strcmp(old->name, name) == 0)
            return;
    old = mem_alloc(sizeof *old);
    *old = (struct var){.name = mem_dup(name), .flags = v ? v->flags : -1, .next = scopes->saved};
    if (v && v->value)
        old->value = mem_dup(v->value);
    scopes->saved = old;
}

/* Replaces the positional parameters by copies of `values`; frees the old ones unless a scope keeps them. */
void params_set(char **values, int count)
{
    char **list = mem_alloc(((size_t)count + 1) * sizeof *list);
    int i;

    for (i = 0; i < count; i++)
        list[i] = mem_dup(values[i]);
    list[count] = NULL;
    if (!scopes || scopes->params != sh.params)
        params_free(sh.params);
    sh.params = list;
    sh.param_count = count;
}

struct function *function_find(const char *name)
{
    struct function *f = functions;

    while (f && strcmp(f->name, name) != 0)
        f = f->next;
    return f;
}

/* Defines the function of node `n`, whose tree it keeps alive. */
void function_set(struct node *n)
{
    struct function *f = function_find(n->name);

    arena_get(n->home);
    if (f) {
        arena_put(f->home);
    } else {
        f = mem_alloc(sizeof *f);
        *f = (struct function){.name = mem_dup(n->name), .next = functions};
        functions = f;
    }
    f->body = n->a;
    f->home = n->home;
}

bool function_unset(const char *name)
{
    struct function **at = &functions, *f;

    while (*at && strcmp((*at)->name, name) != 0)
        at = &(*at)->next;
    f = *at;
    if (!f)
        return false;
    *at = f->next;
    arena_put(f->home);
    free(f->name);
    free(f);
    return true;
}

/* Takes the environment over and gives the shell's own variables their first values. */
void vars_init(char **env)
{
    char number[16];

    scratch_push();
    for (; *env; env++) {
        size_t len = name_length(*env);

        if (!len || (*env)[len] != '=')
            continue;
        var_assign(*env);
        var_flag(scratch_dup(*env, len), VAR_EXPORT);
    }
    scratch_pop(NULL);
    snprintf(number, sizeof number, "%d", (int)getppid());
    var_set("PPID", number);
    var_set("IFS", " \t\n");
    var_set("PS1", getuid() == 0 ? "# " : "$ ");
    var_set("PS2", "> ");
    var_set("PS4", "+ ");
    var_set("OPTIND", "1");
    if (!var_get("PATH"))
        var_set("PATH", "/bin:/bench");
}
