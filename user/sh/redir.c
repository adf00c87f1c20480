// SPDX-License-Identifier: MIT
/*
 * redir.c - redirections, and how to undo them
 *
 * A builtin and a compound command run inside the shell, so what they replace is first copied to a descriptor
 * of at least 10 and noted on one stack.  redir_undo() goes back to a mark on that stack; redir_keep(), for
 * `exec >file`, forgets the copies instead.
 */
#include "user/sh/sh.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct saved {
    int fd, copy; // copy is -1 when fd was closed
    struct saved *below;
};

#define COPIES_FROM 10

static struct saved *stack;

/* The place to which redir_undo() goes back. */
struct saved *redir_mark(void)
{
    return stack;
}

static void fd_save(int fd)
{
    struct saved *s = mem_alloc(sizeof *s);
    int copy = fcntl(fd, F_DUPFD, COPIES_FROM);

    if (copy >= 0)
        fcntl(copy, F_SETFD, FD_CLOEXEC);
    *s = (struct saved){.fd = fd, .copy = copy, .below = stack};
    stack = s;
}

/* Gives the descriptors back that were replaced since the mark. */
void redir_undo(struct saved *mark)
{
    while (stack != mark) {
        struct saved *s = stack;

        stack = s->below;
        if (s->copy >= 0) {
            dup2(s->copy, s->fd);
            close(s->copy);
        } else {
            close(s->fd);
        }
        free(s);
    }
}

/* Makes the redirections since the mark lasting. */
void redir_keep(struct saved *mark)
{
    while (stack != mark) {
        struct saved *s = stack;

        stack = s->below;
        if (s->copy >= 0)
            close(s->copy);
        free(s);
    }
}

static ssize_t write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno != EINTR)
            return n;
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

/* A descriptor to read the text from: a pipe, which a child fills when the text might not fit. */
static int here_open(const char *text)
{
    size_t len = strlen(text);
    int ends[2];

    if (pipe(ends) < 0)
        return -1;
    if (len <= PIPE_BUF) {
        write_all(ends[1], text, len);
    } else {
        pid_t pid = fork();

        if (pid < 0) {
            close(ends[0]);
            close(ends[1]);
            return -1;
        }
        if (pid == 0) {
            close(ends[0]);
            trap_reset();
            _exit(write_all(ends[1], text, len) < 0);
        }
    }
    close(ends[1]);
    return ends[0];
}

static bool is_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static int file_open(const struct redir *r, const char *path)
{
    switch (r->type) {
    case REDIR_IN:
        return open(path, O_RDONLY);
    case REDIR_BOTH:
        return open(path, O_RDWR | O_CREAT, 0666);
    case REDIR_APPEND:
        return open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    default:
        if (sh.option[OPT_C] && r->type == REDIR_OUT && is_regular(path)) {
            errno = EEXIST;
            return -1;
        }
        return open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    }
}

static void fd_move(int from, int to)
{
    if (from == to)
        return;
    dup2(from, to);
    close(from);
}

/* [n]>&m and [n]>&- */
static bool dup_apply(const struct redir *r, const char *text, bool save)
{
    bool closes = strcmp(text, "-") == 0;
    int from = atoi(text);

    if (!closes && (!isdigit((unsigned char)*text) || fcntl(from, F_GETFD) < 0)) {
        sh_say("%s: bad descriptor", text);
        return false;
    }
    if (save)
        fd_save(r->fd);
    if (closes)
        close(r->fd);
    else if (from != r->fd)
        dup2(from, r->fd);
    return true;
}

static bool one_apply(const struct redir *r, bool save)
{
    const char *text = expand_string(r->target);
    int fd;

    if (r->type == REDIR_DUP)
        return dup_apply(r, text, save);
    if (save)
        fd_save(r->fd);
    fd = r->type == REDIR_HERE ? here_open(text) : file_open(r, text);
    if (fd < 0) {
        sh_say("%s: %s", r->type == REDIR_HERE ? "here-document" : text, strerror(errno));
        return false;
    }
    fd_move(fd, r->fd);
    return true;
}

/*
 * Does the redirections in order; false, with a message, at the first that fails.  `save` notes how to undo.
 */
bool redir_apply(struct redir *list, bool save)
{
    for (; list; list = list->next)
        if (!one_apply(list, save))
            return false;
    return true;
}
