// SPDX-License-Identifier: MIT
/*
 * tree.c - unpack, copy, scan, rewrite and delete a directory tree of small files
 *
 *   unpack   make tree A of -n files, names and contents from the seed, about 20 files and 3 folders a folder
 *   copy     walk A and make B of it: mkdir, read, write
 *   scan     walk B, stat every name and check every byte
 *   rewrite  write every file of B anew, a little longer, to a new name and rename it over the old one
 *   delete   scan B once more and remove it, then remove A
 *
 * What a file must contain follows from its name (its number) and its version, so that a walk in whatever order
 * the file system lists names can check it; that no name was lost is checked by counting and by a sum over numbers.
 */
#include "user/bench/common.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_PER_FOLDER = 20, FOLDERS_PER_FOLDER = 3, MOST = 24 * 1024 };

struct tree {
    struct bench *b;
    uint32_t files;
    uint32_t folders;
    uint32_t version;   /* of the contents of B */
    uint64_t seen, sum; /* files met by a walk, and the sum of mix64 of their numbers */
};

/* What a walk does with one file and with one folder (`after` comes when the folder's names are done). */
struct visit {
    void (*before)(struct tree *t, const char *path);
    void (*file)(struct tree *t, const char *path, uint32_t number);
    void (*after)(struct tree *t, const char *path);
};

static char data[MOST + 4096];
static char root_a[BENCH_PATH], root_b[BENCH_PATH];

/* Mostly a few KiB, one in eight up to MOST; a new version is a little longer. */
static size_t file_size(uint32_t number, uint32_t version)
{
    uint64_t r = mix64(number * 3 + 7);

    return (r % 8 == 0 ? (size_t)(r >> 8) % MOST : (size_t)(r >> 8) % 4000) + version * 100;
}

static uint64_t file_seed(uint32_t number, uint32_t version)
{
    return number + ((uint64_t)version << 32) + 1;
}

static void fail(struct tree *t, const char *what, const char *path)
{
    bench_error(t->b, "%s %s", what, path);
}

static void file_write(struct tree *t, const char *path, uint32_t number, uint32_t version)
{
    size_t size = file_size(number, version);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);

    if (fd < 0) {
        fail(t, "create", path);
        return;
    }
    pattern_fill(data, size, file_seed(number, version), 0);
    bench_write(t->b, fd, data, size);
    close(fd);
    t->b->ops++;
    t->b->bytes += size;
}

/* Reads the whole file into `data` and checks it. */
static bool file_check(struct tree *t, const char *path, uint32_t number, uint32_t version)
{
    size_t size = file_size(number, version);
    int fd = open(path, O_RDONLY);
    bool good;

    if (fd < 0) {
        fail(t, "open", path);
        return false;
    }
    good = bench_read(t->b, fd, data, size);
    errno = 0;
    if (good &&
        (pattern_check(data, size, file_seed(number, version), 0) != size || read(fd, data + size, 1) != 0)) {
        fail(t, "wrong content of", path);
        good = false;
    }
    close(fd);
    t->b->ops++;
    t->b->bytes += size;
    return good;
}

static void folder_make(struct tree *t, const char *path)
{
    if (mkdir(path, 0755) != 0)
        fail(t, "mkdir", path);
    t->b->ops++;
}

/* Folder i lies in folder (i - 1) / 3; folder 0 is the root of the tree. */
static void folder_path(char *path, const char *root, uint32_t folder)
{
    char tail[BENCH_PATH];

    strcpy(path, root);
    if (folder == 0)
        return;
    folder_path(path, root, (folder - 1) / FOLDERS_PER_FOLDER);
    snprintf(tail, sizeof tail, "/folder%u", (unsigned)folder);
    if (strlen(path) + strlen(tail) < BENCH_PATH)
        strcat(path, tail);
}

static void unpack(struct tree *t)
{
    char path[BENCH_PATH + 16];
    uint32_t folder, number = 0;

    for (folder = 0; folder < t->folders && t->b->errors == 0; folder++) {
        size_t len;

        folder_path(path, root_a, folder);
        folder_make(t, path);
        len = strlen(path);
        for (; number < t->files && number < (folder + 1) * FILES_PER_FOLDER; number++) {
            snprintf(path + len, sizeof path - len, "/file%u", (unsigned)number);
            file_write(t, path, number, 0);
        }
    }
}

static void walk(struct tree *t, const char *folder, const struct visit *v);

static void walk_name(struct tree *t, const char *path, const char *name, const struct visit *v)
{
    struct stat st;

    if (lstat(path, &st) != 0) {
        fail(t, "lstat", path);
    } else if (S_ISDIR(st.st_mode)) {
        walk(t, path, v);
    } else {
        uint32_t number = (uint32_t)strtoul(name + strlen("file"), NULL, 10);

        t->seen++;
        t->sum += mix64(number);
        v->file(t, path, number);
    }
}

