// SPDX-License-Identifier: MIT
/*
 * visit.c - reads all that a damaged file system still shows, within bounds: directories may be their own children
 */
#include "kernel/lib/printf.h"
#include "kernel/lib/string.h"
#include "tests/host/ext2/files.h"

#define FILE_MOST 600000ul

static void read_one(const char *path)
{
    static u8 bytes[4096];
    int error;
    struct inode *i = file_open(path, &error);
    if (!i)
        return;
    u64 size = (i->mode & 0170000) == 0100000 ? MIN(i->size, FILE_MOST) : 0;
    for (u64 at = 0; at < size; at += sizeof(bytes))
        if (file_read(i, at, bytes, sizeof(bytes)) < 0)
            break;
    file_close(i);
}

struct visit {
    char path[200];
    u32 depth, budget;
};

static void visit(const char *name, void *arg)
{
    struct visit *v = arg, below = {.depth = v->depth + 1, .budget = 20};
    if (v->depth > 3 || !v->budget || strlen(v->path) + strlen(name) + 2 > sizeof(v->path) || strchr(name, '/'))
        return;
    v->budget--;
    ksnprintf(below.path, sizeof(below.path), "%s/%s", v->path, name);
    read_one(below.path);
    char link[100];
    (void)!file_readlink(below.path, link, sizeof(link));
    file_list(below.path, visit, &below);
}

void files_visit(u32 names)
{
    struct visit root = {.budget = names};
    file_list("/", visit, &root);
}
