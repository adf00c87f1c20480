// SPDX-License-Identifier: MIT
/*
 * anycall.c - any system call with any arguments, from several processes at once: the machine goes on, and nothing is lost
 *
 * A worker calls numbers at random: those of the table, whose parameters get what their names ask for (descriptors, paths,
 * sizes, flags, addresses) or something wild, and others.  Pointers lead into good memory, memory that may only be read,
 * memory without rights, a mapped file, memory that is not there, the kernel's half, odd places.  Every second worker is
 * root.  One that ends, or that hangs in a call, is followed by another with the next seed, until the slot has made its calls.
 *
 * Process 1 only watches.  In the end it kills all, and takes every file system down that was not there at first: whatever a
 * call has left in use makes that fail.  A seed gives the same calls again; how processes are interleaved is the machine's.
 *
 * Use:  anycall SEED CALLS PROCESSES       as the first program, with an ext2 as /dev/hdb
 */
#include "tests/user/campaign/hogs.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <termios.h>

#include "tests/user/campaign/draw.h"

enum { HANGS_MS = 250, GONE_MS = 30000, CHILD_CALLS = 24, TRIES = 10000 };

static int slot;

/* --- one call --- */

static long raw(int number, const uint64_t *a)
{
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    register uint64_t r9 __asm__("r9") = a[5];
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"((long)number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* Ends the life of whoever calls it, or lasts for ever: drawn less often than others. */
static bool is_last(const char *name)
{
    static const char *const last[] = {"exit", "exit_group", "pause", "rt_sigsuspend", "rt_sigreturn", "kill", "setsid",
                                       "execve", "alarm", "setitimer", "chroot", "fork", "vfork", "clone", "close_range"};
    size_t i;

    for (i = 0; i < sizeof last / sizeof last[0]; i++)
        if (strcmp(name, last[i]) == 0)
            return true;
    return false;
}

static void call_once(void)
{
    const struct call *c = &calls[below(CALLS)];
    int number;
    uint64_t a[6];
    long result;

    while (is_last(c->name) && below(12) != 0)
        c = &calls[below(CALLS)];
    number = below(24) ? c->number : (int)below(NUMBERS);
    if (geteuid() == 0 && (number == SYS_settimeofday || number == SYS_clock_settime))
        return; /* e2fsck does not believe in a disk of another time */
    draw_arguments(c, a);
    result = raw(number, a);
    shared->made[slot]++;
    if (result >= 0)
        shared->good[number]++;
    else
        shared->bad[number]++;
}

/* --- a worker --- */

static void open_some(void)
{
    int ends[2], null = open("/dev/null", O_RDWR), terminal = open("/dev/tty", O_RDONLY | O_NONBLOCK);

    dup2(null, 0);
    dup2(null, 1);
    dup2(terminal, 2);
    open("/mnt/file", O_RDWR | O_CREAT, 0666);
    open("/mnt/dir", O_RDONLY);
    open("/dev/zero", O_RDWR);
    open("/proc/self/stat", O_RDONLY);
    pipe2(ends, O_NONBLOCK);
    pipe(ends);
    open("/mnt/dir/file", O_RDWR | O_CREAT, 0666);
}

static bool set_up_arena(void)
{
    enum { FIXED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED };
    int fd = open("/mnt/mapped", O_RDWR | O_CREAT, 0666);
    bool good = fd >= 0 && ftruncate(fd, 4 * PAGE) == 0;

    good &= mmap(arena, GOOD, PROT_READ | PROT_WRITE, FIXED, -1, 0) == arena;
    good &= mmap(arena + READ_ONLY, PAGE, PROT_READ, FIXED, -1, 0) == arena + READ_ONLY;
    good &= mmap(arena + NO_RIGHTS, PAGE, PROT_NONE, FIXED, -1, 0) == arena + NO_RIGHTS;
    good &= mmap(arena + MAPPED, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == arena + MAPPED;
    good &= mmap(arena + SHARED, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == arena + SHARED;
    return good;
}

/* Calls until the slot has made so many; children of its own make a few and end. */
static void work(uint64_t seed, uint64_t most)
{
    pid_t me = getpid();
    int left = CHILD_CALLS;

    shared->process[slot] = me;
    random_state = seed * 0x9e3779b97f4a7c15u + 1;
    draw();
    chdir("/mnt/dir");
    open_some();
    if (!set_up_arena())
        _exit(1);
    fill(arena, GOOD);
    if (slot % 2 && (setgroups(0, NULL) != 0 || setgid(1000) != 0 || setuid(1000) != 0))
        _exit(1);
    while (shared->made[slot] < most) {
        call_once();
        if (getpid() != me && --left == 0)
            _exit(0);
    }
    _exit(0);
}

/* --- process 1 --- */

static char policy[16], mounts[8192];
static pid_t worker[SLOTS];
static uint64_t lives, killed;

static int wrong(const char *what)
{
    printf("\nwrong: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    return 1;
}

/* Under injection any call may be refused until this process waits instead; workers have the policy of the boot. */
static bool take_patience(void)
{
    int tries = TRIES;

    while (!take_policy(policy, sizeof policy) && --tries > 0)
        ;
    while (!write_word(POLICY, "retry") && --tries > 0)
        ;
    return tries > 0;
}

static bool set_up_disk(void)
{
    bool good = mount("/dev/hdb", "/mnt", "ext2", 0, NULL) == 0 && chmod("/mnt", 0777) == 0;

    good &= mkdir("/mnt/dir", 0777) == 0 && chmod("/mnt/dir", 0777) == 0;
    good &= symlink("dir/file", "/mnt/link") == 0 && symlink("..", "/mnt/dir/up") == 0 && symlink("loop", "/mnt/loop") == 0;
    good &= mkfifo("/mnt/fifo", 0666) == 0 || errno == ENOSYS || errno == EPERM || errno == EINVAL;
    return good;
}

static void start(int which, uint64_t seed, uint64_t most)
{
    pid_t child = fork();
    int tries = TRIES;

    if (child == 0) {
        slot = which;
        while (!write_word(POLICY, policy) && --tries > 0)
            ;
        work(seed * 1000003 + (uint64_t)which * 1009 + lives, most);
    }
    worker[which] = child > 0 ? child : 0;
    lives += child > 0;
}

static void reap(void)
{
    pid_t gone;
    int i;

    while ((gone = waitpid(-1, NULL, WNOHANG)) > 0)
        for (i = 0; i < SLOTS; i++)
            if (worker[i] == gone)
                worker[i] = 0;
}

/* Until every slot has made its calls: ends those that hang, starts those that ended. */
static int watch(uint64_t seed, uint64_t most, int slots)
{
    static uint64_t seen[SLOTS], since[SLOTS];
    int i, busy = 1;

    while (busy) {
        reap();
        for (i = busy = 0; i < slots; i++) {
            uint64_t made = shared->made[i];

            busy += made < most || worker[i] != 0;
            if (worker[i] == 0 || made != seen[i])
                since[i] = now_ms();
            seen[i] = made;
            if (worker[i] == 0 && made < most)
                start(i, seed, most);
            else if (worker[i] != 0 && now_ms() - since[i] > GONE_MS)
                return wrong("a worker does not end when it is killed");
            else if (worker[i] != 0 && now_ms() - since[i] > HANGS_MS)
                killed += kill(worker[i], SIGKILL) == 0;
        }
        rest(5);
    }
    return 0;
}

/* Whoever is still there. */
static void show_processes(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    char name[300], line[200];

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(name, sizeof name, "/proc/%s/stat", entry->d_name);
        int fd = open(name, O_RDONLY);
        ssize_t n = fd >= 0 && strcmp(entry->d_name, "self") != 0 ? read(fd, line, sizeof line - 1) : 0;

        if (n > 0)
            printf("%.*s", (int)n, line);
        if (fd >= 0)
            close(fd);
    }
    if (dir != NULL)
        closedir(dir);
}

/* All other processes end; whatever was left of them is process 1's to bury. */
static int end_all(void)
{
    uint64_t began = now_ms();

    for (; kill(-1, SIGKILL), waitpid(-1, NULL, WNOHANG) >= 0; rest(5))
        if (now_ms() - began > GONE_MS) {
            show_processes();
            return wrong("a process does not end when all are killed");
        }
    return 0;
}

static int read_mounts(const int fd)
{
    ssize_t n = pread(fd, mounts, sizeof mounts - 1, 0);
    int lines = 0;
    char *at;

    mounts[n > 0 ? n : 0] = '\0';
    for (at = mounts; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    return lines;
}

/* Where the last one is mounted. */
static const char *last_mount(void)
{
    char *line;

    mounts[strlen(mounts) - 1] = '\0';
    line = strrchr(mounts, '\n');
    line = strchr(line != NULL ? line + 1 : mounts, ' ') + 1;
    line[strcspn(line, " ")] = '\0';
    return line;
}

static int take_down(int fd, int first)
{
    while (read_mounts(fd) > first) {
        const char *where = last_mount();

        if (umount(where) != 0) {
            printf("\n%s: ", where);
            return wrong("it is still in use when all processes have ended");
        }
    }
    return 0;
}

static void calm_terminal(void)
{
    struct termios t;

    if (tcgetattr(1, &t) == 0) {
        t.c_iflag = ICRNL;
        t.c_oflag = OPOST | ONLCR;
        tcsetattr(1, TCSANOW, &t);
    }
}

static int works(void)
{
    int status = 1;
    pid_t child = fork();

    if (child == 0)
        _exit(execl("/bin/true", "true", (char *)NULL) != 0);
    return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : wrong("a program does not run any more");
}

static void tell(void)
{
    uint64_t all = 0, good = 0;
    int i, known = 0, numbers = 0;

    for (i = 0; i < NUMBERS; i++) {
        all += shared->good[i] + shared->bad[i];
        good += shared->good[i];
        numbers += shared->good[i] != 0;
    }
    for (i = 0; i < CALLS; i++) {
        bool done = shared->good[calls[i].number] != 0;

        known += done;
        if (!done && shared->bad[calls[i].number] != 0)
            printf("never good: %s\n", calls[i].name);
    }
    printf("calls %llu\ngood %llu\nnumbers %d\nof %d\nlives %llu\nkilled %llu\n", (unsigned long long)all, (unsigned long long)good,
           known, (int)CALLS, (unsigned long long)lives, (unsigned long long)killed);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1, most = argc > 2 ? strtoull(argv[2], NULL, 0) : 2000;
    int slots = argc > 3 ? atoi(argv[3]) : 3, first, fd, status;

    if (getpid() != 1 || !take_patience())
        return wrong("policy");
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    fd = open("/proc/mounts", O_RDONLY);
    first = read_mounts(fd);
    if (shared == MAP_FAILED || fd < 0 || open("/dev", O_RDONLY) < 0 || slots < 1 || slots > SLOTS || !set_up_disk())
        return wrong("set-up");
    status = watch(seed, most, slots);
    status = status != 0 ? status : end_all();
    calm_terminal();
    tell();
    status = status != 0 ? status : take_down(fd, first);
    return status != 0 ? status : works();
}
