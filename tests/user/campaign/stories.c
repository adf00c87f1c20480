// SPDX-License-Identifier: MIT
/*
 * stories.c - the knots that waiting for memory could tie, each made on purpose
 *
 *     forks     two programs hold 40 % and more each and fork at the same time: together they could wait for ever
 *     ticking   the same beside a task that wakes up again and again, so that the machine never stands still
 *     head      a fork that does not fit waits at the head of the queue; small calls go on behind it
 *     asleep    every task sleeps without limit but one, whose fork does not fit: nobody could ever give it room
 *     unlinked  the last close of a large deleted file, with no memory left: not a page, before it and after it
 *     shared    several processes are the first to touch the same shared pages, at the same time (wants 640 MiB)
 *
 * Shares are of the room for promises (/proc/ama/limits) when the story begins; where two forks must not fit beside each other, but one
 * alone must, also on the smallest machine, what the programs themselves hold is taken off first.  Whoever is refused ends, which gives
 * back what it held.  A story that does not end is ended by a signal after LIMIT seconds: status 142.
 *
 * Use:  stories NAME        as the first program
 */
#include "tests/user/campaign/hogs.h"

#include <sys/statfs.h>

enum { LIMIT = 60, FORKED = 0, REFUSED = 1, BROKEN = 2, FILE_BYTES = 6 << 20, SMALL_CALLS = 100, REST_FRAMES = 32 };
enum { SHARED_PAGES = 20000, TOUCHERS = 3, SHARED_ROUNDS = 15 };

static struct hog_report report;
static char policy[16];

/* --- tools --- */

static void show(const char *what, long value)
{
    printf("%s %ld\n", what, value);
    fflush(stdout);
}

