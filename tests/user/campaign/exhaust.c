// SPDX-License-Identifier: MIT
/*
 * exhaust.c - workers beside hogs: what is refused is refused by the rules, and all ends well when the hogs leave
 *
 *     set-up     workers and a hog are made and wait; `forks` and `memory` are left out where there is no room for them
 *     pressure   the hog takes what it can get; then the workers work beside it for a while
 *     relief     the hog is ended; each worker does three more rounds, in which nothing may be refused
 *
 * Three workers do rounds and check every byte: `files` writes, reads, renames and deletes a file and so has transient
 * and small needs only: it must go on under pressure, whatever the policy.  `forks` makes children, `memory` maps pages
 * and passes data through a pipe: under `fail` they may meet ENOMEM and nothing else, under `retry` and `backoff` they
 * wait until the hog has left.  Where a machine-wide maximum is used up (pipes, open files) everybody may meet ENFILE.
 *
 * The watchdog: when `files` does not go on for LONGEST seconds under pressure, or nobody does afterwards, the run has failed, as
 * it has when a worker is refused otherwise.  The time of pressure ends with a round of `files`, so a stand-still is seen.
 *
 * Use:  exhaust HOG[+HOG...] SECONDS [WORK-FOLDER [HOG-FOLDER]]     as the first program: mounts /dev/hdb at /mnt, but for the hog `broken`
 *       exhaust -b HOG FOLDER                              only be a hog
 */
#include "tests/user/campaign/hogs.h"

enum { FILES, FORKS, MEMORY, WORKERS };
enum { RELIEF_ROUNDS = 3, LONGEST = 30, LOOK_MS = 50, ROUND_BYTES = 2 * PAGE, TOO_SMALL = 77 };
static const uint64_t FOREVER = 1ul << 40;
enum phase { WAIT, PRESSURE, RELIEF };

struct worker_report {
    uint64_t rounds, refused, full; /* full: ENFILE */
    uint64_t pressed;               /* rounds under pressure */
    uint64_t longest;               /* the longest round, in ms */
    int error, line;                /* what must not have been, and where */
};

static struct shared {
    volatile enum phase phase;
    struct hog_report hog;
    struct worker_report worker[WORKERS];
} *shared;

static struct worker_report *me;
static bool relieved;                    /* as its round began: what was refused before is not held against it */
static char policy[16];                  /* of the workers; setting up and watching answer ENOMEM at once */
static bool may_be_refused, may_be_full; /* policy fail; the hog uses a machine-wide maximum up */
static char data[ROUND_BYTES], back[ROUND_BYTES];
static const char *work_folder = "/mnt";

/* --- the workers --- */

/* Judges a call that failed: true when the round may be given up and begun again. */
static bool excused(int line)
{
    bool pressed = !relieved;

    if (errno == ENOMEM && may_be_refused && pressed && me != &shared->worker[FILES])
        me->refused++;
    else if (errno == ENFILE && may_be_full && pressed)
        me->full++;
    else if (me->error == 0) {
        me->error = errno != 0 ? errno : EDOM;
        me->line = line;
    }
    return me->error == 0;
}

#define TRY(condition)                                                                                       \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        if (!(condition))                                                                                    \
            return excused(__LINE__);                                                                        \
    } while (0)

static void fill(uint64_t seed)
{
    size_t i;

    for (i = 0; i < ROUND_BYTES; i += 8) {
        uint64_t x = (seed + i) * 0x9e3779b97f4a7c15u;

        memcpy(data + i, &x, 8);
    }
}

static bool round_on(int fd, bool synced)
{
    TRY(write(fd, data, ROUND_BYTES) == ROUND_BYTES);
    TRY(!synced || fsync(fd) == 0);
    memset(back, 0, ROUND_BYTES);
    TRY(pread(fd, back, ROUND_BYTES, 0) == ROUND_BYTES);
    TRY(memcmp(data, back, ROUND_BYTES) == 0);
    return true;
}

static bool round_files(uint64_t n)
{
    char from[160], to[160];
    int fd;
    bool good;

    snprintf(from, sizeof from, "%s/work-%d", work_folder, (int)getpid());
    snprintf(to, sizeof to, "%s/moved-%d", work_folder, (int)getpid());
    fill(n);
    TRY((fd = open(from, O_RDWR | O_CREAT | O_TRUNC, 0644)) >= 0);
    good = round_on(fd, n % 8 == 0);
    close(fd);
    TRY(rename(from, to) == 0);
    TRY(unlink(to) == 0);
    return good;
}

