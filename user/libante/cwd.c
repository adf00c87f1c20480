// SPDX-License-Identifier: MIT
/*
 * cwd.c - the working directory, and names taken apart and made absolute
 */
#include "kernel.h"
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *getcwd(char *buffer, size_t size)
{
    char *into = buffer;

    if (!buffer) {
        size = size ? size : PATH_MAX;
        into = malloc(size);
    }
    if (!into)
        return NULL;
    if (result(kernel2(SYS_getcwd, into, size)) >= 0)
        return into;
    if (!buffer)
        free(into);
    return NULL;
}

char *get_current_dir_name(void)
{
    return getcwd(NULL, 0);
}

char *getwd(char *buffer)
{
    return getcwd(buffer, PATH_MAX);
}

/* Cuts slashes from the end, but not the one that is all of the path. */
static void trim(char *path)
{
    char *end = path + strlen(path);
    while (end > path + 1 && end[-1] == '/')
        *--end = '\0';
}

char *basename(char *path)
{
    if (!path || !*path)
        return plain(".");
    trim(path);
    char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

char *dirname(char *path)
{
    if (!path || !*path)
        return plain(".");
    trim(path);
    char *slash = strrchr(path, '/');
    if (!slash)
        return plain(".");
    slash[slash == path] = '\0';
    trim(path);
    return path;
}

/*
 * realpath() builds its result a component at a time.  What is still to be walked stands in rest; a symbolic link
 * puts its target in front of that.
 */
struct walk {
    char *done; /* PATH_MAX bytes: absolute, without links, no slash at the end (empty for the root) */
    char rest[PATH_MAX];
    int links;
};

/* Puts the link's target before the rest and steps back from the link; returns 0 or an errno. */
static int follow(struct walk *walk, size_t parent, const char *target, size_t length)
{
    size_t rest = strlen(walk->rest);

    if (++walk->links > SYMLOOP_MAX)
        return ELOOP;
    if (length + 1 + rest >= PATH_MAX)
        return ENAMETOOLONG;
    memmove(walk->rest + length + 1, walk->rest, rest + 1);
    memcpy(walk->rest, target, length);
    walk->rest[length] = '/';
    walk->done[*target == '/' ? 0 : parent] = '\0';
    return 0;
}

static int is_folder(const char *path)
{
    struct stat st;
    return stat(*path ? path : "/", &st) == 0 && S_ISDIR(st.st_mode);
}

/* Moves one component of the given length from the rest to what is done; returns 0 or an errno. */
static int step(struct walk *walk, const char *name, size_t length)
{
    char target[PATH_MAX];
    size_t parent = strlen(walk->done);

    int is_dot = length == 0 || (length == 1 && name[0] == '.');
    int is_dots = length == 2 && name[0] == '.' && name[1] == '.';
    if ((is_dot || is_dots) && !is_folder(walk->done))
        return ENOTDIR;
    if (is_dots && parent)
        *strrchr(walk->done, '/') = '\0';
    if (is_dot || is_dots)
        return 0;
    if (parent + 1 + length >= PATH_MAX)
        return ENAMETOOLONG;
    walk->done[parent] = '/';
    memcpy(walk->done + parent + 1, name, length);
    walk->done[parent + 1 + length] = '\0';
    ssize_t got = readlink(walk->done, target, sizeof target - 1);
    if (got > 0)
        return follow(walk, parent, target, (size_t)got);
    return errno == EINVAL ? 0 : errno;
}

/* Returns 0 or an errno. */
static int walk_all(struct walk *walk)
{
    char name[NAME_MAX + 1];
    int error = 0;

    while (*walk->rest && !error) {
        size_t length = strcspn(walk->rest, "/");
        size_t skip = length + (walk->rest[length] == '/');
        if (length > NAME_MAX)
            return ENAMETOOLONG;
        memcpy(name, walk->rest, length);
        memmove(walk->rest, walk->rest + skip, strlen(walk->rest + skip) + 1);
        error = step(walk, name, length);
    }
    return error;
}

/* Fills walk; returns 0 or an errno. */
static int walk_start(struct walk *walk, const char *path)
{
    if (!*path)
        return ENOENT;
    if (strlen(path) >= PATH_MAX)
        return ENAMETOOLONG;
    strcpy(walk->rest, path);
    walk->links = 0;
    walk->done[0] = '\0';
    if (*path == '/')
        return 0;
    if (!getcwd(walk->done, PATH_MAX))
        return errno;
    if (walk->done[1] == '\0')
        walk->done[0] = '\0';
    return 0;
}

char *realpath(const char *__restrict path, char *__restrict resolved)
{
    struct walk walk = {.done = resolved ? resolved : malloc(PATH_MAX)};

    if (!walk.done)
        return NULL;
    int error = walk_start(&walk, path);
    if (!error)
        error = walk_all(&walk);
    if (!error && path[strlen(path) - 1] == '/' && !is_folder(walk.done))
        error = ENOTDIR;
    if (error) {
        if (!resolved)
            free(walk.done);
        errno = error;
        return NULL;
    }
    if (!*walk.done)
        strcpy(walk.done, "/");
    return walk.done;
}
