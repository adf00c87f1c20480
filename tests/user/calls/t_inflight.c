// SPDX-License-Identifier: MIT
/*
 * Two hundred processes that wait for the disk at the same time must all get their data, and the kernel must afterwards hold
 * no more requests than before: each came from its caller's memory and went back there.
 */
#include "tests/user/calls/tap.h"

#include <sys/resource.h>
#include <sys/utsname.h>

enum { TASKS = 200, SIZE = 64 * 1024, ROUNDS = 100 };

static char data[SIZE];
static int ready[2], go[2];
static char number_of_child; /* what fills the child's file */

static bool on_linux(void)
{
    struct utsname name;

    return uname(&name) == 0 && strcmp(name.sysname, "Linux") == 0;
}

/* What /proc/ama/caches says of requests; all zero on Linux, which has no such table. */
struct requests {
    unsigned live, frames, aside, credits, high;
};

static bool requests_now(struct requests *r)
{
    char line[256];
    unsigned found = 0;
    FILE *file = fopen("/proc/ama/caches", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        found += sscanf(line, "io_request %*u %u %*u %u %u %u %*u %u", &r->live, &r->frames, &r->aside, &r->credits, &r->high) == 5;
    if (file != NULL)
        fclose(file);
    return found == 1;
}

static struct requests requests(void)
{
    struct requests r = {0};

    ok(requests_now(&r) || on_linux(), "the table of caches names io_request");
    return r;
}

static bool make_file(int number)
{
    char name[16];
    int fd;
    bool good;

    snprintf(name, sizeof name, "%d", number);
    memset(data, number, sizeof data);
    fd = open(name, O_WRONLY | O_CREAT, 0600);
    good = fd >= 0 && write(fd, data, sizeof data) == (ssize_t)sizeof data;
    close(fd);
    return good;
}

/* All begin at once, each with a file of its own that is not cached. */
static int reader(void)
{
    char name[16], byte = 0;
    size_t at;
    int fd;

    snprintf(name, sizeof name, "%d", number_of_child & 0xff);
    fd = open(name, O_RDONLY);
    memset(data, 'x', sizeof data);
    NEED(write(ready[1], "r", 1) == 1); /* first: the parent waits for as many as it started */
    NEED(fd >= 0);
    NEED(read(go[0], &byte, 1) == 1);
    NEED(read(fd, data, sizeof data) == (ssize_t)sizeof data);
    for (at = 0; at < sizeof data && data[at] == number_of_child; at++)
        ;
    NEED(at == sizeof data);
    return 0;
}

/* Not on Linux, which has no table to look at: there they are the caches of everybody on the machine. */
static void drop_caches(void)
{
    int fd;

    if (on_linux())
        return;
    fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    sync();
    if (fd >= 0 && write(fd, "3", 1) != 1)
        printf("# nothing was dropped\n");
    close(fd);
}

/* How many say that they are ready. */
static int start_all(pid_t *child)
{
    int seen = 0;
    char byte;

    for (int i = 0; i < TASKS; i++) {
        number_of_child = (char)i;
        child[i] = tap_start(reader);
    }
    while (seen < TASKS && read(ready[0], &byte, 1) == 1)
        seen++;
    return seen;
}

/* How many of them have read what their files hold. */
static int read_at_once(int *started)
{
    static const char bytes[TASKS];
    pid_t child[TASKS];
    int good = 0, i;

    *started = start_all(child);
    drop_caches();
    write(go[1], bytes, sizeof bytes);
    for (i = 0; i < TASKS; i++)
        good += tap_wait(child[i]) == 0;
    return good;
}

/* Where the disk is fast and the processor slow, the first may have its data before the last has asked: then once more. */
static void read_until_all_wait(void)
{
    struct requests r = {0};
    int started, good, round = 0;

    do
        good = read_at_once(&started);
    while (good == TASKS && requests_now(&r) && r.high < TASKS && ++round < ROUNDS);
    is(started, TASKS, "two hundred processes are ready");
    is(good, TASKS, "each reads what its file holds");
}

int main(int argc, char **argv)
{
    struct rlimit small = {64 * 1024, 64 * 1024};
    struct requests before, after;
    int i, made = 0;

    if (argc == 1) { /* a stack is promised when a program starts: with small ones the processes fit */
        char *again[] = {argv[0], "again", NULL};

        setrlimit(RLIMIT_STACK, &small);
        execv(argv[0], again);
        return 2;
    }
    tap_begin("inflight");
    ok(pipe(ready) == 0 && pipe(go) == 0, "two pipes");
    for (i = 0; i < TASKS; i++)
        made += make_file(i);
    is(made, TASKS, "two hundred files");
    drop_caches();
    before = requests();
    read_until_all_wait();
    drop_caches();
    after = requests();
    printf("# at most %u requests at once; before %u in %u frames, after %u in %u\n", after.high, before.live,
           before.frames, after.live, after.frames);
    ok(on_linux() || after.high >= TASKS, "at least two hundred requests were promised at once");
    is(after.live, before.live, "there are as many requests as before");
    is(after.credits, before.credits, "and as many promised");
    ok(after.frames <= before.frames && after.aside <= before.aside, "and no frame was kept for them");
    return tap_end();
}
