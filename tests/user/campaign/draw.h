// SPDX-License-Identifier: MIT
/*
 * draw.h - system calls and their arguments at random: what their parameters' names ask for, or something wild
 *
 * Pointers lead into the arena: memory to work in, a page that may only be read, one without rights, a mapped file, shared
 * memory; and into memory that is not there, the kernel's half, odd places.
 */
#ifndef ANTE_TESTS_USER_CAMPAIGN_DRAW_H
#define ANTE_TESTS_USER_CAMPAIGN_DRAW_H

#include "tests/user/campaign/hogs.h"

enum { SLOTS = 8, NUMBERS = 512 };
enum { GOOD = 16 * PAGE, READ_ONLY = GOOD, NO_RIGHTS = READ_ONLY + PAGE, MAPPED = NO_RIGHTS + PAGE, SHARED = MAPPED + 4 * PAGE,
       ARENA = SHARED + 4 * PAGE };

static const struct call {
    int number, parameters;
    const char *name, *text; /* "(int fd, user_ptr buf, u64 n)" */
} calls[] = {
#define CALL(number, name, count, parameters, ...) {number, count, #name, #parameters},
#include "kernel/calls.def"
#undef CALL
};
enum { CALLS = sizeof calls / sizeof calls[0] };

/* What all processes share. */
static struct {
    volatile uint64_t made[SLOTS];
    volatile pid_t process[SLOTS];
    volatile uint64_t good[NUMBERS], bad[NUMBERS];
} *shared;

static char *const arena = (char *)0x20000000;
static uint64_t random_state;

/* --- what is drawn --- */

static inline uint64_t draw(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1du >> 8;
}

static inline uint64_t below(uint64_t n)
{
    return draw() % n;
}

#define PICK(list) (list[below(sizeof(list) / sizeof((list)[0]))])

static inline uint64_t any(void)
{
    static const uint64_t edges[] = {0, 1, 2, 7, 8, 255, 256, 4095, 4096, 4097, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
                                     0x7fffffffffff, 0x800000000000, 0x7fffffffffffffff, 0x8000000000000000, ~0ul, ~4095ul};

    switch (below(4)) {
    case 0: return PICK(edges);
    case 1: return PICK(edges) + below(9) - 4;
    case 2: return 1ul << below(64);
    default: return draw() << below(9) >> below(56);
    }
}

static const char *const paths[] = {
    "/mnt/file", "/mnt/dir", "/mnt/dir/file", "/mnt/link", "/mnt/dir/up", "/mnt/fifo", "/mnt/new", "/mnt/dir/new", "/mnt/other",
    "file", "new", ".", "..", "/", "", "/mnt", "/tmp", "/mnt/dir/..", "/mnt/file/", "/proc/self/maps", "/proc/self/fd",
    "/proc/self/ama/policy", "/proc/self/ama/totals", "/proc/ama/limits", "/proc/meminfo", "/proc/self/stat", "/dev/null", "/dev/zero",
    "/dev/full", "/dev/random", "ext2", "proc", "dev", "/bin/true", "/bin/sh",
    "/mnt/loop", "/mnt/a-name-of-some-length-that-does-not-fit-into-an-entry-with-others/and/below",
};

static inline uint64_t wild(void)
{
    switch (below(8)) {
    case 0: return 0;
    case 1: return (uint64_t)(arena + READ_ONLY + below(PAGE));
    case 2: return (uint64_t)(arena + NO_RIGHTS - below(16));
    case 3: return (uint64_t)(arena + NO_RIGHTS + below(PAGE));
    case 4: return (uint64_t)(arena + ARENA - below(16));
    case 5: return 0xffffffff80000000 + below(1 << 24);
    case 6: return 0xffff800000000000 + below(1 << 24);
    default: return any();
    }
}

/* Structures of any kind: small numbers, descriptors, sizes, pointers, in 64 and in 32 bits. */
static inline void fill(char *at, size_t bytes)
{
    uint64_t *words = (uint64_t *)at;
    size_t i;

    for (i = 0; i < bytes / 8; i++)
        switch (below(8)) {
        case 0: words[i] = (uint64_t)(arena + below(GOOD)); break;
        case 1: words[i] = any(); break;
        case 2: words[i] = below(12) | below(12) << 32; break;
        case 3: words[i] = below(3 * PAGE); break;
        case 4: words[i] = wild(); break;
        default: words[i] = below(4); break;
        }
}

static inline uint64_t buffer(void)
{
    char *at = arena + below(GOOD - 512);

    if (below(4))
        at = (char *)((uint64_t)at & ~7ul);
    fill((char *)((uint64_t)at & ~7ul), 256);
    return below(16) ? (uint64_t)at : (uint64_t)(arena + MAPPED + below(8 * PAGE));
}

static inline uint64_t path(void)
{
    char *at = arena + below(GOOD - 8192);

    strcpy(at, PICK(paths));
    if (below(40) == 0)
        memset(at, 'x', 1 + below(6000));
    if (below(40) == 0)
        return (uint64_t)memcpy(arena + READ_ONLY - 3, "abc", 3); /* goes on on the next page */
    return (uint64_t)at;
}

