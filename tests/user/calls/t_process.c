// SPDX-License-Identifier: MIT
/*
 * fork must copy the process, wait must report each child's end once, and groups and sessions must keep their rules.
 */
#include "tests/user/calls/tap.h"

#include <sys/resource.h>
#include <sys/time.h>

static volatile int variable = 1;
static pid_t parent;

static int copies(void)
{
    NEED(variable == 1);
    variable = 2;
    NEED(getppid() == parent && getpid() != parent);
    return 0;
}

static int ends_with_77(void)
{
    return 77;
}

static int ends_by_signal(void)
{
    raise(SIGKILL);
    return 0;
}

static int sleeps(void)
{
    pause_ms(10000);
    return 0;
}

static void forking(void)
{
    int status;
    pid_t child;

    parent = getpid();
    child_ok(copies, "a child has a copy of memory and its own number");
    is(variable, 1, "what it writes stays with it");
    is(tap_wait(tap_start(ends_with_77)), 77 << 8, "the exit status");
    is(tap_wait(tap_start(ends_by_signal)), SIGKILL, "the signal that killed");
    fails(wait(&status), ECHILD, "wait without children");
    fails(waitpid(getpid(), &status, 0), ECHILD, "waitpid for what is no child");
    child = tap_start(sleeps);
    is(waitpid(child, &status, WNOHANG), 0, "WNOHANG while it runs");
    is(kill(child, SIGTERM), 0, "kill");
    is(waitpid(child, &status, 0), child, "waitpid");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "tells the signal");
    fails(waitpid(child, &status, 0), ECHILD, "only once");
    fails(kill(child, 0), ESRCH, "then the number is free");
    fails(waitpid(-1, &status, 0x40), EINVAL, "waitpid with an unknown option");
}

static void many(void)
{
    enum { CHILDREN = 40 };
    pid_t child[CHILDREN];
    int i, j, status, found = 0;

    for (i = 0; i < CHILDREN; i++)
        child[i] = tap_start(ends_with_77);
    for (i = 0; i < CHILDREN; i++) {
        pid_t one = wait(&status);

        for (j = 0; j < CHILDREN; j++)
            found += child[j] == one && status == 77 << 8;
    }
    is(found, CHILDREN, "wait reports each of forty children");
    fails(wait(NULL), ECHILD, "and no more");
}

static int own_group(void)
{
    NEED(setpgid(0, 0) == 0);
    NEED(getpgrp() == getpid());
    pause_ms(10000);
    return 0;
}

static void groups(void)
{
    pid_t child = tap_start(own_group), other = tap_start(sleeps);
    int status;

    while (getpgid(child) != child)
        pause_ms(1);
    ok(getpgid(0) == getpgrp(), "getpgid(0) is one's own group");
    is(getpgid(other), getpgrp(), "a child starts in its parent's group");
    is(setpgid(other, child), 0, "a parent moves a child to another child's group");
    is(getpgid(other), child, "there it is");
    is(waitpid(-child, &status, WNOHANG), 0, "waitpid for the group finds both running");
    is(kill(-child, SIGTERM), 0, "a signal to the group");
    ok(waitpid(-child, &status, 0) > 0 && WTERMSIG(status) == SIGTERM, "ends one");
    ok(waitpid(-child, &status, 0) > 0 && WTERMSIG(status) == SIGTERM, "and the other");
    fails(waitpid(-child, &status, 0), ECHILD, "then the group has no child");
    fails(kill(-child, SIGTERM), ESRCH, "and no member");
    fails(setpgid(0, 1 << 22), EPERM, "a group that does not exist");
    fails(setpgid(1 << 22, 0), ESRCH, "a process that does not exist");
    fails(setpgid(0, -1), EINVAL, "a negative group");
    fails(getpgid(1 << 22), ESRCH, "getpgid of nobody");
}

static int session(void)
{
    NEED(setsid() == getpid());
    NEED(getsid(0) == getpid() && getpgrp() == getpid());
    NEED(setsid() == -1 && errno == EPERM);
    NEED(setpgid(0, 0) == -1 && errno == EPERM);
    return 0;
}

