// SPDX-License-Identifier: MIT
/*
 * jobs.c - children: starting them, waiting for them, the list of jobs
 *
 * A job is the processes of one pipeline.  With job control (set -m, on in an interactive shell with a
 * terminal) each job has a process group of its own and the terminal belongs to the group in the foreground:
 * ^C reaches only that.  Without it all stay in the shell's group, and what runs in the background ignores
 * ^C.
 */
#include "user/sh/sh.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct job *jobs;  // oldest first
static int terminal = -1; // the controlling terminal, while there is job control

/* Takes part in job control when there is a terminal to control. */
void jobs_init(void)
{
    int fd = open("/dev/tty", O_RDWR);

    if (fd < 0)
        fd = dup(2);
    terminal = fcntl(fd, F_DUPFD, 10);
    close(fd);
    fcntl(terminal, F_SETFD, FD_CLOEXEC);
    if (tcgetpgrp(terminal) < 0) {
        close(terminal);
        terminal = -1;
        return;
    }
    sh.option[OPT_M] = true;
    if (getpgrp() != getpid() && getsid(0) != getpid())
        setpgid(0, 0);
    terminal_take(getpgrp());
}

void terminal_take(pid_t group)
{
    if (terminal >= 0)
        tcsetpgrp(terminal, group);
}

/* ---- the list ---- */

static const char *first_word(const struct node *n)
{
    while (n && n->type != NODE_SIMPLE && n->type != NODE_FOR && n->type != NODE_CASE)
        n = n->a;
    if (!n || !n->words || !n->words->parts)
        return "...";
    return n->words->parts->text;
}

/* A job without processes; `n`, which may be NULL, names it. */
struct job *job_new(struct node *n, bool background)
{
    struct job *j = mem_alloc(sizeof *j), **at = &jobs;

    *j = (struct job){.number = 1, .background = background, .text = mem_dup(first_word(n))};
    for (; *at; at = &(*at)->next)
        j->number = (*at)->number + 1;
    *at = j;
    return j;
}

static void job_free(struct job *j)
{
    struct job **at = &jobs;

    while (*at != j)
        at = &(*at)->next;
    *at = j->next;
    free(j->list);
    free(j->text);
    free(j);
}

/* Forgets all jobs: they are not this process's children. */
void jobs_forget(void)
{
    while (jobs)
        job_free(jobs);
}

static enum job_state job_state(const struct job *j)
{
    enum job_state state = JOB_DONE;
    int i;

    for (i = 0; i < j->count; i++)
        if (j->list[i].state == JOB_RUNNING)
            return JOB_RUNNING;
        else if (j->list[i].state == JOB_STOPPED)
            state = JOB_STOPPED;
    return state;
}

/* The job named by %n, %%, %+, a process id, or nothing (the latest); NULL when there is none. */
struct job *job_find(const char *text)
{
    bool number = text && text[0] == '%' && text[1] && text[1] != '%' && text[1] != '+';
    struct job *j, *found = NULL;
    int n = number ? atoi(text + 1) : text && *text != '%' ? atoi(text) : 0, i;

    for (j = jobs; j; j = j->next) {
        if (number ? j->number == n : n == 0 && j->background)
            found = j;
        for (i = 0; !number && n && i < j->count; i++)
            if (j->list[i].pid == n)
                return j;
    }
    return found;
}

/* ---- starting ---- */

static void child_signals(const struct job *j)
{
    trap_reset();
    if (!j->background || sh.option[OPT_M])
        return;
    trap_set(SIGINT, "");
    trap_set(SIGQUIT, "");
}

static void child_setup(struct job *j)
{
    pid_t pid = getpid();
    bool grouped = sh.option[OPT_M];
    int null;

    sh.subshell = true;
    sh.can_jump = false;
    if (grouped)
        setpgid(0, j->group ? j->group : pid);
    if (grouped && !j->background)
        terminal_take(j->group ? j->group : pid);
    child_signals(j);
    if (j->background && !grouped && j->count == 0 && (null = open("/dev/null", O_RDONLY)) > 0) {
        dup2(null, 0);
        close(null);
    }
    if (terminal >= 0)
        close(terminal);
    terminal = -1;
    sh.option[OPT_M] = false;
    jobs_forget();
}

/* Notes, and says, that a part of the job could not be started; its status is then 126. */
void job_fail(struct job *j, const char *what)
{
    sh_say("%s: %s", what, strerror(errno));
    j->failed = true;
}

/*
 * In the parent: the child's group has the terminal from here on, whoever comes to it first.  A ^C that came to the
 * shell since it began the command was meant for the job.
 */
static void parent_setup(struct job *j, pid_t pid, const sigset_t *before)
{
    if (!sh.option[OPT_M]) {
        sigprocmask(SIG_SETMASK, before, NULL);
        return;
    }
    j->group = j->group ? j->group : pid;
    setpgid(pid, j->group);
    if (!j->background)
        terminal_take(j->group);
    sigprocmask(SIG_SETMASK, before, NULL);
    if (!j->background && trap_pending() == SIGINT)
        kill(-j->group, SIGINT);
}

/*
 * Adds a process to the job: 0 in the child, its id in the parent, -1 with a message when there can be none.  A signal
 * that comes meanwhile waits until the child takes it as its program will; the shell ignores several.
 */
