// SPDX-License-Identifier: MIT
/*
 * Many processes that fork, run programs, send signals and work on files at once must all end well and lose nothing.
 */
#include "tests/user/calls/tap.h"

#include <sys/mman.h>

static char self[512];
static volatile int *shared; /* counters that all processes see */

/* Each process makes two more until the depth is used up: 2^(depth+1) - 1 in all. */
static int tree(int depth)
{
    pid_t child[2];
    int i;

    __atomic_fetch_add(&shared[0], 1, __ATOMIC_SEQ_CST);
    if (depth == 0)
        return 0;
    for (i = 0; i < 2; i++) {
        child[i] = fork();
        if (child[i] == 0)
            _exit(tree(depth - 1));
        NEED(child[i] > 0);
    }
    NEED(tap_wait(child[0]) == 0 && tap_wait(child[1]) == 0);
    return 0;
}

static int fork_tree(void)
{
    return tree(5);
}

static int exec_often(void)
{
    char *argv[] = {"x", "nothing", NULL}, *envp[] = {NULL};
    int i;

    for (i = 0; i < 15; i++) {
        pid_t child = fork();

        if (child == 0) {
            execve(self, argv, envp);
            _exit(1);
        }
        NEED(child > 0);
        NEED(tap_wait(child) == 7 << 8);
    }
    return 0;
}

/* A row of processes, each passing on what it gets, plus one. */
static int pipeline(void)
{
    enum { STAGES = 12, NUMBERS = 500 };
    int in[2], out[2], i, number, sum = 0;
    pid_t first, child[STAGES];

    NEED(pipe(in) == 0);
    first = fork();
    NEED(first >= 0);
    if (first == 0) {
        for (number = 0; number < NUMBERS; number++)
            write(in[1], &number, sizeof number);
        _exit(0);
    }
    for (i = 0; i < STAGES; i++) {
        close(in[1]);
        NEED(pipe(out) == 0);
        child[i] = fork();
        NEED(child[i] >= 0);
        if (child[i] == 0) {
            while (read(in[0], &number, sizeof number) == sizeof number) {
                number++;
                write(out[1], &number, sizeof number);
            }
            _exit(0);
        }
        close(in[0]);
        in[0] = out[0];
        in[1] = out[1];
    }
    close(in[1]);
    while (read(in[0], &number, sizeof number) == sizeof number)
        sum += number;
    close(in[0]);
    for (i = 0; i < STAGES; i++)
        NEED(tap_wait(child[i]) == 0);
    NEED(wait(NULL) == first);
    NEED(sum == NUMBERS * (NUMBERS - 1) / 2 + NUMBERS * STAGES);
    return 0;
}

static volatile sig_atomic_t caught;

static void count(int number)
{
    (void)number;
    caught++;
}

/* Two processes answer each other's signals; none is lost because each waits for the answer. */
static int ping_pong(void)
{
    enum { ROUNDS = 200 };
    struct sigaction action = {.sa_handler = count};
    sigset_t usr1, none;
    pid_t child, parent = getpid();
    int i;

    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sigemptyset(&none);
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr1, NULL);
    child = fork();
    NEED(child >= 0);
    for (i = 0; i < ROUNDS; i++) {
        if (child == 0) {
            sigsuspend(&none);
            kill(parent, SIGUSR1);
        } else {
            kill(child, SIGUSR1);
            sigsuspend(&none);
        }
    }
    if (child == 0)
        _exit(caught == ROUNDS ? 0 : 1);
    NEED(caught == ROUNDS && tap_wait(child) == 0);
    return 0;
}

/* Signals rain on a process that forks and waits; every child is still reported. */
static int rain(void)
{
    enum { CHILDREN = 60 };
    struct sigaction action = {.sa_handler = count, .sa_flags = SA_RESTART};
    pid_t target = getpid(), sender;
    int i;

    sigemptyset(&action.sa_mask);
    sigaction(SIGUSR1, &action, NULL);
    sender = fork();
    NEED(sender >= 0);
    if (sender == 0) {
        while (kill(target, SIGUSR1) == 0)
            pause_ms(1);
        _exit(0);
    }
    while (caught == 0)
        pause_ms(1);
    for (i = 0; i < CHILDREN; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(i);
        NEED(child > 0);
        NEED(tap_wait(child) == i << 8);
    }
    NEED(kill(sender, SIGKILL) == 0 && tap_wait(sender) == SIGKILL);
    return 0;
}

