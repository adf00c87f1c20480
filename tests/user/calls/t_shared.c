// SPDX-License-Identifier: MIT
/*
 * A shared mapping must be one memory for all who have it, a private one a copy that its file never sees.
 */
#include "tests/user/calls/tap.h"

#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 20 };

static char *volatile area;

static char *map(int fd, size_t pages, int rights, int kind, off_t at)
{
    return mmap(NULL, pages * PAGE, rights, kind, fd, at);
}

static int make(const char *path)
{
    char page[PAGE];
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600), i;

    for (i = 0; i < PAGES; i++) {
        memset(page, 'a' + i, sizeof page);
        write(fd, page, sizeof page);
    }
    return fd;
}

static int changes(void)
{
    int i;

    for (i = 0; i < PAGES; i++)
        NEED(area[i * PAGE] == (char)('A' + i));
    for (i = 0; i < PAGES; i++)
        area[i * PAGE] = (char)('a' + i);
    return 0;
}

static int answers(void)
{
    while (area[0] == 0)
        ;
    area[1] = 2;
    return munmap(area, PAGE);
}

static void memory(void)
{
    int i, right = 0;
    pid_t child;

    area = map(-1, PAGES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, 0);
    ok(area != MAP_FAILED && area[0] == 0 && area[PAGES * PAGE - 1] == 0, "shared memory begins with zeros");
    for (i = 0; i < PAGES; i++)
        area[i * PAGE] = (char)('A' + i);
    child_ok(changes, "a child sees the parent's stores");
    for (i = 0; i < PAGES; i++)
        right += area[i * PAGE] == (char)('a' + i);
    is(right, PAGES, "and the parent the child's");
    munmap(area, PAGES * PAGE);
    area = map(-1, 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, 0);
    child = tap_start(answers);
    area[0] = 1;
    while (area[1] == 0)
        ;
    is(area[1], 2, "first touches by parent and child meet in one page");
    tap_wait(child);
    munmap(area, PAGE);
}

static void shared_file(void)
{
    int fd = make("s");
    char found[8] = "";

    area = map(fd, PAGES, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    ok(area[0] == 'a' && area[19 * PAGE + 4095] == 't', "a file's content is in memory");
    is(pwrite(fd, "12345", 5, 3 * PAGE + 10), 5, "a write to the file");
    ok(memcmp(area + 3 * PAGE + 10, "12345", 5) == 0, "is seen in memory");
    memcpy(area + 7 * PAGE + 4090, "across a page", 13);
    is(pread(fd, found, 8, 7 * PAGE + 4096), 8, "a store to memory");
    ok(memcmp(found, " a pagei", 8) == 0, "is seen in the file");
    is(msync(area, PAGES * PAGE, MS_SYNC), 0, "msync");
    is(close(fd), 0, "the descriptor is closed");
    area[5] = '!';
    ok(area[19 * PAGE] == 't', "the mapping stays");
    is(munmap(area, PAGES * PAGE), 0, "munmap");
    fd = open("s", O_RDONLY);
    pread(fd, found, 6, 0);
    ok(memcmp(found, "aaaaa!", 6) == 0, "what was stored is in the file");
    fails(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EACCES,
          "no stores without a writable descriptor");
    area = map(fd, 1, PROT_READ, MAP_SHARED, 0);
    fails(mprotect(area, PAGE, PROT_READ | PROT_WRITE), EACCES, "not by mprotect either");
    munmap(area, PAGE);
    close(fd);
    fails(msync(area, PAGE, MS_SYNC), ENOMEM, "msync of nothing");
}

static void private_file(void)
{
    int fd = make("p");
    char found[4] = "";

    area = map(fd, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    area[0] = 'X';
    area[4 * PAGE] = 'Y';
    pread(fd, found, 1, 0);
    ok(found[0] == 'a', "stores to a private mapping stay out of the file");
    ok(area[0] == 'X' && area[1] == 'a' && area[4 * PAGE] == 'Y', "and are seen in memory");
    pwrite(fd, "zz", 2, 0);
    ok(area[0] == 'X' && area[1] == 'a', "a page that was copied does not see the file change");
    munmap(area, PAGES * PAGE);
    ok(pread(fd, found, 2, 0) == 2 && memcmp(found, "zz", 2) == 0, "the file has only its own");
    close(fd);
}

static int child_copies(void)
{
    NEED(area[0] == 'X' && area[PAGE] == 'b');
    area[0] = 'c';
    area[PAGE] = 'c';
    NEED(area[0] == 'c' && area[PAGE] == 'c' && area[2 * PAGE] == 'c');
    return 0;
}

static void private_fork(void)
{
    int fd = make("p");

    area = map(fd, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0);
    area[0] = 'X';
    child_ok(child_copies, "a child copies a private mapping once more");
    ok(area[0] == 'X' && area[PAGE] == 'b', "the parent's stays");
    munmap(area, PAGES * PAGE);
    close(fd);
}

static void parts(void)
{
    int fd = make("o");

    area = map(fd, 2, PROT_READ, MAP_SHARED, 5 * PAGE);
    ok(area[0] == 'f' && area[PAGE] == 'g', "a mapping may begin in the middle of a file");
    munmap(area, 2 * PAGE);
    ftruncate(fd, 100);
    area = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
    ok(area[99] == 'a' && area[100] == 0 && area[4095] == 0, "behind the end of the file the page is zero");
    area[200] = 'x';
    is(size_of("o"), 100, "a store there does not grow the file");
    munmap(area, PAGE);
    ftruncate(fd, 300);
    char found[300];
    ok(pread(fd, found, 300, 0) == 300 && found[99] == 'a' && found[299] == 0,
       "when it grows the rest is zero");
    close(fd);
}

static void two_names(void)
{
    int fd = make("n"), other = open("n", O_RDWR);
    char *one = map(fd, 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0),
         *two = map(other, 1, PROT_READ, MAP_SHARED, 0);

    one[7] = '7';
    ok(two[7] == '7', "two mappings of a file are one memory");
    unlink("n");
    close(fd);
    close(other);
    one[8] = '8';
    ok(two[8] == '8' && two[9] == 'a', "also when its name is gone");
    munmap(one, PAGE);
    munmap(two, PAGE);
}

int main(void)
{
    tap_begin("shared");
    memory();
    shared_file();
    private_file();
    private_fork();
    parts();
    two_names();
    return tap_end();
}
