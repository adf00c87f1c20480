// SPDX-License-Identifier: MIT
/*
 * sweep_world.c - the files that the sweep works on
 *
 *     t/              the tree that scenarios change; small, compared as a whole, restored after each attempt
 *     big             two windows of a read       levels      a piece of data at every indirect level
 *     grow, grow12    folders in which the next name needs a new block, and an indirect one with it
 *     deep/.../back, chain0 -> chain1 ..., slow, nnn...n, many/last
 *                     ways to t through deep folders, links to links, a long link, a long name, a large folder
 *     filler          takes all free blocks while the disk is to be full
 */
#include "tests/user/campaign/sweep.h"

#include <dirent.h>
#include <sys/mount.h>

enum {
    DEEP = 12,            /* folders below each other, with names of DEEP_NAME */
    DEEP_NAME = 30,
    CHAIN = 8,            /* links */
    MANY = 200,           /* names of the large folder */
    LONGEST = 255,
    INDIRECT_FROM = 12,   /* blocks of a file that its inode names */
    CHUNK = 64 << 10,
    SMALL_DISK = 256 << 20,
    COMPARED = 64 << 10,  /* larger files are compared at both ends */
};

struct route routes[ROUTES];
char deep_folder[1600];
char grown[300], grown12[300];
static long block;        /* bytes of one on this file system */
static char data[CHUNK];

static const struct entry {
    const char *path;
    char kind;            /* d, f, x (a program), l, p */
    uint32_t size;
    const char *text;     /* of a link; of a file, else it has its pattern */
} entries[] = {
    {"t", 'd', 0, NULL},
    {"t/dir", 'd', 0, NULL},
    {"t/full", 'd', 0, NULL},
    {"t/full/inner", 'f', 100, NULL},
    {"t/file", 'f', FILE_BYTES, NULL},
    {"t/other", 'f', 3000, NULL},
    {"t/empty", 'f', 0, NULL},
    {"t/link", 'l', 0, "file"},
    {"t/dirlink", 'l', 0, "dir"},
    {"t/slowlink", 'l', 0, "././././././././././././././././././././././././././././././././file"},
    {"t/fifo", 'p', 0, NULL},
    {"t/prog", 'x', 0, "leave"},
    {"t/script", 'x', 0, "#!t/prog word\n"},
};
enum { ENTRIES = sizeof entries / sizeof *entries };
static const char *const folders[] = {"t", "t/dir", "t/full"};
static char program[CHUNK]; /* t/prog */
static size_t program_bytes;

/* --- contents --- */

static char byte_at(uint64_t at, unsigned seed)
{
    return (char)(((at + seed) * 2654435761u) >> 13);
}

void pattern(char *to, size_t n, uint64_t at, unsigned seed)
{
    size_t i;

    for (i = 0; i < n; i++)
        to[i] = byte_at(at + i, seed);
}

bool is_pattern(const char *from, size_t n, uint64_t at, unsigned seed)
{
    size_t i;

    for (i = 0; i < n && from[i] == byte_at(at + i, seed); i++)
        ;
    return i == n;
}

/* What a file must hold, in `data`. */
static size_t wanted(const struct entry *e)
{
    if (e->kind == 'x' && e->text[0] != '#') {
        memcpy(data, program, program_bytes);
        return program_bytes;
    }
    if (e->text != NULL) {
        strcpy(data, e->text);
        return strlen(e->text);
    }
    pattern(data, e->size, 0, 0);
    return e->size;
}

static bool holds(int fd, const struct stat *st, size_t n)
{
    static char found[CHUNK];

    return (size_t)st->st_size == n && pread(fd, found, n, 0) == (ssize_t)n && memcmp(found, data, n) == 0;
}

/* --- restoring --- */

static void remove_all(int dir, const char *name, int depth)
{
    struct dirent *d;
    DIR *below;
    int fd;

    if (unlinkat(dir, name, 0) == 0 || unlinkat(dir, name, AT_REMOVEDIR) == 0 || depth == 0)
        return;
    fd = openat(dir, name, O_RDONLY | O_DIRECTORY);
    below = fd >= 0 ? fdopendir(fd) : NULL;
    while (below != NULL && (d = readdir(below)) != NULL)
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0)
            remove_all(fd, d->d_name, depth - 1);
    if (below != NULL)
        closedir(below);
    unlinkat(dir, name, AT_REMOVEDIR);
}

