// SPDX-License-Identifier: MIT
/*
 * mem.c - storage of the shell: arenas, the scratch and growing strings
 *
 * Nearly everything that the shell makes dies together: the tree of a command line after the line has run,
 * the strings of an expansion after the command.  So both are cut from arenas, which are freed as a whole.
 * The scratch is a stack of arenas; leaving a command by a jump pops them all.
 *
 * Errors:  when the system has no memory the shell says so and exits with status 2.
 */
#include "user/sh/sh.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_SIZE 2000

struct chunk {
    struct chunk *next;
    size_t used, size;
    char data[];
};

static struct arena *scratch;

static void *checked(void *memory)
{
    static const char text[] = "sh: out of memory\n";

    if (memory)
        return memory;
    if (write(2, text, sizeof text - 1) < 0)
        _exit(3);
    _exit(2);
}

void *mem_alloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *mem_grow(void *old, size_t size)
{
    return checked(realloc(old, size));
}

char *mem_dup(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(mem_alloc(size), text, size);
}

/* An empty arena with one reference. */
struct arena *arena_new(void)
{
    struct arena *a = mem_alloc(sizeof *a);

    *a = (struct arena){.refs = 1};
    return a;
}

void arena_get(struct arena *a)
{
    a->refs++;
}

/* Gives one reference back; the last one frees all that was cut from the arena. */
void arena_put(struct arena *a)
{
    if (--a->refs > 0)
        return;
    while (a->chunks) {
        struct chunk *c = a->chunks;

        a->chunks = c->next;
        free(c);
    }
    free(a);
}

/* Zeroed memory that lives as long as the arena. */
void *arena_alloc(struct arena *a, size_t size)
{
    struct chunk *c = a->chunks;

    size = (size + 15) & ~(size_t)15;
    if (!c || c->size - c->used < size) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

        c = mem_alloc(sizeof *c + room);
        *c = (struct chunk){.next = a->chunks, .size = room};
        a->chunks = c;
    }
    c->used += size;
    return memset(c->data + c->used - size, 0, size);
}

char *arena_dup(struct arena *a, const char *text, size_t len)
{
    char *copy = arena_alloc(a, len + 1);

    memcpy(copy, text, len);
    return copy;
}

/* Begins a scratch; returns the one before, for scratch_pop(). */
struct arena *scratch_push(void)
{
    struct arena *before = scratch;

    scratch = arena_new();
    scratch->below = before;
    return before;
}

/* Frees the scratches that were begun after `until`, which becomes current. */
void scratch_pop(struct arena *until)
{
    while (scratch != until) {
        struct arena *a = scratch;

        scratch = a->below;
        arena_put(a);
    }
}

struct arena *scratch_now(void)
{
    return scratch;
}

char *scratch_dup(const char *text, size_t len)
{
    return arena_dup(scratch, text, len);
}

static void buf_room(struct strbuf *b, size_t len)
{
    if (b->size - b->len > len)
        return;
    b->size = (b->len + len + 16) * 2;
    b->data = mem_grow(b->data, b->size);
}

void buf_add(struct strbuf *b, const char *text, size_t len)
{
    buf_room(b, len);
    memcpy(b->data + b->len, text, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_fill(struct strbuf *b, char c, size_t count)
{
    buf_room(b, count);
    memset(b->data + b->len, c, count);
    b->len += count;
    b->data[b->len] = '\0';
}

void buf_char(struct strbuf *b, char c)
{
    buf_room(b, 1);
    b->data[b->len++] = c;
    b->data[b->len] = '\0';
}

void buf_text(struct strbuf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_free(struct strbuf *b)
{
    free(b->data);
    *b = (struct strbuf){0};
}
