// SPDX-License-Identifier: MIT
/*
 * sweep_state.c - the state of a process and its files as text, so that two can be compared and a difference be shown
 */
#include "tests/user/campaign/sweep.h"

#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

struct watched watched;

enum { SIGNALS = 64, DESCRIPTORS = 128, LOCKED = 1100 /* bytes of t/file that a scenario may lock */ };

void state_line(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text + used, STATE_TEXT - used - 1, format, args);
    va_end(args);
    if (n < 0 || used + (size_t)n + 2 >= STATE_TEXT)
        die("a state is too long");
    strcpy(text + used + n, "\n");
}

uint64_t hash(const void *data, size_t n)
{
    const unsigned char *at = data;
    uint64_t h = 0xcbf29ce484222325u, word;

    for (; n >= sizeof word; n -= sizeof word, at += sizeof word) {
        memcpy(&word, at, sizeof word);
        h = (h ^ word) * 0x100000001b3u;
        h ^= h >> 32;
    }
    while (n-- > 0)
        h = (h ^ *at++) * 0x100000001b3u;
    return h;
}

const char *text_differs(const char *was, const char *is)
{
    static char both[400];
    const char *a, *b;

    if (strcmp(was, is) == 0)
        return NULL;
    for (;;) {
        size_t n = strcspn(was, "\n"), m = strcspn(is, "\n");

        if (n != m || memcmp(was, is, n) != 0) {
            snprintf(both, sizeof both, "was \"%.*s\", is \"%.*s\"", n < 150 ? (int)n : 150, was, m < 150 ? (int)m : 150, is);
            return both;
        }
        a = was + n;
        b = is + m;
        was = *a != '\0' ? a + 1 : a;
        is = *b != '\0' ? b + 1 : b;
    }
}

/* --- the process --- */

static void descriptors(struct state *s)
{
    struct stat st;
    int fd;

    for (fd = 0; fd < DESCRIPTORS; fd++) {
        if (fstat(fd, &st) != 0)
            continue;
        state_line(s->same, "descriptor %d flags %x %x position %lld mode %o", fd, (unsigned)fcntl(fd, F_GETFD),
                   (unsigned)fcntl(fd, F_GETFL), (long long)lseek(fd, 0, SEEK_CUR), (unsigned)st.st_mode);
        state_line(s->exact, "descriptor %d inode %llu", fd, (unsigned long long)st.st_ino);
    }
}

/* The kernel's own structure, with room to spare: handler, flags, restorer, mask. */
static void signals(struct state *s)
{
    static uint64_t action[SIGNALS + 1][8];
    uint64_t mask = 0, pending = 0, stack[3] = {0}, timer[4] = {0};
    long i;

    memset(action, 0, sizeof action);
    for (i = 1; i <= SIGNALS; i++)
        raw(SYS_rt_sigaction, (long[6]){i, 0, A(action[i]), 8});
    raw(SYS_rt_sigprocmask, (long[6]){0, 0, A(&mask), 8});
    raw(SYS_rt_sigpending, (long[6]){A(&pending), 8});
    raw(SYS_sigaltstack, (long[6]){0, A(stack)});
    raw(SYS_getitimer, (long[6]){ITIMER_REAL, A(timer)});
    state_line(s->same, "signals mask %llx pending %llx actions %llx stack %llx timer %llx", (unsigned long long)mask,
               (unsigned long long)pending, (unsigned long long)hash(action, sizeof action),
               (unsigned long long)hash(stack, sizeof stack), (unsigned long long)hash(timer, sizeof timer));
}

/* What can be read of the watched memory, by the regions that the text of /proc/self/maps has. */
static void watched_memory(struct state *s, const char *maps)
{
    unsigned long start = (unsigned long)watched.at, end = start + watched.n, from, to;
    char readable;

    while (sscanf(maps, "%lx-%lx %c", &from, &to, &readable) == 3) {
        from = from > start ? from : start;
        to = to < end ? to : end;
        if (readable == 'r' && from < to)
            state_line(s->same, "watched %lx-%lx %llx", from, to, (unsigned long long)hash((const void *)from, to - from));
        maps += strcspn(maps, "\n");
        maps += *maps != '\0';
    }
}

