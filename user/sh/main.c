// SPDX-License-Identifier: MIT
/*
 * main.c - the shell: its arguments, its start, its ways out
 *
 *     sh [-abefimnsux] [file [arg...]]       commands of a file, or of the standard input
 *     sh [-abefimnsux] -c text [name [arg...]]
 *
 * It is interactive when it reads commands from a terminal.  Then an error goes back to the prompt (sh_abort
 * jumps to main); otherwise it ends the shell.  The EXIT trap runs on every way out.
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shell sh;

static struct source input; // the commands of a shell that has no -c

static void say(int line, const char *what, const char *format, va_list list)
{
    const struct source *s = source_now();

    fflush(stdout);
    fputs("sh: ", stderr);
    if (s && s->name)
        fprintf(stderr, "%s: ", s->name);
    if (line)
        fprintf(stderr, "line %d: ", line);
    fputs(what, stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
}

/* Prints a message with the place of the command that runs. */
void sh_say(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    say(sh.interactive ? 0 : sh.line, "", format, list);
    va_end(list);
}

/* Says what is wrong with a command and gives it up. */
void sh_fail(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    say(sh.interactive ? 0 : sh.line, "", format, list);
    va_end(list);
    sh_abort(2);
}

/* The same for what could not be read as a command. */
void syntax_fail(int line, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    say(line, "syntax error: ", format, list);
    va_end(list);
    sh_abort(2);
}

/* Back to the prompt, or out of a shell that has none. */
void sh_abort(int status)
{
    sh.status = status;
    if (!sh.can_jump)
        sh_exit(status);
    fflush(stdout);
    source_pop_to(&input);
    input.at = input.text.len;
    redir_undo(NULL);
    scopes_leave();
    scratch_pop(NULL);
    sh.loops = sh.calls = 0;
    sh.unwind = UNWIND_NONE;
    longjmp(sh.prompt, 1);
}

/* Leaves the shell, or the subshell that this process is, with the EXIT trap. */
void sh_exit(int status)
{
    sh.status = status;
    sh.can_jump = false;
    sh.unwind = UNWIND_NONE;
    trap_exit();
    fflush(stdout);
    _exit(status & 255);
}

static void input_open(const char *file)
{
    int fd, high;

    if (!file) {
        source_push(&input, isatty(0) ? SOURCE_TERMINAL : SOURCE_SHARED, 0, NULL);
        return;
    }
    fd = open(file, O_RDONLY);
    high = fd < 0 ? -1 : fcntl(fd, F_DUPFD, 10);
    if (high < 0) {
        sh_say("%s: %s", file, strerror(errno));
        _exit(errno == ENOENT ? 127 : 126);
    }
    close(fd);
    fcntl(high, F_SETFD, FD_CLOEXEC);
    source_push(&input, SOURCE_FILE, high, NULL);
    input.name = file;
}

static void profile_run(void)
{
    int fd = open("/etc/profile", O_RDONLY);

    if (fd >= 0)
        exec_file(fd, "/etc/profile");
}

struct start {
    bool command, login, stdin_only;
    char **rest;
};

/* Reads the options; what is left is in `rest`. */
static void arguments_read(struct start *start, char **argv)
{
    char **at = argv + 1;

    start->login = argv[0] && argv[0][0] == '-';
    for (; *at && ((*at)[0] == '-' || (*at)[0] == '+') && (*at)[1]; at++) {
        if (strcmp(*at, "--") == 0) {
            at++;
            break;
        }
        start->command |= (*at)[0] == '-' && strchr(*at, 'c');
        start->stdin_only |= (*at)[0] == '-' && strchr(*at, 's');
        start->login |= (*at)[0] == '-' && strchr(*at, 'l');
        sh.interactive |= (*at)[0] == '-' && strchr(*at, 'i');
        if (!set_option(*at)) {
            sh_say("%s: unknown option", *at);
            _exit(2);
        }
    }
    start->rest = at;
}

static int count(char **list)
{
    int n = 0;

    while (list[n])
        n++;
    return n;
}

static void run_command(struct start *start)
{
    char **rest = start->rest;

    if (!*rest) {
        sh_say("-c: needs a command");
        _exit(2);
    }
    if (rest[1]) {
        sh.name = rest[1];
        params_set(rest + 2, count(rest + 2));
    }
    sh_exit(exec_string(rest[0], EXEC_LAST));
}

int main(int argc, char **argv)
{
    extern char **environ;
    static struct start start;
    const char *file;

    sh.name = argc ? argv[0] : "sh";
    sh.pid = getpid();
    vars_init(environ);
    params_set(NULL, 0);
    arguments_read(&start, argv);
    file = start.command || start.stdin_only ? NULL : *start.rest;
    sh.interactive |= !start.command && !file && isatty(0) && isatty(2);
    if (sh.interactive) {
        trap_init();
        jobs_init();
    }
    if (start.login)
        profile_run();
    if (start.command)
        run_command(&start);
    if (file) {
        sh.name = file;
        start.rest++;
    }
    params_set(start.rest, count(start.rest));
    input_open(file);
    if (sh.interactive) {
        sh.can_jump = true;
        setjmp(sh.prompt);
    }
    exec_source(0);
    if (sh.interactive)
        fputs("exit\n", stderr);
    sh_exit(sh.status);
}
