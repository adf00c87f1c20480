// SPDX-License-Identifier: MIT
/*
 * texts.c - a file system of a few texts under kernel/exec_program.c, and a plain reading of `#!` lines
 */
#include "tests/host/elf/texts.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/lib/errno.h"
#include "kernel/ports/vfs.h"

struct task *host_current;
static struct task task;
struct path_buffers buffers;

/* --- a file system of texts --- */

struct text files[FILES];
u32 file_count;

struct inode *add_file(const char *name, const char *bytes, u64 size)
{
    struct text *f = &files[file_count++];
    *f = (struct text){.name = name, .bytes = bytes, .size = size};
    f->inode.mode = 0100755;
    f->inode.size = size;
    return &f->inode;
}

static struct inode *inode_get(struct inode *i)
{
    i->refs++;
    return i;
}

static void inode_put(struct inode *i)
{
    assert_true(i->refs > 0);
    i->refs--;
}

static void path_put(struct path *p)
{
    inode_put(p->inode);
}

/* As the real one it leaves something else in the path buffer. */
static int walk_kernel(const char *path, u32 flags UNUSED, struct path *out)
{
    for (u32 i = 0; i < file_count; i++)
        if (!strcmp(files[i].name, path)) {
            *out = (struct path){.inode = inode_get(&files[i].inode)};
            strcpy(buffers.path[0], "what a symlink said");
            return 0;
        }
    return -ENOENT;
}

static int permission(struct inode *i, u32 want UNUSED)
{
    return i->mode & 0111 ? 0 : -EACCES;
}

static long read_kernel(struct inode *i, void *dst, size_t n, u64 pos)
{
    const struct text *f = (const struct text *)((const char *)i - offsetof(struct text, inode));
    n = MIN(n, f->size - pos);
    memset(dst, 'Z', PATH_LEN_MAX); /* what stood there before must not be taken for the file's */
    memcpy(dst, f->bytes + pos, n);
    return (long)n;
}

const struct vfs_port vfs_port = {.walk_kernel = walk_kernel,
                                  .path_put = path_put,
                                  .inode_get = inode_get,
                                  .inode_put = inode_put,
                                  .permission = permission,
                                  .read_kernel = read_kernel};

/* --- running it --- */

struct exec_args args;

void files_clear(void)
{
    host_current = &task;
    task.paths = &buffers;
    file_count = 0;
}

int load(struct inode *i, const char *called)
{
    memset(&args, 0, sizeof(args));
    strcpy(buffers.path[0], called);
    args.inode = inode_get(i);
    int rc = exec_load_headers(&args, buffers.path[0]);
    exec_drop_program(&args);
    for (u32 k = 0; k < file_count; k++)
        assert_int_equal(files[k].inode.refs, 0);
    return rc;
}

const char *words(void)
{
    static char out[1024];
    out[0] = 0;
    for (u32 i = 0; i < args.prefix_count; i++) {
        strcat(out, buffers.scratch + args.prefix[i]);
        strcat(out, "|");
    }
    return out;
}

/* A whole program: one page, loaded where it stands. */
static const char *program(void)
{
    static struct {
        u8 ident[16];
        u16 type, machine;
        u32 version;
        u64 entry, phoff, shoff;
        u32 flags;
        u16 sizes[6];
        u32 load, prot;
        u64 offset, vaddr, paddr, filesz, memsz, align;
    } file = {.ident = "\177ELF\2\1\1", .type = 2, .machine = 62, .entry = 0x400078, .phoff = 64, .sizes = {64, 56, 1},
              .load = 1, .prot = 5, .vaddr = 0x400000, .filesz = 120, .memsz = 120};
    return (const char *)&file;
}

struct inode *add_program(const char *name)
{
    return add_file(name, program(), 120);
}

/* --- a plain reading of execve(2), "Interpreter scripts" --- */

/* `interpreter|argument|` or `interpreter|` of a script's text; NULL when the line names none. */
static const char *plain_line(const char *text, u64 size)
{
    static char line[LOOKED_AT + 1], out[LOOKED_AT + 8];
    u64 n = MIN(size, LOOKED_AT);
    memcpy(line, text, n);
    line[n] = 0;
    bool whole = n < LOOKED_AT || strlen(line) < n || strchr(line, '\n');
    line[strcspn(line, "\n")] = 0;
    char *word = line + 2 + strspn(line + 2, " \t"), *rest = word + strcspn(word, " \t");
    if (!*word || (!whole && !*rest))
        return NULL;
    char *argument = rest + strspn(rest, " \t");
    for (char *end = argument + strlen(argument); end > argument && strchr(" \t", end[-1]);)
        *--end = 0;
    *rest = 0;
    snprintf(out, sizeof(out), *argument ? "%s|%s|" : "%s|", word, argument);
    return out;
}

void judge(const char *text, u64 size)
{
    const char *plain = plain_line(text, size);
    char *copy = malloc(size), wanted[LOOKED_AT + 32];
    memcpy(copy, text, size);
    int rc = load(add_file("", copy, size), "./script");
    file_count--;
    free(copy);
    if (!plain) {
        assert_int_equal(rc, -ENOEXEC);
        return;
    }
    snprintf(wanted, sizeof(wanted), "%s./script|", plain);
    assert_true(rc == 0 || rc == -ENOENT);
    assert_string_equal(words(), wanted);
    assert_int_equal(args.skip, 1);
}

