// SPDX-License-Identifier: MIT
/*
 * ftw.c - walking a tree of files, folders before (or with FTW_DEPTH after) what is in them
 *
 * The walk keeps one descriptor and one path buffer of PATH_MAX; a folder's names are read as a whole (scandir)
 * before any is visited, so the number of open descriptors does not grow with the depth.
 */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
    char path[PATH_MAX];
    int flags;
    dev_t dev;         /* of the root, for FTW_MOUNT */
    __ftw_visit plain; /* one of these two is set */
    __nftw_visit detail;
};

static int walk_entry(struct walk *walk, struct FTW where);

static int visit(struct walk *walk, const struct stat *st, int type, struct FTW *where)
{
    if (walk->plain)
        return walk->plain(walk->path, st, type);
    return walk->detail(walk->path, st, type, where);
}

static int is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int choose(const struct dirent *entry)
{
    return !is_dots(entry->d_name);
}

/* Walks one name in the folder that the path names. */
static int walk_child(struct walk *walk, const char *name, int level)
{
    size_t length = strlen(walk->path);
    size_t slash = length && walk->path[length - 1] != '/';

    if (length + slash + strlen(name) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(walk->path + length, slash ? "/" : "");
    strcat(walk->path, name);
    int status = walk_entry(walk, (struct FTW){.base = (int)(length + slash), .level = level});
    walk->path[length] = '\0';
    return status;
}

/* Walks the names until a status is not 0, which it may be from the start; frees the list. */
static int walk_children(struct walk *walk, struct dirent **list, int count, int level, int status)
{
    for (int i = 0; i < count; i++) {
        if (status == 0)
            status = walk_child(walk, list[i]->d_name, level);
        free(list[i]);
    }
    free(list);
    return status;
}

static int walk_folder(struct walk *walk, const struct stat *st, struct FTW where)
{
    struct dirent **list;
    int status = 0;
    int count = scandir(walk->path, &list, choose, NULL);

    if (count < 0)
        return errno == EACCES ? visit(walk, st, FTW_DNR, &where) : -1;
    if (!(walk->flags & FTW_DEPTH))
        status = visit(walk, st, FTW_D, &where);
    status = walk_children(walk, list, count, where.level + 1, status);
    if (status == 0 && (walk->flags & FTW_DEPTH))
        status = visit(walk, st, FTW_DP, &where);
    return status;
}

/* A link whose target is missing is visited as FTW_SLN, anything else that is not there as FTW_NS. */
static int walk_missing(struct walk *walk, struct FTW where)
{
    struct stat st;

    memset(&st, 0, sizeof st);
    if (where.level == 0)
        return -1;
    if (lstat(walk->path, &st) == 0 && S_ISLNK(st.st_mode))
        return visit(walk, &st, walk->plain ? FTW_NS : FTW_SLN, &where);
    return visit(walk, &st, FTW_NS, &where);
}

static int walk_entry(struct walk *walk, struct FTW where)
{
    struct stat st;
    int status = walk->flags & FTW_PHYS ? lstat(walk->path, &st) : stat(walk->path, &st);

    if (status < 0)
        return walk_missing(walk, where);
    if (where.level == 0)
        walk->dev = st.st_dev;
    if ((walk->flags & FTW_MOUNT) && st.st_dev != walk->dev)
        return 0;
    if (S_ISDIR(st.st_mode))
        return walk_folder(walk, &st, where);
    return visit(walk, &st, S_ISLNK(st.st_mode) ? FTW_SL : FTW_F, &where);
}

static int start(struct walk *walk, const char *path)
{
    if (strlcpy(walk->path, path, PATH_MAX) >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    const char *slash = strrchr(path, '/');
    return walk_entry(walk, (struct FTW){.base = slash && slash[1] ? (int)(slash + 1 - path) : 0});
}

int ftw(const char *path, __ftw_visit plain, int max_open)
{
    struct walk walk = {.plain = plain};
    (void)max_open;
    return start(&walk, path);
}

int nftw(const char *path, __nftw_visit detail, int max_open, int flags)
{
    struct walk walk = {.detail = detail, .flags = flags};

    (void)max_open;
    if (flags & FTW_CHDIR) {
        errno = EINVAL;
        return -1;
    }
    return start(&walk, path);
}
