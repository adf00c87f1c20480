// SPDX-License-Identifier: MIT
/*
 * find.c - walks trees and acts on what it finds
 *
 * Use:  find [path...] [expression]
 *
 *     -name pattern   -path pattern   -type bcdflps   -size [+-]n[ckM]   -newer file   -empty   -links [+-]n
 *     -maxdepth n     -mindepth n     -print   -delete   -exec command {} ;   !   ( )   -a   -o
 *
 * The expression is read once into a tree of tests, then evaluated for every file; without an action it
 * prints.
 */
#include "user/bin/common.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum type {
    T_AND,
    T_OR,
    T_NOT,
    T_NAME,
    T_PATH,
    T_TYPE,
    T_SIZE,
    T_LINKS,
    T_NEWER,
    T_EMPTY,
    T_PRINT,
    T_DELETE,
    T_EXEC,
    T_TRUE,
};

struct test {
    enum type type;
    struct test *a, *b;
    const char *text;     // NAME PATH TYPE
    long long number;     // SIZE in units, LINKS
    long long unit;       // SIZE
    char sign;            // SIZE LINKS: + more, - less, = exactly
    struct timespec time; // NEWER
    char **command;       // EXEC
    int words;
};

static char **at; // the next word of the expression
static int deepest = -1, shallowest, status;
static bool acts, depth_first;

static struct test *or_read(void);

static struct test *test_new(enum type type)
{
    struct test *t = mem_get(NULL, sizeof *t);

    *t = (struct test){.type = type};
    return t;
}

static char *word_take(const char *before)
{
    if (!*at)
        exit(complain_text(before, "needs an argument"));
    return *at++;
}

static struct test *number_read(enum type type, const char *name)
{
    struct test *t = test_new(type);
    char *text = word_take(name), *end;

    t->sign = *text == '+' || *text == '-' ? *text++ : '=';
    t->number = strtoll(text, &end, 10);
    t->unit = *end == 'c' ? 1 : *end == 'k' ? 1024 : *end == 'M' ? 1024 * 1024 : 512;
    if (end == text || (*end && end[1]))
        exit(complain_text(text, "not a number"));
    return t;
}

static struct test *exec_read(void)
{
    struct test *t = test_new(T_EXEC);

    acts = true;
    t->command = at;
    while (*at && strcmp(*at, ";") != 0) {
        at++;
        t->words++;
    }
    if (!*at || !t->words)
        exit(complain_text("-exec", "needs a command and ;"));
    at++;
    return t;
}

static struct test *newer_read(void)
{
    struct test *t = test_new(T_NEWER);
    const char *path = word_take("-newer");
    struct stat st;

    if (stat(path, &st) < 0)
        die(path);
    t->time = st.st_mtim;
    return t;
}

static struct test *action_read(enum type type)
{
    acts = true;
    depth_first |= type == T_DELETE;
    return test_new(type);
}

static struct test *text_read(enum type type, const char *name)
{
    struct test *t = test_new(type);

    t->text = word_take(name);
    return t;
}

static struct test *depth_read(int *depth, const char *name)
{
    *depth = (int)number_arg(word_take(name));
    return test_new(T_TRUE);
}

/* One test, option or action. */
static struct test *primary_read(void)
{
    const char *name = *at ? *at++ : "";

    if (strcmp(name, "-name") == 0)
        return text_read(T_NAME, name);
    if (strcmp(name, "-path") == 0)
        return text_read(T_PATH, name);
    if (strcmp(name, "-type") == 0)
        return text_read(T_TYPE, name);
    if (strcmp(name, "-size") == 0)
        return number_read(T_SIZE, name);
    if (strcmp(name, "-links") == 0)
        return number_read(T_LINKS, name);
    if (strcmp(name, "-maxdepth") == 0)
        return depth_read(&deepest, name);
    if (strcmp(name, "-mindepth") == 0)
        return depth_read(&shallowest, name);
    if (strcmp(name, "-newer") == 0)
        return newer_read();
    if (strcmp(name, "-empty") == 0)
        return test_new(T_EMPTY);
    if (strcmp(name, "-print") == 0)
        return action_read(T_PRINT);
    if (strcmp(name, "-delete") == 0)
        return action_read(T_DELETE);
    if (strcmp(name, "-exec") == 0)
        return exec_read();
    exit(complain_text(*name ? name : "expression", "not understood"));
}

static struct test *not_read(void)
{
    struct test *t;

    if (*at && strcmp(*at, "!") == 0) {
        at++;
        t = test_new(T_NOT);
        t->a = not_read();
        return t;
    }
    if (*at && strcmp(*at, "(") == 0) {
        at++;
        t = or_read();
        if (!*at || strcmp(*at++, ")") != 0)
            exit(complain_text("(", "is not closed"));
        return t;
    }
    return primary_read();
}

static struct test *pair(enum type type, struct test *a, struct test *b)
{
    struct test *t = test_new(type);

    t->a = a;
    t->b = b;
    return t;
}

static struct test *and_read(void)
{
    struct test *t = not_read();

