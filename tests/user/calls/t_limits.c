// SPDX-License-Identifier: MIT
/*
 * A full table or a limit must answer its errno, change nothing, and be usable again when something was given back.
 */
#include "tests/user/calls/tap.h"

#include <sys/resource.h>
#include <sys/mman.h>

static int open_files(void)
{
    struct rlimit limit;
    int fd, n = 0, ends[2];

    NEED(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= 64);
    limit.rlim_cur = 64;
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    while ((fd = open("f", O_RDONLY)) >= 0)
        n++;
    NEED(errno == EMFILE && n == 64 - 3);
    NEED(open("f", O_RDONLY) == -1 && errno == EMFILE);
    NEED(open("none", O_RDONLY) == -1);
    NEED(open("not-made", O_WRONLY | O_CREAT, 0600) == -1 && errno == EMFILE && !exists("not-made"));
    NEED(pipe(ends) == -1 && errno == EMFILE);
    NEED(dup(0) == -1 && errno == EMFILE);
    close(63);
    NEED(pipe(ends) == -1 && errno == EMFILE);
    NEED(open("f", O_RDONLY) == 63);
    close(62);
    close(63);
    NEED(pipe(ends) == 0);
    return 0;
}

static int limits_of_limits(void)
{
    struct rlimit limit = {100, 200}, got;

    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    NEED(getrlimit(RLIMIT_NOFILE, &got) == 0 && got.rlim_cur == 100 && got.rlim_max == 200);
    limit = (struct rlimit){300, 200};
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EINVAL);
    NEED(setuid(1001) == 0);
    limit = (struct rlimit){200, 200};
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit = (struct rlimit){100, 300};
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == -1 && errno == EPERM);
    limit = (struct rlimit){100, 150};
    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    NEED(getrlimit((__typeof__(RLIMIT_NOFILE))99, &got) == -1 && errno == EINVAL);
    return 0;
}

static int inherited(void)
{
    struct rlimit limit = {50, 60}, got;
    pid_t child;

    NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    child = fork();
    if (child == 0)
        _exit(getrlimit(RLIMIT_NOFILE, &got) == 0 && got.rlim_cur == 50 && got.rlim_max == 60 ? 0 : 1);
    NEED(tap_wait(child) == 0);
    return 0;
}

static volatile sig_atomic_t caught;

static void handler(int number)
{
    caught = number;
}

static int file_size(void)
{
    static char data[10000];
    struct rlimit limit = {5000, RLIM_INFINITY};
    int fd = open("big", O_RDWR | O_CREAT, 0600);

    signal(SIGXFSZ, handler);
    NEED(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    NEED(write(fd, data, 3000) == 3000);
    NEED(write(fd, data, 3000) == 2000 && caught == 0);
    NEED(write(fd, data, 1) == -1 && errno == EFBIG && caught == SIGXFSZ);
    NEED(pwrite(fd, data, 1, 100) == 1);
    caught = 0;
    NEED(ftruncate(fd, 6000) == -1 && errno == EFBIG && caught == SIGXFSZ);
    NEED(ftruncate(fd, 5000) == 0 && size_of("big") == 5000);
    return 0;
}

static int address_space(void)
{
    struct rlimit limit = {64 << 20, RLIM_INFINITY};

    NEED(setrlimit(RLIMIT_AS, &limit) == 0);
    NEED(mmap(NULL, 65 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
    NEED(errno == ENOMEM);
    NEED(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    return 0;
}

/* More memory than any machine has: an errno at once, not a death later. */
static int too_much_memory(void)
{
    char *small;

    NEED(mmap(NULL, (size_t)1 << 46, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
         MAP_FAILED);
    NEED(errno == ENOMEM);
    NEED(malloc((size_t)1 << 46) == NULL && errno == ENOMEM);
    small = malloc(100000);
    NEED(small != NULL);
    memset(small, 1, 100000);
    return 0;
}

static int many_processes(void)
{
    enum { MOST = 60 };
    pid_t child[MOST];
    int i, n = 0;

    for (n = 0; n < MOST; n++) {
        child[n] = fork();
        if (child[n] == 0) {
            pause();
            _exit(0);
        }
        NEED(child[n] > 0);
    }
    for (i = 0; i < n; i++)
        NEED(kill(child[i], SIGKILL) == 0);
    for (i = 0; i < n; i++)
        NEED(tap_wait(child[i]) == SIGKILL);
    return 0;
}

static int deep_stack(int depth)
{
    volatile char frame[1024];

    frame[0] = (char)depth;
    return depth == 0 ? frame[0] : deep_stack(depth - 1) + frame[0] - (char)depth;
}

static int uses_stack(void)
{
    return deep_stack(40);
}

static int overflows_stack(void)
{
    return deep_stack(1 << 30);
}

int main(void)
{
    tap_begin("limits");
    put("f", "x");
    child_ok(open_files, "a full descriptor table answers EMFILE and makes nothing");
    child_ok(limits_of_limits, "limits have limits, which only root raises");
    child_ok(inherited, "limits are inherited");
    child_ok(file_size, "RLIMIT_FSIZE shortens a write, then answers EFBIG with SIGXFSZ");
    child_ok(address_space, "RLIMIT_AS bounds mmap");
    child_ok(too_much_memory, "more memory than there is answers ENOMEM");
    child_ok(many_processes, "sixty processes wait at once");
    child_ok(uses_stack, "40 KiB of stack can be used");
    child_dies(overflows_stack, SIGSEGV, "a stack without end ends in SIGSEGV");
    return tap_end();
}
