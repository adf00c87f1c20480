// SPDX-License-Identifier: MIT
/*
 * keeper.c - changes files at random and says what the disk has promised to keep
 *
 * A few files and folders are written, extended, cut, replaced, renamed, moved with their folders and deleted; after each
 * fsync or sync that succeeds, a journal on the console says what must be on the disk from now on, whatever happens to
 * memory, disk or power:
 *
 *     keep + FILE PATH GENERATION SIZE    it is there, with this content
 *     keep | FILE PATH GENERATION SIZE    from now on this will do, too, and the file may have any of its names
 *     keep 0 FILE PATH                    nothing is there
 *     keep ~ FILE                         from now on it may be in any state
 *     keep > FOLDER                       from now on this folder is moved, and may have two names, until the next mark
 *     keep mark N                         what stands above was promised before mark N was written
 *
 * Mark N is then the first sector of the second partition, so that a log of the disk's writes tells how many had been made
 * when the power went.  A file's content is a row of records that hold its generation and their number.
 *
 * A call that is refused has changed nothing, and a short write did what it said: every file is read back now and then, and
 * all of them at the end.  Which errors may be met at all is an argument: m ENOMEM, s ENOSPC, i EIO, r EROFS.
 *
 * Use:  keeper DEVICE STEPS SEED ERRORS [MARK-DEVICE]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 16, FOLDERS = 5, TOP = -1, MOST_BYTES = 40000, RECORD = 16, PATH_ROOM = 512, SECTOR = 512 };
enum state { ABSENT, KNOWN, UNKNOWN }; /* UNKNOWN: after an I/O error */

struct file {
    enum state state;
    int number;
    int folder, width; /* where it is: f07-0000, the zeros as many as width says */
    unsigned generation, size;
};

static struct file files[FILES];
static int parents[FOLDERS];
static uint64_t random_state;
static unsigned generations, marks, made, done[2]; /* made: steps; done: calls, and those of them that were refused */
static const char *errors, *mark_device;
static int injector = -1;
static bool bad;
static char data[MOST_BYTES + RECORD], back[MOST_BYTES + RECORD];

/* --- tools --- */

static unsigned below(unsigned n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random_state >> 33) % n;
}

/* Nothing of reporting is refused. */
static void inject(bool on)
{
    if (injector >= 0)
        while (write(injector, on ? "on" : "off", on ? 2 : 3) < 0)
            ;
}

static void tell(const char *format, ...)
{
    va_list arguments;

    inject(false);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    fflush(stdout);
    inject(true);
}

static void wrong(const char *what, const char *path)
{
    tell("wrong: %s: %s: %s\n", what, path, strerror(errno));
    bad = true;
}

/* Judges the answer of a call.  True: it was done.  Else it was refused in one of the ways that are allowed, or is told. */
static bool did(bool good, const char *what, const char *path)
{
    done[0]++;
    if (good)
        return true;
    done[1]++;
    if (!(errno == ENOMEM && strchr(errors, 'm')) && !(errno == ENOSPC && strchr(errors, 's')) && !(errno == EIO && strchr(errors, 'i')) &&
        !(errno == EROFS && strchr(errors, 'r')))
        wrong(what, path);
    return false;
}

static const char *folder_path(int folder)
{
    static char path[PATH_ROOM];
    char rest[PATH_ROOM];

    strcpy(path, "");
    for (; folder != TOP; folder = parents[folder]) {
        strcpy(rest, path);
        snprintf(path, sizeof path, "/d%d%s", folder, rest);
    }
    return path;
}

/* The path below the mount point, until the next call. */
static const char *path_of(const struct file *f)
{
    static char path[PATH_ROOM];

    snprintf(path, sizeof path, "%s/f%02d-%0*d", folder_path(f->folder), f->number, f->width, 0);
    return path;
}

static const char *full(const char *path)
{
    static char text[2][PATH_ROOM + 8];
    static int turn;

    turn = !turn;
    snprintf(text[turn], sizeof text[turn], "/mnt%s", path);
    return text[turn];
}

static void fill(unsigned generation)
{
    unsigned i;

    for (i = 0; i * RECORD < MOST_BYTES; i++)
        snprintf(data + i * RECORD, RECORD + 1, "%08x%07x\n", generation, i);
}

/* --- the journal --- */

static void journal_touch(const struct file *f)
{
    tell("keep ~ %d\n", f->number);
}

static void journal_also(const struct file *f)
{
    if (f->state == KNOWN)
        tell("keep | %d %s %u %u\n", f->number, path_of(f), f->generation, f->size);
}

static void journal_promise(const struct file *f)
{
    if (f->state == KNOWN)
        tell("keep + %d %s %u %u\n", f->number, path_of(f), f->generation, f->size);
    else if (f->state == ABSENT)
        tell("keep 0 %d %s\n", f->number, path_of(f));
}

