// SPDX-License-Identifier: MIT
/*
 * tap.h - what the conformance programs share: results in TAP, a scratch folder, children that are judged
 *
 * Each program prints the same lines on Linux and on Ante; Linux is the oracle.  tap_begin() closes what was
 * inherited, makes an empty folder and goes there; tap_end() leaves, removes it, prints the plan and gives the
 * exit status.  What a result is about stands in its name; why it failed follows in a line that begins with "#".
 *
 * A child never prints: its body returns 0, or says by NEED() in which line it was disappointed.
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

/* --- children --- */

static inline pid_t tap_start(int (*body)(void))
{
    pid_t child;

    fflush(stdout);
    child = fork();
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

static inline bool tap_status(int status, int wanted, const char *name)
{
    if (ok(status == wanted, name))
        return true;
    if (WIFEXITED(status))
        printf("# the child ended with %d (1 + a line's number modulo 120)\n", WEXITSTATUS(status));
    else
        printf("# the child ended with wait status 0x%x\n", (unsigned)status);
    return false;
}

/* The body must return 0. */
static inline bool child_ok(int (*body)(void), const char *name)
{
    return tap_status(tap_wait(tap_start(body)), 0, name);
}

/* The body must be ended by the signal. */
static inline bool child_dies(int (*body)(void), int number, const char *name)
{
    return tap_status(tap_wait(tap_start(body)) & 0x7f, number, name);
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

static inline void pause_ms(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

    while (nanosleep(&ts, &ts) != 0)
        ;
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

static inline void tap_begin(const char *group)
{
    const char *base = getenv("TMPDIR");
    int fd;

    for (fd = STDERR_FILENO + 1; fd < 256; fd++)
        close(fd);
    umask(022);
    snprintf(tap_folder, sizeof tap_folder, "%s/calls.%s", base != NULL ? base : "/tmp", group);
    remove_tree(tap_folder);
    if (mkdir(tap_folder, 0755) != 0 || chdir(tap_folder) != 0) {
        printf("Bail out! %s: %s\n", tap_folder, strerror(errno));
        exit(2);
    }
    alarm(TAP_LIMIT);
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
