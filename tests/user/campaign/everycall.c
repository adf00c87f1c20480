// SPDX-License-Identifier: MIT
/*
 * everycall.c - every call that may reserve memory, entered often, with caches that are warm and caches that are cold
 *
 * A round does one thing of each kind; rounds differ in sizes, in places, and in what the caches still hold: before each step of
 * every second round all that is clean is dropped, so that half of the needs are those of a machine that has just started.  What a
 * round makes it takes away again.  Every result is checked, and one that is wrong ends the program with its line.
 *
 * The disk is mounted and read and written raw when there is one: on Ante the second, named by its third argument.  On Linux the
 * program runs without it.
 *
 * Use:  everycall FOLDER [ROUNDS [DISK]]
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, LARGE = 80 * PAGE, LEAF = 32, MANY = 60, NAMES = 40, EXECUTED = 42 };

static const char far_away[] = "/a/target/so/long/that/it/has/a/block/of/its/own/on/the/disk/since/it/does/not/fit/in/the/inode";
static const char *program, *disk;
static char data[LARGE], back[LARGE];
static unsigned round_number;

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "everycall: line %d, round %u: %s\n", __LINE__, round_number, strerror(errno));  \
            _exit(1);                                                                                        \
        }                                                                                                    \
    } while (0)

/* In a cold round: nothing that can be read again is in memory any more. */
static void cool(void)
{
    int fd;

    if (round_number % 2 == 0)
        return;
    sync();
    fd = open("/proc/sys/vm/drop_caches", O_WRONLY);
    if (fd >= 0) {
        (void)!write(fd, "3", 1);
        close(fd);
    }
}

/* --- contents and names --- */

static void put(const char *name, size_t bytes)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    MUST(fd >= 0 && write(fd, data, bytes) == (ssize_t)bytes);
    close(fd);
}

static void get(const char *name, size_t bytes)
{
    int fd = open(name, O_RDONLY);

    memset(back, 0, bytes);
    MUST(fd >= 0 && read(fd, back, sizeof back) == (ssize_t)bytes && memcmp(back, data, bytes) == 0);
    close(fd);
}

static void change_contents(size_t bytes)
{
    int fd;

    cool();
    MUST((fd = open("file", O_RDWR)) >= 0 && pwrite(fd, "x", 1, (off_t)(bytes / 2)) == 1);
    close(fd);
    cool();
    MUST(truncate("file", (off_t)(bytes / 3 + 1)) == 0);
    cool();
    MUST(truncate("file", (off_t)bytes) == 0);
    cool();
    MUST((fd = open("file", O_WRONLY | O_TRUNC)) >= 0);
    close(fd);
}

static void contents(void)
{
    size_t bytes = round_number % 10 == 9 ? LARGE : 100 + round_number * 97 % (3 * PAGE);

    cool();
    put("file", bytes);
    cool();
    get("file", bytes);
    get("file", bytes);
    change_contents(bytes);
}

static void list(const char *name, int least)
{
    DIR *dir = opendir(name);
    int found = 0;

    MUST(dir);
    while (readdir(dir))
        found++;
    closedir(dir);
    MUST(found >= least);
}

static void attributes(void)
{
    static const struct timespec times[2] = {{1, 0}, {2, 0}};
    struct stat st;

    cool();
    MUST(chmod("file", round_number % 2 ? 0600 : 0644) == 0 && stat("file", &st) == 0 && st.st_size == 0);
    cool();
    MUST(utimensat(AT_FDCWD, "file", times, 0) == 0);
}

static void links(void)
{
    char text[200];

    cool();
    MUST(symlink(far_away, "far") == 0);
    cool();
    MUST(readlink("far", text, sizeof text) == (ssize_t)strlen(far_away));
    cool();
    MUST(link("file", "second") == 0);
    cool();
    MUST(rename("second", "sub/third") == 0);
    put("fourth", 10);
    cool();
    MUST(rename("fourth", "sub/third") == 0);
    cool();
    MUST(unlink("sub/third") == 0 && unlink("far") == 0);
    put("fifth", 10);
    cool();
    MUST(rename("fifth", "many/fifth") == 0 && unlink("many/fifth") == 0);
}