    while (*at && strcmp(*at, "-o") != 0 && strcmp(*at, ")") != 0) {
        if (strcmp(*at, "-a") == 0)
            at++;
        t = pair(T_AND, t, not_read());
    }
    return t;
}

static struct test *or_read(void)
{
    struct test *t = and_read();

    while (*at && strcmp(*at, "-o") == 0) {
        at++;
        t = pair(T_OR, t, and_read());
    }
    return t;
}

/* ---- evaluation ---- */

static bool compare(const struct test *t, long long n)
{
    return t->sign == '+' ? n > t->number : t->sign == '-' ? n < t->number : n == t->number;
}

static bool is_empty(const char *path, const struct stat *st)
{
    struct names names;
    bool empty;

    if (!S_ISDIR(st->st_mode))
        return S_ISREG(st->st_mode) && st->st_size == 0;
    if (names_read(&names, path, false) < 0)
        return false;
    empty = names.count == 0;
    names_free(&names);
    return empty;
}

static bool type_fits(char c, mode_t mode)
{
    static const char letters[] = "fdlcbps";
    static const mode_t types[] = {S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK};
    const char *found = c ? strchr(letters, c) : NULL;

    return found && (mode & S_IFMT) == types[found - letters];
}

static bool name_fits(const char *pattern, const char *path)
{
    return fnmatch(pattern, path_base(path), 0) == 0;
}

static bool is_newer(const struct timespec *than, const struct stat *st)
{
    if (st->st_mtim.tv_sec != than->tv_sec)
        return st->st_mtim.tv_sec > than->tv_sec;
    return st->st_mtim.tv_nsec > than->tv_nsec;
}

static bool removal(const char *path, const struct stat *st)
{
    if (strcmp(path, ".") == 0)
        return true;
    if ((S_ISDIR(st->st_mode) ? rmdir(path) : unlink(path)) == 0)
        return true;
    status = complain(path);
    return false;
}

static bool exec_run(const struct test *t, const char *path)
{
    char **list = mem_get(NULL, (size_t)(t->words + 1) * sizeof *list);
    int i, result = -1;
    pid_t pid;

    for (i = 0; i < t->words; i++)
        list[i] = strcmp(t->command[i], "{}") == 0 ? (char *)path : t->command[i];
    list[i] = NULL;
    fflush(stdout);
    pid = fork();
    if (pid == 0) {
        execvp(list[0], list);
        _exit(complain(list[0]));
    }
    if (pid < 0)
        status = complain("fork");
    while (pid > 0 && waitpid(pid, &result, 0) < 0 && errno == EINTR)
        continue;
    free(list);
    return result == 0;
}

static bool evaluate(const struct test *t, const char *path, const struct stat *st)
{
    switch (t->type) {
    case T_AND:
        return evaluate(t->a, path, st) && evaluate(t->b, path, st);
    case T_OR:
        return evaluate(t->a, path, st) || evaluate(t->b, path, st);
    case T_NOT:
        return !evaluate(t->a, path, st);
    case T_NAME:
        return name_fits(t->text, path);
    case T_PATH:
        return fnmatch(t->text, path, 0) == 0;
    case T_TYPE:
        return type_fits(*t->text, st->st_mode);
    case T_SIZE:
        return compare(t, (st->st_size + t->unit - 1) / t->unit);
    case T_LINKS:
        return compare(t, (long long)st->st_nlink);
    case T_NEWER:
        return is_newer(&t->time, st);
    case T_EMPTY:
        return is_empty(path, st);
    case T_PRINT:
        return puts(path) >= 0;
    case T_DELETE:
        return removal(path, st);
    case T_EXEC:
        return exec_run(t, path);
    case T_TRUE:
        break;
    }
    return true;
}

static void act(const struct test *t, const char *path, const struct stat *st, int depth)
{
    if (depth >= shallowest && evaluate(t, path, st) && !acts)
        puts(path);
}

static void walk(const struct test *t, const char *path, int depth)
{
    struct names names;
    struct stat st;
    size_t i;

    if (lstat(path, &st) < 0) {
        status = complain(path);
        return;
    }
    if (!depth_first)
        act(t, path, &st, depth);
    if (S_ISDIR(st.st_mode) && depth != deepest) {
        if (names_read(&names, path, false) < 0)
            status = complain(path);
        for (i = 0; i < names.count; i++) {
            char *below = path_join(path, names.list[i]);

            walk(t, below, depth + 1);
            free(below);
        }
        names_free(&names);
    }
    if (depth_first)
        act(t, path, &st, depth);
}

int main(int argc, char **argv)
{
    struct test *t;
    char **path = argv + 1;

    (void)argc;
    prog_start(argv, "[path...] [expression]");
    for (at = path; *at && **at != '-' && strcmp(*at, "!") != 0 && strcmp(*at, "(") != 0;)
        at++;
    argv = at;
    t = *at ? or_read() : test_new(T_TRUE);
    if (*at)
        exit(complain_text(*at, "not understood"));
    if (path == argv)
        walk(t, ".", 0);
    for (; path < argv; path++)
        walk(t, *path, 0);
    return prog_end(status);
}
