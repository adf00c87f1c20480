// SPDX-License-Identifier: MIT
/*
 * child.c - what the host's kernel does for the machine: a process for each schedule, memory, the last words
 *
 * Apart from machine.c because the host's headers and the kernel's define the same structures.
 */
#include "tests/host/lib/child.h"
#include "tests/host/lib/machine_core.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONGEST_SECONDS 10

static int report = -1; /* the child's end of the pipe */

void *host_memory(u64 bytes)
{
    return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void host_end(const char *why)
{
    if (report < 0 || write(report, why, strlen(why)) < 0)
        fprintf(stderr, "panic: %s\n", why);
    _exit(2);
}

static const char *last_words(int from, int status)
{
    static char text[256];
    ssize_t n = read(from, text, sizeof(text) - 1);
    if (WIFEXITED(status) && !WEXITSTATUS(status))
        return NULL;
    text[n > 0 ? n : 0] = 0;
    if (n > 0)
        return text;
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "it never ends" : "the sanitizer stopped it";
}

const char *machine_child(void (*f)(void *arg), void *arg)
{
    int ends[2], status = 0;
    if (pipe(ends))
        return "no pipe";
    fflush(NULL);
    pid_t pid = fork();
    if (!pid) {
        report = ends[1];
        alarm(LONGEST_SECONDS);
        f(arg);
        _exit(0);
    }
    close(ends[1]);
    waitpid(pid, &status, 0);
    const char *why = last_words(ends[0], status);
    close(ends[0]);
    return why;
}