static int quick_grandchild(void)
{
    pid_t before = getpid(), child = fork(); /* not tap_fork(): it is to outlive its parent */

    if (child == 0) {
        while (getppid() == before)
            pause_ms(1);
        _exit(0);
    }
    NEED(child > 0);
    return 0;
}

static int orphan_reports(void)
{
    int ends[2], status;
    pid_t child;
    char c;

    NEED(pipe(ends) == 0);
    child = fork();
    NEED(child >= 0);
    if (child == 0) {
        close(ends[0]);
        _exit(quick_grandchild());
    }
    close(ends[1]);
    NEED(read(ends[0], &c, 1) == 0);
    NEED(wait(&status) == child && status == 0);
    NEED(wait(NULL) == -1 && errno == ECHILD);
    return 0;
}

static int by_vfork(void)
{
    volatile int stages = 1;
    pid_t child = vfork();
    int status;

    if (child == 0)
        _exit(5);
    stages++;
    NEED(child > 0 && stages == 2);
    NEED(waitpid(child, &status, 0) == child && status == 5 << 8);
    return 0;
}

static int busy(void)
{
    NEED(work_ns(20000000));
    return 0;
}

static void usage(void)
{
    struct rusage use = {0};
    int status;
    pid_t child = tap_start(busy);

    is(wait4(child, &status, 0, &use), child, "wait4");
    ok(use.ru_utime.tv_sec * 1000 + use.ru_utime.tv_usec / 1000 + use.ru_stime.tv_sec * 1000 +
               use.ru_stime.tv_usec / 1000 >=
           5,
       "tells the child's processor time");
    is(getrusage(RUSAGE_CHILDREN, &use), 0, "getrusage");
    ok(use.ru_utime.tv_sec + use.ru_utime.tv_usec + use.ru_stime.tv_usec > 0, "adds up the children's");
    fails(getrusage(99, &use), EINVAL, "getrusage of nobody");
}

static int stops_itself(void)
{
    raise(SIGSTOP);
    return 9;
}

static int stops_and_waits(void)
{
    raise(SIGSTOP);
    for (;;)
        pause();
    return 0;
}

static void stopping(void)
{
    int status;
    pid_t child = tap_start(stops_itself);

    is(waitpid(child, &status, WUNTRACED), child, "WUNTRACED reports a stop");
    ok(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP, "and its signal");
    is(waitpid(child, &status, WNOHANG | WUNTRACED), 0, "once");
    is(kill(child, SIGCONT), 0, "SIGCONT");
    is(waitpid(child, &status, 0), child, "lets it go on");
    is(status, 9 << 8, "to its end");
    child = tap_start(stops_itself);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    while (waitpid(child, &status, WCONTINUED) == child && !WIFEXITED(status))
        ;
    is(status, 9 << 8, "WCONTINUED does not lose the end");
    child = tap_start(stops_and_waits);
    waitpid(child, &status, WUNTRACED);
    kill(child, SIGCONT);
    is(waitpid(child, &status, WCONTINUED), child, "WCONTINUED waits for a child that goes on");
    ok(WIFCONTINUED(status), "and says so");
    kill(child, SIGKILL);
    tap_wait(child);
    child = tap_start(stops_itself);
    waitpid(child, &status, WUNTRACED);
    is(kill(child, SIGKILL), 0, "SIGKILL");
    is(waitpid(child, &status, 0), child, "ends a stopped child");
    ok(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "as any other");
}

static int ignores_children(void)
{
    pid_t child;

    signal(SIGCHLD, SIG_IGN);
    child = fork();
    if (child == 0)
        _exit(1);
    NEED(child > 0);
    NEED(wait(NULL) == -1 && errno == ECHILD);
    return 0;
}

int main(void)
{
    tap_begin("process");
    forking();
    many();
    groups();
    child_ok(session, "setsid makes a session and a group, once");
    child_ok(orphan_reports, "an orphan gets another parent and holds its descriptors until it ends");
    child_ok(by_vfork, "vfork lets the child run first");
    usage();
    stopping();
    child_ok(ignores_children, "ignored SIGCHLD leaves no zombies, and wait waits for the last");
    return tap_end();
}
