// SPDX-License-Identifier: MIT
/*
 * scandir.c - all names of a directory as a sorted array
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int (*choose_fn)(const struct dirent *);
typedef int (*order_fn)(const struct dirent **, const struct dirent **);

struct list {
    struct dirent **entries;
    size_t count;
    size_t room;
};

int alphasort(const struct dirent **a, const struct dirent **b)
{
    return strcoll((*a)->d_name, (*b)->d_name);
}

int versionsort(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

static int list_add(struct list *list, const struct dirent *entry)
{
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 32;
        struct dirent **entries = realloc(list->entries, room * sizeof *entries);
        if (!entries)
            return -1;
        list->entries = entries;
        list->room = room;
    }
    struct dirent *copy = malloc(entry->d_reclen);
    if (!copy)
        return -1;
    list->entries[list->count++] = memcpy(copy, entry, entry->d_reclen);
    return 0;
}

static void list_free(struct list *list)
{
    while (list->count)
        free(list->entries[--list->count]);
    free(list->entries);
}

/* Returns 0 when the whole directory was read, else -1 with errno. */
static int list_read(struct list *list, DIR *dir, choose_fn choose)
{
    struct dirent *entry;

    errno = 0;
    while ((entry = readdir(dir)) != NULL) {
        if ((!choose || choose(entry)) && list_add(list, entry) < 0)
            return -1;
        errno = 0;
    }
    return errno ? -1 : 0;
}

static int scan(DIR *dir, struct dirent ***out, choose_fn choose, order_fn order)
{
    struct list list = {0};
    int status = list_read(&list, dir, choose);
    int error = errno;

    closedir(dir);
    errno = error;
    if (status < 0) {
        list_free(&list);
        return -1;
    }
    if (order)
        qsort(list.entries, list.count, sizeof *list.entries, (int (*)(const void *, const void *))order);
    *out = list.entries;
    return (int)list.count;
}

int scandir(const char *path, struct dirent ***out, choose_fn choose, order_fn order)
{
    DIR *dir = opendir(path);
    return dir ? scan(dir, out, choose, order) : -1;
}

int scandirat(int at, const char *path, struct dirent ***out, choose_fn choose, order_fn order)
{
    int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    DIR *dir = fdopendir(fd);
    if (!dir)
        close(fd);
    return dir ? scan(dir, out, choose, order) : -1;
}