static void memory(struct state *s)
{
    static char text[4096];
    int fd = open("/proc/self/maps", O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;

    text[n > 0 ? n : 0] = '\0';
    close(fd);
    state_line(s->same, "break %lx", (unsigned long)raw(SYS_brk, (long[6]){0}));
    state_line(s->same, "%s", text);
    state_line(s->same, "output %llx %llx", (unsigned long long)hash(buffer, sizeof buffer), (unsigned long long)hash(area, sizeof area));
    watched_memory(s, text);
}

/* Neither the current directory nor the root is made anew between the attempts of a scenario: their inodes stay. */
static void places(struct state *s)
{
    static char path[4096];
    struct stat here = {0}, root = {0};
    long n = raw(SYS_getcwd, (long[6]){A(path), sizeof path});
    int found = fstatat(AT_FDCWD, ".", &here, 0), top = fstatat(AT_FDCWD, "/", &root, 0);

    state_line(s->same, "folder %d %llx %llu path %ld %.*s %llx", found, (unsigned long long)here.st_dev, (unsigned long long)here.st_ino,
               n, n > 0 && n < 100 ? (int)n : 0, path, n > 0 ? (unsigned long long)hash(path, (size_t)n) : 0);
    state_line(s->same, "root %d %llx %llu", top, (unsigned long long)root.st_dev, (unsigned long long)root.st_ino);
}

static void identity(struct state *s)
{
    uint32_t id[6] = {0};
    mode_t mask = umask(0);

    umask(mask);
    raw(SYS_getresuid, (long[6]){A(&id[0]), A(&id[1]), A(&id[2])});
    raw(SYS_getresgid, (long[6]){A(&id[3]), A(&id[4]), A(&id[5])});
    state_line(s->same, "ids %u %u %u %u %u %u umask %o group %d session %d", id[0], id[1], id[2], id[3], id[4], id[5], (unsigned)mask,
               (int)getpgrp(), (int)getsid(0));
    state_line(s->same, "children %ld", raw(SYS_wait4, (long[6]){-1, 0, 1, 0}));
}

/* --- locks of t/file, as another process meets them --- */

/* Those that are in the way of one byte after the other, each once. */
static void range_locks(int fd, char *text)
{
    struct flock met, last = {0};
    int i;

    for (i = 0; i < LOCKED; i++) {
        met = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = i, .l_len = 1};
        if (fcntl(fd, F_GETLK, &met) != 0)
            die("F_GETLK");
        if (met.l_type != F_UNLCK && (met.l_type != last.l_type || met.l_start != last.l_start || met.l_len != last.l_len)) {
            state_line(text, "lock %d from %lld, %lld bytes", met.l_type, (long long)met.l_start, (long long)met.l_len);
            last = met;
        }
    }
}

static void locks(struct state *s)
{
    pid_t child = vfork();
    int fd;

    if (child == 0) {
        fd = openat(FD_WORLD, "t/file", O_RDWR);
        range_locks(fd, s->same);
        state_line(s->same, "flock shared %d", flock(fd, LOCK_SH | LOCK_NB));
        state_line(s->same, "flock exclusive %d", flock(fd, LOCK_EX | LOCK_NB));
        _exit(0);
    }
    if (child < 0 || waitpid(child, NULL, 0) != child)
        die("locks");
}

void state_take(struct state *s)
{
    s->same[0] = s->exact[0] = '\0';
    world_state(s);
    descriptors(s);
    places(s);
    identity(s);
    signals(s);
    memory(s);
    if (watched.locks)
        locks(s);
}
