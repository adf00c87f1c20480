// SPDX-License-Identifier: MIT
/*
 * ransack.c - uses all that damaged file systems show: reads and lists everything, then changes and removes what it can
 *
 * Each disk is mounted at /mnt, walked (bounded: directories may be their own children), changed, walked again, emptied,
 * synced and unmounted.  Any error may be the answer but one that says there is no memory, and it must be possible to unmount.
 * A store to a mapped page may end in SIGBUS.  What is on the disk afterwards is judged by nobody.
 *
 * Use:  ransack DISK...       prints a line for each disk, and lines that begin with "wrong:"
 */
#include "tests/user/campaign/hogs.h"

#include <limits.h>
#include <setjmp.h>
#include <sys/mount.h>
#include <sys/statfs.h>

enum { DEEPEST = 6, MOST_NAMES = 500, READ_MOST = 1 << 18, FAR = 70 << 20 };

static int names, good, errors, no_memory, folders;
static char folder[32][PATH_MAX];
static char data[4 * PAGE];
static sigjmp_buf past_store;

/* --- counting --- */

static bool tried(long result)
{
    good += result >= 0;
    errors += result < 0;
    no_memory += result < 0 && errno == ENOMEM;
    return result >= 0;
}

static void on_signal(int sig)
{
    (void)sig;
    siglongjmp(past_store, 1);
}

/* --- files --- */

static void use_mapping(int fd)
{
    volatile char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (!tried(at != MAP_FAILED ? 0 : -1))
        return;
    if (sigsetjmp(past_store, 1) == 0)
        at[1] = at[PAGE];
    if (sigsetjmp(past_store, 1) == 0)
        at[PAGE + 5] = 'm';
    tried(munmap((void *)at, 2 * PAGE));
}

static void read_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK);
    long n, all = 0;

    if (!tried(fd))
        return;
    while ((n = read(fd, data, sizeof data)) > 0 && all < READ_MOST)
        all += n;
    tried(n);
    tried(pread(fd, data, PAGE, FAR));
    close(fd);
}

static void change_file(const char *path)
{
    static const off_t places[] = {0, 5000, 13 << 10, 300 << 10, FAR};
    int fd = open(path, O_RDWR | O_NONBLOCK);
    size_t i;

    if (!tried(fd))
        return;
    for (i = 0; i < sizeof places / sizeof places[0]; i++)
        tried(pwrite(fd, data, 3000, places[i]));
    use_mapping(fd);
    tried(ftruncate(fd, 14 << 10));
    tried(fsync(fd));
    tried(ftruncate(fd, 100));
    close(fd);
}

/* --- walking --- */

static void visit(const char *path, int depth, bool change);

static void list(const char *path, int depth, bool change)
{
    static char below[DEEPEST + 2][PATH_MAX];
    DIR *dir = opendir(path);
    struct dirent *entry;

    if (!tried(dir != NULL ? 0 : -1))
        return;
    if (folders < (int)(sizeof folder / sizeof folder[0]))
        strcpy(folder[folders++], path);
    while (names < MOST_NAMES && (errno = 0, entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strchr(entry->d_name, '/') != NULL)
            continue;
        if (snprintf(below[depth], PATH_MAX, "%s/%s", path, entry->d_name) < PATH_MAX)
            visit(below[depth], depth + 1, change);
    }
    tried(errno == 0 ? 0 : -1);
    closedir(dir);
}

static void visit(const char *path, int depth, bool change)
{
    char target[300];
    struct stat st;

    names++;
    if (!tried(lstat(path, &st)))
        return;
    if (S_ISLNK(st.st_mode)) {
        tried(readlink(path, target, sizeof target));
        tried(stat(path, &st));
    } else if (S_ISDIR(st.st_mode) && depth <= DEEPEST) {
        list(path, depth, change);
    } else if (S_ISREG(st.st_mode) && change) {
        change_file(path);
    } else if (S_ISREG(st.st_mode)) {
        read_file(path);
    }
}

static void walk(bool change)
{
    names = folders = 0;
    visit("/mnt", 0, change);
}

/* --- changing --- */

static const char *in(int which, const char *name)
{
    static char path[4][PATH_MAX + 32];
    static int turn;
    char *to = path[turn = (turn + 1) % 4];

    return snprintf(to, sizeof path[0], "%s/%s", folder[which], name) < (int)sizeof path[0] ? to : "/mnt";
}

/* New names in every folder, and every folder into every other. */
static void change_names(void)
{
    int i, k, fd;

    for (i = 0; i < folders; i++) {
        fd = open(in(i, "new-file"), O_RDWR | O_CREAT, 0644);
        if (tried(fd)) {
            tried(write(fd, data, sizeof data));
            close(fd);
        }
        tried(mkdir(in(i, "new-folder"), 0755));
        tried(symlink("new-file", in(i, "new-link")));
        tried(link(in(i, "new-file"), in((i + 1) % folders, "new-name")));
        tried(chmod(folder[i], 0755));
        tried(rename(in(i, "new-name"), in(i, "another-name-that-is-longer-than-the-one-before")));
        if (tried(chdir(folder[i])))
            tried(getcwd(data, PAGE) != NULL ? 0 : -1);
        tried(chdir("/"));
    }
    for (i = 1; i < folders; i++)
        for (k = 1; k < folders && k < 8; k++)
            tried(rename(folder[i], in(k, "moved")));
}

static void empty(const char *path, int depth)
{
    static char below[DEEPEST + 2][PATH_MAX];
    DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir != NULL && names < 2 * MOST_NAMES && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 || strchr(entry->d_name, '/') != NULL)
            continue;
        names++;
        if (snprintf(below[depth], PATH_MAX, "%s/%s", path, entry->d_name) >= PATH_MAX)
            continue;
        if (unlink(below[depth]) != 0 && depth < DEEPEST)
            empty(below[depth], depth + 1);
        rmdir(below[depth]);
    }
    if (dir != NULL)
        closedir(dir);
}

/* --- a disk --- */

static int ransack(const char *disk)
{
    struct statfs fs;

    good = errors = 0;
    if (mount(disk, "/mnt", "ext2", 0, NULL) != 0) {
        printf("%s refused: %s\n", disk, strerror(errno));
        return errno == ENOMEM;
    }
    tried(statfs("/mnt", &fs));
    walk(false);
    printf("%s: %d names, ", disk, names);
    walk(true);
    change_names();
    walk(false);
    names = 0;
    empty("/mnt", 0);
    sync();
    printf("%d good, %d errors\n", good, errors);
    if (umount("/mnt") == 0)
        return 0;
    printf("wrong: %s: umount: %s\n", disk, strerror(errno));
    return 1;
}

int main(int argc, char **argv)
{
    int i, status = 0;

    signal(SIGBUS, on_signal);
    for (i = 1; i < argc; i++) {
        status |= ransack(argv[i]);
        fflush(stdout);
    }
    if (no_memory)
        printf("wrong: %d calls say that there is no memory\n", no_memory);
    return status || no_memory;
}