pid_t job_fork(struct job *j)
{
    sigset_t all, before;
    pid_t pid;

    sigfillset(&all);
    fflush(stdout);
    sigprocmask(SIG_BLOCK, &all, &before);
    pid = fork();
    if (pid < 0)
        job_fail(j, "fork");
    if (pid == 0)
        child_setup(j);
    if (pid <= 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return pid;
    }
    j->list = mem_grow(j->list, (size_t)(j->count + 1) * sizeof *j->list);
    j->list[j->count++] = (struct process){.pid = pid};
    parent_setup(j, pid, &before);
    return pid;
}

/* ---- waiting ---- */

static void status_note(pid_t pid, int status)
{
    struct job *j;
    int i;

    for (j = jobs; j; j = j->next)
        for (i = 0; i < j->count; i++)
            if (j->list[i].pid == pid) {
                j->list[i].status = status;
                j->list[i].state = WIFSTOPPED(status) ? JOB_STOPPED : JOB_DONE;
            }
}

/* Waits for news of any child; false when there is none to wait for, or a signal came that a trap wants. */
static bool news_wait(bool breakable)
{
    int status;
    pid_t pid;

    if (breakable && trap_pending()) /* it came just before some child's end */
        return false;
    pid = waitpid(-1, &status, sh.option[OPT_M] ? WUNTRACED : 0);
    if (pid < 0)
        return errno == EINTR && !(breakable && trap_pending());
    status_note(pid, status);
    return true;
}

static void news_poll(void)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0)
        status_note(pid, status);
}

/* How the last process ended, as waitpid() gives it. */
static int job_raw(const struct job *j)
{
    return j->failed ? 126 << 8 : j->list[j->count - 1].status;
}

static int job_status(const struct job *j)
{
    int status = job_raw(j);

    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    return 128 + (WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
}

static void job_show(const struct job *j)
{
    static const char *const words[] = {"Running", "Stopped", "Done"};
    int status = job_raw(j);
    enum job_state state = job_state(j);

    if (state == JOB_DONE && WIFSIGNALED(status))
        printf("[%d] %s  %s\n", j->number, strsignal(WTERMSIG(status)), j->text);
    else if (state == JOB_DONE && WEXITSTATUS(status))
        printf("[%d] Done(%d)  %s\n", j->number, WEXITSTATUS(status), j->text);
    else
        printf("[%d] %s  %s\n", j->number, words[state], j->text);
    fflush(stdout);
}

/* What the user should know of a job that a signal ended. */
static void death_show(int status)
{
    int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

    if (sig == SIGINT && sh.interactive && !sh.subshell)
        fputs("\n", stderr);
    else if (sig && sig != SIGINT && sig != SIGPIPE)
        fprintf(stderr, "%s\n", strsignal(sig));
}

/* Waits for a job in the foreground and gives its exit status; one that was stopped stays in the list. */
int job_wait(struct job *j)
{
    int status, raw;

    while (job_state(j) == JOB_RUNNING && news_wait(false))
        continue;
    if (sh.option[OPT_M])
        terminal_take(getpgrp());
    status = job_status(j);
    raw = job_raw(j);
    if (job_state(j) == JOB_STOPPED) {
        j->background = j->told = true;
        job_show(j);
        return status;
    }
    death_show(raw);
    job_free(j);
    if (sh.option[OPT_M] && WIFSIGNALED(raw) && WTERMSIG(raw) == SIGINT)
        sh_abort(status);
    return status;
}

/* Before a prompt: tells which jobs have ended or stopped since. */
void jobs_report(void)
{
    struct job *j, *next;

    news_poll();
    for (j = jobs; j; j = next) {
        next = j->next;
        if (job_state(j) == JOB_RUNNING || (job_state(j) == JOB_STOPPED && j->told))
            continue;
        j->told = true;
        job_show(j);
        if (job_state(j) == JOB_DONE)
            job_free(j);
    }
}

int jobs_print(void)
{
    const struct job *j;

    news_poll();
    for (j = jobs; j; j = j->next)
        if (j->background)
            job_show(j);
    return 0;
}

/* Lets a stopped job go on, in the foreground when asked, and then gives its exit status. */
int job_resume(struct job *j, bool foreground)
{
    int i;

    for (i = 0; i < j->count; i++)
        if (j->list[i].state == JOB_STOPPED)
            j->list[i].state = JOB_RUNNING;
    j->told = false;
    j->background = !foreground;
    if (foreground)
        terminal_take(j->group);
    kill(-j->group, SIGCONT);
    return foreground ? job_wait(j) : 0;
}

static int wait_one(const char *text)
{
    struct job *j = job_find(text);
    int status;

    if (!j)
        return 127;
    while (job_state(j) == JOB_RUNNING)
        if (!news_wait(true))
            return 128 + trap_pending();
    status = job_status(j);
    if (job_state(j) == JOB_DONE)
        job_free(j);
    return status;
}

static struct job *job_unfinished(void)
{
    struct job *j = jobs;

    while (j && job_state(j) != JOB_RUNNING)
        j = j->next;
    return j;
}

static int wait_all(void)
{
    struct job *j, *next;

    while (job_unfinished())
        if (!news_wait(true))
            return 128 + trap_pending();
    for (j = jobs; j; j = next) {
        next = j->next;
        if (job_state(j) == JOB_DONE)
            job_free(j);
    }
    return 0;
}

/* The wait builtin: for the jobs named, or for all. */
int jobs_wait(char **argv)
{
    int status = 0;

    if (!argv[1])
        return wait_all();
    while (*++argv)
        status = wait_one(*argv);
    return status;
}