static void mark(void)
{
    char sector[SECTOR] = "";
    int fd;

    tell("keep mark %u\n", ++marks);
    if (mark_device == NULL)
        return;
    inject(false);
    snprintf(sector, sizeof sector, "ante-mark %u\n", marks);
    fd = open(mark_device, O_WRONLY);
    if (fd < 0 || write(fd, sector, sizeof sector) != sizeof sector || fsync(fd) != 0)
        wrong("mark", mark_device);
    close(fd);
    inject(true);
}

/* --- what happens to files --- */

/* After an I/O error nobody knows. */
static void doubt(struct file *f)
{
    if (errno == EIO)
        f->state = UNKNOWN;
}

static void write_more(struct file *f, int fd, unsigned size)
{
    fill(f->generation);
    while (f->size < size) {
        ssize_t n = pwrite(fd, data + f->size, size - f->size, (off_t)f->size);

        if (!did(n > 0, "write", path_of(f))) {
            doubt(f);
            break;
        }
        f->size += (unsigned)n;
    }
}

static void step_write(struct file *f)
{
    int fd;

    journal_touch(f);
    fd = open(full(path_of(f)), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (!did(fd >= 0, "create", path_of(f))) {
        doubt(f);
        return;
    }
    f->state = KNOWN;
    f->size = 0;
    f->generation = ++generations;
    write_more(f, fd, 1 + below(below(3) == 0 ? MOST_BYTES : 5000));
    close(fd);
}

static void step_append(struct file *f)
{
    int fd;

    journal_touch(f);
    fd = open(full(path_of(f)), O_WRONLY);
    if (!did(fd >= 0, "open", path_of(f)))
        return;
    write_more(f, fd, f->size + below(MOST_BYTES - f->size));
    close(fd);
}

static void step_cut(struct file *f)
{
    unsigned size = below(f->size + 1);

    journal_touch(f);
    if (did(truncate(full(path_of(f)), (off_t)size) == 0, "truncate", path_of(f)))
        f->size = size;
    else
        doubt(f);
}

static void step_rename(struct file *f)
{
    struct file new = *f;
    char from[PATH_ROOM];

    strcpy(from, path_of(f));
    f->folder = (int)below(FOLDERS + 1) - 1;
    f->width = 1 + (int)below(100);
    journal_also(f);
    errno = 0;
    if (strcmp(from, path_of(f)) != 0 && did(rename(full(from), full(path_of(f))) == 0, "rename", from))
        return;
    if (errno == EIO)
        new.state = UNKNOWN;
    *f = new;
}

/* A new file is synced and takes the place of the old one: one of the two is there at any time. */
static void step_replace(struct file *f)
{
    struct file new = *f;
    int fd = open(full("/new"), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    bool synced;

    if (!did(fd >= 0, "create", "/new"))
        return;
    new.size = 0;
    new.generation = ++generations;
    write_more(&new, fd, 1 + below(MOST_BYTES));
    synced = did(fsync(fd) == 0, "fsync", "/new");
    close(fd);
    if (!synced)
        return;
    journal_also(&new);
    if (did(rename(full("/new"), full(path_of(f))) == 0, "replace", path_of(f)))
        *f = new;
    else
        doubt(f);
}

static void step_unlink(struct file *f)
{
    journal_touch(f);
    if (did(unlink(full(path_of(f))) == 0, "unlink", path_of(f)))
        f->state = ABSENT;
    else
        doubt(f);
}

static void step_fsync(struct file *f)
{
    int fd = open(full(path_of(f)), O_RDONLY);

    if (!did(fd >= 0, "open", path_of(f)))
        return;
    if (did(fsync(fd) == 0, "fsync", path_of(f))) {
        journal_promise(f);
        mark();
    } else {
        doubt(f);
    }
    close(fd);
}

/* All that was written is read again; a read may end early, but not with an answer that says so. */
static void check(struct file *f)
{
    int fd = open(full(path_of(f)), O_RDONLY);
    ssize_t n = 1;
    unsigned at = 0;

    if (!did(fd >= 0, "open", path_of(f)))
        return;
    fill(f->generation);
    while (n > 0 && at <= f->size) {
        n = read(fd, back + at, sizeof back - at);
        at += n > 0 ? (unsigned)n : 0;
    }
    close(fd);
    if (!did(n >= 0, "read", path_of(f)) || (at == f->size && memcmp(data, back, at) == 0))
        return;
    errno = EDOM;
    wrong("data", path_of(f));
}

/* --- what happens to folders --- */

static bool within(int folder, int other)
{
    for (; folder != TOP; folder = parents[folder])
        if (folder == other)
            return true;
    return false;
}

static void step_move(int folder)
{
    int to = (int)below(FOLDERS + 1) - 1, old = parents[folder], i;
    char from[PATH_ROOM], text[PATH_ROOM];

    if (within(to, folder) || to == old)
        return;
    strcpy(from, folder_path(folder));
    parents[folder] = to;
    strcpy(text, folder_path(folder));
    for (i = 0; i < FILES; i++)
        if (within(files[i].folder, folder))
            journal_also(&files[i]);
    tell("keep > %d\n", folder);
    if (!did(rename(full(from), full(text)) == 0, "move", from))
        parents[folder] = old;
}

static void step_folder(void)
{
    char path[64];

    snprintf(path, sizeof path, "/temporary-%u", below(4));
    if (did(mkdir(full(path), 0755) == 0 || errno == EEXIST, "mkdir", path))
        did(below(2) == 0 || rmdir(full(path)) == 0, "rmdir", path);
}

/* sync(2) has no answer: that a file could not be written is told to who asks for that file, and nobody is kept from asking. */
static void ask(struct file *f)
{
    int fd;

    inject(false);
    fd = open(full(path_of(f)), O_RDONLY);
    if (!did(fd >= 0, "open", path_of(f)) || !did(fsync(fd) == 0, "fsync", path_of(f)))
        doubt(f);
    if (fd >= 0)
        close(fd);
    inject(true);
}

static void step_sync(void)
{
    int i, fd = open("/mnt", O_RDONLY);

    sync();
    for (i = 0; i < FILES && strchr(errors, 'i'); i++)
        if (files[i].state == KNOWN)
            ask(&files[i]);
    if (did(fd >= 0, "open", "/") && did(fsync(fd) == 0, "fsync", "/")) {
        for (i = 0; i < FILES; i++)
            journal_promise(&files[i]);
        mark();
    }
    if (fd >= 0)
        close(fd);
}

/* What is clean leaves memory, so that it has to be read again. */
static void step_forget(void)
{
    int fd = open("/proc/sys/vm/drop_caches", O_WRONLY);

    if (did(fd >= 0, "open", "drop_caches"))
        did(write(fd, "3\n", 2) == 2, "write", "drop_caches");
    close(fd);
}

/* --- the run --- */

static void step_file(struct file *f)
{
    static void (*const steps[])(struct file *) = {step_append, step_append, step_cut,    step_rename, step_rename, step_replace,
                                                   step_unlink, step_fsync,  step_fsync,  step_fsync,  check,       step_write};

    if (f->state == UNKNOWN)
        return;
    if (f->state == ABSENT)
        step_write(f);
    else
        steps[below(sizeof steps / sizeof *steps)](f);
}

static void step(void)
{
    switch (below(12)) {
    case 0:
        step_move((int)below(FOLDERS));
        break;
    case 1:
        step_folder();
        break;
    case 2:
        step_sync();
        break;
    case 3:
        step_forget();
        break;
    default:
        step_file(&files[below(FILES)]);
    }
}

static bool set_up(const char *device)
{
    int i, tries;

    while ((injector = open("/proc/self/ama/inject", O_WRONLY)) < 0 && errno == ENOMEM)
        ;
    inject(false);
    if (mount(device, "/mnt", "ext2", 0, NULL) != 0) {
        did(false, "mount", device);
        return false;
    }
    for (i = 0; i < FOLDERS; i++) {
        parents[i] = TOP;
        for (tries = 0; mkdir(full(folder_path(i)), 0755) != 0 && tries < 3; tries++)
            did(false, "mkdir", folder_path(i));
    }
    for (i = 0; i < FILES; i++)
        files[i] = (struct file){.number = i, .folder = (int)below(FOLDERS), .width = 1 + (int)below(100)};
    inject(true);
    return true;
}

int main(int argc, char **argv)
{
    int i;

    if (argc < 5) {
        fprintf(stderr, "usage: keeper DEVICE STEPS SEED ERRORS [MARK-DEVICE]\n");
        return 2;
    }
    random_state = strtoul(argv[3], NULL, 10);
    errors = argv[4];
    mark_device = argc > 5 ? argv[5] : NULL;
    if (!set_up(argv[1]))
        return bad;
    for (; made < strtoul(argv[2], NULL, 10) && !bad; made++)
        step();
    for (i = 0; i < FILES; i++)
        if (files[i].state == KNOWN)
            check(&files[i]);
    step_sync();
    inject(false);
    printf("steps %u\ncalls %u\nrefused %u\nmarks %u\n", made, done[0], done[1], marks);
    if (umount("/mnt") != 0)
        did(false, "umount", "/mnt");
    return bad;
}