/* A list of pointers with a NULL at its end, as execve takes it. */
static inline uint64_t list(void)
{
    uint64_t *at = (uint64_t *)(arena + (below(GOOD - 4096) & ~7ul));
    size_t i, count = below(6);

    for (i = 0; i < count; i++)
        at[i] = path();
    at[count] = 0;
    return (uint64_t)at;
}

static inline uint64_t descriptor(void)
{
    static const int odd[] = {-1, AT_FDCWD, 100, 1023, 1024, 0x7fffffff};

    return below(10) ? below(14) : (uint64_t)PICK(odd);
}

static inline uint64_t size(void)
{
    static const uint64_t sizes[] = {0, 1, 8, 16, 100, 512, 1000, 1024, 4095, 4096, 4097, 8192, 65536};

    return below(12) ? PICK(sizes) : any();
}

static inline uint64_t address(void)
{
    return below(8) ? (uint64_t)(arena + below(ARENA / PAGE + 8) * PAGE) + (below(8) ? 0 : below(PAGE)) : wild();
}

static inline uint64_t flags(void)
{
    static const uint64_t common[] = {0, 1, 2, 3, O_RDWR | O_CREAT, O_RDWR | O_CREAT | O_TRUNC, O_WRONLY | O_APPEND, O_RDONLY | O_NONBLOCK,
                                      O_DIRECTORY, 0644, 0755, 07777, MAP_PRIVATE | MAP_ANONYMOUS, MAP_SHARED, MAP_PRIVATE, 0x32, 0x11,
                                      S_IFREG | 0666, S_IFIFO | 0666, S_IFDIR, AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, 17};

    return below(4) ? PICK(common) : below(2) ? 1ul << below(20) | 1ul << below(20) : any();
}

static inline uint64_t process(void)
{
    static const uint64_t odd[] = {0, 1, 2, ~0ul, ~1ul};

    return below(8) == 0 ? any() : below(4) == 0 ? PICK(odd) : below(2) ? (uint64_t)getpid() : (uint64_t)shared->process[below(SLOTS)];
}

static inline uint64_t offset(void)
{
    static const uint64_t far[] = {1ul << 31, 1ul << 32, 1ul << 40, 1ul << 44, ~0ul >> 1, ~0ul};

    return below(6) == 0 ? PICK(far) : below(4) == 0 ? any() : below(3) * PAGE + below(3) * 100;
}

/* Does the parameter at `text` have this name? */
static inline bool is(const char *name, size_t length, const char *names)
{
    const char *at;

    for (at = names; (at = strstr(at, name)) != NULL; at++)
        if (at[length] == ' ' && (at == names || at[-1] == ' '))
            return true;
    return false;
}

/* Where only few values are more than an error. */
static inline bool special(const char *call, const char *word, uint64_t *value)
{
    bool signal = strncmp(call, "rt_", 3) == 0 || strcmp(call, "ppoll") == 0, map = strcmp(call, "mmap") == 0;

    if (signal && strstr(word, "size") != NULL)
        *value = 8;
    else if (strcmp(word, "prot") == 0)
        *value = below(8);
    else if (map && strcmp(word, "flags") == 0)
        *value = 1 + below(2) + (below(3) ? MAP_ANONYMOUS : 0) + (below(3) ? 0 : MAP_FIXED);
    else if (strcmp(word, "which") == 0 || strcmp(word, "how") == 0 || strcmp(word, "clock") == 0)
        *value = below(4);
    else if (strcmp(word, "sig") == 0)
        *value = below(66);
    else
        return false;
    return below(10) != 0;
}

/* An argument for a parameter by its name; names stand between blanks. */
static inline uint64_t argument(const char *call, const char *name, size_t length, bool pointer)
{
    uint64_t value;
    char word[24] = "";

    memcpy(word, name, length < sizeof word - 1 ? length : sizeof word - 1);
#define IS(names) is(word, strlen(word), names " ")
    if (below(20) == 0)
        return below(2) ? wild() : any();
    if (!pointer && special(call, word, &value))
        return value;
    if (pointer && IS("argv envp"))
        return list();
    if (pointer && (IS("path target source type") || (IS("from to name data") && below(2))))
        return path();
    if (pointer)
        return below(10) ? buffer() : wild();
    if (IS("fd dirfd at out_fd in_fd from_dir to_dir first last"))
        return descriptor();
    if (IS("n size count len length old_len new_len mask_size"))
        return size();
    if (IS("addr new_addr"))
        return address();
    if (IS("flags mode cmd op prot mask code option command options"))
        return flags();
    if (IS("pid pgid tid tgid who"))
        return process();
    if (IS("offset pos"))
        return offset();
    if (IS("uid gid r e s id"))
        return below(3) ? 1000 : below(2) ? any() : (uint64_t)-1;
    return below(8) ? below(12) : any();
}

/* The parameters' names in their order: the words in front of commas and of the end. */
static inline void draw_arguments(const struct call *c, uint64_t *a)
{
    const char *at = c->text + 1, *end, *name;
    int i;

    for (i = 0; i < 6; i++)
        a[i] = any();
    for (i = 0; i < c->parameters; i++, at = end + 1) {
        end = at + strcspn(at, ",)");
        for (name = end; name[-1] != ' '; name--)
            ;
        a[i] = argument(c->name, name, (size_t)(end - name), strstr(at, "user_ptr") != NULL && strstr(at, "user_ptr") < end);
    }
}

#endif