static int wrong(const char *what)
{
    printf("wrong: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    return BROKEN;
}

/* The number behind a name in a file of /proc. */
static long number_in(const char *path, const char *name)
{
    char text[512] = "", *at;
    int fd = open(path, O_RDONLY);

    if (fd >= 0) {
        if (read(fd, text, sizeof text - 1) < 0)
            text[0] = '\0';
        close(fd);
    }
    at = strstr(text, name);
    return at != NULL ? strtol(at + strlen(name), NULL, 10) : 0;
}

static long limit(const char *name)
{
    return number_in("/proc/ama/limits", name);
}

/* Frames that are promised to this program; a child begins with as many. */
static long own_frames(void)
{
    return number_in("/proc/self/status", "Promised:") * 1024 / PAGE;
}

static bool map_frames(long frames)
{
    return mmap(NULL, (size_t)frames * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
}

/* Forks under the policy of the boot; the child ends at once. */
static int fork_once(void)
{
    int status = -1;
    pid_t child;

    if (!write_word(POLICY, policy))
        return BROKEN;
    child = fork();
    if (child == 0)
        _exit(0);
    if (child < 0)
        return errno == ENOMEM ? REFUSED : BROKEN;
    return waitpid(child, &status, 0) == child && status == 0 ? FORKED : BROKEN;
}

/* A child that holds so many frames, waits until somebody writes a byte to `gate`, and then forks. */
static pid_t start_forker(long frames, const int *ready, const int *gate)
{
    char byte = 0;
    pid_t child = fork();

    if (child != 0)
        return child;
    if (!map_frames(frames) || write(ready[1], &byte, 1) != 1 || read(gate[0], &byte, 1) != 1)
        _exit(BROKEN);
    _exit(fork_once());
}

static pid_t start_holder(long frames, const int *ready)
{
    char byte = 0;
    pid_t child = fork();

    if (child != 0)
        return child;
    if (!map_frames(frames) || write(ready[1], &byte, 1) != 1)
        _exit(BROKEN);
    for (;;)
        pause();
}

static bool wait_ready(const int *ready, int count)
{
    char byte;

    while (count > 0 && read(ready[0], &byte, 1) == 1)
        count--;
    return count == 0;
}

static int status_of(pid_t child)
{
    int status;

    while (waitpid(child, &status, 0) != child)
        if (errno != EINTR)
            return BROKEN;
    return WIFEXITED(status) ? WEXITSTATUS(status) : BROKEN;
}

/* --- the stories --- */

static int two_forks(bool ticking)
{
    int ready[2], gate[2], first, second;
    long share = (limit("room_root ") - 3 * own_frames()) * 42 / 100; /* of what three children leave */
    uint64_t began;
    pid_t one, two, ticker = 0;

    if (pipe(ready) != 0 || pipe(gate) != 0)
        return wrong("pipe");
    if (ticking && (ticker = fork()) == 0)
        for (;;)
            rest(10);
    one = start_forker(share, ready, gate);
    two = start_forker(share, ready, gate);
    if (one < 0 || two < 0 || !wait_ready(ready, 2))
        return wrong("two programs of 40 %");
    began = now_ms();
    if (write(gate[1], "ab", 2) != 2)
        return wrong("the gate");
    first = status_of(one);
    second = status_of(two);
    show("refused", (first == REFUSED) + (second == REFUSED));
    show("forked", (first == FORKED) + (second == FORKED));
    show("took_ms", (long)(now_ms() - began));
    if (ticking && (kill(ticker, SIGKILL) != 0 || waitpid(ticker, NULL, 0) != ticker))
        return wrong("the task that ticks");
    return 0;
}

static int small_calls(void)
{
    char data[64] = "small";
    int ends[2], fd, i;

    for (i = 0; i < SMALL_CALLS; i++) {
        if (pipe(ends) != 0 || write(ends[1], data, sizeof data) != sizeof data)
            return wrong("a pipe behind the head");
        close(ends[0]);
        close(ends[1]);
        fd = open("/mnt/small", O_RDWR | O_CREAT | O_TRUNC, 0644);
        if (fd < 0 || write(fd, data, sizeof data) != sizeof data || close(fd) != 0 || unlink("/mnt/small") != 0)
            return wrong("a file behind the head");
    }
    return 0;
}

/* One that holds 45 % of the room, and one of 35 % that asks to fork now.  0 or BROKEN. */
static int start_both(pid_t *holder, pid_t *forker)
{
    int ready[2], gate[2];
    long room = limit("room ");

    if (pipe(ready) != 0 || pipe(gate) != 0)
        return wrong("pipe");
    *holder = start_holder(room * 45 / 100, ready);
    *forker = start_forker(room * 35 / 100, ready, gate);
    if (*holder < 0 || *forker < 0 || !wait_ready(ready, 2))
        return wrong("a holder and a forker");
    return write(gate[1], "a", 1) == 1 ? 0 : wrong("the gate");
}

static void show_fork(int status)
{
    show("refused", status == REFUSED);
    show("forked", status == FORKED);
}

static int head(void)
{
    int status;
    uint64_t began;
    pid_t forker, holder;

    if (start_both(&holder, &forker))
        return BROKEN;
    rest(200);
    began = now_ms();
    if (small_calls())
        return BROKEN;
    show("small_calls_ms", (long)(now_ms() - began));
    show("still_waiting", waitpid(forker, &status, WNOHANG) == 0);
    kill(holder, SIGKILL);
    status_of(holder);
    status = WIFEXITED(status) && strcmp(policy, "fail") == 0 ? WEXITSTATUS(status) : status_of(forker);
    show_fork(status);
    return 0;
}

static int asleep(void)
{
    uint64_t began = now_ms();
    pid_t forker, holder;

    if (start_both(&holder, &forker))
        return BROKEN;
    show_fork(status_of(forker));
    show("took_ms", (long)(now_ms() - began));
    kill(holder, SIGKILL);
    status_of(holder);
    return 0;
}

/* Makes a file, deletes its name, and keeps it open. */
static int open_deleted(void)
{
    int fd = open("/mnt/large", O_RDWR | O_CREAT, 0644);
    long at;

    for (at = 0; fd >= 0 && at < FILE_BYTES; at += HOG_CHUNK)
        if (write(fd, hog_data, HOG_CHUNK) != HOG_CHUNK)
            return -1;
    return fd >= 0 && fsync(fd) == 0 && unlink("/mnt/large") == 0 ? fd : -1;
}

static long free_blocks(void)
{
    struct statfs fs;

    return statfs("/mnt", &fs) == 0 ? (long)fs.f_bfree : -1;
}

/* Takes the few pages that a hog has left, once it has taken the others; whether not one more can be had then. */
static bool take_rest(void)
{
    uint64_t began = now_ms();
    int i;

    while (limit("room_root ") > REST_FRAMES && now_ms() - began < 1000 * LIMIT / 4)
        rest(20);
    for (i = 0; i <= REST_FRAMES; i++)
        if (!map_frames(1))
            return errno == ENOMEM;
    return false;
}

static int unlinked(void)
{
    int fd = open_deleted();
    long before = free_blocks();
    uint64_t began;
    pid_t hungry = fd >= 0 ? fork() : -1;

    if (hungry < 0)
        return wrong("a deleted file and a hog");
    if (hungry == 0 && close(fd) == 0)
        _exit(hog_run("memory", "/mnt", &report));
    rest(1000);
    show("gone_before", take_rest());
    began = now_ms();
    if (close(fd) != 0)
        return wrong("the last close");
    show("close_ms", (long)(now_ms() - began));
    show("gone_after", take_rest());
    while (free_blocks() - before < FILE_BYTES / PAGE && now_ms() - began < 1000 * LIMIT / 2)
        rest(20);
    show("blocks_back", free_blocks() - before);
    show("space_ms", (long)(now_ms() - began));
    kill(hungry, SIGKILL);
    waitpid(hungry, NULL, 0);
    return 0;
}

static bool touch_together(void)
{
    long size = (long)SHARED_PAGES * PAGE, at;
    int i, kept = 0;
    char *map = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child[TOUCHERS];

    for (i = 0; i < TOUCHERS && map != MAP_FAILED; i++) {
        child[i] = fork();
        if (child[i] == 0) {
            for (at = i; at < size; at += PAGE)
                map[at] = (char)(i + 1);
            _exit(0);
        }
        kept += child[i] > 0;
    }
    for (i = 0; i < kept; i++)
        status_of(child[i]);
    for (i = 0; i < TOUCHERS && kept == TOUCHERS; i++)
        for (at = i; at < size; at += PAGE)
            if (map[at] != i + 1)
                return false;
    return kept == TOUCHERS && munmap(map, (size_t)size) == 0;
}

static int shared(void)
{
    int i;

    for (i = 0; i < SHARED_ROUNDS; i++) {
        if (!touch_together())
            return wrong("what was stored in shared pages");
        alarm(LIMIT);
    }
    show("rounds", i);
    return 0;
}

static void give_up(int number)
{
    static const char text[] = "wrong: the story does not end\n";

    if (write(1, text, sizeof text - 1) > 0)
        _exit(128 + number);
    _exit(BROKEN);
}

static int tell(const char *name)
{
    if (strcmp(name, "forks") == 0)
        return two_forks(false);
    if (strcmp(name, "ticking") == 0)
        return two_forks(true);
    if (strcmp(name, "head") == 0)
        return head();
    if (strcmp(name, "asleep") == 0)
        return asleep();
    if (strcmp(name, "unlinked") == 0)
        return unlinked();
    if (strcmp(name, "shared") == 0)
        return shared();
    fprintf(stderr, "usage: stories forks|ticking|head|asleep|unlinked|shared\n");
    return BROKEN;
}

int main(int argc, char **argv)
{
    int status;

    signal(SIGALRM, give_up); /* process 1 gets only what it handles */
    alarm(LIMIT);
    if (!take_policy(policy, sizeof policy) || mount("/dev/hdb", "/mnt", "ext2", 0, NULL) != 0)
        return wrong("set-up");
    status = tell(argc > 1 ? argv[1] : "");
    return umount("/mnt") == 0 ? status : wrong("umount");
}
