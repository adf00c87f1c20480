// SPDX-License-Identifier: MIT
/*
 * Calls that meet a mapping of the very file they work on must neither hang nor mix up data.
 *
 * A read into a mapping of the file that it reads, a write from one, a truncate of a file that is being stored to:
 * each makes a page fault inside a call that already holds the file.
 */
#include "tests/user/calls/tap.h"

#include <setjmp.h>
#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 40 };

static char *area;
static int fd;
static sigjmp_buf back;

static char letter(size_t at)
{
    return (char)('a' + at / PAGE % 26);
}

static void make(const char *path)
{
    char page[PAGE];
    size_t i;

    fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (i = 0; i < PAGES; i++) {
        memset(page, letter(i * PAGE), sizeof page);
        write(fd, page, sizeof page);
    }
    area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

static void drop(void)
{
    munmap(area, PAGES * PAGE);
    close(fd);
}

static bool all(const char *from, char value, size_t n)
{
    while (n > 0 && from[n - 1] == value)
        n--;
    return n == 0;
}

static void reading(void)
{
    make("r");
    is(pread(fd, area, PAGE, 0), PAGE, "a page is read onto itself");
    ok(all(area, 'a', PAGE), "and stays as it is");
    is(pread(fd, area + 10 * PAGE, 5 * PAGE, 20 * PAGE), 5 * PAGE,
       "five pages are read into others of the file");
    ok(all(area + 10 * PAGE, 'u', PAGE) && all(area + 14 * PAGE, 'y', PAGE), "which then hold them");
    is(pread(fd, area + 1, 30 * PAGE, 0), 30 * PAGE, "a read that overlaps itself ends");
    ok(area[0] == 'a' && area[35 * PAGE] == letter(35 * PAGE), "and leaves the rest");
    drop();
    make("r");
    is(pread(fd, area + 100, 1000, 3 * PAGE), 1000, "a small read into the first page");
    char found[1200];
    is(pread(fd, found, 1200, 0), 1200, "which the file shows");
    ok(all(found, 'a', 100) && all(found + 100, 'd', 1000) && all(found + 1100, 'a', 100), "at once");
    drop();
}

static void writing(void)
{
    char found[PAGE];

    make("w");
    is(pwrite(fd, area + 5 * PAGE, PAGE, 0), PAGE, "a page is written from the file's own mapping");
    ok(all(area, 'f', PAGE), "into its first");
    is(pwrite(fd, area + 30 * PAGE, 5 * PAGE, 7 * PAGE + 100), 5 * PAGE, "five pages, not aligned");
    ok(all(area + 7 * PAGE, 'h', 100) && all(area + 7 * PAGE + 100, letter(30 * PAGE), PAGE), "arrive");
    is(pwrite(fd, area, 2 * PAGE, PAGES * PAGE), 2 * PAGE, "an append from the mapping");
    is(size_of("w"), (PAGES + 2) * PAGE, "grows the file");
    is(pread(fd, found, PAGE, (PAGES + 1) * PAGE), PAGE, "by what");
    ok(all(found, 'b', PAGE), "was mapped");
    is(pwrite(fd, area + PAGE, PAGE, PAGE), PAGE, "a page is written onto itself");
    ok(all(area + PAGE, 'b', PAGE), "and stays as it is");
    drop();
}

/* The pages were never touched, so the read must fault each of them in while it runs. */
static void cold(void)
{
    char *copy;

    make("c");
    munmap(area, PAGES * PAGE);
    fsync(fd);
    area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    is(pread(fd, area, PAGES * PAGE, 0), PAGES * PAGE, "a read into a private mapping of the file");
    ok(all(area + 39 * PAGE, letter(39 * PAGE), PAGE), "is right");
    munmap(area, PAGES * PAGE);
    area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    copy = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    is(pread(fd, copy, PAGES * PAGE, 0), PAGES * PAGE, "a read into fresh memory");
    is(pwrite(fd, copy, PAGES * PAGE, 0), PAGES * PAGE, "written back");
    ok(memcmp(copy, area, PAGES * PAGE) == 0, "is what is mapped");
    munmap(copy, PAGES * PAGE);
    drop();
}

static void jump_back(int number)
{
    siglongjmp(back, number);
}

/* The signal that a load of the byte ends in, or 0. */
static int touch(volatile char *at)
{
    int number = sigsetjmp(back, 1);

    if (number == 0)
        (void)*at;
    return number;
}

static int poke(volatile char *at)
{
    int number = sigsetjmp(back, 1);

    if (number == 0)
        *at = '!';
    return number;
}

static void cutting(void)
{
    make("t");
    signal(SIGBUS, jump_back);
    signal(SIGSEGV, jump_back);
    area[20 * PAGE] = 'x';
    is(ftruncate(fd, 10 * PAGE + 100), 0, "a mapped file is cut");
    is(touch(area + 9 * PAGE), 0, "a page before the end is there");
    is(touch(area + 10 * PAGE + 200), 0, "the page with the end too");
    ok(area[10 * PAGE + 99] == 'k' && area[10 * PAGE + 100] == 0, "zero behind it");
    is(touch(area + 11 * PAGE), SIGBUS, "a load behind the end is SIGBUS");
    is(poke(area + 20 * PAGE), SIGBUS, "a store too");
    is(ftruncate(fd, 30 * PAGE), 0, "the file grows again");
    is(touch(area + 20 * PAGE), 0, "then the page is there");
    ok(all(area + 11 * PAGE, 0, 19 * PAGE), "and zero");
    is(poke(area + 20 * PAGE), 0, "and can be stored to");
    is(touch(area + 35 * PAGE), SIGBUS, "behind the new end it is SIGBUS still");
    fails(pread(open("t", O_RDONLY), area + 35 * PAGE, 10, 0), EFAULT,
          "a call that is given such a page answers EFAULT");
    fails(pwrite(fd, area + 35 * PAGE, 10, 0), EFAULT, "in both directions");
    signal(SIGBUS, SIG_DFL);
    signal(SIGSEGV, SIG_DFL);
    drop();
}

static int stores_to_cut_file(void)
{
    area[PAGE] = 1;
    return 0;
}

static volatile int *shared; /* [0]: stop; [1]: the storer has stored */

static int storer(void)
{
    long i;

    signal(SIGBUS, jump_back);
    for (i = 0; !shared[0]; i++) {
        poke(area + (size_t)(i * 7 % PAGES) * PAGE + i % 50);
        shared[1] = 1;
    }
    return 0;
}

static int cutter(void)
{
    int i;

    for (i = 0; i < 200; i++) {
        NEED(ftruncate(fd, (i * 5 % PAGES) * PAGE + 10) == 0);
        NEED(ftruncate(fd, PAGES * PAGE) == 0);
    }
    return 0;
}

static void racing(void)
{
    pid_t child;

    make("race");
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    child = tap_start(storer);
    while (!shared[1] && tap_state(child) != 'Z')
        pause_ms(1);
    is(cutter(), 0, "200 truncates while another process stores");
    shared[0] = 1;
    tap_status(tap_wait(child), 0, "which lives on");
    is(ftruncate(fd, 0), 0, "cut to nothing");
    child_dies(stores_to_cut_file, SIGBUS, "without a handler SIGBUS kills");
    is(ftruncate(fd, PAGES * PAGE), 0, "and grown");
    ok(all(area, 0, PAGES * PAGE), "nothing that was stored comes back");
    munmap((void *)(uintptr_t)shared, PAGE);
    drop();
}

int main(void)
{
    tap_begin("mapfile");
    reading();
    writing();
    cold();
    cutting();
    racing();
    return tap_end();
}
