// SPDX-License-Identifier: MIT
/*
 * sweep_process.c - scenarios of processes, memory, descriptors, pipes, locks and waiting for files
 */
#include "tests/user/campaign/sweep.h"

#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { MANY = 40, READABLE = 23, HIGH = 100, PAGES = 8, CLONE_PLAIN = SIGCHLD };

/* Far from everything else, so that neighbours are known. */
#define PLACE    ((char *)0x20000000)
#define IN(page) A(PLACE + (page) * PAGE)
#define RW       (PROT_READ | PROT_WRITE)
#define PRIVATE  (MAP_PRIVATE | MAP_ANONYMOUS)
#define SHARED   (MAP_SHARED | MAP_ANONYMOUS)
#define MOVABLE  1 /* MREMAP_MAYMOVE */

/* Both stand in the buffer, whose bytes are compared. */
#define polled   ((struct pollfd *)(void *)buffer)
#define fd_bits  ((uint64_t *)(void *)(buffer + PAGE))

static const struct timespec moment = {0, 1000000};
static const struct timeval a_while = {0, 1000};
static struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 100, .l_len = 50};

/* --- before --- */

static void ready_file(void)
{
    open_as("t/file", O_RDWR, FD_A);
}

static void ready_lockable(void)
{
    ready_file();
    watched.locks = true;
}

static void ready_locked(void)
{
    ready_lockable();
    lock.l_start = 0;
    lock.l_len = 1000;
    if (fcntl(FD_A, F_SETLK, &lock) != 0)
        die("t/file");
    lock.l_start = 100;
    lock.l_len = 50;
    lock.l_type = F_UNLCK;
}

static void ready_polled(void)
{
    int i, ends[2];

    if (pipe(ends) != 0)
        die("pipe");
    for (i = 0; i < MANY; i++) {
        if (dup2(ends[0], LEAF + i) < 0)
            die("dup2");
        polled[i] = (struct pollfd){LEAF + i, POLLIN, 0};
        fd_bits[(LEAF + i) / 64] |= 1ull << ((LEAF + i) % 64);
    }
}

/* One of them has something to tell. */
static void ready_readable(void)
{
    int ends[2];

    ready_polled();
    if (pipe(ends) != 0 || write(ends[1], "", 1) != 1 || dup2(ends[0], LEAF + READABLE) < 0)
        die("pipe");
}

static void ready_disk(void)
{
    open_as("/dev/hdc", O_RDONLY, FD_A);
}

static void map_pages(int first, int count, int flags)
{
    if (mmap(PLACE + first * PAGE, (size_t)count * PAGE, RW, flags | MAP_FIXED, -1, 0) == MAP_FAILED)
        die("mmap");
    pattern(PLACE + first * PAGE, (size_t)count * PAGE, (uint64_t)first * PAGE, 0);
}

static void ready_pages(void)
{
    map_pages(0, PAGES, PRIVATE);
    watched.at = PLACE;
    watched.n = PAGES * PAGE;
}

/* Nothing is charged for what cannot be written. */
static void ready_unwritable(void)
{
    if (mmap(PLACE, PAGES * PAGE, PROT_NONE, PRIVATE | MAP_FIXED, -1, 0) == MAP_FAILED)
        die("mmap");
    watched.at = PLACE;
    watched.n = PAGES * PAGE;
}

static void ready_walled(void)
{
    ready_pages();
    map_pages(PAGES, 1, SHARED);
    watched.n = (PAGES + 1) * PAGE;
}

/* --- instead of the plain call --- */

static long reaped(long child)
{
    if (child > 0)
        raw(SYS_wait4, (long[6]){child, 0, 0, 0});
    return child > 0 ? 1 : child;
}

/* fork, and clone without a stack of its own. */
static long act_fork(const struct scenario *s)
{
    long child = raw(s->number, s->args);

    if (child == 0)
        raw(SYS_exit_group, (long[6]){0});
    return reaped(child);
}

static long act_vfork(const struct scenario *s)
{
    pid_t child = vfork();

    (void)s;
    if (child == 0)
        _exit(0);
    return reaped(child < 0 ? -errno : child);
}

/* The break is the answer; one that has not moved was refused. */
static long act_brk(const struct scenario *s)
{
    long now = raw(SYS_brk, (long[6]){0}), wanted = now + s->args[0], is = raw(SYS_brk, (long[6]){wanted});

    return is == wanted ? 0 : is == now ? -ENOMEM : -EINVAL;
}

/* --- what came of it --- */

static bool check_pages(const struct scenario *s, long result)
{
    (void)s;
    return is_pattern((const char *)result, PAGES * PAGE, 0, 0);
}

static bool check_new_pages(const struct scenario *s, long result)
{
    size_t n = (size_t)s->args[1], i;
    char *at = (char *)result;

    for (i = 0; i < n; i += PAGE)
        at[i]++;
    for (i = 0; i < n; i += PAGE)
        if (at[i] != 1 + (s->number == SYS_mremap))
            return false;
    memset(at, 0, n);
    return true;
}

static bool check_file_pages(const struct scenario *s, long result)
{
    (void)s;
    return is_pattern((const char *)result, FILE_BYTES, 0, 0);
}