static void folders(void)
{
    cool();
    MUST(mkdir("new", 0755) == 0);
    cool();
    MUST(rename("new", "sub/moved") == 0);
    list("sub", 3);
    cool();
    list("many", NAMES + 2);
    list("many", NAMES + 2);
    MUST(rmdir("sub/moved") == 0 && mkfifo("fifo", 0644) == 0);
    cool();
    MUST(unlink("file") == 0);
}

/* --- memory --- */

static void regions(void)
{
    char *at = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *moved;
    size_t shift = PAGE * (10 + round_number % 4);

    MUST(at != MAP_FAILED);
    memset(at, 1, 16 * PAGE);
    MUST(mprotect(at + shift, PAGE, PROT_READ) == 0 && mprotect(at + shift, PAGE, PROT_READ | PROT_WRITE) == 0);
    MUST(munmap(at + 8 * PAGE, PAGE) == 0);
    moved = mremap(at, 8 * PAGE, 600 * PAGE, MREMAP_MAYMOVE);
    MUST(moved != MAP_FAILED && moved[7 * PAGE] == 1);
    moved[599 * PAGE] = 1;
    MUST(mremap(moved, 600 * PAGE, 4 * PAGE, 0) == moved && munmap(moved, 4 * PAGE) == 0 && munmap(at + 9 * PAGE, 7 * PAGE) == 0);
}

static void break_moves(void)
{
    char *end = sbrk(3 * PAGE);

    MUST(end != (void *)-1);
    end[0] = end[3 * PAGE - 1] = 1;
    MUST(sbrk(-3 * PAGE) == end + 3 * PAGE);
}

static void mapped_file(void)
{
    char *shared, *own;
    int fd;

    put("mapped", 6 * PAGE);
    cool();
    MUST((fd = open("mapped", O_RDWR)) >= 0 && ftruncate(fd, 8 * PAGE) == 0);
    shared = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    own = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    MUST(shared != MAP_FAILED && own != MAP_FAILED);
    cool();
    MUST(own[PAGE] == data[PAGE] && shared[5 * PAGE] == data[5 * PAGE]);
    own[3 * PAGE] = shared[7 * PAGE] = 1;
    MUST(munmap(shared, 8 * PAGE) == 0 && munmap(own, 8 * PAGE) == 0 && close(fd) == 0 && unlink("mapped") == 0);
}

static void shared_memory(void)
{
    volatile char *at = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    MUST(at != MAP_FAILED);
    at[2 * PAGE] = 1;
    MUST(at[PAGE] == 0 && munmap((void *)at, 4 * PAGE) == 0);
}

/* --- descriptors: in a child, whose table is new --- */

static void descriptors(void)
{
    struct pollfd asked[MANY];
    int ends[2], i;

    for (i = LEAF; i < 4 * LEAF; i += LEAF)
        MUST(dup2(0, i + 1) == i + 1);
    MUST(pipe(ends) == 0);
    for (i = 0; i < MANY; i++)
        asked[i] = (struct pollfd){.fd = ends[i % 2], .events = i % 2 ? POLLOUT : POLLIN};
    MUST(poll(asked, MANY, 1) == MANY / 2 && write(ends[1], data, 10) == 10 && poll(asked, MANY, 1) == MANY);
    MUST(read(ends[0], back, 10) == 10 && close(ends[0]) == 0 && close(ends[1]) == 0);
}

