// SPDX-License-Identifier: MIT
/*
 * hogs.h - programs that take all there is of one thing and hold it, or use one thing without end
 *
 *     memory     private pages, all of them touched, until not one more is promised
 *     processes  children that sleep, until no more can be made
 *     pipes      pipes that are full, until there are no more
 *     files      open files, from as many processes as it takes
 *     maps       files that are mapped and so stay known, though none is open, from as many processes as it takes
 *     dirty      writes a large file over and over
 *     broken     mounts the work disk, whose writes all fail, writes a file and unmounts it, over and over
 *     names      looks for names that are there (many/NN/NNN) and names that are not, over and over
 *     folder     lists a large folder, `long`, over and over
 *
 * A hog answers ENOMEM at once when it is refused (policy fail); what it can hold no more it leaves at that, and one that is to be
 * heard (hog_report.aloud) says the error: "stopped by 12".  Each is ended by a signal to its process group.
 */
#ifndef ANTE_TESTS_USER_CAMPAIGN_HOGS_H
#define ANTE_TESTS_USER_CAMPAIGN_HOGS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, HOG_FILE = 8 << 20, HOG_BROKEN = 128 << 10, HOG_CHUNK = 8192 };
enum { HOG_MAPS = 900, HOG_FOLDERS = 20, HOG_NAMES = 200, HOG_MISSING = 8000 }; /* the folder `many` has so many folders and names in each */

#define HOG_DEVICE "/dev/hdb"
#define POLICY "/proc/self/ama/policy"

/* What a hog tells of itself, in memory that all share. */
struct hog_report {
    uint64_t taken;   /* grows while it takes more */
    uint64_t missing; /* different names that are not there, looked for so far */
    int error;        /* why the last one of it was not to be had; not for memory and those that use one thing without end */
    bool aloud;       /* says so on its output */
    int full;         /* how many of them have all that they can get, or are at work */
};

static struct hog_report *hog; /* of the hog that runs here */
static char hog_path[128], hog_data[HOG_CHUNK];

static inline bool write_word(const char *path, const char *word)
{
    int fd = open(path, O_WRONLY);
    bool good = fd >= 0 && write(fd, word, strlen(word)) == (ssize_t)strlen(word);

    if (fd >= 0)
        close(fd);
    return good;
}

/* Keeps the policy of the boot for those it is about; who sets up and watches answers ENOMEM at once. */
static inline bool take_policy(char *policy, size_t room)
{
    int fd = open(POLICY, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, policy, room - 1) : 0;

    close(fd);
    policy[n > 0 ? n : 0] = '\0';
    policy[strcspn(policy, "\n")] = '\0';
    return n > 0 && write_word(POLICY, "fail");
}

static inline void rest(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&ts, NULL);
}

static inline uint64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static inline void tell_full(void)
{
    static bool told;

    if (!told)
        __atomic_add_fetch(&hog->full, 1, __ATOMIC_RELAXED);
    told = true;
}

static inline void sleep_on(void)
{
    for (;;)
        pause();
}

static inline void hold(void)
{
    char text[32];
    int n = snprintf(text, sizeof text, "stopped by %d\n", hog->error);

    if (hog->aloud && write(1, text, (size_t)n) != n)
        _exit(1);
    tell_full();
    sleep_on();
}

/* A child goes on in place of this process, if there can be one. */
static inline void hand_on(void)
{
    pid_t child = fork();

    if (child > 0)
        sleep_on();
    if (child < 0) {
        hog->error = errno;
        hold();
    }
}

/* Its child waits for the same signal; false when no more can be made. */
static inline bool multiply(void)
{
    pid_t child = fork();

    if (child == 0)
        sleep_on();
    hog->taken += child > 0;
    return child > 0;
}

