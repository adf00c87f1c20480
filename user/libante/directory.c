// SPDX-License-Identifier: MIT
/*
 * directory.c - reading the names in a directory
 *
 * getdents64 fills the buffer with as many records as fit; readdir() hands them out one by one, in place.  Each
 * record carries the cookie of the one behind it, and that is what telldir() returns: seeking to it and reading
 * on continues there, also when names came and went meanwhile.
 */
#include "kernel.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER 4096

struct dir_stream {
    int fd;
    int at;   /* offset of the next record */
    int end;  /* behind the last record */
    long pos; /* cookie of the next record */
    char buffer[BUFFER] __attribute__((__aligned__(8)));
};

static DIR *stream_make(int fd)
{
    DIR *dir = calloc(1, sizeof *dir);
    if (dir)
        dir->fd = fd;
    return dir;
}

DIR *fdopendir(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return NULL;
    if (!S_ISDIR(st.st_mode)) {
        errno = ENOTDIR;
        return NULL;
    }
    return stream_make(fd);
}

DIR *opendir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    DIR *dir = stream_make(fd);
    if (!dir)
        close(fd);
    return dir;
}

int closedir(DIR *dir)
{
    int fd = dir->fd;
    free(dir);
    return close(fd);
}

int fdclosedir(DIR *dir)
{
    int fd = dir->fd;
    free(dir);
    return fd;
}

int dirfd(DIR *dir)
{
    return dir->fd;
}

struct dirent *readdir(DIR *dir)
{
    if (dir->at >= dir->end) {
        long got = result(kernel3(SYS_getdents64, dir->fd, dir->buffer, BUFFER));
        if (got <= 0)
            return NULL;
        dir->at = 0;
        dir->end = (int)got;
    }
    struct dirent *entry = (struct dirent *)(dir->buffer + dir->at);
    dir->at += entry->d_reclen;
    dir->pos = entry->d_off;
    return entry;
}

int readdir_r(DIR *__restrict dir, struct dirent *__restrict entry, struct dirent **__restrict found)
{
    int saved = errno;

    errno = 0;
    struct dirent *next = readdir(dir);
    int error = errno;
    errno = saved;
    *found = next ? memcpy(entry, next, next->d_reclen) : NULL;
    return error;
}

long telldir(DIR *dir)
{
    return dir->pos;
}

void seekdir(DIR *dir, long pos)
{
    dir->at = dir->end = 0;
    dir->pos = lseek(dir->fd, pos, SEEK_SET);
}

void rewinddir(DIR *dir)
{
    seekdir(dir, 0);
}