/* Deep first; stops at the first error. */
static void walk(struct tree *t, const char *folder, const struct visit *v)
{
    char path[BENCH_PATH + 16];
    struct dirent *entry;
    DIR *dir;

    if (v->before != NULL)
        v->before(t, folder);
    dir = opendir(folder);
    if (dir == NULL) {
        fail(t, "opendir", folder);
        return;
    }
    for (errno = 0; t->b->errors == 0 && (entry = readdir(dir)) != NULL; errno = 0) {
        if (entry->d_name[0] == '.')
            continue;
        if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= BENCH_PATH) {
            fail(t, "too deep:", folder);
            break;
        }
        walk_name(t, path, entry->d_name, v);
    }
    if (t->b->errors == 0 && errno != 0)
        fail(t, "readdir", folder);
    closedir(dir);
    if (v->after != NULL)
        v->after(t, folder);
}

/* The same place in B. */
static const char *in_b(const char *path)
{
    static char other[BENCH_PATH + 16];

    snprintf(other, sizeof other, "%s%s", root_b, path + strlen(root_a));
    return other;
}

static void copy_folder(struct tree *t, const char *path)
{
    folder_make(t, in_b(path));
}

static void copy_file(struct tree *t, const char *path, uint32_t number)
{
    int fd;

    if (!file_check(t, path, number, 0))
        return;
    fd = open(in_b(path), O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0) {
        fail(t, "create", in_b(path));
        return;
    }
    bench_write(t->b, fd, data, file_size(number, 0));
    close(fd);
    t->b->ops++;
    t->b->bytes += file_size(number, 0);
}

static void scan_file(struct tree *t, const char *path, uint32_t number)
{
    file_check(t, path, number, t->version);
}

/* The name does not start with "file", and a walk skips names with a dot: a reader never meets it. */
static void rewrite_file(struct tree *t, const char *path, uint32_t number)
{
    char fresh[BENCH_PATH];
    const char *slash = strrchr(path, '/');

    snprintf(fresh, sizeof fresh, "%.*s/.new", (int)(slash - path), path);
    file_write(t, fresh, number, t->version + 1);
    if (rename(fresh, path) != 0)
        fail(t, "rename over", path);
    t->b->ops++;
}

static void delete_file(struct tree *t, const char *path, uint32_t number)
{
    (void)number;
    if (unlink(path) != 0)
        fail(t, "unlink", path);
    t->b->ops++;
}

static void delete_folder(struct tree *t, const char *path)
{
    if (t->b->errors == 0 && rmdir(path) != 0)
        fail(t, "rmdir", path);
    t->b->ops++;
}

/*
 * Walks and checks that every file was met once.  While names are renamed over or removed during the walk, POSIX
 * lets readdir show a new name or not; a rename onto an existing name adds none, so each is still met once.
 */
static uint64_t walk_counted(struct tree *t, const char *root, const struct visit *v)
{
    uint64_t began = bench_now(), sum = 0;
    uint32_t i;

    if (t->b->errors > 0)
        return 0;
    t->seen = t->sum = 0;
    walk(t, root, v);
    for (i = 0; i < t->files; i++)
        sum += mix64(i);
    errno = 0;
    if (t->b->errors == 0 && (t->seen != t->files || t->sum != sum))
        bench_error(t->b, "%s: %llu names instead of %u, or not the right ones", root,
                    (unsigned long long)t->seen, (unsigned)t->files);
    return bench_now() - began;
}

static void phase(struct tree *t, const char *name, uint64_t ns)
{
    t->b->ns += ns;
    bench_detail(t->b, "\"%s_us\":%llu", name, (unsigned long long)ns / 1000);
}

static void run(struct tree *t)
{
    static const struct visit copy = {copy_folder, copy_file, NULL}, scan = {NULL, scan_file, NULL};
    static const struct visit rewrite = {NULL, rewrite_file, NULL},
                              delete = {NULL, delete_file, delete_folder};
    uint64_t ns = bench_now();

    unpack(t);
    phase(t, "unpack", bench_now() - ns);
    phase(t, "copy", walk_counted(t, root_a, &copy));
    phase(t, "scan", walk_counted(t, root_b, &scan));
    phase(t, "rewrite", walk_counted(t, root_b, &rewrite));
    t->version++;
    phase(t, "rescan", walk_counted(t, root_b, &scan));
    if (t->b->keep)
        return;
    ns = walk_counted(t, root_b, &delete);
    phase(t, "delete", ns + walk_counted(t, root_a, &delete));
}

int main(int argc, char **argv)
{
    struct bench b;
    struct tree t = {.b = &b, .files = 1000};
    int c;

    bench_init(&b, "tree", "[-n FILES]");
    while ((c = bench_option(&b, argc, argv, "n:")) != -1)
        t.files = (uint32_t)bench_number(&b, optarg, 1000000);
    if (optind < argc)
        bench_usage(&b);
    t.folders = (t.files + FILES_PER_FOLDER - 1) / FILES_PER_FOLDER;
    bench_params(&b, "\"files\":%u,\"folders\":%u", (unsigned)t.files, (unsigned)t.folders);
    bench_path(&b, root_a, "a");
    bench_path(&b, root_b, "b");
    run(&t);
    return bench_report(&b);
}