static inline void hog_memory(void)
{
    size_t step = 64 * PAGE, i;

    while (step >= PAGE) {
        char *at = mmap(NULL, step, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (at == MAP_FAILED) {
            step /= 2;
            continue;
        }
        for (i = 0; i < step; i += PAGE)
            at[i] = 1;
        hog->taken += step;
    }
    hold();
}

static inline void hog_processes(void)
{
    while (multiply())
        ;
    hog->error = errno;
    hold();
}

/* Opens one more: a descriptor that stays open, or a negative one. */
static inline int open_pipe(void)
{
    int ends[2];

    if (pipe2(ends, O_NONBLOCK) != 0)
        return -1;
    while (write(ends[1], hog_data, sizeof hog_data) > 0)
        ;
    return ends[0];
}

static inline int open_one(void)
{
    return open("/", O_RDONLY);
}

/* As many as this process may have, then a child goes on, until the machine has no more. */
static inline void hog_open(int (*open_more)(void))
{
    for (;;) {
        while (open_more() >= 0)
            hog->taken++;
        hog->error = errno;
        if (errno != EMFILE)
            hold();
        hand_on();
        for (int fd = 3; fd < 1024; fd++)
            close(fd);
    }
}

static inline void hog_pipes(void)
{
    hog_open(open_pipe);
}

static inline void hog_files(void)
{
    hog_open(open_one);
}

static inline void *map_new(const char *folder, unsigned number)
{
    void *at = MAP_FAILED;
    int fd;

    snprintf(hog_path, sizeof hog_path, "%s/map-%d-%u", folder, (int)getpid(), number);
    fd = open(hog_path, O_RDWR | O_CREAT, 0644);
    if (fd >= 0) {
        at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
        close(fd);
    }
    return at;
}

/* As many as this process may have, then a child goes on with none, until the machine has no more. */
static inline void hog_maps(const char *folder)
{
    static void *at[HOG_MAPS];
    unsigned i;

    for (;;) {
        for (i = 0; i < HOG_MAPS && (at[i] = map_new(folder, i)) != MAP_FAILED; i++)
            hog->taken++;
        hog->error = errno;
        if (i == 0)
            hold();
        hand_on();
        while (i-- > 0)
            munmap(at[i], PAGE);
    }
}

/* Over and over, or once; until it may not any more. */
static inline void write_file(const char *path, uint64_t bytes, bool once)
{
    uint64_t at = 0;
    int fd = open(path, O_RDWR | O_CREAT, 0644);

    for (; fd >= 0 && (at < bytes || !once); at += HOG_CHUNK) {
        if (pwrite(fd, hog_data, HOG_CHUNK, (off_t)(at % bytes)) > 0)
            hog->taken += HOG_CHUNK;
        else if (errno == EROFS || errno == EIO)
            break;
    }
    fsync(fd);
    close(fd);
}

static inline void hog_dirty(const char *folder)
{
    snprintf(hog_path, sizeof hog_path, "%s/hog-%d", folder, (int)getpid());
    tell_full();
    write_file(hog_path, HOG_FILE, false);
    hold();
}

/* Its disk takes no write, so the file system turns read-only; mounted anew, it begins again. */
static inline void hog_broken(const char *folder)
{
    snprintf(hog_path, sizeof hog_path, "%s/hog", folder);
    for (;;) {
        if (mount(HOG_DEVICE, folder, "ext2", 0, NULL) != 0)
            rest(10);
        tell_full();
        write_file(hog_path, HOG_BROKEN, true);
        umount(folder);
    }
}

/* Missing names are remembered too: enough different ones to fill what names may have several times over. */
static inline void hog_names(const char *folder)
{
    struct stat st;
    uint64_t i;

    for (i = 0;; i++) {
        snprintf(hog_path, sizeof hog_path, "%s/many/%02d/%03d", folder, (int)(i / HOG_NAMES % HOG_FOLDERS), (int)(i % HOG_NAMES));
        hog->taken += stat(hog_path, &st) == 0;
        snprintf(hog_path, sizeof hog_path, "%s/many/00/a-name-that-is-long-enough-to-want-memory-of-its-own-%06d", folder,
                 (int)(i % HOG_MISSING));
        if (stat(hog_path, &st) == 0 || errno != ENOENT)
            rest(10);
        hog->missing = i < HOG_MISSING ? i : HOG_MISSING;
        if (i >= HOG_MISSING)
            tell_full();
    }
}

static inline void hog_folder(const char *folder)
{
    snprintf(hog_path, sizeof hog_path, "%s/long", folder);
    for (;;) {
        DIR *dir = opendir(hog_path);

        while (dir && readdir(dir))
            hog->taken++;
        if (dir)
            closedir(dir);
        else
            rest(10);
        tell_full();
    }
}

/* Becomes the hog; does not return.  False when there is no such kind. */
static inline bool hog_run(const char *kind, const char *folder, struct hog_report *report)
{
    hog = report;
    if (!write_word(POLICY, "fail"))
        return false;
    if (strcmp(kind, "memory") == 0)
        hog_memory();
    else if (strcmp(kind, "processes") == 0)
        hog_processes();
    else if (strcmp(kind, "pipes") == 0)
        hog_pipes();
    else if (strcmp(kind, "files") == 0)
        hog_files();
    else if (strcmp(kind, "maps") == 0)
        hog_maps(folder);
    else if (strcmp(kind, "dirty") == 0)
        hog_dirty(folder);
    else if (strcmp(kind, "broken") == 0)
        hog_broken(folder);
    else if (strcmp(kind, "names") == 0)
        hog_names(folder);
    else if (strcmp(kind, "folder") == 0)
        hog_folder(folder);
    return false;
}

#endif