static int child_sum(uint64_t n)
{
    int sum = 0;
    size_t i;

    fill(n);
    for (i = 0; i < ROUND_BYTES; i++)
        sum += (unsigned char)data[i];
    return sum % 251;
}

static bool round_forks(uint64_t n)
{
    int status = -1;
    pid_t child;

    TRY((child = fork()) >= 0);
    if (child == 0)
        _exit(child_sum(n));
    TRY(waitpid(child, &status, 0) == child);
    TRY(status == child_sum(n) << 8);
    return true;
}

static bool through_pipe(const int *ends, const char *from)
{
    TRY(write(ends[1], from, PAGE) == PAGE);
    TRY(read(ends[0], back, PAGE) == PAGE);
    TRY(memcmp(from, back, PAGE) == 0);
    return true;
}

static bool round_memory(uint64_t n)
{
    enum { PAGES = ROUND_BYTES / PAGE };
    int ends[2];
    char *at;
    bool good;

    TRY((at = mmap(NULL, ROUND_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) != MAP_FAILED);
    fill(n);
    memcpy(at, data, ROUND_BYTES);
    if (pipe(ends) != 0) {
        good = excused(__LINE__);
    } else {
        good = through_pipe(ends, at + n % PAGES * PAGE);
        close(ends[0]);
        close(ends[1]);
    }
    TRY(memcmp(at, data, ROUND_BYTES) == 0);
    TRY(munmap(at, ROUND_BYTES) == 0);
    return good;
}

static int work(int number)
{
    static bool (*const rounds[WORKERS])(uint64_t n) = {round_files, round_forks, round_memory};
    uint64_t n = (uint64_t)number << 32, before, began;
    int relief = 0;

    me = &shared->worker[number];
    if (!write_word(POLICY, policy))
        return excused(__LINE__);
    while (shared->phase == WAIT)
        rest(LOOK_MS);
    while (relief < RELIEF_ROUNDS && me->error == 0) {
        relieved = shared->phase == RELIEF;
        before = me->refused + me->full;
        began = now_ms();
        rounds[number](n++);
        me->longest = me->longest < now_ms() - began ? now_ms() - began : me->longest;
        me->pressed += !relieved && me->refused + me->full == before;
        me->rounds++;
        relief += relieved;
        if (me->refused + me->full != before)
            rest(LOOK_MS);
    }
    return me->error != 0;
}

/* --- the run --- */

struct run {
    pid_t worker[WORKERS]; /* 0: there was no room for it */
    int left;              /* workers that have not ended */
    uint64_t stood_still;  /* the longest that the watchdog saw no progress, in ms */
};

static void say(const char *path)
{
    static char text[2048];
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text) : 0;

    if (n > 0)
        fwrite(text, 1, (size_t)n, stdout);
    if (fd >= 0)
        close(fd);
}

static bool start_worker(struct run *r, int number)
{
    pid_t child = fork();

    if (child == 0)
        _exit(work(number));
    r->worker[number] = child > 0 ? child : 0;
    r->left += child > 0;
    return child > 0;
}

/* One process for each of the kinds, "names+memory", in a group of their own; *hogs counts them. */
static pid_t start_hogs(const char *kinds, const char *folder, int *hogs)
{
    pid_t group = 0, child = 0;
    char list[64], *kind;

    snprintf(list, sizeof list, "%s", kinds);
    for (*hogs = 0, kind = strtok(list, "+"); kind != NULL && child >= 0; kind = strtok(NULL, "+"), ++*hogs) {
        child = fork();
        if (child >= 0)
            setpgid(child, group); /* by both, whoever comes first */
        if (child == 0)
            _exit(hog_run(kind, folder, &shared->hog));
        group = group == 0 ? child : group;
    }
    return group;
}

/* Until the hogs take no more, or have held out for a while. */
static void wait_for_hogs(int hogs)
{
    uint64_t last = ~0ul, began = now_ms();

    while (shared->hog.full < hogs && now_ms() - began < LONGEST * 1000u && last != shared->hog.taken) {
        last = shared->hog.taken;
        rest(20 * LOOK_MS);
    }
}

/* Rounds done by those who must go on now. */
static uint64_t progress(void)
{
    uint64_t rounds = shared->worker[FILES].rounds;

    return shared->phase == PRESSURE ? rounds : rounds + shared->worker[FORKS].rounds + shared->worker[MEMORY].rounds;
}

