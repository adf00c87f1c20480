// SPDX-License-Identifier: MIT
/*
 * cp.c - copies files and trees
 *
 * Use:  cp [-rpfa] from to        cp [-rpfa] from... directory
 *
 *     -r whole directories, symbolic links and special files as such    -p keeps mode, owner and times
 *     -f takes a target away that cannot be opened                      -a both -r and -p
 */
#include "user/bin/common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool recursive, preserve, force;

static int copy(const char *from, const char *to);

static int attributes_set(const char *to, const struct stat *st)
{
    struct timespec times[2] = {st->st_atim, st->st_mtim};
    int status = 0;

    if (!preserve)
        return 0;
    if (lchown(to, st->st_uid, st->st_gid) < 0 && errno != EPERM)
        status |= complain(to);
    if (!S_ISLNK(st->st_mode) && chmod(to, st->st_mode & 07777) < 0)
        status |= complain(to);
    if (utimensat(AT_FDCWD, to, times, AT_SYMLINK_NOFOLLOW) < 0)
        status |= complain(to);
    return status;
}

static int target_open(const char *to, mode_t mode)
{
    int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0777);

    if (fd < 0 && force && unlink(to) == 0)
        fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode & 0777);
    return fd;
}

static int copy_file(const char *from, const char *to, const struct stat *st)
{
    int in = open(from, O_RDONLY), out, status;

    if (in < 0)
        return complain(from);
    out = target_open(to, st->st_mode);
    if (out < 0) {
        status = complain(to);
        close(in);
        return status;
    }
    status = copy_data(in, from, out, to);
    close(in);
    if (close(out) < 0)
        status |= complain(to);
    return status | attributes_set(to, st);
}

static int copy_directory(const char *from, const char *to, const struct stat *st)
{
    struct names names;
    int status = 0;
    size_t i;

    if (!recursive)
        return complain_text(from, "is a directory (-r copies it)");
    if (names_read(&names, from, false) < 0)
        return complain(from);
    if (mkdir(to, st->st_mode | 0700) < 0 && errno != EEXIST)
        status = complain(to);
    for (i = 0; !status && i < names.count; i++) {
        char *source = path_join(from, names.list[i]), *target = path_join(to, names.list[i]);

        status |= copy(source, target);
        free(source);
        free(target);
    }
    names_free(&names);
    return status | attributes_set(to, st);
}

static int copy_link(const char *from, const char *to, const struct stat *st)
{
    char *text = mem_get(NULL, (size_t)st->st_size + 1);
    ssize_t len = readlink(from, text, (size_t)st->st_size);
    int status = 0;

    if (len < 0) {
        status = complain(from);
    } else {
        text[len] = '\0';
        unlink(to);
        status = symlink(text, to) < 0 ? complain(to) : attributes_set(to, st);
    }
    free(text);
    return status;
}

/* A copy onto itself, or into the directory that is copied, would destroy or never end. */
static const char *refusal(const char *from, const char *to, const struct stat *st)
{
    size_t len = strlen(from);
    struct stat other;

    if (stat(to, &other) == 0 && other.st_dev == st->st_dev && other.st_ino == st->st_ino)
        return "is the same file as the target";
    if (S_ISDIR(st->st_mode) && strncmp(from, to, len) == 0 &&
        (to[len] == '/' || (len && from[len - 1] == '/')))
        return "cannot be copied into itself";
    return NULL;
}

static int copy(const char *from, const char *to)
{
    struct stat st;
    const char *reason;

    if ((recursive ? lstat(from, &st) : stat(from, &st)) < 0)
        return complain(from);
    reason = refusal(from, to, &st);
    if (reason)
        return complain_text(from, reason);
    if (S_ISDIR(st.st_mode))
        return copy_directory(from, to, &st);
    if (S_ISLNK(st.st_mode))
        return copy_link(from, to, &st);
    if (S_ISREG(st.st_mode) || !recursive)
        return copy_file(from, to, &st);
    if (mknod(to, st.st_mode, st.st_rdev) < 0)
        return complain(to);
    return attributes_set(to, &st);
}

static bool is_directory(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int main(int argc, char **argv)
{
    int c, status = 0;
    const char *to;

    prog_start(argv, "[-rpfa] from... to");
    while ((c = option_next(argc, argv, "rRpfa")) != -1) {
        if (c == '?')
            usage();
        recursive |= c == 'r' || c == 'R' || c == 'a';
        preserve |= c == 'p' || c == 'a';
        force |= c == 'f';
    }
    argv += option_index;
    argc -= option_index;
    if (argc < 2)
        usage();
    to = argv[argc - 1];
    if (!is_directory(to)) {
        if (argc > 2)
            return complain_text(to, "is not a directory");
        return copy(argv[0], to);
    }
    for (; argc > 1; argc--, argv++) {
        char *path = path_join(to, path_base(*argv));

        status |= copy(*argv, path);
        free(path);
    }
    return status;
}