static const struct entry *entry_of(const char *folder, const char *name)
{
    char path[600];
    int i;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (i = 0; i < ENTRIES; i++)
        if (strcmp(entries[i].path, path) == 0)
            return &entries[i];
    return NULL;
}

/* Calls each() for what does not belong into a folder of the tree. */
static void strangers(const char *folder, void (*each)(int dir, const char *folder, const char *name, void *p), void *p)
{
    int fd = openat(FD_WORLD, folder, O_RDONLY | O_DIRECTORY);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *d;

    while (dir != NULL && (d = readdir(dir)) != NULL)
        if (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0 && entry_of(folder, d->d_name) == NULL)
            each(fd, folder, d->d_name, p);
    if (dir != NULL)
        closedir(dir);
}

static void remove_stranger(int dir, const char *folder, const char *name, void *p)
{
    (void)folder;
    (void)p;
    remove_all(dir, name, 2);
}

static void make_file(const struct entry *e, const struct stat *st)
{
    mode_t mode = e->kind == 'x' ? 0755 : 0666;
    size_t n = wanted(e);
    int fd = openat(FD_WORLD, e->path, O_RDWR | O_CREAT, mode);
    bool good = fd >= 0;

    if (good && !holds(fd, st, n))
        good = ftruncate(fd, 0) == 0 && pwrite(fd, data, n, 0) == (ssize_t)n;
    if (good && ((st->st_mode & 07777) != mode || st->st_uid != 0 || st->st_gid != 0))
        good = fchown(fd, 0, 0) == 0 && fchmod(fd, mode) == 0;
    if (!good)
        die(e->path);
    close(fd);
}

static mode_t type_of(const struct entry *e)
{
    return e->kind == 'd' ? S_IFDIR : e->kind == 'l' ? S_IFLNK : e->kind == 'p' ? S_IFIFO : S_IFREG;
}

static void restore(const struct entry *e)
{
    struct stat st = {0};
    bool there = fstatat(FD_WORLD, e->path, &st, AT_SYMLINK_NOFOLLOW) == 0, good = true;

    if (there && (st.st_mode & S_IFMT) != type_of(e)) {
        remove_all(FD_WORLD, e->path, 2);
        memset(&st, 0, sizeof st);
        there = false;
    }
    if (type_of(e) == S_IFREG)
        make_file(e, &st);
    else if (!there)
        good = e->kind == 'd'   ? mkdirat(FD_WORLD, e->path, 0777) == 0
               : e->kind == 'l' ? symlinkat(e->text, FD_WORLD, e->path) == 0
                                : mknodat(FD_WORLD, e->path, S_IFIFO | 0666, 0) == 0;
    if (e->kind == 'l' && there && (st.st_uid != 0 || st.st_gid != 0))
        good = fchownat(FD_WORLD, e->path, 0, 0, AT_SYMLINK_NOFOLLOW) == 0;
    if (e->kind == 'd' && (!there || (st.st_mode & 07777) != 0777 || st.st_uid != 0))
        good &= fchownat(FD_WORLD, e->path, 0, 0, 0) == 0 && fchmodat(FD_WORLD, e->path, 0777, 0) == 0;
    if (!good)
        die(e->path);
}

/* A folder that is full up to a block's end; the name that was made in it is taken away with the folder. */
static void make_grown(const char *folder, const char *next, int blocks)
{
    char path[300], name[256];
    long fits = block == 1024 ? 3 : (block - 24) / 264, more = block / 264, count = fits + (blocks - 1) * more, i;
    struct stat st;

    if (fstatat(FD_WORLD, next, &st, AT_SYMLINK_NOFOLLOW) != 0 && fstatat(FD_WORLD, folder, &st, 0) == 0 &&
        st.st_size == blocks * block)
        return;
    remove_all(FD_WORLD, folder, 1);
    if (mkdirat(FD_WORLD, folder, 0777) != 0)
        die(folder);
    for (i = 0; i < count; i++) {
        memset(name, 'a', LONGEST);
        sprintf(name, "%05ld", i);
        name[5] = 'a';
        name[LONGEST] = '\0';
        snprintf(path, sizeof path, "%s/%s", folder, name);
        if (linkat(FD_WORLD, "levels", FD_WORLD, path, 0) != 0)
            die(path);
    }
}

void world_restore(void)
{
    size_t i;

    while (umount("t/dir") == 0)
        ;
    for (i = 0; i < sizeof folders / sizeof *folders; i++)
        strangers(folders[i], remove_stranger, NULL);
    for (i = 0; i < ENTRIES; i++)
        restore(&entries[i]);
    make_grown("grow", grown, 1);
    make_grown("grow12", grown12, INDIRECT_FROM);
}

