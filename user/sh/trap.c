// SPDX-License-Identifier: MIT
/*
 * trap.c - signals: what traps do, and ^C at the prompt
 *
 * A handler only notes that its signal came.  The action runs between two commands, from trap_run(), which
 * exec.c calls before each command.  Handlers are set without SA_RESTART, so a wait or a read at the prompt
 * ends early.  A ^C that came after the look whether one came, and before the read, would wake nobody: so while
 * trap_read() reads, the handler of ^C jumps out of it.  What was read at that moment is lost, as the terminal's
 * own line is with a ^C.
 *
 * An interactive shell ignores what the terminal sends to stop or end programs, and takes ^C as a wish to get
 * back to the prompt; children get the defaults back.
 */
#include "user/sh/sh.h"

#include "user/bin/signals.h"

#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SIGNALS 65

static char *actions[SIGNALS]; // by number; 0 is EXIT; "" ignores
static volatile sig_atomic_t came[SIGNALS];
static volatile sig_atomic_t any_came, interrupted;
static volatile sig_atomic_t reading; // note() may jump to `away`
static sigjmp_buf away;

/* The number of a signal given as INT, SIGINT, 2 or EXIT; -1 when there is none. */
int signal_number(const char *name)
{
    char *end;
    long n = strtol(name, &end, 10);
    size_t i;

    if (end != name && !*end)
        return n >= 0 && n < SIGNALS ? (int)n : -1;
    if (strcasecmp(name, "EXIT") == 0)
        return 0;
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    for (i = 0; i < SIGNAL_NAMES; i++)
        if (strcasecmp(name, signal_names[i].name) == 0)
            return signal_names[i].number;
    return -1;
}

const char *signal_name(int sig)
{
    static char number[8];
    size_t i;

    if (sig == 0)
        return "EXIT";
    for (i = 0; i < SIGNAL_NAMES; i++)
        if (signal_names[i].number == sig)
            return signal_names[i].name;
    snprintf(number, sizeof number, "%d", sig);
    return number;
}

static void note(int sig)
{
    if (sig == SIGINT && !actions[SIGINT]) {
        interrupted = 1;
        if (reading)
            siglongjmp(away, 1);
        return;
    }
    came[sig] = 1;
    any_came = 1;
}

static void handler_set(int sig, void (*handler)(int))
{
    struct sigaction sa;

    memset(&sa, 0, sizeof sa);
    sa.sa_handler = handler;
    sigaction(sig, &sa, NULL);
}

/* What a signal does when no trap is set for it. */
static void handler_default(int sig)
{
    static const int ignored[] = {SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};
    size_t i;

    handler_set(sig, SIG_DFL);
    if (!sh.interactive || sh.subshell)
        return;
    if (sig == SIGINT)
        handler_set(sig, note);
    for (i = 0; i < sizeof ignored / sizeof *ignored; i++)
        if (ignored[i] == sig)
            handler_set(sig, SIG_IGN);
}

/* Makes an interactive shell ready for the terminal's signals. */
void trap_init(void)
{
    static const int sigs[] = {SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGTTIN, SIGTTOU};
    size_t i;

    for (i = 0; i < sizeof sigs / sizeof *sigs; i++)
        handler_default(sigs[i]);
}

/* Sets the action of a signal; NULL gives back the default, "" ignores. */
void trap_set(int sig, const char *action)
{
    char *copy = action ? mem_dup(action) : NULL;

    free(actions[sig]);
    actions[sig] = copy;
    if (sig == 0)
        return;
    if (!action)
        handler_default(sig);
    else
        handler_set(sig, *action ? note : SIG_IGN);
}

/* Whether a ^C came since the last call. */
bool interrupt_seen(void)
{
    bool seen = interrupted;

    interrupted = 0;
    return seen;
}

/* The number of a signal that came and was not yet dealt with, or 0. */
int trap_pending(void)
{
    int sig;

    for (sig = 1; any_came && sig < SIGNALS; sig++)
        if (came[sig])
            return sig;
    return interrupted ? SIGINT : 0;
}

/* Reads as read() does, but for signals: one that came before the call and was not dealt with is EINTR, too. */
ssize_t trap_read(int fd, void *block, size_t size)
{
    bool jumps = sh.interactive && !sh.subshell; // elsewhere nothing but a trap takes a ^C
    ssize_t got;

    if (jumps && sigsetjmp(away, 1)) {
        reading = 0;
        errno = EINTR;
        return -1;
    }
    reading = jumps;
    if (trap_pending()) {
        got = -1;
        errno = EINTR;
    } else {
        got = read(fd, block, size);
    }
    reading = 0;
    return got;
}

/* Whether any trap would be lost by replacing the shell with a program. */
bool trap_any(void)
{
    int sig;

    for (sig = 0; sig < SIGNALS; sig++)
        if (actions[sig] && *actions[sig])
            return true;
    return false;
}

/* Runs the actions of the signals that came; a ^C goes to the prompt. */
void trap_run(void)
{
    int sig, status = sh.status;

    if (interrupt_seen())
        sh_abort(130);
    if (!any_came)
        return;
    any_came = 0;
    for (sig = 1; sig < SIGNALS; sig++) {
        char *action;

        if (!came[sig])
            continue;
        came[sig] = 0;
        if (!actions[sig])
            continue;
        action = mem_dup(actions[sig]);
        exec_string(action, 0);
        free(action);
        if (sh.unwind == UNWIND_NONE)
            sh.status = status;
    }
}

/* In a child: traps are the parent's business, ignored signals stay ignored. */
void trap_reset(void)
{
    int sig;

    for (sig = 0; sig < SIGNALS; sig++)
        if (actions[sig] && *actions[sig])
            trap_set(sig, NULL);
    if (sh.interactive)
        trap_init();
    any_came = interrupted = 0;
}

/* Runs the EXIT trap, once. */
void trap_exit(void)
{
    char *action = actions[0];

    actions[0] = NULL;
    if (action)
        exec_string(action, 0);
    free(action);
}

void trap_print(void)
{
    int sig;

    for (sig = 0; sig < SIGNALS; sig++)
        if (actions[sig])
            printf("trap -- '%s' %s\n", actions[sig], signal_name(sig));
}
