// SPDX-License-Identifier: MIT
/*
 * micro.c - what one call costs
 *
 * Each row runs one call, or one small sequence of calls, many times and reports the mean in nanoseconds and in
 * ticks of the time-stamp counter.  Everything is warm: each row is run once before it is measured.
 *
 *   getpid      a call that does nothing
 *   read4k      pread of a cached block
 *   open        open and close of an existing file
 *   stat        stat of an existing file
 *   pipe        one byte to another process and one back, by two pipes
 *   fork        fork, exit and wait
 *   exec        fork, execve of this program (which ends at once) and wait
 *   fault       first store to a page of fresh anonymous memory
 */
#include "user/bench/common.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAULT_PAGES = 64 };

struct micro {
    struct bench *b;
    char path[BENCH_PATH];
    char *self;         /* the path of this program */
    int fd;             /* the file, open */
    int to[2], from[2]; /* the pipes to and from the echo process */
};

static char block[BENCH_BLOCK];

static uint64_t ticks(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Each returns whether the call did what it should; libc may remember a process's number, the kernel is asked. */
static bool do_getpid(struct micro *m)
{
    (void)m;
    return syscall(SYS_getpid) > 0;
}

static bool do_read(struct micro *m)
{
    return pread(m->fd, block, sizeof block, 0) == sizeof block && pattern_check(block, 64, 1, 0) == 64;
}

static bool do_open(struct micro *m)
{
    int fd = open(m->path, O_RDONLY);

    return fd >= 0 && close(fd) == 0;
}

static bool do_stat(struct micro *m)
{
    struct stat st;

    return stat(m->path, &st) == 0 && st.st_size == 2 * BENCH_BLOCK;
}

static bool do_pipe(struct micro *m)
{
    char c = 'x';

    return write(m->to[1], &c, 1) == 1 && read(m->from[0], &c, 1) == 1 && c == 'x';
}

static bool ended_well(pid_t child)
{
    int status;

    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static bool do_fork(struct micro *m)
{
    pid_t child = fork();

    (void)m;
    if (child == 0)
        _exit(0);
    return ended_well(child);
}

static bool do_exec(struct micro *m)
{
    char *const argv[] = {m->self, "--end", NULL};
    char *const envp[] = {NULL};
    pid_t child = fork();

    if (child == 0) {
        execve(m->self, argv, envp);
        _exit(127);
    }
    return ended_well(child);
}

static bool do_fault(struct micro *m)
{
    char *area =
        mmap(NULL, FAULT_PAGES * BENCH_BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    bool zero = true;
    size_t i;

    (void)m;
    if (area == MAP_FAILED)
        return false;
    for (i = 0; i < FAULT_PAGES; i++)
        zero = zero && area[i * BENCH_BLOCK]++ == 0;
    return munmap(area, FAULT_PAGES * BENCH_BLOCK) == 0 && zero;
}

static const struct row {
    const char *name;
    bool (*call)(struct micro *m);
    unsigned share;  /* this row's rounds are the program's divided by this */
    unsigned events; /* events in one round */
} rows[] = {
    {"getpid", do_getpid, 1, 1}, {"read4k", do_read, 1, 1},
    {"open", do_open, 2, 1},     {"stat", do_stat, 2, 1},
    {"pipe", do_pipe, 4, 1},     {"fork", do_fork, 100, 1},
    {"exec", do_exec, 200, 1},   {"fault", do_fault, 50, FAULT_PAGES},
};

static void measure(struct micro *m, const struct row *row, uint64_t rounds)
{
    uint64_t n = rounds / row->share + 1, i, ns, tsc;
    bool good = row->call(m);

    ns = bench_now();
    tsc = ticks();
    for (i = 0; i < n && good; i++)
        good = row->call(m);
    tsc = ticks() - tsc;
    ns = bench_now() - ns;
    if (!good)
        bench_error(m->b, "%s", row->name);
    m->b->ns += ns;
    m->b->ops += n * row->events;
    bench_detail(m->b, "\"%s_ns\":%llu,\"%s_ticks\":%llu", row->name,
                 (unsigned long long)(ns / n / row->events), row->name,
                 (unsigned long long)(tsc / n / row->events));
}

/* The other end of the pipes: sends back what comes until there is no more. */
static void echo(struct micro *m)
{
    char c;

    close(m->to[1]);
    while (read(m->to[0], &c, 1) == 1 && write(m->from[1], &c, 1) == 1)
        ;
    _exit(0);
}

static void run(struct micro *m, uint64_t rounds)
{
    pid_t other;
    size_t i;

    if (pipe(m->to) != 0 || pipe(m->from) != 0 || (other = fork()) < 0) {
        bench_error(m->b, "pipe and fork");
        return;
    }
    if (other == 0)
        echo(m);
    for (i = 0; i < sizeof rows / sizeof rows[0] && m->b->errors == 0; i++)
        measure(m, &rows[i], rounds);
    close(m->to[1]);
    if (!ended_well(other))
        bench_error(m->b, "the echo process");
}

int main(int argc, char **argv)
{
    struct bench b;
    struct micro m = {.b = &b, .self = argv[0]};
    uint64_t rounds;

    if (argc == 2 && strcmp(argv[1], "--end") == 0)
        return 0;
    bench_init(&b, "micro", "[ROUNDS]");
    while (bench_option(&b, argc, argv, "") != -1)
        bench_usage(&b);
    rounds = bench_argument(&b, argc, argv, 0, 4000);
    bench_params(&b, "\"rounds\":%llu", (unsigned long long)rounds);
    bench_path(&b, m.path, "dat");
    bench_make_file(&b, m.path, 2 * BENCH_BLOCK, 1);
    b.ops = b.bytes = 0;
    m.fd = open(m.path, O_RDONLY);
    if (m.fd < 0)
        bench_error(&b, "%s", m.path);
    else
        run(&m, rounds);
    bench_remove(&b, m.path);
    return bench_report(&b);
}