/* --- making --- */

static void make_big(void)
{
    int fd = open("big", O_RDWR | O_CREAT | O_TRUNC, 0666);
    size_t at;

    for (at = 0; at < BIG_BYTES; at += CHUNK) {
        size_t n = BIG_BYTES - at < CHUNK ? BIG_BYTES - at : CHUNK;

        pattern(data, n, at, 0);
        if (write(fd, data, n) != (ssize_t)n)
            die("big");
    }
    close(fd);
}

uint64_t level_offset(int level)
{
    uint64_t p = (uint64_t)block / 4, first[LEVELS] = {3, INDIRECT_FROM + 3, INDIRECT_FROM + p + 3, INDIRECT_FROM + p + p * p + 3};

    return first[level] * (uint64_t)block;
}

static void make_levels(void)
{
    int fd = open("levels", O_RDWR | O_CREAT | O_TRUNC, 0666), i;

    for (i = 0; i < LEVELS; i++) {
        pattern(data, PAGE, level_offset(i), 0);
        if (pwrite(fd, data, PAGE, (off_t)level_offset(i)) != PAGE)
            die("levels");
    }
    close(fd);
}

/* deep/ddd.../ddd.../back, where back leads up again to t. */
static void make_deep(void)
{
    char back[3 * DEEP + 8] = "";
    size_t used;
    int i;

    strcpy(deep_folder, "deep");
    mkdir(deep_folder, 0777);
    for (i = 0; i < DEEP; i++) {
        used = strlen(deep_folder);
        deep_folder[used++] = '/';
        memset(deep_folder + used, 'd', DEEP_NAME);
        deep_folder[used + DEEP_NAME] = '\0';
        if (mkdir(deep_folder, 0777) != 0)
            die("deep");
        strcat(back, "../");
    }
    strcat(back, "../t");
    snprintf(data, sizeof data, "%s/back", deep_folder);
    if (symlink(back, data) != 0)
        die("deep");
}

static void make_links(void)
{
    char name[LONGEST + 1], to[120] = "";
    int i;

    for (i = 0; i < CHAIN; i++) {
        snprintf(name, sizeof name, "chain%d", i);
        snprintf(to, sizeof to, "chain%d", i + 1);
        if (symlink(i + 1 < CHAIN ? to : "t", name) != 0)
            die(name);
    }
    to[0] = '\0';
    for (i = 0; i < 50; i++)
        strcat(to, "./");
    strcat(to, "t");
    memset(name, 'n', LONGEST);
    name[LONGEST] = '\0';
    if (symlink(to, "slow") != 0 || symlink("t", name) != 0)
        die("links");
}

static void make_many(void)
{
    char path[256];
    int i;

    mkdir("many", 0777);
    for (i = 0; i < MANY; i++) {
        snprintf(path, sizeof path, "many/%0200d", i);
        if (link("levels", path) != 0)
            die(path);
    }
    if (symlink("../t", "many/last") != 0)
        die("many");
}

static void add_route(int i, const char *name, const char *format, const char *a)
{
    routes[i].name = name;
    snprintf(routes[i].prefix, sizeof routes[i].prefix, format, a);
}

static void make_routes(const char *folder)
{
    char name[LONGEST + 1];

    memset(name, 'n', LONGEST);
    name[LONGEST] = '\0';
    add_route(0, "near", "%s/", "t");
    add_route(1, "up", "%s/full/../dir/../", "t");
    add_route(2, "absolute", "%s/t/", folder);
    add_route(3, "deep", "%s/back/", deep_folder);
    add_route(4, "chain", "%s/", "chain0");
    add_route(5, "slow", "%s/", "slow");
    add_route(6, "long", "%s/", name);
    add_route(7, "many", "%s/last/", "many");
}

static void read_program(const char *path)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, program, sizeof program) : -1;

    if (n <= 0 || n == sizeof program)
        die(path);
    program_bytes = (size_t)n;
    close(fd);
}

