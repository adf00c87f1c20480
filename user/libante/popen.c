// SPDX-License-Identifier: MIT
/*
 * popen.c - a stream to or from a command of the shell
 *
 * Both ends of the pipe close on exec, so no later child keeps an earlier stream open; the end that becomes the
 * command's standard input or output stays, because dup2() clears the mark, and is marked anew otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct command {
    FILE *stream;
    pid_t pid;
    struct command *next;
};

static struct command *commands;

/* The child of vfork(): a function of its own, so that it writes nothing into its parent's frame. */
__attribute__((__noinline__, __noreturn__)) static void run(const char *line, int end, int standard)
{
    if (end == standard)
        fcntl(end, F_SETFD, 0);
    else
        dup2(end, standard);
    execl("/bin/sh", "sh", "-c", line, (char *)NULL);
    _exit(127);
}

/* Runs the line with end as its standard descriptor; returns its process, or -1. */
static pid_t start(const char *line, int end, int standard)
{
    pid_t pid = vfork();
    if (pid == 0)
        run(line, end, standard);
    return pid;
}

/* Fills the entry for a command that is read from (or written to); returns 0, or -1 with errno. */
static int connect_command(struct command *command, const char *line, int reads)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -1;
    int mine = ends[!reads], its = ends[reads];
    command->stream = fdopen(mine, reads ? "r" : "w");
    command->pid = command->stream ? start(line, its, reads) : -1;
    int error = errno;
    close(its);
    if (command->pid < 0 && command->stream)
        fclose(command->stream);
    else if (!command->stream)
        close(mine);
    errno = error;
    return command->pid < 0 ? -1 : 0;
}

FILE *popen(const char *line, const char *mode)
{
    struct command *command = malloc(sizeof *command);

    if (!command)
        return NULL;
    if (connect_command(command, line, *mode == 'r') < 0) {
        free(command);
        return NULL;
    }
    command->next = commands;
    commands = command;
    return command->stream;
}

int pclose(FILE *stream)
{
    struct command **at = &commands;
    int status;

    while (*at && (*at)->stream != stream)
        at = &(*at)->next;
    struct command *command = *at;
    if (!command) {
        errno = ECHILD;
        return -1;
    }
    pid_t pid = command->pid;
    *at = command->next;
    free(command);
    fclose(stream);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}
