// SPDX-License-Identifier: MIT
/*
 * glob.c - names of files that match a pattern
 *
 * The pattern is walked component by component.  One without magic is only added to the path; one with magic is
 * compared with each name in the folder that the path names so far, and the walk goes on from each that matches.
 */
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
    glob_t *found;
    int flags;
    int (*failed)(const char *path, int error);
    char path[PATH_MAX];
};

static int expand(struct walk *walk, size_t length, const char *pattern);

static int found_add(struct walk *walk, const char *name)
{
    glob_t *found = walk->found;
    size_t offset = walk->flags & GLOB_DOOFFS ? found->gl_offs : 0;
    size_t used = offset + found->gl_pathc;
    char **list = realloc(found->gl_pathv, (used + 2) * sizeof *list);

    if (!list)
        return GLOB_NOSPACE;
    if (!found->gl_pathv)
        memset(list, 0, offset * sizeof *list);
    found->gl_pathv = list;
    list[used] = strdup(name);
    list[used + 1] = NULL;
    if (!list[used])
        return GLOB_NOSPACE;
    found->gl_pathc++;
    return 0;
}

/* Adds the path, if there is such a file. */
static int add_path(struct walk *walk, size_t length)
{
    struct stat st;

    if (length == 0 || lstat(walk->path, &st) < 0)
        return 0;
    int is_folder = stat(walk->path, &st) == 0 && S_ISDIR(st.st_mode);
    if ((walk->flags & GLOB_MARK) && is_folder && walk->path[length - 1] != '/' && length + 1 < PATH_MAX)
        strcpy(walk->path + length, "/");
    return found_add(walk, walk->path);
}

/* Appends text of the given length to the path; returns the new length, or 0 when it does not fit. */
static size_t append(struct walk *walk, size_t length, const char *text, size_t more)
{
    if (length + more >= PATH_MAX)
        return 0;
    memcpy(walk->path + length, text, more);
    walk->path[length + more] = '\0';
    return length + more;
}

/* Appends a component without magic, taking the quoting backslashes out. */
static size_t append_literal(struct walk *walk, size_t length, const char *text, size_t more)
{
    for (size_t i = 0; i < more; i++) {
        if (text[i] == '\\' && !(walk->flags & GLOB_NOESCAPE) && i + 1 < more)
            i++;
        length = append(walk, length, text + i, 1);
        if (!length)
            return 0;
    }
    return length;
}

static int has_magic(const struct walk *walk, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\' && !(walk->flags & GLOB_NOESCAPE))
            i++;
        else if (strchr("*?[", text[i]))
            return 1;
    }
    return 0;
}

/* A folder cannot be read: does that end the search? */
static int folder_failed(struct walk *walk)
{
    int error = errno;
    int ends = walk->failed && error != ENOENT && error != ENOTDIR && walk->failed(walk->path, error);
    return ends || (walk->flags & GLOB_ERR) ? GLOB_ABORTED : 0;
}

/* Goes on from every name in the folder that matches the component; rest is the pattern behind it. */
static int expand_names(struct walk *walk, size_t length, const char *component, const char *rest)
{
    int match = FNM_PERIOD | (walk->flags & GLOB_NOESCAPE ? FNM_NOESCAPE : 0);
    int status = 0;
    struct dirent *entry;
    DIR *dir = opendir(length ? walk->path : ".");

    if (!dir)
        return folder_failed(walk);
    while (!status && (entry = readdir(dir)) != NULL) {
        if (fnmatch(component, entry->d_name, match) != 0)
            continue;
        size_t longer = append(walk, length, entry->d_name, strlen(entry->d_name));
        if (longer)
            status = expand(walk, longer, rest);
        walk->path[length] = '\0';
    }
    closedir(dir);
    return status;
}

/* The path so far has the given length; the pattern is what is still to be matched. */
static int expand(struct walk *walk, size_t length, const char *pattern)
{
    char component[NAME_MAX + 1];
    size_t slashes = strspn(pattern, "/");
    size_t size = strcspn(pattern + slashes, "/");

    if (slashes)
        length = append(walk, length, pattern, slashes);
    if (size > NAME_MAX || (slashes && !length))
        return 0;
    pattern += slashes;
    if (!size)
        return add_path(walk, length);
    if (!has_magic(walk, pattern, size)) {
        length = append_literal(walk, length, pattern, size);
        return length ? expand(walk, length, pattern + size) : 0;
    }
    memcpy(component, pattern, size);
    component[size] = '\0';
    return expand_names(walk, length, component, pattern + size);
}

static int by_name(const void *a, const void *b)
{
    return strcoll(*(char *const *)a, *(char *const *)b);
}

int glob(const char *__restrict pattern, int flags, int (*failed)(const char *, int),
         glob_t *__restrict found)
{
    struct walk walk = {.found = found, .flags = flags, .failed = failed};

    if (!(flags & GLOB_APPEND)) {
        found->gl_pathc = 0;
        found->gl_pathv = NULL;
    }
    size_t before = found->gl_pathc;
    int status = expand(&walk, 0, pattern);
    size_t more = found->gl_pathc - before;

    if (!status && !more)
        return flags & GLOB_NOCHECK ? found_add(&walk, pattern) : GLOB_NOMATCH;
    if (more && !(flags & GLOB_NOSORT))
        qsort(found->gl_pathv + (flags & GLOB_DOOFFS ? found->gl_offs : 0) + before, more,
              sizeof *found->gl_pathv, by_name);
    return status;
}

/* Places that GLOB_DOOFFS left empty come before the names; the array ends behind the names. */
void globfree(glob_t *found)
{
    size_t first = 0;

    while (found->gl_pathc && !found->gl_pathv[first])
        first++;
    for (size_t i = 0; i < found->gl_pathc; i++)
        free(found->gl_pathv[first + i]);
    free(found->gl_pathv);
    found->gl_pathv = NULL;
    found->gl_pathc = 0;
}
