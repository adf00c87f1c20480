// SPDX-License-Identifier: MIT
/*
 * exec_program.c - finding the program of an exec: its file, and the interpreters that `#!` lines name
 *
 * A script's line puts words in front of the arguments; they are kept in the task's scratch buffer.  Interpreters may be scripts
 * themselves.  At the end stands an ELF file, whose headers are checked by elf.c.
 */
#include "kernel/exec.h"
#include "kernel/abi/fcntl.h"
#include "kernel/lib/errno.h"
#include "kernel/lib/panic.h"
#include "kernel/lib/string.h"
#include "kernel/ports/vfs.h"

#define HEAD_BYTES 4096          /* of the file that must hold ELF header and program headers */
#define LINE_MAX 256             /* of a `#!` line that is looked at */

int exec_check_file(struct inode *i)
{
    if (!is_reg(i))
        return -EACCES;
    if (vfs_port.permission(i, 1))
        return -EACCES;
    return i->writers ? -ETXTBSY : 0;
}

static int prefix_add(struct exec_args *a, const char *text, u32 len)
{
    char *scratch = current->paths->scratch;
    if (a->prefix_count == PREFIX_MAX || a->prefix_bytes + len + 1 > sizeof(current->paths->scratch))
        return -E2BIG;
    for (u32 i = a->prefix_count++; i > 0; i--)
        a->prefix[i] = a->prefix[i - 1];
    a->prefix[0] = a->prefix_bytes;
    memcpy(scratch + a->prefix_bytes, text, len);
    scratch[a->prefix_bytes + len] = 0;
    a->prefix_bytes += len + 1;
    return 0;
}

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/*
 * `#! interpreter [argument]`: the words go in front of the arguments, the script's own name takes the place of
 * argv[0].  The line may end with the file, or with a NUL as on Linux.
 */
static int parse_script(struct exec_args *a, const char *head, long size, const char *name,
                        char interpreter[LINE_MAX])
{
    long at = 2, end = 2;
    while (end < size && end < LINE_MAX && head[end] && head[end] != '\n')
        end++;
    bool cut = end == LINE_MAX;
    while (end > at && blank(head[end - 1]))
        end--;
    while (at < end && blank(head[at]))
        at++;
    long word = at;
    while (at < end && !blank(head[at]))
        at++;
    long len = at - word;
    if (cut && at == LINE_MAX) /* the interpreter's name goes on behind what is looked at */
        return -ENOEXEC;
    while (at < end && blank(head[at]))
        at++;
    if (!len)
        return -ENOEXEC;
    int rc = 0;
    if (!a->prefix_count) { /* the name of an interpreter that is a script stands in front already */
        a->skip = 1;
        rc = prefix_add(a, name, strlen(name));
    }
    memcpy(interpreter, head + word, len);
    interpreter[len] = 0;
    if (!rc && end > at)
        rc = prefix_add(a, head + at, end - at);
    return rc ? rc : prefix_add(a, interpreter, len);
}

static int open_program(struct exec_args *a, const char *path)
{
    struct path found;
    int rc = vfs_port.walk_kernel(path, WALK_FOLLOW, &found);
    if (rc)
        return rc;
    a->inode = vfs_port.inode_get(found.inode);
    vfs_port.path_put(&found);
    return exec_check_file(a->inode);
}

void exec_drop_program(struct exec_args *a)
{
    if (a->inode)
        vfs_port.inode_put(a->inode);
    a->inode = NULL;
}

/*
 * Follows `#!` lines until an ELF program stands in a->elf.  a->inode is open; name: as the program was called, which
 * the walk to an interpreter overwrites.
 */
int exec_load_headers(struct exec_args *a, const char *name)
{
    char interpreter[LINE_MAX];
    char *head = current->paths->path[1];
    for (u32 depth = 0;; depth++) {
        long n = vfs_port.read_kernel(a->inode, head, HEAD_BYTES, 0);
        if (n < 0)
            return n;
        if (n < 2 || head[0] != '#' || head[1] != '!')
            return elf_parse(head, n, a->inode->size, &a->elf);
        if (depth == SCRIPT_DEPTH)
            return -ELOOP;
        int rc = parse_script(a, head, n, name, interpreter);
        exec_drop_program(a);
        if (!rc)
            rc = open_program(a, interpreter);
        if (rc)
            return rc;
        strlcpy(current->paths->path[0], interpreter, PATH_LEN_MAX); /* the walk put targets of links there */
    }
}
