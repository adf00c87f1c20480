// SPDX-License-Identifier: MIT
/*
 * tap.h - what the conformance programs share: results in TAP, a scratch folder, children that are judged
 *
 * Each program prints the same lines on Linux and on Ante; Linux is the oracle.  tap_begin() closes what was
 * inherited, makes an empty folder and goes there; tap_end() leaves, removes it, prints the plan and gives the
 * exit status.  What a result is about stands in its name; why it failed follows in a line that begins with "#".
 *
 * A child never prints, but to bail out: its body returns 0, or says by NEED() in which line it was disappointed.
 */
#ifndef ANTE_TESTS_USER_CALLS_TAP_H
#define ANTE_TESTS_USER_CALLS_TAP_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TAP_LIMIT = 240 }; /* seconds after which a hung program ends itself */

static int tap_count, tap_failures;
static char tap_folder[256];

/* In a child: ends its body with the line's number when the condition does not hold. */
#define NEED(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            return 1 + __LINE__ % 120;                                                                       \
    } while (0)

static inline bool ok(bool good, const char *name)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++tap_count, name);
    tap_failures += !good;
    fflush(stdout);
    return good;
}

static inline bool is(long got, long wanted, const char *name)
{
    if (!ok(got == wanted, name))
        printf("# got %ld instead of %ld\n", got, wanted);
    return got == wanted;
}

/* The call must answer -1 with this errno. */
#define fails(call, error, name) (errno = 0, tap_fails((long)(call), error, name))

static inline bool tap_fails(long result, int error, const char *name)
{
    int got = errno;

    if (ok(result == -1 && got == error, name))
        return true;
    printf("# answers %ld with errno %d (%s) instead of -1 with %d (%s)\n", result, got, strerror(got), error,
           strerror(error));
    return false;
}

/* The call must not answer a negative number. */
#define works(call, name) (errno = 0, tap_works((long)(call), name))

static inline bool tap_works(long result, const char *name)
{
    int got = errno;

    if (!ok(result >= 0, name))
        printf("# answers %ld with errno %d (%s)\n", result, got, strerror(got));
    return result >= 0;
}

/* Where the test itself cannot go on; errno says why. */
__attribute__((__noreturn__)) static inline void tap_bail(const char *what)
{
    printf("Bail out! %s: %s\n", what, strerror(errno));
    exit(2);
}

static inline void tap_pipe2(int pair[2], int flags)
{
    if (pipe2(pair, flags) != 0)
        tap_bail("pipe2");
}

static inline void tap_pipe(int pair[2])
{
    if (pipe(pair) != 0)
        tap_bail("pipe");
}

/* --- children --- */

/* Never -1: to kill() that would be every process there is.  Where it can, the child ends with its parent. */
static inline pid_t tap_fork(void)
{
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child < 0)
        tap_bail("fork");
#ifdef PR_SET_PDEATHSIG
    if (child == 0)
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
    return child;
}

static inline pid_t tap_start(int (*body)(void))
{
    pid_t child = tap_fork();

    if (child == 0)
        _exit(body());
    return child;
}

static inline int tap_wait(pid_t child)
{
    int status = -1;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

/* The result of a child's end. */
static inline bool tap_judge(bool good, int status, const char *name)
{
    if (ok(good, name))
        return true;
    if (WIFEXITED(status))
        printf("# the child ended with %d (1 + a line's number modulo 120)\n", WEXITSTATUS(status));
    else
        printf("# the child ended with wait status 0x%x\n", (unsigned)status);
    return false;
}

static inline bool tap_status(int status, int wanted, const char *name)
{
    return tap_judge(status == wanted, status, name);
}

/* The body must return 0. */
static inline bool child_ok(int (*body)(void), const char *name)
{
    return tap_status(tap_wait(tap_start(body)), 0, name);
}

/* The body must be ended by the signal. */
static inline bool child_dies(int (*body)(void), int number, const char *name)
{
    int status = tap_wait(tap_start(body));

    return tap_judge((status & 0x7f) == number, status, name);
}

/* --- time --- */

static inline int64_t clock_ns(clockid_t clock)
{
    struct timespec ts = {0, 0};

    clock_gettime(clock, &ts);
    return ts.tv_sec * 1000000000ll + ts.tv_nsec;
}

static inline void pause_ms(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&ts, &ts) != 0)
        ;
}

