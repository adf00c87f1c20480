// SPDX-License-Identifier: MIT
/*
 * memory.c - memory that was given is ours alone, comes back, and runs out with ENOMEM
 */
#include "tap.h"
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define BLOCKS 2000

static unsigned char *block[BLOCKS];
static size_t size[BLOCKS];

static int is_filled(int i)
{
    for (size_t at = 0; at < size[i]; at++)
        if (block[i][at] != (unsigned char)(i * 7))
            return 0;
    return 1;
}

static void fill(int i, size_t bytes)
{
    block[i] = malloc(bytes);
    size[i] = block[i] ? bytes : 0;
    if (block[i])
        memset(block[i], i * 7, bytes);
}

/* Takes and gives in a fixed, irregular order; returns how many blocks did not keep what was written. */
static int churn(void)
{
    unsigned random = 1;
    int broken = 0;

    for (int round = 0; round < 20000; round++) {
        random = random * 1103515245 + 12345;
        int i = (int)(random >> 8) % BLOCKS;
        broken += !is_filled(i);
        free(block[i]);
        fill(i, 1 + (random >> 16) % 3000);
    }
    for (int i = 0; i < BLOCKS; i++) {
        broken += !is_filled(i);
        free(block[i]);
    }
    return broken;
}

static void test_malloc(void)
{
    is(churn(), 0, "20,000 blocks keep what was written");
    char *text = malloc(10);
    strcpy(text, "kept");
    text = realloc(text, 100000);
    ok(text && strcmp(text, "kept") == 0, "realloc keeps the contents");
    free(text);
    ok((uintptr_t)(text = malloc(1)) % 16 == 0, "malloc aligns to 16");
    free(text);
    text = memalign(4096, 100);
    ok(text && (uintptr_t)text % 4096 == 0, "memalign aligns to a page");
    free(text);
    void *aligned = NULL;
    ok(posix_memalign(&aligned, 256, 10) == 0 && (uintptr_t)aligned % 256 == 0, "posix_memalign aligns");
    free(aligned);
    is(posix_memalign(&aligned, 24, 10), EINVAL, "posix_memalign refuses 24");
    volatile size_t huge = SIZE_MAX / 2;
    ok(!calloc(huge, 4) && errno == ENOMEM, "calloc notices the overflow");
}

static void test_limit(void)
{
    struct rlimit was, tight;

    getrlimit(RLIMIT_DATA, &was);
    tight = was;
    tight.rlim_cur = 16 << 20;
    is(setrlimit(RLIMIT_DATA, &tight), 0, "setrlimit of the data");
    ok(!malloc(32 << 20) && errno == ENOMEM, "malloc beyond it answers ENOMEM");
    char *small = malloc(1000);
    ok(small != NULL, "less still works");
    free(small);
    setrlimit(RLIMIT_DATA, &was);
}

/* Nothing is printed while the break is moved: stdio takes memory there too. */
static void test_break(void)
{
    char *start = sbrk(0);
    char *grown = sbrk(8192);
    memset(start, 1, 8192);
    char *end = sbrk(-8192);
    char *shrunk = sbrk(0);
    void *too_much = sbrk(INTPTR_MAX);
    int error = errno;
    char *now = sbrk(0);

    ok(grown == start, "sbrk returns the old end");
    ok(end == start + 8192 && shrunk == start, "a negative one gives back");
    ok(too_much == (void *)-1 && error == ENOMEM, "sbrk of too much answers ENOMEM");
    ok(now == start, "and changes nothing");
}

static sigjmp_buf fault;
static void *volatile fault_at;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)context;
    fault_at = info->si_addr;
    siglongjmp(fault, 1);
}

/* Does writing there end in SIGSEGV at that address? */
static int faults(char *at)
{
    fault_at = NULL;
    if (sigsetjmp(fault, 1) == 0)
        *(volatile char *)at = 1;
    return fault_at == at;
}

static void test_mappings(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    char *map = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    sigaction(SIGSEGV, &action, NULL);
    ok(map != MAP_FAILED && map[4096] == 0, "mmap gives zeroed memory");
    map[4096] = 5;
    is(mprotect(map + 4096, 4096, PROT_READ), 0, "mprotect to read only");
    ok(faults(map + 4096) && map[4096] == 5, "a store there is a SIGSEGV and changes nothing");
    ok(!faults(map + 8192), "a store behind it is none");
    is(munmap(map + 8192, 4096), 0, "munmap of one page");
    ok(faults(map + 8192), "a store there is a SIGSEGV");
    is(munmap(map, 2 * 4096), 0, "munmap of the rest");
    ok(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL,
       "mmap of nothing answers EINVAL");
    signal(SIGSEGV, SIG_DFL);
}

int main(void)
{
    test_break();
    test_malloc();
    test_limit();
    test_mappings();
    return done();
}