void world_make(const char *leave, const char *folder)
{
    static char here[1024];
    char name[LONGEST + 1] = "";
    struct stat st;
    int fd;

    read_program(leave);
    if (chdir(folder) != 0 || mkdir("sweep", 0777) != 0 || chdir("sweep") != 0 || !getcwd(here, sizeof here))
        die(folder);
    umask(0);
    fd = open(".", O_RDONLY | O_DIRECTORY);
    if (fstat(fd, &st) != 0 || dup2(fd, FD_WORLD) != FD_WORLD)
        die(folder);
    close(fd);
    block = st.st_blksize;
    memset(name, 'z', LONGEST);
    snprintf(grown, sizeof grown, "grow/%s", name);
    snprintf(grown12, sizeof grown12, "grow12/%s", name);
    make_big();
    make_levels();
    make_deep();
    make_links();
    make_many();
    make_routes(here);
    world_restore();
}

/* --- a full disk --- */

bool world_may_fill(void)
{
    struct statfs st;

    return fstatfs(FD_WORLD, &st) == 0 && (uint64_t)st.f_blocks * (uint64_t)st.f_bsize <= SMALL_DISK;
}

void world_fill(void)
{
    int fd = open("filler", O_WRONLY | O_CREAT, 0666);
    size_t n = CHUNK;

    while (n > 0)
        if (write(fd, data, n) <= 0)
            n = n > (size_t)block ? n / 2 : 0;
    close(fd);
    sync();
}

void world_unfill(void)
{
    unlink("filler");
    sync();
}

/* --- looking --- */

/* To be read, never through a descriptor of its own where FD_A has the file: closing that would drop the process's locks. */
static int open_content(int dir, const char *name, const struct stat *st)
{
    struct stat open;

    if (fstat(FD_A, &open) == 0 && open.st_dev == st->st_dev && open.st_ino == st->st_ino && (fcntl(FD_A, F_GETFL) & O_ACCMODE) != O_WRONLY)
        return FD_A;
    return openat(dir, name, O_RDONLY);
}

static void content(int dir, const char *name, const struct stat *st, char *text, size_t room)
{
    uint64_t head = 0, tail = 0;
    ssize_t n = 0;
    int fd;

    text[0] = '\0';
    if (S_ISLNK(st->st_mode) && (n = readlinkat(dir, name, text, room - 1)) > 0)
        text[n] = '\0';
    if (!S_ISREG(st->st_mode))
        return;
    fd = open_content(dir, name, st);
    if ((n = pread(fd, data, st->st_size > COMPARED ? COMPARED / 8 : COMPARED, 0)) > 0)
        head = hash(data, (size_t)n);
    if (st->st_size > COMPARED && (n = pread(fd, data, COMPARED / 8, st->st_size - COMPARED / 8)) > 0)
        tail = hash(data, (size_t)n);
    snprintf(text, room, "%llx %llx", (unsigned long long)head, (unsigned long long)tail);
    if (fd != FD_A)
        close(fd);
}

static void look(int dir, const char *folder, const char *name, void *p)
{
    struct state *s = p;
    struct stat st;
    char text[300];

    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        state_line(s->same, "%s/%s is not there", folder, name);
        return;
    }
    content(dir, name, &st, text, sizeof text);
    state_line(s->same, "%s/%.40s %o links %u owner %u:%u size %lld %s", folder, name, (unsigned)st.st_mode, (unsigned)st.st_nlink,
               (unsigned)st.st_uid, (unsigned)st.st_gid, S_ISDIR(st.st_mode) ? 0 : (long long)st.st_size, text);
    state_line(s->exact, "%s/%.40s inode %llu blocks %lld size %lld times %lld.%ld %lld.%ld", folder, name,
               (unsigned long long)st.st_ino, (long long)st.st_blocks, (long long)st.st_size, (long long)st.st_mtim.tv_sec,
               st.st_mtim.tv_nsec, (long long)st.st_ctim.tv_sec, st.st_ctim.tv_nsec);
}

void world_state(struct state *s)
{
    static const char *const others[] = {"big", "levels", "grow", "grow12"};
    struct stat here, there;
    struct statfs st;
    size_t i;

    fstat(FD_WORLD, &here);
    for (i = 0; i < ENTRIES; i++)
        look(FD_WORLD, "", entries[i].path, s);
    for (i = 0; i < sizeof others / sizeof *others; i++)
        look(FD_WORLD, "", others[i], s);
    for (i = 0; i < sizeof folders / sizeof *folders; i++)
        if (fstatat(FD_WORLD, folders[i], &there, 0) == 0 && there.st_dev == here.st_dev)
            strangers(folders[i], look, s);
        else
            state_line(s->same, "%s is covered", folders[i]);
    if (fstatfs(FD_WORLD, &st) == 0)
        state_line(s->exact, "free blocks %lld inodes %lld", (long long)st.f_bfree, (long long)st.f_ffree);
}