/* The watchdog: for `ms` and one round more, or until all workers have ended.  False when nothing goes on. */
static bool watch(struct run *r, uint64_t ms)
{
    uint64_t rounds = progress(), now = now_ms(), since = now, until = now + ms;
    int i, status;

    while (r->left > 0 && (now < until || since < until) && now - since < LONGEST * 1000u) {
        rest(LOOK_MS);
        now = now_ms();
        for (i = 0; i < WORKERS; i++)
            r->left -= r->worker[i] != 0 && waitpid(r->worker[i], &status, WNOHANG) == r->worker[i];
        r->stood_still = r->stood_still < now - since ? now - since : r->stood_still;
        if (progress() != rounds) {
            rounds = progress();
            since = now;
        }
    }
    return now - since < LONGEST * 1000u;
}

static void report_worker(const char *name, const struct worker_report *w)
{
    printf("worker %s rounds %llu pressed %llu refused %llu full %llu longest %llu ms\n", name, (unsigned long long)w->rounds,
           (unsigned long long)w->pressed, (unsigned long long)w->refused, (unsigned long long)w->full, (unsigned long long)w->longest);
    if (w->error != 0)
        printf("wrong: %s in line %d: %s\n", name, w->line, w->error == EDOM ? "data" : strerror(w->error));
}

static int report(const struct run *r)
{
    static const char *const names[WORKERS] = {"files", "forks", "memory"};
    int i, bad = r->left > 0;

    for (i = 0; i < WORKERS; i++) {
        if (r->worker[i] != 0)
            report_worker(names[i], &shared->worker[i]);
        bad |= shared->worker[i].error != 0;
    }
    if (r->left > 0)
        printf("wrong: %d workers have not ended\n", r->left);
    if (shared->worker[FILES].pressed == 0 && !may_be_full) {
        printf("wrong: the worker files has done nothing under pressure\n");
        bad = 1;
    }
    printf("taken %llu\nmissing %llu\nstopped_by %d\nstood_still_ms %llu\n", (unsigned long long)shared->hog.taken,
           (unsigned long long)shared->hog.missing, shared->hog.error, (unsigned long long)r->stood_still);
    return bad;
}

static int too_small(const char *what)
{
    printf("too small: %s: %s\n", what, strerror(errno));
    return TOO_SMALL;
}

static int press(const char *kinds, uint64_t ms, const char *hog_folder)
{
    struct run r = {0};
    pid_t hogs;
    int status, count;
    bool alive;

    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return too_small("shared memory");
    if (!start_worker(&r, FILES))
        return too_small("a worker");
    if ((hogs = start_hogs(kinds, hog_folder, &count)) <= 0)
        return too_small("a hog");
    start_worker(&r, FORKS);
    start_worker(&r, MEMORY);
    wait_for_hogs(count);
    shared->phase = PRESSURE;
    alive = watch(&r, ms);
    say("/proc/ama/limits");
    kill(-hogs, SIGKILL);
    while (waitpid(-hogs, &status, 0) > 0 || errno == EINTR)
        ;
    if (!alive)
        printf("wrong: the worker files has not gone on for %d s\n", LONGEST);
    shared->phase = RELIEF;
    if (!watch(&r, FOREVER))
        printf("wrong: no worker goes on\n");
    return report(&r) || !alive;
}

int main(int argc, char **argv)
{
    static struct hog_report alone = {.aloud = true};
    bool mounted;
    int status;

    if (argc == 4 && strcmp(argv[1], "-b") == 0)
        return hog_run(argv[2], argv[3], &alone);
    if (argc < 3 || argc > 5) {
        fprintf(stderr, "usage: exhaust HOG SECONDS [WORK-FOLDER [HOG-FOLDER]] | exhaust -b HOG FOLDER\n");
        return 2;
    }
    if (!take_policy(policy, sizeof policy)) {
        perror(POLICY);
        return 1;
    }
    may_be_refused = strcmp(policy, "fail") == 0;
    may_be_full = strstr(argv[1], "pipes") != NULL || strstr(argv[1], "files") != NULL;
    mounted = strstr(argv[1], "broken") == NULL;
    if (mounted && mount(HOG_DEVICE, "/mnt", "ext2", 0, NULL) != 0) {
        perror(HOG_DEVICE);
        return errno == ENOMEM ? TOO_SMALL : 1;
    }
    work_folder = argc > 3 ? argv[3] : "/mnt";
    status = press(argv[1], strtoul(argv[2], NULL, 10) * 1000, argc > 4 ? argv[4] : work_folder);
    say("/proc/ama/totals");
    if (umount("/mnt") != 0 && mounted) {
        perror("/mnt");
        status = status == 0 ? 1 : status;
    }
    return status;
}