/* Makes, renames and removes files of its own in a folder that all share. */
static int file_worker(void)
{
    char path[64], other[64], text[64];
    int i, me = (int)getpid();

    for (i = 0; i < 60; i++) {
        snprintf(path, sizeof path, "work/%d.%d", me, i);
        snprintf(other, sizeof other, "work/%d.%d.renamed", me, i);
        snprintf(text, sizeof text, "text %d of %d", i, me);
        NEED(put(path, text));
        NEED(rename(path, other) == 0);
        NEED(holds(other, text));
        NEED(i % 3 == 0 || unlink(other) == 0);
    }
    return 0;
}

static void files(void)
{
    enum { WORKERS = 6 };
    pid_t child[WORKERS];
    struct dirent *entry;
    int i, good = 0, names = 0;
    DIR *dir;

    mkdir("work", 0755);
    for (i = 0; i < WORKERS; i++)
        child[i] = tap_start(file_worker);
    for (i = 0; i < WORKERS; i++)
        good += tap_wait(child[i]) == 0;
    is(good, WORKERS, "six processes make, rename, read and remove files in one folder");
    dir = opendir("work");
    while ((entry = readdir(dir)) != NULL)
        names += entry->d_name[0] != '.';
    closedir(dir);
    is(names, WORKERS * 20, "exactly what they left is there");
}

/* All processes read, add one and write the same record under a lock. */
static int adder(void)
{
    int fd = open("counter", O_RDWR), i, number;

    for (i = 0; i < 50; i++) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

        NEED(fcntl(fd, F_SETLKW, &lock) == 0);
        NEED(pread(fd, &number, sizeof number, 0) == sizeof number);
        number++;
        NEED(pwrite(fd, &number, sizeof number, 0) == sizeof number);
        lock.l_type = F_UNLCK;
        NEED(fcntl(fd, F_SETLK, &lock) == 0);
    }
    return 0;
}

static void counter(void)
{
    pid_t child[4];
    int fd = open("counter", O_RDWR | O_CREAT, 0600), i, good = 0, number = 0;

    pwrite(fd, &number, sizeof number, 0);
    for (i = 0; i < 4; i++)
        child[i] = tap_start(adder);
    for (i = 0; i < 4; i++)
        good += tap_wait(child[i]) == 0;
    pread(fd, &number, sizeof number, 0);
    ok(good == 4 && number == 200, "four processes add to one record under a lock");
    close(fd);
}

/* Copies of a large memory are written to by all at once. */
static int copy_writer(void)
{
    enum { SIZE = 512 * 1024 };
    char *memory = malloc(SIZE);
    pid_t child[4];
    int i;
    size_t at;

    NEED(memory != NULL);
    memset(memory, 'm', SIZE);
    for (i = 0; i < 4; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            memset(memory, 'a' + i, SIZE);
            for (at = 0; at < SIZE && memory[at] == 'a' + i; at++)
                ;
            _exit(at == SIZE ? 0 : 1);
        }
        NEED(child[i] > 0);
    }
    for (i = 0; i < 4; i++)
        NEED(tap_wait(child[i]) == 0);
    for (at = 0; at < SIZE && memory[at] == 'm'; at++)
        ;
    NEED(at == SIZE);
    return 0;
}

static int spins(void)
{
    for (;;)
        getppid();
    return 0;
}

static int kills_all(void)
{
    enum { CHILDREN = 30 };
    pid_t child[CHILDREN];
    int i;

    for (i = 0; i < CHILDREN; i++)
        child[i] = tap_start(spins);
    for (i = 0; i < CHILDREN; i++)
        NEED(kill(child[i], SIGKILL) == 0);
    for (i = 0; i < CHILDREN; i++)
        NEED(tap_wait(child[i]) == SIGKILL);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return 7;
    if (argv[0][0] != '/' && getcwd(self, sizeof self - 100) != NULL)
        strcat(self, "/");
    strcat(self, argv[0]);
    tap_begin("storm");
    shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    child_ok(fork_tree, "a tree of processes");
    is(shared[0], 63, "has its 63 members");
    child_ok(exec_often, "programs one after the other");
    pid_t one = tap_start(exec_often), two = tap_start(exec_often);
    tap_status(tap_wait(one), 0, "and two rows of them");
    tap_status(tap_wait(two), 0, "at once");
    child_ok(pipeline, "500 numbers through twelve processes");
    child_ok(ping_pong, "200 signals to and fro");
    child_ok(rain, "signals rain on a process that forks and waits");
    files();
    counter();
    child_ok(copy_writer, "four copies of half a megabyte are written at once");
    child_ok(kills_all, "thirty busy processes are killed");
    return tap_end();
}
