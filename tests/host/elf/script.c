// SPDX-License-Identifier: MIT
/*
 * script.c - `#!` lines lead to the interpreter and the arguments that execve(2) promises, whatever the line says
 *
 * kernel/exec_program.c stands on a file system of a few texts.  What it makes of a line is held against a plain reading of
 * the manual page, for written lines, for random ones, and for a script cut at every length.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kernel/exec.h"
#include "kernel/lib/errno.h"
#include "kernel/ports/vfs.h"

enum { LOOKED_AT = 256, FILES = 12 };

struct task *host_current;
static struct task task;
static struct path_buffers buffers;

/* --- a file system of texts --- */

static struct text {
    const char *name;
    const char *bytes;
    u64 size;
    struct inode inode;
} files[FILES];
static u32 file_count;

static struct inode *add_file(const char *name, const char *bytes, u64 size)
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

static struct exec_args args;

static int set_up(void **state UNUSED)
{
    host_current = &task;
    task.paths = &buffers;
    file_count = 0;
    return 0;
}

/* Loads a file as if called by this name; afterwards nobody holds a file any more. */
static int load(struct inode *i, const char *called)
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

/* The words in front of the arguments, each with a '|' behind it. */
static const char *words(void)
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

static struct inode *add_program(const char *name)
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
    bool whole = n < LOOKED_AT || strchr(line, '\n');
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

/* The line says where to go; which interpreters are there is known: those of the names /i, /bin/sh and /long... */
static void judge(const char *text, u64 size)
{
    const char *plain = plain_line(text, size);
    char *copy = malloc(size), wanted[LOOKED_AT + 32];
    memcpy(copy, text, size);
    int rc = load(add_file("script", copy, size), "./script");
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

/* --- tests --- */

static void test_written_lines(void **state UNUSED)
{
    static const char *const lines[] = {"#!/i", "#!/i\n", "#! /i\n", "#!\t/i\t\n", "#!/i -x\n", "#!/i  -x  -y \t\nmore",
                                        "#!", "#!\n", "#! \t \n", "#!\n/i", "#!/none a\n", "#! /i\t\ta b\tc\n"};
    add_program("/i");
    for (u32 i = 0; i < ARRAY_SIZE(lines); i++)
        judge(lines[i], strlen(lines[i]));
    assert_int_equal(load(add_file("s", "#! /i -x -y\n", 12), "s"), 0);
    assert_string_equal(words(), "/i|-x -y|s|");
}

static void test_a_line_cut_at_every_length(void **state UNUSED)
{
    char text[600];
    add_program("/i");
    for (u32 name = 1; name < 270; name += 7) { /* the interpreter's name ends before, at and behind what is looked at */
        u64 n = (u64)snprintf(text, sizeof(text), "#! /%0*d  some words\t\nthe rest of the script\n", (int)name, 0);
        for (u64 size = 2; size <= n; size++)
            judge(text, size);
    }
}

static void test_random_lines(void **state UNUSED)
{
    static const char letters[] = "  \t\t\n/iii/i-x!#";
    char text[400] = "#!";
    u64 r = 1;
    add_program("/i");
    for (u32 round = 0; round < 100000; round++) {
        u64 n = 2 + (round % 16 ? (r >> 33) % 20 : (r >> 33) % 390);
        for (u64 i = 2; i < n; i++) {
            r = r * 6364136223846793005u + 1442695040888963407u;
            text[i] = letters[(r >> 40) % (sizeof(letters) - 1)];
        }
        judge(text, n);
    }
}

/* Four scripts may be each other's interpreters before a program comes; a fifth is too many, as is a circle. */
static void test_interpreters_of_interpreters(void **state UNUSED)
{
    static const char *const lines[] = {"#!/p 0\n", "#!/0 1\n", "#!/1 2\n", "#!/2 3\n", "#!/3 4\n", "#!/4 5\n"};
    static const char *const names[] = {"/0", "/1", "/2", "/3", "/4", "/5"};
    add_program("/p");
    for (u32 i = 0; i < 6; i++)
        add_file(names[i], lines[i], strlen(lines[i]));
    assert_int_equal(load(&files[3].inode, "/2"), 0);
    assert_string_equal(words(), "/p|0|/0|1|/1|2|/2|");
    assert_int_equal(load(&files[SCRIPT_DEPTH].inode, "/4"), 0);
    assert_int_equal(load(&files[SCRIPT_DEPTH + 1].inode, "/5"), -ELOOP);
    assert_int_equal(load(add_file("/circle", "#!/circle\n", 10), "/circle"), -ELOOP);
}

static void test_interpreters_that_may_not_run(void **state UNUSED)
{
    struct inode *script = add_file("s", "#!/i\n", 5), *i = add_program("/i");
    i->mode = 0100644;
    assert_int_equal(load(script, "s"), -EACCES);
    i->mode = 0040755;
    assert_int_equal(load(script, "s"), -EACCES);
    i->mode = 0100755;
    i->writers = 1;
    assert_int_equal(load(script, "s"), -ETXTBSY);
    i->writers = 0;
    i->size = files[1].size = 119;
    assert_int_equal(load(script, "s"), -ENOEXEC); /* cut in its headers */
}

/* The words that lines put in front must fit their buffer, else the answer is E2BIG: never a word that is cut. */
static void test_more_words_than_fit(void **state UNUSED)
{
    char called[PATH_LEN_MAX], text[LOOKED_AT];
    add_program("/i");
    int n = snprintf(text, sizeof(text), "#!/i %0200d\n", 0);
    struct inode *script = add_file("s", text, (u64)n);
    for (u32 len = 1; len < 1000; len++) {
        memset(called, 'c', len);
        called[len] = 0;
        int rc = load(script, called);
        assert_int_equal(rc, len + 1 + 201 + 3 <= sizeof(buffers.scratch) ? 0 : -E2BIG);
        if (!rc)
            assert_int_equal(strlen(words()), len + 1 + 201 + 3);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_written_lines),
        TEST(test_a_line_cut_at_every_length),
        TEST(test_random_lines),
        TEST(test_interpreters_of_interpreters),
        TEST(test_interpreters_that_may_not_run),
        TEST(test_more_words_than_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