/* Works until the process's clock has moved by this; false when that takes longer than a minute. */
static inline bool work_ns(int64_t much)
{
    int64_t until = clock_ns(CLOCK_PROCESS_CPUTIME_ID) + much,
            last = clock_ns(CLOCK_MONOTONIC) + 60000000000ll;
    volatile long sum = 0;

    while (clock_ns(CLOCK_PROCESS_CPUTIME_ID) < until && clock_ns(CLOCK_MONOTONIC) < last)
        for (int i = 0; i < 10000; i++)
            sum += i;
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID) >= until;
}

/* The state of a process as /proc/PID/stat tells it, behind the name; 0 when there is none. */
static inline char tap_state(pid_t pid)
{
    char path[32], line[128], *behind;
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY);
    n = read(fd, line, sizeof line - 1);
    close(fd);
    line[n > 0 ? n : 0] = '\0';
    behind = strrchr(line, ')');
    return behind != NULL && behind[1] == ' ' ? behind[2] : '\0';
}

/* Does it wait in a call that a signal can end? */
static inline bool tap_sleeps(pid_t pid)
{
    return tap_state(pid) == 'S';
}

/* Until it does; one that has ended never will, and its status tells why. */
static inline void tap_until_sleeps(pid_t pid)
{
    while (!tap_sleeps(pid) && tap_state(pid) != 'Z')
        pause_ms(1);
}

/* --- files --- */

static inline bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

    close(fd);
    return good;
}

/* The file holds this text and nothing else. */
static inline bool holds(const char *path, const char *text)
{
    char found[512];
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, found, sizeof found);

    close(fd);
    return fd >= 0 && n == (ssize_t)strlen(text) && memcmp(found, text, (size_t)n) == 0;
}

static inline long size_of(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 ? (long)st.st_size : -1;
}

static inline long links_of(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 ? (long)st.st_nlink : -1;
}

static inline long mode_of(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 ? (long)(st.st_mode & 07777) : -1;
}

static inline bool exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

/* "folder/name", or "" when that is longer than `out`. */
static inline void join(char *out, size_t room, const char *folder, const char *name)
{
    out[0] = '\0';
    if (strlen(folder) + strlen(name) + 2 <= room) {
        strcpy(out, folder);
        strcat(out, "/");
        strcat(out, name);
    }
}

static inline void remove_tree(const char *path)
{
    DIR *dir;
    struct dirent *entry;
    char below[1024];

    if (unlink(path) == 0)
        return;
    chmod(path, 0700);
    dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            join(below, sizeof below, path, entry->d_name);
            remove_tree(below);
        }
    }
    if (dir != NULL)
        closedir(dir);
    rmdir(path);
}

/* --- program --- */

static inline void tap_too_slow(int number)
{
    static const char text[] = "Bail out! too slow\n";

    (void)number;
    (void)!write(STDOUT_FILENO, text, sizeof text - 1);
    _exit(2);
}

/* Sets the limit, also again after the alarm was used.  With a handler: nothing ends process 1 by default. */
static inline void tap_limit(void)
{
    struct sigaction action = {.sa_handler = tap_too_slow};

    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
    alarm(TAP_LIMIT);
}

static inline void tap_begin(const char *group)
{
    const char *base = getenv("TMPDIR");
    int fd;

    for (fd = STDERR_FILENO + 1; fd < 256; fd++)
        close(fd);
    umask(022);
    snprintf(tap_folder, sizeof tap_folder, "%s/calls.%s", base != NULL ? base : "/tmp", group);
    remove_tree(tap_folder);
    if (mkdir(tap_folder, 0755) != 0 || chdir(tap_folder) != 0)
        tap_bail(tap_folder);
    tap_limit();
}

static inline int tap_end(void)
{
    ok(chdir("/") == 0, "the scratch folder is left");
    remove_tree(tap_folder);
    ok(!exists(tap_folder), "the scratch folder is removed");
    printf("1..%d\n", tap_count);
    return tap_failures > 0;
}

#endif
