// SPDX-License-Identifier: MIT
/*
 * sweep_ama.c - the kernel's side of the sweep: arming the n-th point, cold caches, and the balance of what is in use
 *
 * All settings pass through the kernel's stack: they have no refusal points of their own.
 */
#include "tests/user/campaign/sweep.h"

#include <time.h>

#define AMA      "/proc/ama/"
#define SELF_AMA "/proc/self/ama/"

enum { SETTLE_SECONDS = 30, TEXT = BALANCE_TEXT };

const char *const policy_names[POLICIES] = {"fail", "retry", "backoff"};
const char *const cache_names[CACHES] = {"warm", "cold", "no-pages", "no-names"};

/* Objects that may stay after a call that was refused, because they only are a cache. */
static const char *const cached[] = {"dentry", "inode", "kmalloc-"};

static bool injects;

static void put(const char *path, const char *word)
{
    int fd = open(path, O_WRONLY);

    if (fd < 0 || write(fd, word, strlen(word)) != (ssize_t)strlen(word))
        die(path);
    close(fd);
}

bool ama_begin(void)
{
    injects = access(AMA "balance", R_OK) == 0;
    if (injects)
        open_as("/proc/sys/vm/drop_caches", O_WRONLY, FD_DROP);
    return injects;
}

void ama_take_control(void)
{
    if (injects)
        open_as(SELF_AMA "inject", O_RDWR, FD_CONTROL);
}

void ama_policy(enum policy p)
{
    if (injects)
        put(SELF_AMA "policy", policy_names[p]);
}

static void drop(const char *what)
{
    if (injects && pwrite(FD_DROP, what, 1, 0) != 1)
        die("drop_caches");
}

void ama_caches(enum caches c)
{
    static const char *const what[CACHES] = {[COLD] = "3", [NO_PAGES] = "1", [NO_NAMES] = "2"};

    if (what[c] != NULL)
        drop(what[c]);
}

void ama_arm(uint64_t nth)
{
    char word[32];
    int n = snprintf(word, sizeof word, "nth=%llu", (unsigned long long)nth);

    if (injects && pwrite(FD_CONTROL, word, (size_t)n, 0) != n)
        die(SELF_AMA "inject");
}

bool ama_parse(const char *text, struct outcome *o)
{
    unsigned long long points;
    char kind[8];

    if (sscanf(text, "%*s %llu %23s %7s", &points, o->scope, kind) != 3)
        return false;
    o->points = points;
    o->refused = kind[0] != '-';
    o->at_try = strcmp(kind, "try") == 0;
    return true;
}

void ama_disarm(struct outcome *o)
{
    char text[80];
    ssize_t n = 0;

    if (!injects)
        return;
    if (pwrite(FD_CONTROL, "off", 3, 0) != 3 || (n = pread(FD_CONTROL, text, sizeof text - 1, 0)) <= 0)
        die(SELF_AMA "inject");
    text[n] = '\0';
    if (!ama_parse(text, o))
        die(text);
}

/* --- the balance --- */

static bool is_cached(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof cached / sizeof *cached; i++)
        if (strncmp(name, cached[i], strlen(cached[i])) == 0)
            return true;
    return false;
}

static void read_text(const char *path, char *text)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, TEXT - 1) : -1;

    if (n < 0)
        die(path);
    text[n] = '\0';
    close(fd);
}

/* One line of /proc/ama/caches as what must not change: objects and credits. */
static void cache_line(char *to, const char *line, bool all)
{
    char name[24];
    unsigned size, live, idle, frames, aside, credits;

    if (sscanf(line, "%23s %u %u %u %u %u %u", name, &size, &live, &idle, &frames, &aside, &credits) == 7)
        state_line(to, "%s %u credits %u", name, all || !is_cached(name) ? live : 0, credits);
}

void ama_balance(char *to, bool all)
{
    static char text[TEXT];
    char *line, *rest;

    to[0] = '\0';
    if (!injects)
        return;
    if (all) {
        sync();
        drop("3");
    }
    read_text(AMA "balance", to);
    read_text(AMA "caches", text);
    for (line = text; (rest = strchr(line, '\n')) != NULL; line = rest + 1) {
        *rest = '\0';
        cache_line(to, line, all);
    }
}

/* Kernel threads may still be at work on what a call left to them. */
const char *ama_unbalanced(const char *was, bool all)
{
    static char now[TEXT];
    const struct timespec moment = {0, 2000000};
    const char *line = NULL;
    time_t began = time(NULL);

    while (injects && time(NULL) - began < SETTLE_SECONDS) {
        ama_balance(now, all);
        line = text_differs(was, now);
        if (line == NULL)
            return NULL;
        nanosleep(&moment, NULL);
    }
    return line;
}