const struct scenario process_scenarios[] = {
    /* processes */
    {"fork", CALL(fork), {0}, 0, 1, 0, NULL, NULL, act_fork},
    {"fork-leaves", CALL(fork), {0}, 0, 1, 0, ready_polled, NULL, act_fork},
    {"fork-pages", CALL(fork), {0}, 0, 1, 0, ready_walled, NULL, act_fork},
    {"vfork", CALL(vfork), {0}, 0, 1, 0, NULL, NULL, act_vfork},
    {"clone", CALL(clone), {CLONE_PLAIN}, 0, 1, 0, NULL, NULL, act_fork},

    /* memory */
    {"mmap", CALL(mmap), {0, 20 * PAGE, RW, PRIVATE, -1, 0}, 0, SOME, 0, NULL, check_new_pages},
    {"mmap-large", CALL(mmap), {0, 600 * PAGE, RW, PRIVATE, -1, 0}, 0, SOME},
    {"mmap-shared", CALL(mmap), {0, 20 * PAGE, RW, SHARED, -1, 0}, 0, SOME, 0, NULL, check_new_pages},
    {"mmap-over", CALL(mmap), {IN(2), 3 * PAGE, RW, PRIVATE | MAP_FIXED, -1, 0}, 0, SOME, 0, ready_pages, check_new_pages},
    {"mmap-file", CALL(mmap), {0, FILE_BYTES, PROT_READ, MAP_SHARED, FD_A, 0}, 0, SOME, 0, ready_file, check_file_pages},
    {"mmap-file-private", CALL(mmap), {0, FILE_BYTES, RW, MAP_PRIVATE, FD_A, 0}, 0, SOME, 0, ready_file, check_file_pages},
    {"munmap-middle", CALL(munmap), {IN(2), 3 * PAGE}, 0, 0, 0, ready_pages},
    {"munmap-whole", CALL(munmap), {IN(0), PAGES * PAGE}, 0, 0, NO_POINT, NULL},
    {"mprotect-middle", CALL(mprotect), {IN(2), 3 * PAGE, PROT_READ}, 0, 0, 0, ready_pages},
    {"mprotect-whole", CALL(mprotect), {IN(0), PAGES * PAGE, PROT_READ}, 0, 0, NO_POINT, ready_pages},
    {"mprotect-up", CALL(mprotect), {IN(0), PAGES * PAGE, RW}, 0, 0, 0, ready_unwritable},
    {"mprotect-up-middle", CALL(mprotect), {IN(2), 3 * PAGE, RW}, 0, 0, 0, ready_unwritable},
    {"brk", CALL(brk), {64 * PAGE}, 0, 0, 0, NULL, NULL, act_brk},
    {"mremap-grow", CALL(mremap), {IN(0), PAGES * PAGE, 2 * PAGES * PAGE, 0}, 0, SOME, 0, ready_pages, check_pages},
    {"mremap-move", CALL(mremap), {IN(0), PAGES * PAGE, 600 * PAGE, MOVABLE}, 0, SOME, 0, ready_walled, check_pages},
    {"mremap-part", CALL(mremap), {IN(2), 3 * PAGE, 6 * PAGE, MOVABLE}, 0, SOME, 0, ready_pages},
    {"mremap-shrink", CALL(mremap), {IN(1), 6 * PAGE, 2 * PAGE, 0}, 0, SOME, 0, ready_pages},

    /* descriptors, pipes, locks */
    {"dup", CALL(dup), {FD_WORLD}, 0, LEAF, NO_LEAF},
    {"dup2", CALL(dup2), {FD_WORLD, HIGH}, 0, HIGH},
    {"dup3", CALL(dup3), {FD_WORLD, HIGH, O_CLOEXEC}, 0, HIGH},
    {"fcntl-dup", CALL(fcntl), {FD_WORLD, F_DUPFD, HIGH}, 0, HIGH},
    {"fcntl-lock", CALL(fcntl), {FD_A, F_SETLK, A(&lock)}, 0, 0, 0, ready_lockable},
    {"fcntl-unlock", CALL(fcntl), {FD_A, F_SETLK, A(&lock)}, 0, 0, 0, ready_locked},
    {"flock", CALL(flock), {FD_A, LOCK_EX | LOCK_NB}, 0, 0, 0, ready_lockable},
    {"pipe", CALL(pipe), {A(area)}, 0, 0},
    {"pipe-no-leaf", CALL(pipe), {A(area)}, 0, 0, NO_LEAF},
    {"pipe2", CALL(pipe2), {A(area), O_NONBLOCK | O_CLOEXEC}, 0, 0},
    {"ioctl-pipe", CALL(ioctl), {FD_REPORT_IN, FIONREAD, A(area)}, 0, 0, NO_POINT},
    {"ioctl-disk", CALL(ioctl), {FD_A, 0x80081272, A(area)}, 0, 0, NO_POINT | ONLY_ANTE, ready_disk}, /* BLKGETSIZE64 */
    {"ioctl-terminal", CALL(ioctl), {1, TIOCGWINSZ, A(area)}, 0, 0, NO_POINT | ONLY_ANTE},

    /* waiting for files */
    {"poll", CALL(poll), {A(polled), MANY, 1}, 0, 0, 0, ready_polled},
    {"poll-readable", CALL(poll), {A(polled), MANY, -1}, 0, 1, 0, ready_readable},
    {"ppoll", CALL(ppoll), {A(polled), MANY, A(&moment), 0, 8}, 0, 0, 0, ready_polled},
    {"select", CALL(select), {HIGH, A(fd_bits), 0, 0, A(&a_while)}, 0, 0, 0, ready_polled},
    {"select-readable", CALL(select), {HIGH, A(fd_bits), 0, 0, 0}, 0, 1, 0, ready_readable},
    {"pselect6", CALL(pselect6), {HIGH, A(fd_bits), 0, 0, A(&moment), 0}, 0, 0, 0, ready_polled},
    {0},
};