static void locks(void)
{
    struct flock whole = {.l_type = F_WRLCK}, middle = {.l_type = F_UNLCK, .l_start = 10, .l_len = 10};
    int fd = open("lock", O_RDWR | O_CREAT, 0644);

    MUST(fd >= 0 && flock(fd, LOCK_EX) == 0 && flock(fd, LOCK_SH) == 0 && flock(fd, LOCK_UN) == 0);
    MUST(fcntl(fd, F_SETLK, &whole) == 0 && fcntl(fd, F_SETLK, &middle) == 0);
    MUST(close(fd) == 0);
}

/* The first time the FIFO's memory is new; once it is open, there is no more room for its descriptor in the table's first leaf. */
static void fifos(void)
{
    int fd;

    MUST((fd = open("fifo", O_RDWR)) >= 0 && write(fd, data, 10) == 10 && read(fd, back, sizeof back) == 10);
    close(fd);
    while ((fd = dup(0)) < LEAF - 1)
        MUST(fd >= 0);
    MUST((fd = open("fifo", O_RDWR)) == LEAF && close(fd) == 0);
}

static void in_child(void (*step)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        step();
        _exit(0);
    }
    MUST(child > 0 && waitpid(child, &status, 0) == child && status == 0);
}

static void execute(void)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        execl(program, program, (char *)NULL);
        _exit(1);
    }
    MUST(child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == EXECUTED);
}

/* --- what is not a file system's file --- */

static void disk_itself(void)
{
    int fd;

    cool();
    MUST(mount(disk, "mnt", "ext2", 0, NULL) == 0 && access("mnt/lost+found", F_OK) == 0);
    MUST(umount("mnt") == 0);
    MUST((fd = open(disk, O_RDWR)) >= 0);
    MUST(pread(fd, back, 3 * PAGE, 100) == 3 * PAGE && pread(fd, back, 3 * PAGE, 512) == 3 * PAGE);
    MUST(pwrite(fd, back, 3 * PAGE, 512) == 3 * PAGE && pwrite(fd, back, 512, 512) == 512 && close(fd) == 0);
}

static void machine(void)
{
    int fd = open("/proc/meminfo", O_RDONLY);

    MUST(fd >= 0 && read(fd, back, sizeof back) > 0 && close(fd) == 0);
}

static void one_round(void)
{
    contents();
    attributes();
    links();
    folders();
    regions();
    break_moves();
    mapped_file();
    shared_memory();
    in_child(descriptors);
    in_child(locks);
    in_child(fifos);
    MUST(unlink("fifo") == 0);
    execute();
    machine();
    if (disk)
        disk_itself();
}

static void prepare(const char *folder)
{
    size_t i;

    for (i = 0; i < LARGE; i++)
        data[i] = (char)(i * 7 + i / 251);
    MUST(chdir(folder) == 0 && mkdir("every", 0755) == 0 && chdir("every") == 0);
    MUST(mkdir("sub", 0755) == 0 && mkdir("many", 0755) == 0 && mkdir("mnt", 0755) == 0);
    for (i = 0; i < NAMES; i++) {
        snprintf(back, sizeof back, "many/a-name-of-some-length-that-is-not-short-%02d", (int)i);
        put(back, 0);
    }
}

static void take_away(void)
{
    int i;

    for (i = 0; i < NAMES; i++) {
        cool();
        snprintf(back, sizeof back, "many/a-name-of-some-length-that-is-not-short-%02d", i);
        MUST(unlink(back) == 0);
    }
    MUST(rmdir("many") == 0 && rmdir("sub") == 0 && rmdir("mnt") == 0 && unlink("lock") == 0);
    MUST(chdir("..") == 0 && rmdir("every") == 0);
}

int main(int argc, char **argv)
{
    static char self[512];
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 100;

    if (argc < 2) /* executed by itself */
        return EXECUTED;
    program = realpath(argv[0], self);
    disk = argc > 3 ? argv[3] : NULL;
    MUST(program);
    prepare(argv[1]);
    while (round_number < rounds) {
        one_round();
        round_number++;
    }
    take_away();
    printf("everycall: %u rounds\n", round_number);
    return 0;
}
